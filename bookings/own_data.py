"""What of sessions belongs to a person's own data: their sessions, and all that follows from them.

Notes of staff about a session are the client's data too; whoever else they name is blanked. A session that somebody
booked for a colleague is the colleague's: of it, only that it was booked.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording
from supportportal.lattice import instant_at
from supportportal.outbox import own_data as messages_own_data
from supportportal.people import own_data
from supportportal.people.models import User
from supportportal.people.own_data import Coded, Fact, Part, Record, Section, facts_of, stored
from supportportal.people.own_data_others import Others

from . import messages, messages_firm, messages_waiting
from .models import Booking, Callback, Fee, SessionFeed, Strike, SurveyAnswer, TermsAcceptance, WaitlistEntry
from .models.offer import PlaceKind

_KINDS = [*messages.KINDS, *messages_firm.KINDS_FIRM, *messages_waiting.KINDS_WAITING]
OFFERED = ("state", "offered_at", "until", "decided_at")
TO_AGENTS = [one.code for one in _KINDS if one.context is messages.agent_context]


def register() -> None:
    says = gettext_lazy("sessions with outcome and summary, no-shows, fees, waiting list, phone calls, feedback, terms")
    own_data.register(Part("sessions", gettext_lazy("Sessions and calls"), says, collect, position=20))
    messages_own_data.leave_out(*TO_AGENTS)
    copied = messages_firm.COPIED | messages_firm.TO_DECIDE
    messages_own_data.leave_out_words(Q(kind__in=copied, copy=messages_firm.COPY))


def collect(person: User, at: datetime) -> Iterable[Section]:
    others = Others.around(person, staff=True)
    yield Section("sessions", _("Sessions"), _sessions(person, others))
    yield Section("booked_for_colleagues", _("Sessions that you booked for colleagues"), _for_colleagues(person))
    yield Section("strikes", _("No-shows on record"), _strikes(person, others))
    yield Section("fees", _("Fees"), _fees(person, others))
    yield Section("waiting", _("Waiting list"), _waiting(person))
    yield Section("calls", _("Phone calls that you asked for"), _calls(person, others))
    yield Section("surveys", _("Surveys"), _surveys(person))
    yield Section("terms", _("Terms that you accepted"), _terms(person))
    yield Section("calendar", _("Sessions in your own calendar"), _calendar(person))


def _sessions(person: User, others: Others) -> Iterator[Record]:
    rows = Booking.objects.filter(client=person).select_related(
        "session_type", "agent__user", "booked_by", "cancelled_by", "feedback"
    )
    rows = rows.prefetch_related("files").order_by("first_cell", "pk")
    for one in rows.iterator(own_data.BATCH):
        feedback = getattr(one, "feedback", None)
        yield Record(
            f"{one.session_type.title}, {_written(one.starts_at, person)}",
            [
                *facts_of(one, "reference"),
                Fact("session_type", _("Session"), Coded(one.session_type.slug, one.session_type.title)),
                Fact("agent", _("With"), str(one.agent)),
                *facts_of(one, "starts_at", "ends_at", "state", "place_kind"),
                # A video link opens the room for whoever has it.
                Fact("place", _("Place"), "" if one.place_kind == PlaceKind.VIDEO else one.place),
                *facts_of(one, "topic", "details"),
                Fact("files", _("Files"), stored(one.files.all())),
                *facts_of(one, "booked_at"),
                Fact("booked_by", _("Booked by"), _who(one.booked_by, person)),
                *facts_of(one, "fixed_at", "imposed_at", "agreed_at", "cancelled_at"),
                Fact("cancelled_by", _("Cancelled by"), _who(one.cancelled_by, person)),
                *facts_of(one, "cancel_reason", "started_at", "late_until", "dropped_at", "nobody_here_at"),
                *facts_of(one, "outcome_at"),
                Fact("outcome_reason", _("Why the outcome was corrected"), others.blank(one.outcome_reason)),
                *facts_of(one, "summary"),
                Fact("notes", _("Our notes"), others.blank(one.notes)),
                Fact("feedback", _("Your feedback"), [_rating(feedback)] if feedback else []),
            ],
        )


def _for_colleagues(person: User) -> Iterator[Record]:
    rows = Booking.objects.filter(booked_by=person).exclude(client=person).select_related("session_type")
    for one in rows.order_by("booked_at", "pk").iterator(own_data.BATCH):
        session_type = Coded(one.session_type.slug, one.session_type.title)
        facts = [Fact("session_type", _("Session"), session_type), *facts_of(one, "reference", "booked_at")]
        yield Record(session_type.label, facts)


def _strikes(person: User, others: Others) -> Iterator[Record]:
    rows = Strike.objects.filter(client=person).select_related("booking", "support_decision")
    rows = rows.prefetch_related("reviews").order_by("day", "pk")
    for one in rows.iterator(own_data.BATCH):
        decision = getattr(one, "support_decision", None)
        yield Record(
            wording.written_day(one.day, reader.language(), year=True),
            [
                Fact("session", _("Session"), one.booking.reference),
                Fact("missed_start", _("Missed start"), instant_at(one.first_cell)),
                *facts_of(one, "cause", "day", "recorded_at", "final_at", "taken_back", "taken_back_at"),
                Fact("taken_back_reason", _("Reason"), others.blank(one.taken_back_reason)),
                Fact("reviews", _("Requests to look again"), [_review(review) for review in one.reviews.all()]),
                Fact("decision", _("Decision on support"), [_decision(decision, others)] if decision else []),
            ],
        )


def _review(review: Any) -> Record:
    return Record("", facts_of(review, "asked_at", "text", "decision", "decided_at", "answer"))


def _decision(decision: Any, others: Others) -> Record:
    reason = Fact("reason", _("Reason"), others.blank(decision.reason))
    return Record("", [*facts_of(decision, "decision", "decided_at"), reason])


def _fees(person: User, others: Others) -> Iterator[Record]:
    rows = Fee.objects.filter(client=person).select_related("booking", "account", "accepted_by")
    for one in rows.order_by("asked_at", "pk").iterator(own_data.BATCH):
        yield Record(
            _("Session %(reference)s") % {"reference": one.booking.reference},
            [
                Fact("session", _("Session"), one.booking.reference),
                *facts_of(one, "net", "vat_rate", "currency", "state", "asked_at", "accepted_at"),
                Fact("accepted_by", _("Accepted by"), _who(one.accepted_by, person)),
                *facts_of(one, "settled_at"),
                Fact("invoiced_to", _("Invoiced to"), one.account.name if one.account else ""),
                Fact("reason", _("Reason"), others.blank(one.reason)),
            ],
        )


def _waiting(person: User) -> Iterator[Record]:
    rows = WaitlistEntry.objects.filter(client=person).select_related("session_type", "booking")
    rows = rows.prefetch_related("offers").order_by("joined_at", "pk")
    for one in rows.iterator(own_data.BATCH):
        offers = [
            Record("", [Fact("starts_at", _("Start"), offer.starts_at), *facts_of(offer, *OFFERED)])
            for offer in one.offers.all()
        ]
        yield Record(
            one.session_type.title,
            [
                Fact("session_type", _("Session"), Coded(one.session_type.slug, one.session_type.title)),
                Fact("earlier_than", _("Earlier than"), one.booking.reference if one.booking else ""),
                *facts_of(one, "days", "topic", "joined_at", "left_at"),
                Fact("offers", _("Offers"), offers),
            ],
        )


def _calls(person: User, others: Others) -> Iterator[Record]:
    rows = Callback.objects.filter(client=person).prefetch_related("additions", "attempts")
    for one in rows.order_by("requested_at", "pk").iterator(own_data.BATCH):
        attempts = [
            Record("", [*facts_of(call, "at", "result"), Fact("note", _("Note"), others.blank(call.note))])
            for call in one.attempts.all()
        ]
        yield Record(
            _written(one.requested_at, person),
            [
                *facts_of(one, "number", "contact", "topic", "description", "day_part", "source", "requested_at"),
                *facts_of(one, "state", "closed_at"),
                Fact("outcome", _("Outcome"), others.blank(one.note)),
                Fact("added", _("What you added"), [_addition(added) for added in one.additions.all()]),
                Fact("attempts", _("Our calls"), attempts),
            ],
        )


def _addition(added: Any) -> Record:
    return Record("", facts_of(added, "at", "source", "text"))


def _surveys(person: User) -> Iterator[Record]:
    for one in SurveyAnswer.objects.filter(client=person).order_by("asked_at", "pk").iterator(own_data.BATCH):
        yield Record(one.quarter, [*facts_of(one, "quarter", "asked_at"), *_rating(one).facts])


def _terms(person: User) -> Iterator[Record]:
    rows = TermsAcceptance.objects.filter(user=person).select_related("terms").order_by("accepted_at", "pk")
    for one in rows.iterator(own_data.BATCH):
        yield Record("", [Fact("version", _("Version"), one.terms.version), *facts_of(one, "accepted_at")])


def _calendar(person: User) -> Iterator[Record]:
    for one in SessionFeed.objects.filter(user=person):
        state = Coded("on", _("in use")) if one.is_on else Coded("off", _("switched off"))
        yield Record("", [Fact("made_at", _("Address made"), one.made_at), Fact("state", _("State"), state)])


def _rating(row: Any) -> Record:
    return Record("", facts_of(row, "rating", "comment", "given_at"))


def _who(by: User | None, person: User) -> Coded | None:
    """Nobody else by name."""
    if by is None:
        return None
    if by.pk == person.pk:
        return Coded("you", _("you"))
    return Coded("us", _("us")) if by.is_staff else Coded("colleague", _("a colleague"))


def _written(instant: datetime, person: User) -> str:
    return wording.written_out(instant, person.zone, reader.language(), year=True, named=False)
