"""The demo's waiting list: a session to cancel late while somebody waits for it, and an offer that runs."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from supportportal.demo.doors import Door
from supportportal.lattice import cell_at, cell_from, instant_at
from supportportal.outbox import operations as outbox
from supportportal.outbox.models import Message
from supportportal.people.models import User

from . import availability, messages, messages_waiting
from .demo import AGENT, CLIENT, Diary
from .models import Agent, Booking, Hold, Offer, SessionType, Strike, WaitlistEntry
from .operations import holds
from .policy import POLICY
from .standing import day_of

LATE = "late@demo.example"  # has missed one session
REFERENCE = "LATE-DEMO"
DOORS = [
    Door(
        _("Cancel late, while somebody waits"),
        _("You have missed a session, and the next is less than a day away. See what cancelling means, and undo it."),
        LATE,
        f"/sessions/{REFERENCE}/",
        icon="clock",
        position=12,
    ),
    Door(
        _("An earlier time, kept for you"),
        _("You wait for an earlier time, and one has become free: take it, or leave it to the next person."),
        CLIENT,
        "/sessions/#waiting",
        icon="calendar",
        position=13,
    ),
]


def clear() -> None:
    Message.objects.filter(subject_type=messages_waiting.OFFER).delete()
    Hold.objects.all().delete()
    Offer.objects.all().delete()
    WaitlistEntry.objects.all().delete()
    Strike.objects.filter(client__email=LATE).delete()


def build(at: datetime) -> None:
    diary = Diary(at)
    agent = Agent.objects.get(user__email=AGENT)
    quick = SessionType.objects.get(slug="quick-assist")
    client, late = User.objects.get(email=CLIENT), User.objects.get(email=LATE)
    _missed_once(diary, agent, late, quick)
    booking = _within_a_day(diary, agent, late, quick)
    if booking is not None:
        others = User.objects.clients().filter(Q(email__startswith="marco@") | Q(email__startswith="anouk@"))
        for number, other in enumerate(others.order_by("pk")):
            _wait_for_day(other, booking, quick, since=at - timedelta(days=1, hours=-3 * number))
    _running_offer(diary, agent, client, quick)
    diary.close()


def _missed_once(diary: Diary, agent: Agent, late: User, quick: SessionType) -> None:
    start = instant_at(cell_at(diary.at) // 12 * 12) - timedelta(days=75, hours=2)
    missed = diary.add(agent, late, quick, start, booked=timedelta(days=3))
    if missed is None:
        return
    marked = missed.starts_at + timedelta(minutes=11)
    Booking.objects.filter(pk=missed.pk).update(state=Booking.State.NO_SHOW, outcome_at=marked, outcome_by=agent.pk)
    Strike.objects.create(
        booking=missed,
        client=late,
        cause=Strike.Cause.NO_SHOW,
        first_cell=missed.first_cell,
        day=day_of(missed.first_cell, late.zone),
        recorded_at=marked,
        recorded_by=agent.user,
        final_at=marked + POLICY.outcome_undo,
    )


def _within_a_day(diary: Diary, agent: Agent, late: User, quick: SessionType) -> Booking | None:
    """In the agent's hours where there are any within a day, so that it can really be offered on; else at any hour."""
    soonest = diary.at + timedelta(hours=5)
    window = (cell_from(soonest), cell_at(diary.at + timedelta(hours=23)))
    free = availability.free_starts(quick, window, diary.at, agents=[agent], client=late).cells()
    loose = [cell // 6 * 6 for cell in range(window[0] + 6, window[1], 6)]
    booked = timedelta(days=4)
    booking = next(
        filter(None, (diary.add(agent, late, quick, instant_at(one), booked=booked) for one in free + loose)), None
    )
    if booking is not None:
        Booking.objects.filter(pk=booking.pk).update(reference=REFERENCE)
    return booking


def _wait_for_day(client: User, booking: Booking, quick: SessionType, *, since: datetime) -> None:
    day = day_of(booking.first_cell, client.zone).isoformat()
    WaitlistEntry.objects.create(
        client=client, session_type=quick, days=[day], topic="Rights for a new colleague", joined_at=since
    )


def _running_offer(diary: Diary, agent: Agent, client: User, quick: SessionType) -> None:
    """What a colleague gave up is kept for the client, whose own session of a later day waits for something earlier."""
    at = diary.at
    window = (cell_from(at + timedelta(hours=6)), cell_at(at + timedelta(days=12)))
    free = availability.free_starts(quick, window, at, agents=[agent], client=client).cells()
    if len(free) < 2:
        return
    own = diary.add(agent, client, quick, instant_at(free[-1]), booked=timedelta(days=2))
    given_up = diary.add(
        agent, User.objects.get(email__startswith="chiara@"), quick, instant_at(free[0]), booked=timedelta(days=3)
    )
    if own is None or given_up is None:
        return
    offered = at - timedelta(minutes=2)
    slot = {**holds.slot_of(given_up), "given_up_at": offered.isoformat()}
    Message.objects.about(messages.SUBJECT_TYPE, given_up.pk).delete()
    given_up.delete()
    entry = WaitlistEntry.objects.create(
        client=client, session_type=quick, booking=own, joined_at=own.booked_at + timedelta(hours=1)
    )
    until = min(offered + POLICY.offer, instant_at(free[0]) - timedelta(minutes=quick.minimum_notice))
    offer = Offer.objects.create(
        entry=entry, agent=agent, first_cell=free[0], freed=f"{slot['version']}:demo", offered_at=offered, until=until
    )
    Hold.objects.create(
        agent=agent,
        first_cell=slot["first_cell"] - slot["cells_before"],
        cells=slot["cells_before"] + slot["cells"] + slot["cells_after"],
        offer=offer,
        freed=offer.freed,
        slot=slot,
        until=until,
    )
    outbox.plan(messages_waiting.owed_for_offer(offer, at=offered), at=offered)
