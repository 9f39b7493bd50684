"""One stylesheet per page out of one file per component, without a build step: put together when first asked for."""

import gzip
import hashlib
import posixpath
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

SHEETS = {"portal": "css/portal.css", "staff": "css/staff.css"}
IMPORT = re.compile(r"""@import url\(["']([^"']+)["']\)(?: layer\(([\w-]+)\))?;""")
ADDRESS = re.compile(r'url\(["\']?(?!data:|#|/|https?:)([^"\')]+)["\']?\)')


@dataclass(frozen=True)
class Sheet:
    text: bytes
    digest: str
    compressed: bytes


def sheet(name: str) -> Sheet:
    """Raises KeyError for a name that is no sheet. Read anew each time while DEBUG is on."""
    return _made(SHEETS[name]) if settings.DEBUG else _kept(SHEETS[name])


@lru_cache
def _kept(path: str) -> Sheet:
    return _made(path)


def _made(path: str) -> Sheet:
    text = _inlined(path).encode()
    return Sheet(text, hashlib.sha256(text).hexdigest()[:12], gzip.compress(text, mtime=0))


def _inlined(path: str) -> str:
    """The text of a stylesheet with its imports inside their layers, and addresses as they are served."""
    folder = posixpath.dirname(path)

    def placed(found: re.Match[str]) -> str:
        text = _inlined(posixpath.normpath(posixpath.join(folder, found[1])))
        return f"@layer {found[2]} {{\n{text}}}\n" if found[2] else text

    def served(found: re.Match[str]) -> str:
        return f'url("{static(posixpath.normpath(posixpath.join(folder, found[1])))}")'

    text = Path(finders.find(path)).read_text()
    made, after = "", 0
    for found in IMPORT.finditer(text):
        made += ADDRESS.sub(served, text[after : found.start()]) + placed(found)
        after = found.end()
    return made + ADDRESS.sub(served, text[after:])
