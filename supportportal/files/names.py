"""File names as they come from a browser, made harmless before anything is decided by them. Pure."""

import unicodedata

LONGEST = 100
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, bidi and zero-width marks, surrogates, line ends
_RESERVED = '<>:"|?*'


def clean(name: str) -> tuple[str, str]:
    """The stem and the extension (small letters, without the dot) of an uploaded name.

    Folders are cut off and invisible characters dropped first, so that what is checked afterwards is what people see.
    Only the last dot counts: "invoice.exe.pdf" becomes ("invoice_exe", "pdf"), no second extension is left.
    """
    normal = unicodedata.normalize("NFKC", name)
    visible = "".join(char for char in normal if unicodedata.category(char) not in _DROPPED)
    last = visible.replace("\\", "/").rsplit("/", 1)[-1]
    words = " ".join("".join("_" if char in _RESERVED else char for char in last).split())
    stem, dot, extension = words.strip(". ").rpartition(".")
    if not dot:
        stem, extension = extension, ""
    stem = stem.replace(".", "_").strip("_ ")
    return stem, "".join(extension.lower().split())


def join(stem: str, extension: str) -> str:
    """The name that is kept and shown; a name that held nothing to keep becomes "file"."""
    return f"{stem[: LONGEST - len(extension) - 1].strip() or 'file'}.{extension}"
