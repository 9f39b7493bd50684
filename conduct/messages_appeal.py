"""The messages that appeals owe: to the client, to whoever may decide, and to an outside reviewer (R-7, S-1)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import Booking
from supportportal import reader, wording
from supportportal.outbox import answers
from supportportal.outbox.kinds import Kind
from supportportal.outbox.models import Inbound, Message
from supportportal.outbox.operations import Owed
from supportportal.people.models import Firm, User

from . import eligibility, notices, still_closed
from .messages import (
    COLLEAGUE,
    COLLEAGUE_OPEN,
    SUBJECT_TYPE,
    link_to,
    load,
    measure_of,
    named,
    of_measure,
    to_colleagues,
    to_staff,
    visible_in_full_to,
)
from .models import AffectedSession, Appeal, Appointment, Incident, Measure

RECEIVED, ASKED, DECIDED = "conduct_appeal_received", "conduct_appeal_asked", "conduct_appeal_decided"
SUSPENDED, SUSPENDED_STAFF = "conduct_suspended", "conduct_suspended_staff"
APPOINTED, KEPT = "conduct_appointed", "conduct_reply_kept"


def owed_for_lodging(appeal: Appeal, managers: Iterable[User], *, at: datetime) -> Iterator[Owed]:
    """The acknowledgement, and word to those to whom the appeal is offered."""
    yield of_measure(RECEIVED, appeal.measure, at)
    yield from to_staff(ASKED, appeal.measure, managers, at)


def owed_for_decision(appeal: Appeal, ended: Sequence[Measure], *, at: datetime) -> Iterator[Owed]:
    """``ended`` is what extended the measure, and has ended with it. Colleagues hear what is open to them again, or,
    where a suspension had opened it, closed anew."""
    measure, client = appeal.measure, appeal.measure.incident.client
    closes_again = appeal.suspended_at is not None and measure.closes_anything(at)
    if closes_again:
        yield from to_colleagues(COLLEAGUE, measure, at, copy=":resumed")
    if appeal.outcome == Appeal.Outcome.UPHELD:
        yield of_measure(DECIDED, measure, at)
        return
    closed = {gate for one in (measure, *ended) for gate in one.gates}
    if appeal.varied:
        closed.update(appeal.varied["before"]["gates"])
    still = still_closed.facts(measure, client, at, among=sorted(closed))
    yield of_measure(DECIDED, measure, at, extended=bool(ended), **still)
    if not closes_again:
        yield from to_colleagues(COLLEAGUE_OPEN, measure, at, copy=":appeal", closed=sorted(closed))


def owed_for_suspending(appeal: Appeal, *, at: datetime) -> Iterator[Owed]:
    """To the client, colleagues, and all managers who see the case: who is kept from deciding shall not learn it so."""
    still = still_closed.facts(appeal.measure, appeal.measure.incident.client, at)
    yield of_measure(SUSPENDED, appeal.measure, at, **still)
    yield from to_colleagues(COLLEAGUE_OPEN, appeal.measure, at, copy=":suspended")
    yield from to_staff(
        SUSPENDED_STAFF, appeal.measure, eligibility.readers(appeal.measure.incident).order_by("pk"), at
    )


def owed_for_appointing(appointment: Appointment, appeal: Appeal | None, *, at: datetime) -> Owed:
    measure = appointment.measure
    data = {"measure": measure.pk, "appointment": appointment.pk, "is_appeal": appeal is not None}
    return Owed(
        APPOINTED,
        measure.incident_id,
        at,
        recipient=appointment.person,
        copy=str(appointment.pk),
        data=data,
    )


# -- what they show ----------------------------------------------------------------------------------------------------


def _appeal_of(measure: Measure) -> Appeal:
    return Appeal.objects.get(measure=measure)


def _received(message: Message, incident: Incident) -> dict[str, Any]:
    measure = measure_of(message)
    appeal = _appeal_of(measure)
    return {
        **named(measure),
        "answer_by": notices.day(appeal.answer_by) if appeal.answer_by else "",
        "links": [link_to(measure, _("See how it stands"))],
    }


def _decided(message: Message, incident: Incident) -> dict[str, Any]:
    measure = measure_of(message)
    appeal = _appeal_of(measure)
    back, lost = sessions_of(appeal, incident.client)
    return {
        **named(measure),
        **still_closed.shown(message),
        "appeal": appeal,
        "measure": measure,
        "paragraphs": appeal.decision.split("\n\n"),
        "varied": changes_of(appeal, still=message.data.get("still", [])),
        "extended": message.data.get("extended", False),
        "was_suspended": appeal.suspended_at is not None,
        "until": notices.span(measure, Firm.current(), as_it_ends=True),
        "back": [_session(one) for one in back],
        "lost": [_session(one) for one in lost],
        "complain_url": notices.complain_url(),
        "links": [link_to(measure, _("See the decision"))],
    }


def sessions_of(appeal: Appeal, client: User) -> tuple[list[Booking], list[Booking]]:
    """Of the client's sessions that the measure cancelled: which a quashing gave back, and which were still to come
    but could not be given back."""
    if appeal.outcome != Appeal.Outcome.QUASHED or appeal.decided_at is None:
        return [], []
    both = [appeal.measure, *appeal.measure.all_extensions()]
    rows = AffectedSession.objects.filter(
        measure__in=both, choice=AffectedSession.Choice.CANCEL, booking__client=client
    )
    rows = rows.select_related("booking__session_type").order_by("booking__first_cell")
    back = [row.booking for row in rows if row.restored_at]
    lost = [row.booking for row in rows if not row.restored_at and row.booking.starts_at > appeal.decided_at]
    return back, lost


def changes_of(appeal: Appeal, *, still: Collection[str] = ()) -> dict[str, Any]:
    """What a decision made milder, in words: until when now, and what is still closed; empty where nothing was.
    ``still`` is what stays closed for another reason."""
    if not appeal.varied:
        return {}
    after, firm = appeal.varied["after"], Firm.current()
    until = datetime.fromisoformat(after["until"]) if after["until"] else None
    return {
        "until": notices.until_when(until, firm.zone) if until else _("for good"),
        "closed": notices.names_of(after["gates"]),
        "opened": notices.names_of(
            [one for one in appeal.varied["before"]["gates"] if one not in after["gates"] and one not in still]
        ),
    }


def _session(booking: Booking) -> str:
    when = wording.written_span(booking.starts_at, booking.ends_at, booking.client.zone, reader.language(), year=True)
    return f"{booking.session_type}: {when}"


def _suspended(message: Message, incident: Incident) -> dict[str, Any]:
    measure = measure_of(message)
    shown = {**named(measure), **still_closed.shown(message)}
    return {**shown, "links": [link_to(measure, _("See how it stands"))]}


def _of_staff(message: Message, incident: Incident) -> dict[str, Any]:
    appeal = _appeal_of(measure_of(message))
    answer_by = wording.written_day(appeal.answer_by, reader.language()) if appeal.answer_by else ""
    return {"incident": incident, "answer_by": answer_by, "links": [_link(appeal.get_absolute_url())]}


def _appointed(message: Message, incident: Incident) -> dict[str, Any]:
    is_appeal = message.data["is_appeal"]
    path = _appeal_of(measure_of(message)).get_absolute_url() if is_appeal else incident.get_absolute_url()
    return {"incident": incident, "is_appeal": is_appeal, "links": [_link(path)]}


def _link(path: str) -> dict[str, str]:
    return {"label": _("Look at the case"), "url": settings.SITE_URL + path}


def _kept(message: Message, mail: Inbound) -> dict[str, Any]:
    measure = measure_of(message)
    return {"mail": mail, **named(measure), "links": [link_to(measure, _("Appeal"))]}


# -- whether they are still owed ---------------------------------------------------------------------------------------


def _still_open(message: Message, incident: Incident) -> str:
    measure = measure_of(message)
    if not _appeal_of(measure).is_open:
        return _("the appeal has been decided")
    asked = eligibility.offered_appeal(measure).filter(pk=message.recipient_id)
    return "" if message.kind != ASKED or asked.exists() else _("this person cannot decide the appeal any more")


def _still_appointed(message: Message, incident: Incident) -> str:
    held = Appointment.objects.filter(pk=message.data["appointment"], ended_at__isnull=True)
    return "" if held.exists() else _("the appointment has ended")


def _can_appeal(message: Message, mail: Inbound) -> str:
    has_appealed = Appeal.objects.filter(measure=message.data["measure"]).exists()
    return _("the client has appealed already") if has_appealed else ""


_COMMON: dict[str, Any] = {
    "channel": "email",
    "subject_type": SUBJECT_TYPE,
    "load": load,
    "visible_to": visible_in_full_to,
}
KINDS = [
    Kind(RECEIVED, label=gettext_lazy("Appeal received"), context=_received, **_COMMON),
    Kind(ASKED, label=gettext_lazy("Appeal to be decided"), context=_of_staff, is_due=_still_open, **_COMMON),
    Kind(DECIDED, label=gettext_lazy("Appeal decided"), context=_decided, **_COMMON),
    Kind(SUSPENDED, label=gettext_lazy("Measure suspended"), context=_suspended, is_due=_still_open, **_COMMON),
    Kind(
        SUSPENDED_STAFF,
        label=gettext_lazy("Measure suspended: appeal undecided"),
        context=_of_staff,
        is_due=_still_open,
        **_COMMON,
    ),
    Kind(
        APPOINTED,
        label=gettext_lazy("Outside reviewer appointed"),
        context=_appointed,
        is_due=_still_appointed,
        **_COMMON,
    ),
    Kind(
        KEPT,
        label=gettext_lazy("Reply to a notice kept"),
        channel="email",
        subject_type=answers.SUBJECT_TYPE,
        load=answers.load,
        context=_kept,
        is_due=_can_appeal,
        visible_to=answers.visible_to,
    ),
]
