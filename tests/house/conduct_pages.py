"""Addresses of the pages of incidents with rows behind them, and what to type into their forms."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from conduct import messages
from conduct.admin_incident import PRESSES
from conduct.models import Appeal, Category, FollowUp, Incident, Measure
from conduct.operations import reporting
from supportportal import links
from supportportal.files.intake import keep
from supportportal.people.models import User
from tests.factories_conduct import limited, make_incident, make_measure

INSTANTS = ["0001-01-01T00:00", "9999-12-31T23:59", "2026-03-29T02:30", "2026-10-25T02:30", "²", ""]


def make_rows():
    """An open incident with a file and an answer, a threat, one that waits for approval, one decided and appealed."""
    at = timezone.now() - timedelta(hours=2)
    client = User.objects.get(email="client@demo.example")
    agent = User.objects.get(email="agent@demo.example")
    manager = User.objects.get(email="manager@demo.example")
    file = keep("screen.txt", "text/plain", b"You are all idiots.", at)
    opened = make_incident(client=client, reporter=agent, at=at, files=[file])
    reporting.ask_to_stop(opened, "Please stop.", by=agent, at=at)
    reporting.hear(opened, "No.", at=at)
    make_incident(client=client, reporter=agent, at=at, categories=(Category.THREAT,))
    waits = make_incident(client=client, reporter=agent, at=at)
    make_measure(limited(at, days=40), incident=waits, by=manager, at=at)
    decided = make_measure(limited(at, days=10), incident=make_incident(client=client, at=at), by=manager, at=at)
    Appeal.objects.create(measure=decided, reasons="You overlooked the mail.", lodged_at=at)


def values_of_incidents(person):
    """By (page, argument), as ``known_values`` gives them: rows that this person may see, where there are any."""
    seen = Incident.objects.visible_to(person) if person else Incident.objects.none()
    incident = seen.filter(files__isnull=False).first() or Incident.objects.filter(files__isnull=False).first()
    measures = {"approve": Measure.State.PROPOSED}
    values = {}
    for page in ("change", "act", "file", "decide"):
        values[f"admin:conduct_incident_{page}", "pk"] = incident.pk
    values["admin:conduct_incident_act", "action"] = "ask"
    values["admin:conduct_incident_file", "file"] = incident.files.first().pk
    for page in ("approve", "sessions", "lift", "post", "print", "extend", "appoint"):
        state = measures.get(page, Measure.State.TAKEN)
        values[f"admin:conduct_measure_{page}", "pk"] = Measure.objects.filter(state=state).first().pk
    values["admin:conduct_appeal_enter", "pk"] = Measure.objects.filter(state=Measure.State.TAKEN).first().pk
    for page in ("change", "act", "file"):
        values[f"admin:conduct_appeal_{page}", "pk"] = Appeal.objects.first().pk
    values["admin:conduct_appeal_act", "action"] = "assign"
    taken = Measure.objects.filter(state=Measure.State.TAKEN).first()
    values["conduct:appeal", "token"] = links.token(messages.LINK_KIND, taken.pk, taken.link_epoch)
    follow_up = FollowUp.objects.visible_to(person).first() if person else None
    for page in ("care", "take", "note", "agree", "withdraw", "hand_on"):
        values[f"admin:conduct_followup_{page}", "pk"] = (follow_up or FollowUp.objects.first()).pk
    return values


def presses_on_incidents(person, draw):
    """Every button of an incident's page, and reports: their addresses, and something for each field."""
    for incident in Incident.objects.visible_to(person).order_by("-pk")[:5]:
        for action in PRESSES:
            address = reverse("admin:conduct_incident_act", args=[incident.pk, action])
            for hours in ("24", "0", "²", "9" * 30):
                said = draw.choice(["Something to say.", "", "a\x00b"])
                press = draw.choice(["preview", "send", "odd"])
                yield address, {"seen": incident.version, "hours": hours, "reasons": said, "text": said, "press": press}
    client = User.objects.clients().first()
    for when in INSTANTS:
        told = {
            "client": client.pk,
            "channel": "session",
            "categories": "threat",
            "words": "Idiots.",
            "acceptable": "no",
        }
        key = {
            "concerned": person.pk,
            "form_key": "8a5b3a50-2f4e-4c0c-9d66-0d8a8c6d1c11",
            "kept_files": "odd",
            "acceptable": "no",
        }
        yield reverse("admin:conduct_incident_add"), {**told, **key, "happened_at": when}
