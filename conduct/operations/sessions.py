"""Sessions that were booked before a measure: kept or cancelled, each for itself (R-5)."""

from collections.abc import Callable, Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from bookings.models import Booking
from bookings.operations import booking as bookings
from bookings.operations.locking import lock_people
from bookings.refusals import BookingRefused
from supportportal.people.models import REQUEST_TIME, User
from supportportal.trail import operations as trail

from .. import eligibility
from ..models import AffectedSession, Incident, Measure
from ..refusals import NotForYou, NotLawful
from .locking import lock

Choice = AffectedSession.Choice


def people_of(client: User, account: int | None) -> list[int]:
    """Whom a measure reaches: the client, or everybody of the account, whose key is given then."""
    if account is None:
        return [client.pk]
    return list(User.objects.clients().filter(account=account).order_by("pk").values_list("pk", flat=True))


def reached_by(measure: Measure) -> list[int]:
    return people_of(measure.incident.client, measure.reached_account)


def coming(people: Collection[int], at: datetime) -> QuerySet[Booking]:
    """Sessions of these people that have not begun, the next first."""
    live = Booking.objects.live().filter(client__in=people, starts_at__gt=at)
    return live.select_related("client__account", "agent__user", "session_type").order_by("first_cell")


def affected_sessions(measure: Measure, at: datetime) -> list[Booking]:
    """Sessions yet to come of whoever the measure reaches, booked before it, about which nothing is chosen yet (R-5).

    Booked while the measure was suspended is booked before it, too (S-1). What was chosen for the same incident stays
    chosen when the measure is extended.
    """
    since = measure.closed_since()
    if since is None:
        return []
    chosen = AffectedSession.objects.filter(measure__incident=measure.incident_id, restored_at__isnull=True)
    before = coming(reached_by(measure), at).filter(booked_at__lte=since + REQUEST_TIME)
    return list(before.exclude(pk__in=chosen.values("booking")))


def still_asks(measure: Measure, at: datetime) -> bool:
    """Whether the measure is one whose sessions somebody keeps or cancels: it restricts, and nothing extends it."""
    return measure.is_in_force(at) and not measure.extensions.filter(state=Measure.State.TAKEN).exists()


def undecided(at: datetime, reader: User) -> list[tuple[Measure, list[Booking]]]:
    """Measures in force, of incidents that ``reader`` may see, with the sessions that nobody has decided about; the
    next session first. Four queries."""
    extended = Measure.objects.filter(state=Measure.State.TAKEN, extends__isnull=False).values("extends")
    seen = Measure.objects.in_force(at).filter(incident__in=Incident.objects.visible_to(reader).values("pk"))
    asking = list(seen.exclude(pk__in=extended).select_related("incident__client__account", "appeal"))
    accounts = [one.reached_account for one in asking if one.reached_account]
    clients = [one.incident.client_id for one in asking if not one.reached_account]
    reached = User.objects.clients().filter(Q(pk__in=clients) | Q(account__in=accounts)).values_list("pk", flat=True)
    sessions = list(coming(list(reached), at)) if asking else []
    chosen = AffectedSession.objects.filter(booking__in=sessions, restored_at__isnull=True)
    done = set(chosen.values_list("measure__incident", "booking")) if sessions else set()
    found = []
    for one in asking:
        mine = [session for session in sessions if _asks_about(one, session)]
        mine = [session for session in mine if (one.incident_id, session.pk) not in done]
        if mine:
            found.append((one, mine))
    return sorted(found, key=lambda pair: pair[1][0].first_cell)


def _asks_about(measure: Measure, booking: Booking) -> bool:
    """Whether the booking is of somebody whom the measure reaches, and was made before it."""
    if account := measure.reached_account:
        is_reached = booking.client.account_id == account
    else:
        is_reached = booking.client_id == measure.incident.client_id
    since = measure.closed_since()
    return is_reached and since is not None and booking.booked_at <= since + REQUEST_TIME


def choose(measure: Measure, booking: Booking, choice: str, *, by: User, at: datetime) -> bool:
    """A manager keeps or cancels one session; cancelled, it makes no strike (R-5). False where there is nothing to
    choose any more: it has begun, was cancelled, or somebody has chosen already. Choosing twice: the first counts.

    Raises NotForYou for who may not decide on the incident, NotLawful where the measure does not ask (any more).
    """
    if not eligibility.deciders(measure.incident).filter(pk=by.pk).exists():
        raise NotForYou
    if not still_asks(measure, at):
        raise NotLawful
    if booking.pk not in [one.pk for one in affected_sessions(measure, at)]:
        return False
    return _choose(measure, booking, choice, by=by, at=at, asks=_require_asking)


def cancel_all(measure: Measure, *, by: User, at: datetime) -> int:
    """Cancel the sessions of an account whose subscription this measure ended; returns how many (R-5)."""
    if not _cancels_all(measure, at):
        return 0
    left = affected_sessions(measure, at)
    return sum(_choose(measure, one, Choice.CANCEL, by=by, at=at, asks=_cancels_all) for one in left)


def _require_asking(measure: Measure, at: datetime) -> bool:
    if not still_asks(measure, at):
        raise NotLawful
    return True


def _cancels_all(measure: Measure, at: datetime) -> bool:
    return measure.kind == Measure.Kind.SUBSCRIPTION and measure.state == Measure.State.TAKEN


@transaction.atomic
def _choose(
    measure: Measure,
    booking: Booking,
    choice: str,
    *,
    by: User,
    at: datetime,
    asks: Callable[[Measure, datetime], bool],
) -> bool:
    """``asks`` is put to the measure as it is once it is locked: it can have been lifted or quashed meanwhile."""
    lock_people(measure.incident.client_id, booking.client_id, booking.agent_id)
    lock(measure.incident)
    if not asks(Measure.objects.select_related("restriction").get(pk=measure.pk), at):
        return False
    _row, made = AffectedSession.objects.get_or_create(
        measure=measure, booking=booking, defaults={"choice": choice, "by": by, "at": at}
    )
    if not made:
        return False
    if choice == Choice.CANCEL and not _cancelled(booking, by=by, at=at):
        transaction.set_rollback(True)
        return False
    facts = {"measure": measure.pk, "booking": booking.pk, "choice": choice}
    trail.record("measure.session_chosen", measure.incident, by=by, at=at, **facts)
    return True


def _cancelled(booking: Booking, *, by: User, at: datetime) -> bool:
    """Whether it is cancelled by this measure: not where it has begun, or the client was quicker."""
    try:
        cancelled = bookings.cancel(booking, reason=Booking.CancelReason.MEASURE, by=by, at=at, by_firm=True)
    except BookingRefused:
        return False
    return cancelled.cancelled_at == at and cancelled.cancel_reason == Booking.CancelReason.MEASURE
