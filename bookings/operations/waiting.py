"""The waiting list: join, leave, and slots offered to those who wait, one after the other (B-15)."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import chain

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from supportportal.lattice import instant_at
from supportportal.outbox import operations as outbox
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import availability, granting, messages_waiting
from ..models import Agent, Booking, Hold, Offer, SessionType, TermsVersion, WaitlistEntry
from ..policy import POLICY
from ..refusals import (
    AlreadyStarted,
    BookingRefused,
    FeeNeedsSignIn,
    FeeNotAccepted,
    NoDays,
    NotLive,
    NoTopic,
    OfferOver,
)
from ..standing import day_of
from . import booking as sessions
from . import holds, strikes
from .consequences import consequence
from .holds import hand_on, keep_for_undo, slot_of
from .locking import acting, lock_people
from .terms import accept_terms
from .undoing import can_undo, undo

__all__ = [
    "accept",
    "can_undo",
    "carries_fee",
    "close_past",
    "decline",
    "hand_on",
    "join_for_days",
    "join_for_earlier",
    "keep_for_undo",
    "leave",
    "pass_on",
    "pass_one_on",
    "slot_of",
    "undo",
    "withdraw_offers",
]


# -- joining and leaving -----------------------------------------------------------------------------------------------


@transaction.atomic
def join_for_earlier(
    booking: Booking, *, by: User, at: datetime, agent: Agent | None = None, terms: TermsVersion | None = None
) -> WaitlistEntry:
    """Let the client of ``booking`` wait for an earlier time for it. Waiting already changes nothing.

    Raises BookingRefused where the session can't be moved any more, the client may not wait, or terms are missing.
    """
    client = lock_people(booking.client_id, *acting(by))[booking.client_id]
    booking = Booking.objects.select_related("session_type").get(pk=booking.pk)
    if not booking.is_live:
        raise NotLive
    if booking.has_started(at):
        raise AlreadyStarted
    entry = WaitlistEntry.objects.waiting().filter(booking=booking).first()
    if entry is not None:
        return entry
    _require_may_wait(client, booking.session_type, terms, by=by, at=at)
    entry = WaitlistEntry(client=client, session_type=booking.session_type, booking=booking, agent=agent)
    return _joined(entry, by=by, at=at)


@transaction.atomic
def join_for_days(
    session_type: SessionType,
    days: Iterable[date],
    *,
    client: User,
    topic: str,
    by: User,
    at: datetime,
    agent: Agent | None = None,
    terms: TermsVersion | None = None,
) -> WaitlistEntry:
    """Let ``client`` wait for a session on any of ``days`` (local dates of the client's).

    Days waited for already stay as they are: who adds a day stands behind those who wait for it. Raises BookingRefused
    as above, or without a day or a topic.
    """
    if not topic.strip():
        raise NoTopic
    client = lock_people(client.pk)[client.pk]
    _require_may_wait(client, session_type, terms, by=by, at=at)
    today = at.astimezone(client.zone).date()
    wanted = {day for day in days if today <= day <= today + timedelta(days=session_type.horizon_days)}
    if not wanted:
        raise NoDays
    mine = WaitlistEntry.objects.waiting().filter(client=client, session_type=session_type, booking=None, agent=agent)
    known = list(mine)
    new = sorted(wanted - {date.fromisoformat(day) for entry in known for day in entry.days})
    if not new:
        return known[-1]
    entry = WaitlistEntry(client=client, session_type=session_type, agent=agent, topic=topic.strip())
    entry.days = [day.isoformat() for day in new]
    return _joined(entry, by=by, at=at)


@transaction.atomic
def leave(entry: WaitlistEntry, *, by: User | None, at: datetime) -> None:
    """Wait no more; what was offered is passed on. Leaving twice changes nothing."""
    lock_people(entry.client_id)
    holds.leave(WaitlistEntry.objects.waiting().filter(pk=entry.pk), at=at)
    trail.record("waiting.left", entry, by=by, at=at)


def close_past(at: datetime) -> None:
    """End what nobody can wait for any more: days that are over, sessions that have started or are not live."""
    waiting = WaitlistEntry.objects.waiting().select_related("client", "booking")
    for entry in waiting:
        if _is_past(entry, at):
            with transaction.atomic():
                lock_people(entry.client_id)
                holds.leave(WaitlistEntry.objects.waiting().filter(pk=entry.pk), at=at)


def _require_may_wait(
    client: User, session_type: SessionType, terms: TermsVersion | None, *, by: User, at: datetime
) -> None:
    granting.require(granting.may_book(client, session_type, by=by, at=at, waits=True))
    accept_terms(client, terms, at=at, by=by)


def _joined(entry: WaitlistEntry, *, by: User, at: datetime) -> WaitlistEntry:
    entry.joined_at = at
    entry.save()
    trail.record("waiting.joined", entry, by=by, at=at, booking=entry.booking_id, days=entry.days)
    return entry


def _is_past(entry: WaitlistEntry, at: datetime) -> bool:
    if entry.booking is not None:
        return not entry.booking.is_live or entry.booking.has_started(at) or entry.booking.client_id != entry.client_id
    return max(entry.days, default="") < at.astimezone(entry.client.zone).date().isoformat()


# -- the tick: from one to the next ------------------------------------------------------------------------------------


def pass_on(at: datetime) -> None:
    """One tick: what is held no longer goes to the first who fits, by time of joining, and else is free for all."""
    for offer in _barred(at):
        _withdraw([offer.pk], at=at)
    for pk in list(Hold.objects.filter(until__lte=at).order_by("until", "pk").values_list("pk", flat=True)):
        pass_one_on(pk, at)


def pass_one_on(pk: int, at: datetime) -> None:
    """The same for one hold, if its time is over; several at once are harmless."""
    hold = _vacated(pk, at)
    if hold is None:
        return
    while not any(_offer(hold, entry, at) for entry in _who_fits(hold, at)):
        if _let_go(hold, at):
            return


def _is_due(pk: int, at: datetime) -> Hold | None:
    """The hold, locked, if its time is still over: somebody else may have passed it on."""
    return Hold.objects.select_for_update(no_key=True, of=("self",)).filter(pk=pk, until__lte=at).first()


@transaction.atomic
def _vacated(pk: int, at: datetime) -> Hold | None:
    seen = Hold.objects.filter(pk=pk).first()
    if seen is None:
        return None
    lock_people(seen.agent_id)
    hold = _is_due(pk, at)
    if hold is not None:
        holds.vacate(hold, at=at)
    return hold


@transaction.atomic
def _let_go(hold: Hold, at: datetime) -> bool:
    """Whether the search is over: free for all now, or taken on by somebody else; not where one who fits has joined."""
    lock_people(hold.agent_id)
    due = _is_due(hold.pk, at)
    if due is None or due.offer_id is not None:
        return True
    if next(_who_fits(due, at), None) is not None:
        return False
    due.delete()
    return True


@transaction.atomic
def _offer(hold: Hold, entry: WaitlistEntry, at: datetime) -> bool:
    """Whether the search is over: offered to ``entry``, or taken on by somebody else meanwhile."""
    lock_people(hold.agent_id, entry.client_id)
    due = _is_due(hold.pk, at)
    if due is None or due.offer_id is not None:
        return True
    still = _waiting_for(due).filter(pk=entry.pk).first()
    until = _answer_until(due, still, at) if still and _wants(still, due, at) else None
    if still is None or until is None:
        return False
    offer = Offer.objects.create(
        entry=still,
        agent_id=due.agent_id,
        first_cell=due.slot["first_cell"],
        freed=due.freed,
        offered_at=at,
        until=until,
    )
    due.offer, due.booking, due.until = offer, None, until
    due.save(update_fields=["offer", "booking", "until"])
    outbox.plan(messages_waiting.owed_for_offer(offer, at=at), at=at)
    trail.record(
        "waiting.offered", offer, by=None, at=at, entry=still.pk, agent=due.agent_id, first_cell=offer.first_cell
    )
    return True


def _waiting_for(hold: Hold) -> QuerySet[WaitlistEntry]:
    """Entries that could be asked, in order of joining; not those to whom this was offered, who are asked something
    else at the moment, or who gave this very slot up.
    """
    return (
        WaitlistEntry.objects.waiting()
        .for_listing()
        .filter(
            Q(agent=None) | Q(agent=hold.agent_id), session_type__agents=hold.agent_id, session_type__is_active=True
        )
        .exclude(offers__freed=hold.freed)
        .exclude(offers__state=Offer.State.OPEN)
        .exclude(client=hold.slot["client"])
        .order_by("joined_at", "pk")
    )


def _who_fits(hold: Hold, at: datetime) -> Iterator[WaitlistEntry]:
    return (entry for entry in _waiting_for(hold) if _wants(entry, hold, at) and _answer_until(hold, entry, at))


def _wants(entry: WaitlistEntry, hold: Hold, at: datetime) -> bool:
    """Whether the slot is one of those that the client waits for, and long enough."""
    first = hold.slot["first_cell"]
    kind = entry.session_type
    begins, ends = first - kind.buffer_before // 5, first + kind.cells + kind.buffer_after // 5
    if begins < hold.first_cell or ends > hold.first_cell + hold.cells or _is_past(entry, at):
        return False
    if entry.booking is not None:
        return first < entry.booking.first_cell
    return day_of(first, entry.client.zone).isoformat() in entry.days


def _answer_until(hold: Hold, entry: WaitlistEntry, at: datetime) -> datetime | None:
    """Until when ``entry`` could answer, if the client may have this slot at all."""
    first, kind, client = hold.slot["first_cell"], entry.session_type, entry.client
    until = min(at + POLICY.offer, instant_at(first) - timedelta(minutes=kind.minimum_notice))
    if until <= at or not granting.may_book(client, kind, by=client, at=at, waits=True).allowed:
        return None
    keeps_agent = entry.agent_id == hold.agent_id or (entry.booking and entry.booking.agent_id == hold.agent_id)
    if not keeps_agent and hold.agent_id not in {agent.pk for agent in kind.agents_for(client)}:
        return None
    agent = Agent.objects.select_related("user").get(pk=hold.agent_id)
    is_free = availability.is_free(kind, agent, first, client=client, at=at, moving=entry.booking, held=hold)
    return until if is_free else None


# -- answering ---------------------------------------------------------------------------------------------------------


def carries_fee(offer: Offer, at: datetime) -> bool:
    """Whether accepting needs the fee's acceptance by somebody who has signed in (B-13.3)."""
    entry = offer.entry
    day = day_of(offer.first_cell, entry.client.zone)
    if entry.booking is not None:
        return consequence(entry.booking, at=at, by_firm=True).carries_fee(day)
    return strikes.standing(entry.client, at).is_chargeable(day)


@transaction.atomic
def accept(
    offer: Offer, *, by: User | None, at: datetime, fee_accepted: bool = False, terms: TermsVersion | None = None
) -> Booking:
    """Take the slot: move the session that waits for an earlier time, without a strike, or book a new one.

    Everything is checked again (B-15). Accepting twice gives the same session back. Raises BookingRefused, with nothing
    changed, once the offer is over, or where the client may not have the slot any more. ``by`` is None by the link in a
    mail.
    """
    locked = _lock_offer(offer)
    entry = locked.entry
    if locked.state == Offer.State.ACCEPTED and (made := _made_of(locked)) is not None:
        return made
    hold = Hold.objects.select_for_update(no_key=True, of=("self",)).filter(offer=locked).first()
    if not locked.is_open or hold is None or hold.until <= at or not entry.is_waiting:
        raise OfferOver
    if not _wants(entry, hold, at):
        raise OfferOver
    granting.require(granting.may_book(entry.client, entry.session_type, by=by, at=at, waits=True))
    if carries_fee(locked, at):
        if by is None:
            raise FeeNeedsSignIn
        if not fee_accepted:
            raise FeeNotAccepted
    hold.delete()
    booking = _take(locked, by=by, at=at, fee_accepted=fee_accepted, terms=terms)
    Offer.objects.filter(pk=locked.pk).update(state=Offer.State.ACCEPTED, decided_at=at)
    served = Q(pk=entry.pk)
    if entry.booking_id is None:
        served |= Q(client=entry.client_id, session_type=entry.session_type_id, booking=None)
    holds.leave(WaitlistEntry.objects.waiting().filter(served), at=at)
    trail.record("waiting.accepted", locked, by=by, at=at, booking=booking.pk)
    return booking


def _take(offer: Offer, *, by: User | None, at: datetime, fee_accepted: bool, terms: TermsVersion | None) -> Booking:
    entry = offer.entry
    if entry.booking is not None:
        return sessions.move(
            entry.booking,
            first_cell=offer.first_cell,
            agent=offer.agent,
            reason="offer",
            by=by,
            at=at,
            excused=True,
            fee_accepted=fee_accepted,
        )
    return sessions.book(
        session_type=entry.session_type,
        client=entry.client,
        first_cell=offer.first_cell,
        agent=offer.agent,
        topic=entry.topic,
        form_key=f"offer:{offer.pk}",
        terms=terms,
        by=by or entry.client,
        at=at,
        fee_accepted=fee_accepted,
    )


def _made_of(offer: Offer) -> Booking | None:
    if offer.entry.booking_id is not None:
        return offer.entry.booking
    return Booking.objects.filter(form_key=f"offer:{offer.pk}").first()


@transaction.atomic
def decline(offer: Offer, *, by: User | None, at: datetime) -> None:
    """Leave the slot to the next; the client goes on waiting. Declining twice changes nothing. Raises OfferOver."""
    _settle(_lock_offer(offer), Offer.State.DECLINED, by=by, at=at)


def withdraw_offers(client: User, *, at: datetime) -> None:
    """Pass on what is offered to a client who may not have it any more (R-4).

    What is being offered at this very moment is the next tick's, which looks for itself.
    """
    _withdraw(Offer.objects.open().filter(entry__client=client).values_list("pk", flat=True), at=at)


@transaction.atomic
def _withdraw(pks: Iterable[int], *, at: datetime) -> None:
    offers = Offer.objects.open().filter(pk__in=list(pks))
    # Of all the offers at once: one after the other, each for itself in order, would be no order.
    lock_people(*chain.from_iterable(offers.values_list("agent", "entry__client")))
    for offer in offers.for_listing().order_by("pk"):
        _settle(offer, Offer.State.WITHDRAWN, by=None, at=at)


def _settle(locked: Offer, state: str, *, by: User | None, at: datetime) -> None:
    if locked.state == state:
        return
    hold = Hold.objects.select_for_update(no_key=True, of=("self",)).filter(offer=locked).first()
    if not locked.is_open or hold is None or (hold.until <= at and state == Offer.State.DECLINED):
        raise OfferOver
    holds.vacate(hold, at=at, offer_becomes=state)
    trail.record(f"waiting.{state}", locked, by=by, at=at)


def _lock_offer(offer: Offer) -> Offer:
    """The offer as it is now, with everybody concerned locked."""
    seen = Offer.objects.select_related("entry__booking").get(pk=offer.pk)
    people = {seen.agent_id, seen.entry.client_id}
    if seen.entry.booking is not None:
        people.add(seen.entry.booking.agent_id)
    lock_people(*people)
    locked = Offer.objects.for_listing().get(pk=offer.pk)
    if locked.entry.booking is not None and locked.entry.booking.agent_id not in people:
        raise BookingRefused(_("Your session was changed a moment ago. Please look at it again."))
    return locked


def _barred(at: datetime) -> list[Offer]:
    """Open offers to clients who may not wait or book any more: restricted, switched off, or without a subscription."""
    return [
        offer
        for offer in Offer.objects.open().filter(until__gt=at).for_listing()
        if not granting.may_book(
            offer.entry.client, offer.entry.session_type, by=offer.entry.client, at=at, waits=True
        ).allowed
    ]
