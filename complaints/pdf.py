"""Letters as PDF, where WeasyPrint is installed (the extra ``pdf``); elsewhere there is the page to print."""

from typing import Any

from .models import Letter

try:
    import weasyprint
except (ImportError, OSError):  # OSError: the package is there, the libraries that it draws with are not
    weasyprint = None


def is_available() -> bool:
    return weasyprint is not None


def of(letter: Letter) -> bytes:
    """The letter as it left, drawn from the bytes that were kept. Raises ValueError for a draft."""
    if letter.content is None:
        raise ValueError(f"Letter {letter.pk} has not left: there are no bytes of it yet.")
    with letter.content.content.open("rb") as file:
        return from_page(file.read().decode())


def from_page(page: str) -> bytes:
    """Nothing is fetched: a letter is one page by itself."""
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=())
    document: Any = weasyprint.HTML(string=page, url_fetcher=fetcher)
    return bytes(document.write_pdf(pdf_variant="pdf/ua-1"))
