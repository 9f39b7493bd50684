"""Form fields for files that are handed in; what was refused, and why, is said beside the field."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import ngettext_lazy

from . import intake, sniffing
from .sniffing import Kind


class PrivateFileField(forms.FileField):
    """One upload that ``intake.accept`` will take. Its cleaned value bears the cleaned name."""

    def __init__(self, *, kinds: Collection[Kind] = sniffing.ALL, **kwargs: Any):
        self.kinds = kinds
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # The browser's own chooser may offer only these; what counts is the content.
        offered = [f".{extension}" for kind in self.kinds for extension in kind.extensions]
        return {**super().widget_attrs(widget), "accept": ",".join(offered)}

    def to_python(self, data: Any) -> UploadedFile | None:
        # Django's own check comes second: it refuses a name that is too long, ours shortens it.
        if data in self.empty_values:
            return None
        found = intake.inspect(data, self.kinds)
        intake.require_room(data)
        data.name = found.name
        data.content_type = found.content_type
        return data


class _ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PrivateFilesField(PrivateFileField):
    """Several uploads at once, up to ``FILES_MAX_COUNT``; its cleaned value is a list."""

    widget = _ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        uploads = [one for one in (data if isinstance(data, list | tuple) else [data]) if one]
        if self.required and not uploads:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(uploads) > settings.FILES_MAX_COUNT:
            message = ngettext_lazy(
                "Please add no more than %(limit)s file at once.",
                "Please add no more than %(limit)s files at once.",
                "limit",
            )
            raise ValidationError(message, code="count", params={"limit": settings.FILES_MAX_COUNT})
        errors: list[ValidationError] = []
        cleaned: list[UploadedFile] = []
        for upload in uploads:
            try:
                cleaned.append(super().clean(upload))
            except ValidationError as error:
                errors.extend(error.error_list)
        if errors:
            raise ValidationError(errors)
        return cleaned
