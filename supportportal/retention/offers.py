"""What the page of a person offers to owners and superusers."""

from typing import Any, cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from supportportal.pages.actions import Action
from supportportal.people.models import User

from . import operations


def on_person(request: HttpRequest, person: Any) -> list[Action]:
    if not operations.may_forget(cast(User, request.user)) or operations.is_forgotten(person):
        return []
    offered = [Action(_("Legal hold"), reverse("admin:retention_legalhold_person", args=[person.pk]))]
    if not person.is_staff:
        offered.append(Action(_("Anonymise"), reverse("admin:retention_legalhold_anonymise", args=[person.pk])))
    return offered
