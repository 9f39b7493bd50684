"""The demo's incidents: past decisions to compare with, one to decide, one to approve, and who is restricted by one."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from supportportal.demo.doors import Door
from supportportal.outbox.models import Message
from supportportal.people.models import Account, Restriction

from . import demo_told as told
from .demo_past import HOUR, Past
from .models import Assessment, EmergencyStop, Incident, Measure
from .operations import reporting, stopping


def _to_look_at() -> str:
    """The incident of this morning that waits for a decision; empty once somebody has decided it."""
    waiting = Incident.objects.open().filter(words=told.TO_DECIDE.words).first()
    return waiting.get_absolute_url() if waiting else ""


DOORS = [
    Door(
        _("Decide an incident"),
        _(
            "You are a manager: read what an agent reported, the client's earlier incidents and comparable decisions, "
            "and see what a measure would do before you take it."
        ),
        "manager2@demo.example",
        "admin:conduct_incident_changelist",
        icon="list",
        position=18,
        find=_to_look_at,
    ),
    Door(
        _("Approve a measure"),
        _("Another manager wants to restrict a client for three months. That needs you too: look at it, and answer."),
        "senior@demo.example",
        "admin:conduct_approvals",
        icon="check",
        position=19,
    ),
    Door(
        _("A client with limited access"),
        _("You were told why, until when, and how to appeal. See what is closed to you, and what never is."),
        "restricted@demo.example",
        "people:plan",
        icon="door",
        position=16,
    ),
]


def clear() -> None:
    Message.objects.filter(kind__startswith="conduct_").delete()
    for measure in Measure.objects.standing().exclude(subscription_before=""):
        account = Account.objects.filter(pk=measure.account_id)
        account.update(subscription=measure.subscription_before)
    stops = EmergencyStop.objects.values_list("restriction", flat=True)
    restrictions = {*stops, *Measure.objects.values_list("restriction", flat=True)} - {None}
    EmergencyStop.objects.all().delete()
    while (last := Measure.objects.filter(extensions=None)).exists():
        last.delete()
    Assessment.objects.all().delete()
    Incident.objects.all().delete()
    Restriction.objects.filter(pk__in=restrictions).delete()


def build(at: datetime) -> None:
    past = Past(at)
    for story in [*told.PAST, *told.EARLIER]:
        measure = past.decided(story)
        if story.appeal and measure is not None:
            past.appealed(measure, story, story.days - 7)
    _in_force(past)
    _to_approve(past)
    _stopped(past)
    _to_decide(past)
    past.close_the_books()


def _in_force(past: Past) -> None:
    past.decided(told.RESTRICTED)
    appealed = past.decided(told.APPEALED)
    if appealed is not None:
        past.appealed(appealed, told.APPEALED, 2)


def _to_approve(past: Past) -> None:
    measure = past.decided(told.TO_APPROVE, looked_after=False)
    if measure is not None:
        past.looked_after(measure.incident, "manager2", past.at - 3 * HOUR, closed=False)


def _stopped(past: Past) -> None:
    """Contact with a client is stopped for two days, because of a threat."""
    incident = past.report(told.STOPPED, past.at - 5 * HOUR)
    reasons = "He named the day and the place. Everybody at the front desk is told."
    stopping.stop_contact(incident, reasons, hours=48, by=past.people["senior"], at=past.at - 4 * HOUR, seen=None)


def _to_decide(past: Past) -> None:
    """Reported this morning by the demo's agent, who waits for a manager to talk with; the client has answered."""
    agent, at = past.people["agent"], past.at
    incident = past.report(told.TO_DECIDE, at - 3 * HOUR)
    reporting.ask_to_stop(incident, told.STOP_REQUEST, by=agent, at=at - 3 * HOUR + timedelta(minutes=10))
    reporting.hear(incident, told.ANSWER, at=at - 2 * HOUR)
