"""What the pages of other apps offer: to report an incident about what they show, one click away (R-1)."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from supportportal.pages import actions
from supportportal.pages.actions import Action
from supportportal.people.models import User

# kind of page → the name under which the report's address says what it is about
SUBJECTS = {
    "bookings.booking": "booking",
    "bookings.callback": "callback",
    "complaints.complaint": "complaint",
    "people.user": "client",
}


def register() -> None:
    for subject_type, name in SUBJECTS.items():
        actions.register(subject_type, _report_about(name))


def _report_about(name: str) -> Callable[[HttpRequest, Any], list[Action]]:
    def offers(request: HttpRequest, subject: Any) -> list[Action]:
        person = subject if isinstance(subject, User) else subject.client
        if person is not None and (person.is_staff or person.is_anonymised):  # incidents are about clients
            return []
        address = reverse("admin:conduct_incident_add", query={name: subject.pk})
        return [Action(_("Report an incident"), address)]

    return offers
