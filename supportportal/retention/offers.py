"""What the page of a client offers to owners and superusers."""

from typing import Any, cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from supportportal.pages.actions import Action
from supportportal.people.models import User

from . import operations


def on_person(request: HttpRequest, person: Any) -> list[Action]:
    by = cast(User, request.user)
    if person.is_staff or not operations.may_forget(by) or operations.is_forgotten(person):
        return []
    return [Action(_("Anonymise this client"), reverse("admin:retention_forget_person", args=[person.pk]))]
