"""The files that came with a kept mail, each looked at as if it had been handed in on a page."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from supportportal.files import intake

from . import mail_files
from .models import Inbound


@dataclass(frozen=True)
class Attached:
    """One file. ``problem`` says why we do not take it; empty for one that can be downloaded, once its mail is
    ``is_given_out``.
    """

    number: int
    name: str
    content_type: str
    content: bytes
    problem: str = ""

    @property
    def size(self) -> int:
        return len(self.content)

    def open(self) -> BytesIO:
        return BytesIO(self.content)


def files_of(inbound: Inbound) -> list[Attached]:
    """In the order of the mail. Nothing is kept twice: they are read from the mail as it came."""
    if not inbound.raw:  # let go since
        return []
    with inbound.raw.open("rb") as raw:
        return list(_looked_at(mail_files.read(raw.read())))


def contents(inbound: Inbound) -> Iterator[BytesIO]:
    """What is screened of a mail: its files, whether we take them or not."""
    if not inbound.raw:
        return
    with inbound.raw.open("rb") as raw:
        found = mail_files.read(raw.read())
    yield from (BytesIO(one.content) for one in found)


def _looked_at(files: list[mail_files.MailFile]) -> Iterator[Attached]:
    for number, file in enumerate(files):
        try:
            found = intake.inspect(SimpleUploadedFile(file.name or "file", file.content))
        except ValidationError as refused:
            yield Attached(number, file.name or "file", "", file.content, " ".join(refused.messages))
        else:
            yield Attached(number, found.name, found.content_type, file.content)
