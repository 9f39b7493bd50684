"""The ways out for kept files. Whether someone may have a file is decided before, by the app that holds it."""

from typing import Any

from django.http import FileResponse

from . import sniffing
from .models import StoredFile

_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
_PLAIN = "application/octet-stream"
_SAID_AS_THEY_ARE = {kind.content_type for kind in sniffing.ALL} - {sniffing.TEXT.content_type}


def download_response(stored: StoredFile) -> FileResponse:
    """The file as a download: never shown in place, never sniffed, never cached by others."""
    return download_of(stored.content.open("rb"), stored.name, stored.content_type)


def download_of(content: Any, name: str, content_type: str) -> FileResponse:
    """The same of an open file that ``intake.inspect`` has let pass, under the name and type that it gave."""
    # FileResponse would guess a type from the name, text/html included; an explicit one stops that.
    said = content_type if content_type in _SAID_AS_THEY_ARE else _PLAIN
    response = FileResponse(content, as_attachment=True, filename=name, content_type=said)
    response["Content-Security-Policy"] = _SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response


def image_response(stored: StoredFile) -> FileResponse:
    """A picture shown in place, such as the firm's logo. Raises ValueError for anything but a picture."""
    if stored.content_type not in {kind.content_type for kind in sniffing.IMAGES}:
        raise ValueError(f"{stored.content_type} is no picture.")
    response = FileResponse(stored.content.open("rb"), content_type=stored.content_type)
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = _SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    return response
