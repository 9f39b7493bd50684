"""The one way in for files: name cleaned, content sniffed against an allow-list, limits, a random place to be kept."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from . import names, sniffing
from .models import StoredFile
from .sniffing import Kind

TAKEN = _("Please add a PDF, a picture (PNG, JPEG, GIF, WebP, HEIC), a text, or a Word, Excel or OpenDocument file.")


@dataclass(frozen=True)
class Inspected:
    """A file that passed: the name to keep and what it is."""

    name: str
    content_type: str


def inspect(upload: UploadedFile, kinds: Collection[Kind] = sniffing.ALL) -> Inspected:
    """Say what an upload is. Raises ValidationError, fit to show beside the field, if it is not taken in."""
    stem, extension = names.clean(upload.name or "")
    shown = f"{stem}.{extension}" if extension else stem
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
    found = inspect(upload)
    stored = StoredFile(
        name=found.name,
        content_type=found.content_type,
        size=upload.size or 0,
        sha256=_digest(upload),
        uploaded_at=at,
    )
    upload.seek(0)
    stored.content.save(_place(), upload, save=False)
    stored.save()
    return stored


def keep(name: str, content_type: str, content: bytes, at: datetime) -> StoredFile:
    """Keep what we have written ourselves (a letter, an export) as it is; it is only ever downloaded, like the rest."""
    stored = StoredFile(
        name=name[:150],
        content_type=content_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        uploaded_at=at,
    )
    stored.content.save(_place(), ContentFile(content), save=False)
    stored.save()
    return stored


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
