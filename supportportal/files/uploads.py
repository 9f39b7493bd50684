"""What is too large is stopped on its way in: neither waited for as a whole, nor written to disk, before it is refused.

Webhooks have limits of their own; they are the views that are exempt from the protection against forged forms.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from supportportal import room


def ceiling() -> int:
    """The most bytes that a form can need: all its files at their largest, and its fields."""
    return settings.FILES_MAX_COUNT * settings.FILES_MAX_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE


class UploadCeilingMiddleware:
    """Refuses what is over the ceiling by its announced length, with nothing read of it.

    It stands before Django's protection against forged forms, which reads the form.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if _has_own_limits(view) or not length.isdecimal() or int(length) <= ceiling():
            return None
        shown = {"each": settings.FILES_MAX_BYTES, "together": settings.FILES_MAX_COUNT * settings.FILES_MAX_BYTES}
        return render(request, "413.html", shown, status=413)


class TooLarge(UploadedFile):
    """A file over the limit: its name and size, for the form to say so beside the field; nothing of its content."""

    def __init__(self, name: str, content_type: str, size: int) -> None:
        super().__init__(ContentFile(b""), name, content_type, size)


class LimitedUploadHandler(FileUploadHandler):
    """The first of the handlers: of a file over the limit it keeps nothing, and lets the rest of the form through."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if self._is_limited() and start + len(raw_data) > settings.FILES_MAX_BYTES:
            self._drop_what_others_keep()
            return None
        return raw_data

    def file_complete(self, file_size: int) -> TooLarge | None:
        if self._is_limited() and file_size > settings.FILES_MAX_BYTES:
            return TooLarge(self.file_name, self.content_type, file_size)
        return None

    def _is_limited(self) -> bool:
        match = self.request.resolver_match
        return match is None or not _has_own_limits(match.func)

    def _drop_what_others_keep(self) -> None:
        for other in self.request.upload_handlers:
            if other is not self:
                other.upload_interrupted()


class Dropped(UploadedFile):
    """A file for which there was no room on its way in: its name, for the form to say so; nothing of its content."""

    had_no_room = True

    def __init__(self, name: str, content_type: str, size: int) -> None:
        super().__init__(ContentFile(b""), name, content_type, size)


class SpoolingUploadHandler(TemporaryFileUploadHandler):
    """Django's own for files that memory does not hold; where the disk is full, the rest of the form gets through."""

    had_no_room = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.had_no_room = False
        with self._giving_up():
            super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if not self.had_no_room:
            with self._giving_up():
                super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if not self.had_no_room:
            with self._giving_up():
                return super().file_complete(file_size)
        return Dropped(self.file_name, self.content_type, file_size)

    @contextmanager
    def _giving_up(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not room.is_used_up(error):
                raise
            self.had_no_room = True
            if file := getattr(self, "file", None):
                with suppress(OSError):  # what it still holds back finds no room either; it is removed all the same
                    file.close()


def _has_own_limits(view: Any) -> bool:
    return getattr(view, "csrf_exempt", False)
