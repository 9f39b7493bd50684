"""What follows from an edit in the admin is told at once to whoever made it; apps register what, in ``ready()``."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase

Tell = Callable[[HttpRequest], None]

_following: dict[str, list[Tell]] = {}


def follow(label: str, tell: Tell) -> None:
    """Call ``tell`` once after rows of the model ``label`` ("bookings.holiday") were added, changed or deleted."""
    _following.setdefault(label, []).append(tell)


class FollowedAdmin(admin.ModelAdmin):
    """The admin of a model on whose rows others count."""

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        request.edited = True  # type: ignore[attr-defined]

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        super().delete_model(request, obj)
        request.edited = True  # type: ignore[attr-defined]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        super().delete_queryset(request, queryset)
        request.edited = True  # type: ignore[attr-defined]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self._told(request, super().changeform_view(request, *args, **kwargs))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        return self._told(request, super().changelist_view(request, extra_context))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponseBase:
        return self._told(request, super().delete_view(request, object_id, extra_context))

    def _told(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """By then the edit is committed: what follows is worked out from what everybody sees."""
        if getattr(request, "edited", False):
            for tell in _following.get(self.opts.label_lower, []):
                tell(request)
        return response
