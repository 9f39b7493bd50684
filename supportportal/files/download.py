"""The ways out for kept files. Whether someone may have a file is decided before, by the app that holds it.

Whether anybody may have it is decided here: none goes out before it has been looked at, if there is what looks.
"""

from typing import Any

from django.db.models import Model
from django.http import FileResponse, Http404

from . import sniffing
from .models import Screened, StoredFile

_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
_PLAIN = "application/octet-stream"
_SAID_AS_THEY_ARE = {kind.content_type for kind in sniffing.ALL} - {sniffing.TEXT.content_type}


class Withheld(Exception):
    """``file`` is not given out, to nobody; ``of`` is what it belongs to. ``pages.withheld`` makes a page of it."""

    def __init__(self, file: Screened, of: Model) -> None:
        super().__init__(f"{file._meta.label_lower} {file.pk}")
        self.file, self.of = file, of


def require_given_out(file: Screened, *, of: Model) -> None:
    """Raises Withheld."""
    if not file.is_given_out:
        raise Withheld(file, of)


def download_response(stored: StoredFile, *, of: Model) -> FileResponse:
    """The file as a download: never shown in place, never sniffed, never cached by others. Raises Withheld."""
    require_given_out(stored, of=of)
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
    """A picture shown in place, such as the firm's logo. Raises ValueError for anything but a picture, Http404."""
    if stored.content_type not in {kind.content_type for kind in sniffing.IMAGES}:
        raise ValueError(f"{stored.content_type} is no picture.")
    if not stored.is_given_out:
        raise Http404
    response = FileResponse(stored.content.open("rb"), content_type=stored.content_type)
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = _SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    return response
