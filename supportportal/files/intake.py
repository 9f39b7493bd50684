"""The one way in for files: name cleaned, content sniffed against an allow-list, limits, a random place to be kept."""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from supportportal import room

from . import names, sniffing
from .models import StoredFile, private_storage, to_be_screened
from .sniffing import Kind

TAKEN = _("Please add a PDF, a picture (PNG, JPEG, GIF, WebP, HEIC), a text, or a Word, Excel or OpenDocument file.")


class NoRoom(ValidationError):
    """There is nowhere to keep the file; nothing is wrong with it, and nothing of it was kept."""

    def __init__(self, name: str) -> None:
        text = _("“%(name)s” could not be kept: our storage is full. Please send it later, or go on without it.")
        super().__init__(text, code="room", params={"name": name})


@dataclass(frozen=True)
class Inspected:
    """A file that passed: the name to keep and what it is."""

    name: str
    content_type: str


def inspect(upload: UploadedFile, kinds: Collection[Kind] = sniffing.ALL) -> Inspected:
    """Say what an upload is. Raises ValidationError, fit to show beside the field, if it is not taken in."""
    stem, extension = names.clean(upload.name or "")
    shown = f"{stem}.{extension}" if extension else stem
    if getattr(upload, "had_no_room", False):
        raise NoRoom(shown)
    if not upload.size:
        raise ValidationError(_("“%(name)s” is empty."), code="empty", params={"name": shown})
    if upload.size > settings.FILES_MAX_BYTES:
        limit = filesizeformat(settings.FILES_MAX_BYTES)
        raise ValidationError(
            _("“%(name)s” is too large: a file can have up to %(limit)s."),
            code="size",
            params={"name": shown, "limit": limit},
        )
    kind = _kind(upload, shown, kinds)
    if extension and extension not in kind.extensions:
        raise ValidationError(
            _("“%(name)s” is not what its name says: its content is %(kind)s."),
            code="mismatch",
            params={"name": shown, "kind": kind.label},
        )
    if kind in sniffing.IMAGES:
        _check_pixels(upload, kind, shown)
    return Inspected(names.join(stem, extension or kind.extensions[0]), kind.content_type)


def accept(upload: UploadedFile, at: datetime) -> StoredFile:
    """Inspect and keep an upload. Raises ValidationError with nothing kept."""
    found, place = inspect(upload), _place()
    stored = StoredFile(
        name=found.name,
        content_type=found.content_type,
        size=upload.size or 0,
        sha256=_digest(upload),
        uploaded_at=at,
        **to_be_screened(at),
    )
    upload.seek(0)
    with _whole_or_not_at_all(found.name, place):
        stored.content.save(place, upload, save=False)
    stored.save()
    return stored


def keep(name: str, content_type: str, content: bytes, at: datetime, *, is_ours: bool = True) -> StoredFile:
    """Keep what we have written ourselves (a letter, an export) as it is; it is only ever downloaded, like the rest.

    A copy of what came from outside is not ``is_ours``.
    """
    stored = StoredFile(
        name=name[:150],
        content_type=content_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        uploaded_at=at,
        **({} if is_ours else to_be_screened(at)),
    )
    place = _place()
    with _whole_or_not_at_all(name, place):
        stored.content.save(place, ContentFile(content), save=False)
    stored.save()
    return stored


def require_room(upload: UploadedFile) -> None:
    """Ask while the form is still looked at, so that what is missing is said beside the field. Raises NoRoom.

    The room is asked of the system, not computed: quotas and limits on files count too.
    """
    try:
        folder = Path(private_storage().path(""))
    except NotImplementedError:  # files are kept elsewhere, where the system knows no limit
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as trial:
            os.posix_fallocate(trial.fileno(), 0, upload.size or 1)
    except OSError as error:
        if not room.is_used_up(error):
            raise
        raise NoRoom(upload.name or "") from None


@contextmanager
def _whole_or_not_at_all(name: str, place: str) -> Iterator[None]:
    """Half a file is removed again. Raises NoRoom where it was only half for want of room."""
    try:
        yield
    except OSError as error:
        private_storage().delete(place)
        if not room.is_used_up(error):
            raise
        raise NoRoom(name) from None


def _place() -> str:
    drawn = secrets.token_hex(20)
    return f"{drawn[:2]}/{drawn[2:]}"


def _kind(upload: UploadedFile, shown: str, kinds: Collection[Kind]) -> Kind:
    limits = sniffing.ArchiveLimits(settings.FILES_MAX_ARCHIVE_MEMBERS, settings.FILES_MAX_UNPACKED_BYTES)
    try:
        kind = sniffing.sniff(upload, limits)  # type: ignore[arg-type]
    except sniffing.Bomb:
        raise ValidationError(
            _("“%(name)s” unpacks to far more than we can take."), code="bomb", params={"name": shown}
        ) from None
    if kind is None or kind not in kinds:
        raise ValidationError(
            _("We cannot take in “%(name)s”. %(taken)s"), code="kind", params={"name": shown, "taken": TAKEN}
        )
    return kind


def _check_pixels(upload: UploadedFile, kind: Kind, shown: str) -> None:
    count = sniffing.pixels(upload, kind)  # type: ignore[arg-type]
    if not count:
        raise ValidationError(_("“%(name)s” is damaged: it has no size."), code="damaged", params={"name": shown})
    if count > settings.FILES_MAX_PIXELS:
        raise ValidationError(_("“%(name)s” has too many pixels."), code="pixels", params={"name": shown})


def _digest(upload: UploadedFile) -> str:
    digest = hashlib.sha256()
    upload.seek(0)
    for chunk in upload.chunks():
        digest.update(chunk)
    return digest.hexdigest()
