"""The demo's no-shows: a client with two, who books with a fee, and one with three, for managers to decide about."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from supportportal.demo.doors import Door
from supportportal.outbox import operations as outbox
from supportportal.outbox.models import Message
from supportportal.people.models import User

from . import messages_ladder as messages
from .demo import AGENT, Diary
from .models import Agent, Booking, Fee, SessionType, Strike, StrikeReview, SupportDecision
from .operations import strikes
from .policy import POLICY
from .standing import day_of, record_of

TWICE, OFTEN = "twice@demo.example", "pieter@devries.example"
DOORS = [
    Door(
        _("Book with two no-shows"),
        _("You have missed two sessions: the picker shows which times carry a fee, and from when on they are free."),
        TWICE,
        "/book/quick-assist/",
        icon="calendar",
        position=12,
    )
]
# How many days ago; six months after the first person's second one, some days from now, sessions are free again.
MISSED = {TWICE: [250, 174], OFTEN: [170, 80, 4]}


def clear() -> None:
    Message.objects.filter(subject_type__in=[messages.STRIKE, messages.FEE]).delete()
    SupportDecision.objects.all().delete()
    StrikeReview.objects.all().delete()
    Fee.objects.all().delete()
    Strike.objects.all().delete()


def build(at: datetime) -> None:
    agent, quick = Agent.objects.get(user__email=AGENT), SessionType.objects.get(slug="quick-assist")
    diary = Diary(at)
    for address, days in MISSED.items():
        client = User.objects.get(email=address)
        made = [_missed(diary, agent, client, quick, at - timedelta(days=back, hours=3)) for back in days]
        if address == OFTEN and made[-1] is not None:
            _owed_and_questioned(made[-1], at)
        strikes.refresh(client, at=at)
    diary.close()
    _as_sent(at)


def _missed(diary: Diary, agent: Agent, client: User, quick: SessionType, around: datetime) -> Strike | None:
    """A session near this instant that the client did not come to, with its strike and the notice of it."""
    hour = around.replace(hour=8, minute=0, second=0, microsecond=0)
    tries = (
        diary.add(agent, client, quick, hour + timedelta(minutes=30 * n), booked=timedelta(days=6)) for n in range(12)
    )
    booking = next(filter(None, tries), None)
    if booking is None:
        return None
    marked = booking.starts_at + POLICY.absent_after
    Booking.objects.filter(pk=booking.pk).update(state=Booking.State.NO_SHOW, outcome_at=marked, outcome_by=agent.pk)
    strike = Strike.objects.create(
        booking=booking,
        client=client,
        cause=Strike.Cause.NO_SHOW,
        first_cell=booking.first_cell,
        day=day_of(booking.first_cell, client.zone),
        recorded_at=marked,
        recorded_by=agent.user,
        final_at=marked + POLICY.outcome_undo,
    )
    outbox.plan([messages.owed_for_strike(strike, record_of(client).level_of(strike))], at=marked)
    return strike


def _owed_and_questioned(strike: Strike, at: datetime) -> None:
    """The third was missed with a fee accepted; the client has asked to look at it again."""
    accepted = strike.booking.booked_at
    Fee.objects.create(
        booking=strike.booking,
        client=strike.client,
        account=strike.client.account,
        state=Fee.State.OWED,
        net=POLICY.fee,
        vat_rate=POLICY.fee_vat,
        currency=POLICY.fee_currency,
        asked_at=accepted,
        accepted_at=accepted,
        accepted_by=strike.client,
    )
    StrikeReview.objects.create(
        strike=strike,
        asked_at=at - timedelta(hours=20),
        text="De link in de bevestiging opende een lege pagina. Ik heb een kwartier gewacht en daarna gebeld.",
    )


def _as_sent(at: datetime) -> None:
    """What was due before now counts as sent then."""
    old = Message.objects.filter(Q(subject_type=messages.STRIKE) | Q(subject_type=messages.FEE), due_at__lt=at)
    for message in old.filter(state=Message.State.PLANNED).select_related("recipient"):
        message.state, message.address = Message.State.DELIVERED, message.recipient.email
        message.sent_at = message.delivered_at = message.due_at
        message.save(update_fields=["state", "address", "sent_at", "delivered_at"])
