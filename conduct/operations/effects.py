"""What a measure does at once, and how that is undone (R-4, R-5, R-7). Called with people and incident locked."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from bookings.models import Booking
from bookings.operations import undoing, waiting
from bookings.operations.locking import lock_people
from bookings.refusals import BookingRefused
from complaints import calendars
from supportportal.businesstime import CalendarHasNoWorkday
from supportportal.outbox import operations as outbox
from supportportal.people.models import Account, Firm, Restriction, User
from supportportal.trail import operations as trail

from .. import messages, notices, rules
from ..models import AffectedSession, Appeal, Appointment, Approval, EmergencyStop, Incident, Measure
from ..policy import POLICY
from ..refusals import NoWorkday
from .sessions import cancel_all, people_of, reached_by

Choice = AffectedSession.Choice


def lock_people_of(client: User, account: int | None) -> None:
    """First of all locks: whoever books at this moment is through, or will see the restriction."""
    lock_people(client.pk, *people_of(client, account))


def appeal_day(at: datetime) -> date | None:
    """The last day of the firm on which what is told now can be appealed (R-7); None where its calendar cannot say."""
    desk = calendars.desk(at)
    try:
        return rules.last_day_to_appeal(desk.day_of(at), POLICY, desk.calendar)
    except CalendarHasNoWorkday:
        return None


def require_appeal_day(at: datetime) -> date:
    """The same. Raises NoWorkday: whoever is told of a measure is told until when it can be appealed (R-4)."""
    day = appeal_day(at)
    if day is None:
        raise NoWorkday
    return day


def take(measure: Measure, *, by: User, at: datetime) -> None:
    """Put the measure into force, in the caller's transaction; what is slow follows in ``follow_through``.

    Raises NoWorkday.
    """
    measure.state, measure.taken_at = Measure.State.TAKEN, at
    measure.appeal_by = require_appeal_day(at)
    end_stop(measure.incident, at=at)
    if measure.is_restricting:
        measure.restriction = _restrict(measure, at)
    if measure.kind == Measure.Kind.SUBSCRIPTION:
        _end_subscription(measure)
    measure.notice = notices.of_measure(measure, at=at)
    fields = ["state", "taken_at", "appeal_by", "restriction", "subscription_before", "notice"]
    measure.save(update_fields=fields)
    outbox.plan(messages.owed_for_notice(measure, at=at), at=at)
    facts = {"measure": measure.pk, "kind": measure.kind, "restriction": measure.restriction_id}
    trail.record("measure.taken", measure.incident, by=by, at=at, **facts)


def follow_through(measure: Measure, *, by: User | None, at: datetime) -> None:
    """Withdraw offers, and cancel the sessions of an ended subscription, each in a transaction of its own.

    A crash in between loses nothing: offers are looked through by every tick, sessions by the watch.
    """
    if measure.state != Measure.State.TAKEN:
        return
    for client in User.objects.filter(pk__in=reached_by(measure)).order_by("pk"):
        waiting.withdraw_offers(client, at=at)
    cancel_all(measure, by=by or measure.decided_by, at=at)


def end(measure: Measure, *, state: str, reasons: str, by: User, at: datetime) -> None:
    """Lift or quash: from now on it restricts nobody. What it extended keeps its own end; what would extend it, and
    waits for approval, is withdrawn. What was lifted before has ended then, by whom and why it was lifted."""
    if measure.state == Measure.State.LIFTED:
        measure.state = Measure.State(state)
        measure.save(update_fields=["state"])
        return
    measure.state, measure.ended_at, measure.ended_by = Measure.State(state), at, by
    measure.ending_reason = reasons.strip()
    measure.save(update_fields=["state", "ended_at", "ended_by", "ending_reason"])
    if measure.restriction is not None:
        end_restriction(measure.restriction, at=at)
    if measure.subscription_before and measure.account_id:
        _renew_subscription(measure)
    _withdraw_proposals(measure, by=by, at=at)


def withdraw(measure: Measure, *, by: User, at: datetime) -> None:
    """A proposal that nobody is asked to approve any more."""
    measure.state = Measure.State.WITHDRAWN
    measure.save(update_fields=["state"])
    Approval.objects.filter(measure=measure, approved__isnull=True).delete()
    end_appointment(measure, at=at)
    trail.record("measure.withdrawn", measure.incident, by=by, at=at, measure=measure.pk)


def end_appointment(measure: Measure, *, at: datetime) -> None:
    """What somebody was appointed for is done: an outside reviewer sees the case no longer (S-1, R-10)."""
    Appointment.objects.filter(measure=measure, ended_at__isnull=True).update(ended_at=at)


def end_extensions(measure: Measure, *, reasons: str, by: User, at: datetime) -> list[Measure]:
    """What prolongs a measure that an appeal has changed falls with it: ended, or withdrawn; returns what has ended."""
    _withdraw_proposals(measure, by=by, at=at)
    ended = []
    for one in measure.all_extensions():
        ends = rules.ends_at(one.until, one.review_on, Firm.current().zone)
        if one.state == Measure.State.TAKEN and (ends is None or ends > at):
            end(one, state=Measure.State.LIFTED, reasons=reasons, by=by, at=at)
            trail.record("measure.lifted", one.incident, by=by, at=at, measure=one.pk)
            ended.append(one)
    return ended


def _withdraw_proposals(measure: Measure, *, by: User, at: datetime) -> None:
    for one in measure.all_extensions():
        if one.state == Measure.State.PROPOSED:
            withdraw(one, by=by, at=at)


def pause(measure: Measure, *, at: datetime) -> None:
    """From now on it closes nothing, until ``resume``; it still stands (S-1)."""
    if measure.restriction is not None:
        end_restriction(measure.restriction, at=at)
    if measure.subscription_before and measure.account_id:
        _renew_subscription(measure)


def resume(measure: Measure, *, at: datetime) -> None:
    """What was paused goes on until the end that it had; nothing where that has come meanwhile."""
    restriction = measure.restriction
    if restriction is not None:
        ends_at = rules.ends_at(measure.until, measure.review_on, Firm.current().zone)
        if ends_at is None or ends_at > at:
            restriction.ends_at = ends_at
            restriction.save(update_fields=["ends_at"])
    if measure.subscription_before and measure.account_id:
        _end_subscription(measure)
        measure.save(update_fields=["subscription_before"])


def give_back_sessions(measure: Measure, *, by: User, at: datetime) -> list[Booking]:
    """Restore the sessions that the measure cancelled and whose time is still free, each for itself; returns the rest,
    which the client is asked to book anew (R-7).
    """
    lost = []
    cancelled = measure.affected.filter(choice=Choice.CANCEL, restored_at__isnull=True).select_related("booking")
    for one in cancelled.order_by("pk"):
        if one.booking.starts_at <= at:
            continue
        try:
            with transaction.atomic():
                undoing.restore(one.booking, by=by, at=at)
                one.restored_at = at
                one.save(update_fields=["restored_at"])
        except BookingRefused:
            lost.append(one.booking)
    return lost


def end_restriction(restriction: Restriction, *, at: datetime) -> None:
    """From now on it closes nothing; ended already, it stays as it is."""
    ends = max(at, restriction.starts_at + timedelta(microseconds=1))
    if restriction.ends_at is None or restriction.ends_at > ends:
        restriction.ends_at = ends
        restriction.save(update_fields=["ends_at"])


def end_stop(incident: Incident, *, at: datetime) -> None:
    """An emergency stop gives way to what is decided (R-7a)."""
    stop = EmergencyStop.objects.select_related("restriction").filter(incident=incident, ended_at__isnull=True).first()
    if stop is None or stop.until <= at:
        return
    stop.ended_at = at
    stop.save(update_fields=["ended_at"])
    end_restriction(stop.restriction, at=at)


def ends_of(measure: Measure) -> datetime | None:
    """When the measure ends by itself; None for what restricts nobody."""
    return measure.restriction.ends_at if measure.restriction else None


def _restrict(measure: Measure, at: datetime) -> Restriction:
    client = measure.incident.client
    whom = {"account": measure.account} if measure.whole_account else {"user": client}
    return Restriction.objects.create(
        **whom,
        gates=measure.gates,
        starts_at=at,
        ends_at=rules.ends_at(measure.until, measure.review_on, Firm.current().zone),
        review_on=measure.review_on,
        notice=notices.kept_of_measure(measure),
    )


def _end_subscription(measure: Measure) -> None:
    account = _account_of(measure)
    earlier = _other_ends(measure, account).first()
    measure.subscription_before = earlier.subscription_before if earlier else account.subscription
    account.subscription = Account.Subscription.ENDED
    account.save(update_fields=["subscription"])


def _renew_subscription(measure: Measure) -> None:
    """As it was before, unless another measure has ended it too or staff have changed it since."""
    account = _account_of(measure)
    if account.subscription == Account.Subscription.ENDED and not _other_ends(measure, account).exists():
        account.subscription = measure.subscription_before
        account.save(update_fields=["subscription"])


def _account_of(measure: Measure) -> Account:
    assert measure.account_id is not None  # only what is decided about somebody of an account ends a subscription
    return Account.objects.select_for_update(no_key=True, of=("self",)).get(pk=measure.account_id)


def _other_ends(measure: Measure, account: Account) -> QuerySet[Measure]:
    """What else ends it; not what is suspended, which ends nothing until it goes on (S-1)."""
    ends = Measure.objects.standing().filter(kind=Measure.Kind.SUBSCRIPTION, account=account)
    suspended = Appeal.objects.open().filter(suspended_at__isnull=False)
    return ends.exclude(pk=measure.pk).exclude(pk__in=suspended.values("measure"))
