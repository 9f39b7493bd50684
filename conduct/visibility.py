"""The gate for what the shared kernel lists: entries of the trail about what belongs to an incident (R-10)."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import models

from supportportal.trail import visibility

from .models import CareNote, FollowUp, Incident

BETWEEN_TWO = (FollowUp, CareNote)  # have a narrower gate of their own


def path_to_incident(model: type[models.Model]) -> str | None:
    """The lookup from a row to its incident, by foreign keys within this app; None for what belongs to none."""
    if model is Incident:
        return "pk"
    for field in model._meta.concrete_fields:
        target = field.related_model
        if target is not None and target is not model and target._meta.app_label == Incident._meta.app_label:
            further = path_to_incident(target)
            if further is not None:
                return field.name if further == "pk" else f"{field.name}__{further}"
    return None


def register() -> None:
    visibility.veil("measure.decided", "second")
    for model in apps.get_app_config("conduct").get_models():
        if model not in BETWEEN_TWO and (path := path_to_incident(model)):
            visibility.register(model._meta.label_lower, _seen_of(model, path))


def _seen_of(model: type[models.Model], path: str) -> Callable[[Any], models.QuerySet]:
    def seen(user: Any) -> models.QuerySet:
        rows = model._default_manager.all()
        return rows.filter(**{f"{path}__in": Incident.objects.visible_to(user).values("pk")}).values("pk")

    return seen
