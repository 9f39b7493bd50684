"""The gate for what the shared kernel lists: entries of the trail about anything that belongs to a complaint (C-8)."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import models

from supportportal.outbox.inbound import visible_to as mails_visible_to
from supportportal.outbox.models import Inbound, Message
from supportportal.trail import visibility

from .models import Complaint


def path_to_complaint(model: type[models.Model]) -> str | None:
    """The lookup from a row to its complaint, by foreign keys within this app; None for what belongs to none."""
    if model is Complaint:
        return "pk"
    for field in model._meta.concrete_fields:
        target = field.related_model
        if target is not None and target is not model and target._meta.app_label == Complaint._meta.app_label:
            further = path_to_complaint(target)
            if further is not None:
                return field.name if further == "pk" else f"{field.name}__{further}"
    return None


def register() -> None:
    for model in apps.get_app_config("complaints").get_models():
        if path := path_to_complaint(model):
            visibility.register(model._meta.label_lower, _seen_of(model, path))
    visibility.register("outbox.message", lambda user: Message.objects.visible_to(user).values("pk"))
    visibility.register("outbox.inbound", lambda user: mails_visible_to(Inbound.objects.all(), user).values("pk"))


def _seen_of(model: type[models.Model], path: str) -> Callable[[Any], models.QuerySet]:
    def seen(user: Any) -> models.QuerySet:
        rows = model._default_manager.all()
        return rows.filter(**{f"{path}__in": Complaint.objects.visible_to(user).values("pk")}).values("pk")

    return seen
