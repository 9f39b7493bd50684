"""The polite request to stop, as it is proposed: kind, short, in the client's language, naming no law (R-2)."""

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation

from supportportal import wording
from supportportal.people.models import Firm, User

from .messages import STOP_REQUEST
from .models import Incident


@dataclass(frozen=True)
class Preview:
    """The mail as the client will read it."""

    to: User
    subject: str
    text: str


def proposed(incident: Incident) -> str:
    """The words of the template; whoever sends them can change them."""
    client = incident.client
    day = incident.happened_at.astimezone(client.zone).date()
    with translation.override(client.language):
        said = {"client": client, "firm": Firm.current(), "day": wording.written_day(day, client.language)}
        return render_to_string("conduct/asking_to_stop.txt", said).strip()


def preview(incident: Incident, text: str) -> Preview:
    with translation.override(incident.client.language):
        subject = render_to_string(f"messages/{STOP_REQUEST}/subject.txt").strip()
    return Preview(incident.client, subject, text)
