"""What of sessions and calls is not kept for ever: their words, places, numbers and files. The figures stay.

Nothing goes about which a fee is not settled, a no-show still counts, or a request to look again is open.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from supportportal.people.models import User
from supportportal.retention import kinds
from supportportal.retention.blanking import blank
from supportportal.retention.kinds import Kind, Open

from . import rules
from .models import (
    Agent,
    Booking,
    CallAttempt,
    Callback,
    CallbackAddition,
    Fee,
    Feedback,
    Offer,
    Strike,
    StrikeReview,
    SupportDecision,
    SurveyAnswer,
    WaitlistEntry,
)
from .policy import POLICY

NOT_SETTLED = [Fee.State.ASKED, Fee.State.ACCEPTED, Fee.State.OWED, Fee.State.INVOICED]


def register() -> None:
    kinds.register(SESSIONS, CALLS, WAITING, SURVEYS)
    kinds.register_open(*OPEN)
    kinds.register_life(_booked_since)
    kinds.register_life(_called_since)


def strikes_that_count(at: datetime) -> QuerySet[Strike]:
    """Those that can still lead to something: not taken back, and not so old that no other can follow them (B-13).

    A day longer, as a strike's date is the client's own.
    """
    months = max(POLICY.strike_months, POLICY.sanction_months)
    first = rules.add_months((at - timedelta(days=1)).date(), -months)
    looked_at_again = Q(pk__in=StrikeReview.objects.filter(decision="").values("strike"))
    return Strike.objects.filter(Q(day__gte=first, taken_back_at__isnull=True) | Q(final_at__gt=at) | looked_at_again)


# -- sessions ----------------------------------------------------------------------------------------------------------


def _sessions_due(before: datetime, at: datetime) -> QuerySet[Booking]:
    over = Booking.objects.filter(ends_at__lte=before).exclude(state=Booking.State.BOOKED)
    over = over.exclude(cancelled_at__gt=before).exclude(outcome_at__gt=before)
    over = over.exclude(pk__in=Fee.objects.filter(state__in=NOT_SETTLED).values("booking"))
    return over.exclude(pk__in=strikes_that_count(at).values("booking"))


def _forget_sessions(pks: Sequence[int], at: datetime) -> None:
    blank(Booking, "place", "topic", "details", "outcome_reason", "summary", "notes", pk__in=pks)
    Booking.files.through.objects.filter(booking__in=pks).delete()
    blank(Feedback, "comment", booking__in=pks)
    blank(Fee, "reason", booking__in=pks)
    blank(Strike, "taken_back_reason", booking__in=pks)
    blank(StrikeReview, "text", "answer", strike__booking__in=pks)
    blank(SupportDecision, "reason", strike__booking__in=pks)


SESSIONS = Kind(
    code="sessions",
    title=_("Sessions that are long over"),
    what=_("Words, place and files go, comments too; times, outcome, rating, no-shows and fees stay."),
    model=Booking,
    due=_sessions_due,
    forget=_forget_sessions,
    since="ends_at",
    whose=lambda people: Q(client__in=people),
    about=lambda people: Q(client__in=people) | Q(booked_by__in=people) | Q(agent__in=people),
    subjects={"bookings.booking": "pk", "bookings.strike": "booking", "bookings.fee": "booking"},
    position=20,
)

# -- calls, waiting list, surveys --------------------------------------------------------------------------------------


def _calls_due(before: datetime, at: datetime) -> QuerySet[Callback]:
    return Callback.objects.filter(closed_at__lte=before)


def _forget_calls(pks: Sequence[int], at: datetime) -> None:
    Callback.objects.filter(pk__in=pks).update(number="")
    blank(Callback, "contact", "description", "note", pk__in=pks)
    blank(CallbackAddition, "text", callback__in=pks)
    blank(CallAttempt, "note", callback__in=pks)


CALLS = Kind(
    code="calls",
    title=_("Phone calls that are closed"),
    what=_("Number, contact and words go; when it was asked for, the topic and what came of it stay."),
    model=Callback,
    due=_calls_due,
    forget=_forget_calls,
    since="closed_at",
    whose=lambda people: Q(client__in=people),
    about=lambda people: Q(client__in=people) | Q(claimed_by__in=people) | Q(attempts__by__in=people),
    subjects={"bookings.callback": "pk"},
    position=30,
)


def _waiting_due(before: datetime, at: datetime) -> QuerySet[WaitlistEntry]:
    found = WaitlistEntry.objects.filter(left_at__lte=before)
    return found.exclude(pk__in=Offer.objects.open().values("entry"))


WAITING = Kind(
    code="waiting",
    title=_("Waiting list, once left"),
    what=_("What it was about goes; the times stay."),
    model=WaitlistEntry,
    due=_waiting_due,
    forget=lambda pks, at: blank(WaitlistEntry, "topic", pk__in=pks),
    since="left_at",
    whose=lambda people: Q(client__in=people),
    about=lambda people: Q(client__in=people),
    subjects={"bookings.offer": "entry"},
    position=40,
)

SURVEYS = Kind(
    code="surveys",
    title=_("Surveys"),
    what=_("Comments go; ratings stay."),
    model=SurveyAnswer,
    due=lambda before, at: SurveyAnswer.objects.filter(asked_at__lte=before).exclude(given_at__gt=before),
    forget=lambda pks, at: blank(SurveyAnswer, "comment", pk__in=pks),
    since="asked_at",
    whose=lambda people: Q(client__in=people),
    about=lambda people: Q(client__in=people),
    subjects={"bookings.surveyanswer": "pk"},
    position=50,
)

# -- what keeps a client -----------------------------------------------------------------------------------------------


def _people(rows: QuerySet[Any], way: str = "client") -> QuerySet[User]:
    return User.objects.filter(pk__in=rows.values(way))


OPEN = [
    Open(
        "sessions",
        _("A session of this client is still booked or has no outcome yet. Cancel it, or say what came of it, first."),
        lambda at: _people(Booking.objects.filter(state=Booking.State.BOOKED)),
        position=20,
    ),
    Open(
        "booked",
        _("This client has booked a session for a colleague that is still to come."),
        lambda at: _people(
            Booking.objects.filter(state=Booking.State.BOOKED).exclude(client=F("booked_by")), "booked_by"
        ),
        position=21,
    ),
    Open(
        "fees",
        _("A fee of this client is not settled."),
        lambda at: _people(Fee.objects.filter(state__in=NOT_SETTLED)),
        position=22,
    ),
    Open(
        "strikes",
        _("A no-show of this client still counts, or is being looked at again."),
        lambda at: _people(strikes_that_count(at)),
        position=23,
    ),
    Open(
        "calls",
        _("This client still waits to be called."),
        lambda at: _people(Callback.objects.filter(closed_at__isnull=True)),
        position=24,
    ),
    Open(
        "waiting",
        _("This client is still on the waiting list."),
        lambda at: _people(WaitlistEntry.objects.filter(Q(left_at__isnull=True) | Q(offers__state=Offer.State.OPEN))),
        position=25,
    ),
    Open(
        "agents",
        _("This person has held sessions as an agent."),
        lambda at: User.objects.filter(pk__in=Agent.objects.values("pk")),
        position=26,
    ),
]


def _booked_since(since: datetime) -> QuerySet[Any]:
    lately = Booking.objects.filter(Q(booked_at__gt=since) | Q(ends_at__gt=since))
    return User.objects.filter(Q(pk__in=lately.values("client")) | Q(pk__in=lately.values("booked_by"))).values("pk")


def _called_since(since: datetime) -> QuerySet[Any]:
    return Callback.objects.filter(Q(requested_at__gt=since) | Q(closed_at__gt=since)).values("client")
