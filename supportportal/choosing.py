"""Fields of the staff's pages that are filled in by searching, and rows named by number, whatever is sent for them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import BigIntegerField, DateTimeField, Field
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

LARGEST = BigIntegerField.MAX_BIGINT


def is_key(value: Any) -> bool:
    """Whether a row can have this number."""
    text = str(value)
    return text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST)) and int(text) <= LARGEST


def row_or_404(rows: Any, pk: int) -> Any:
    """Where the key is another table's, Django passes any number on to the database."""
    if not is_key(pk):
        raise Http404
    return get_object_or_404(rows, pk=pk)


class KeySelect(AutocompleteSelect):
    """Shows what was chosen; Django's own asks the database for anything that was sent, which ends in an error."""

    def optgroups(self, name: str, value: list[Any], attrs: dict[str, Any] | None = None) -> list[Any]:
        return super().optgroups(name, [one for one in value if one in ("", None) or is_key(one)], attrs)


class KeysField(forms.ModelMultipleChoiceField):
    """Several rows; a number that no column holds is refused like any other that is not there."""

    def _check_values(self, value: Any) -> Any:
        for one in value:
            if not is_key(one):
                raise forms.ValidationError(
                    self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": one}
                )
        return super()._check_values(value)


class ChoosingAdmin(admin.ModelAdmin):
    """Fields that name rows, and addresses, take anything: what is no number of a row is none."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if "widget" not in kwargs and db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = KeySelect(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **{"form_class": KeysField, **kwargs})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """An address may fill in a new row's fields, but no instants: Django ends in an error over their text."""
        given = super().get_changeform_initial_data(request)
        instants = {field.name for field in self.opts.get_fields() if isinstance(field, DateTimeField)}
        return {name: value for name, value in given.items() if name not in instants}

    def get_object(self, request: HttpRequest, object_id: str, from_field: Field | None = None) -> Any:
        return super().get_object(request, object_id, from_field) if is_key(object_id) else None
