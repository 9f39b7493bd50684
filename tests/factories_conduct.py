"""Incidents to test with, made by the operations themselves."""

from datetime import datetime, timedelta

from conduct.models import Assessment, Category, ClientAnswer, Incident, Measure
from conduct.operations import deciding, reporting, suspending
from conduct.rules import Grounds
from supportportal.outbox import inbound as mail_in
from supportportal.outbox import mails
from supportportal.outbox import operations as outbox
from supportportal.outbox.models import Inbound, Message
from supportportal.outbox.operations import Owed
from supportportal.people.models import Gate, User

from .factories import MONDAY_TEN, ClientFactory, StaffFactory

SAID = {part.value: f"Something about {part.value}." for part in Grounds}


def make_incident(
    *,
    at: datetime = MONDAY_TEN,
    client: User | None = None,
    reporter: User | None = None,
    categories: tuple[str, ...] = (Category.LANGUAGE,),
    **said,
) -> Incident:
    """One that somebody has just reported; ``said`` are further fields of ``reporting.Report``."""
    return reporting.report(
        reporting.Report(
            client=client or ClientFactory(),
            happened_at=at - timedelta(hours=1),
            channel=Incident.Channel.SESSION,
            categories=categories,
            words=said.pop("words", "You are all idiots."),
            acceptable=Incident.Acceptable.NO,
            **said,
        ),
        by=reporter or StaffFactory(roles=["agent"]),
        at=at,
    )


def heard(incident: Incident, text: str, *, answers: str | None, at: datetime = MONDAY_TEN, files=()) -> ClientAnswer:
    """What the client wrote back to a mail of that kind, or to none."""
    if answers:
        outbox.plan([Owed(answers, incident.pk, at, recipient=incident.client, copy=text)], at=at)
    raw = f"From: {incident.client.email}\n\n{text}".encode()
    mail = mail_in.receive(raw, mails.read(raw), gateway="test", verdict=Inbound.Verdict.PASS, at=at)
    mail.answers = Message.objects.filter(kind=answers).last()
    mail.save(update_fields=["answers"])
    return reporting.hear(Incident.objects.get(pk=incident.pk), text, at=at, inbound=mail, files=files)


def findings(**changed) -> deciding.Findings:
    values = {"finding": Assessment.Finding.FOUNDED, "severity": Assessment.Severity.SERIOUS, "said": SAID}
    return deciding.Findings(**{**values, **changed})


def limited(at: datetime, *, days: int = 30, **changed) -> deciding.Step:
    values = {"kind": Measure.Kind.LIMITED, "gates": [Gate.BOOKING], "until": at + timedelta(days=days)}
    return deciding.Step(**{**values, **changed})


def make_measure(
    step: deciding.Step | None = None,
    *,
    at: datetime = MONDAY_TEN,
    incident: Incident | None = None,
    by: User | None = None,
    **changed,
) -> Measure:
    """A measure, as the manager ``by`` decides it; 30 days without booking unless ``step`` says otherwise."""
    incident = incident or make_incident(at=at)
    manager = by or StaffFactory(roles=["manager"])
    step = step or limited(at)
    return deciding.decide(incident, findings(**changed), step, by=manager, at=at, seen=incident.version)


def suspend_late(at: datetime) -> int:
    """What the watch does about appeals that have waited too long; how many it suspends."""
    return sum(suspending.suspend(one, at=at) for one in suspending.waiting(at))
