"""What people say of our support: on one session by the link in its mail, on all of it once a quarter (B-19)."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from supportportal.outbox import operations as outbox
from supportportal.people.models import Firm, User
from supportportal.people.operations import ANONYMISED
from supportportal.trail import operations as trail

from .. import messages_outcomes as messages
from .. import rules
from ..models import Booking, Callback, Feedback, Holiday, SurveyAnswer
from ..policy import POLICY
from ..refusals import BookingRefused
from .locking import lock, lock_people

# What became of a session that its client was there for.
USED = [Booking.State.ATTENDED, Booking.State.INTERRUPTED, Booking.State.OUR_FAULT]
CALLED = [Callback.State.DONE, Callback.State.OUT_OF_SCOPE]
SURVEYS_AT_A_TIME = 500


@transaction.atomic
def give(booking: Booking, *, rating: int, comment: str, at: datetime) -> Feedback:
    """Keep what the client says of an attended session: once, changed by the same link for two weeks."""
    booking = lock(booking)
    _require_somebody(booking.client)
    given = Feedback.objects.filter(booking=booking).first()
    if given is None:
        if booking.state != Booking.State.ATTENDED:
            raise BookingRefused(_("Feedback is possible once the session has been held."))
        given = Feedback(booking=booking, given_at=at)
    elif at > rules.feedback_until(given.given_at, POLICY):
        raise BookingRefused(_("What you told us can't be changed any more. Thank you for it."))
    verb = "feedback.changed" if given.pk else "feedback.given"
    given.rating, given.comment = rating, comment.strip()
    given.save()
    trail.record(verb, given, by=None, at=at, booking=booking.pk)
    return given


@transaction.atomic
def answer(asked: SurveyAnswer, *, rating: int, comment: str, at: datetime) -> SurveyAnswer:
    """Keep the answer to a survey; changed by the same link for two weeks."""
    _require_somebody(lock_people(asked.client_id)[asked.client_id])
    asked.refresh_from_db()
    if asked.given_at is not None and at > rules.feedback_until(asked.given_at, POLICY):
        raise BookingRefused(_("What you told us can't be changed any more. Thank you for it."))
    asked.rating, asked.comment, asked.given_at = rating, comment.strip(), asked.given_at or at
    asked.save(update_fields=["rating", "comment", "given_at"])
    trail.record("survey.answered", asked, by=None, at=at)
    return asked


def _require_somebody(client: User) -> None:
    """Who is being anonymised at this instant says nothing any more that would stay."""
    if client.is_anonymised:
        raise BookingRefused(ANONYMISED)


def ask_surveys(at: datetime) -> int:
    """Ask each client who used support in the last quarter, once; returns how many were asked by this call."""
    firm = Firm.current()
    local = at.astimezone(firm.zone)
    if not POLICY.survey or local.hour < POLICY.survey_from_hour or not _is_due(local.date(), firm):
        return 0
    began, ended = rules.quarter_before(local.date())
    asked = 0
    while clients := _unasked(began, ended, firm.zone):
        asked += _ask(clients, rules.quarter_of(began), at=at)
    return asked


def _is_due(today: date, firm: Firm) -> bool:
    _began, begins = rules.quarter_before(today)
    rows = Holiday.objects.filter(country=firm.country, is_observed=True, day__range=(begins, today))
    holidays = set(rows.values_list("day", flat=True))
    return rules.is_survey_due(today, lambda day: day.weekday() in POLICY.business_days and day not in holidays)


def _unasked(began: date, ended: date, zone: ZoneInfo) -> list[User]:
    since, until = datetime.combine(began, time(), zone), datetime.combine(ended, time(), zone)
    sessions = Booking.objects.filter(state__in=USED, starts_at__gte=since, starts_at__lt=until)
    calls = Callback.objects.filter(state__in=CALLED, closed_at__gte=since, closed_at__lt=until)
    used = Q(pk__in=sessions.order_by().values("client")) | Q(pk__in=calls.order_by().values("client"))
    asked = SurveyAnswer.objects.filter(quarter=rules.quarter_of(began)).order_by().values("client")
    rows = User.objects.filter(used, is_active=True, is_staff=False).exclude(pk__in=asked).order_by("pk")
    return list(rows[:SURVEYS_AT_A_TIME])


@transaction.atomic
def _ask(clients: list[User], quarter: str, *, at: datetime) -> int:
    """The database refuses a second survey for the same quarter, so two ticks at once ask once. Who is being anonymised
    at this instant is not asked."""
    locked = lock_people(*(client.pk for client in clients)).values()
    rows = [SurveyAnswer(client=one, quarter=quarter, asked_at=at) for one in locked if not one.is_anonymised]
    SurveyAnswer.objects.bulk_create(rows, ignore_conflicts=True)
    asked = SurveyAnswer.objects.filter(client__in=[row.client for row in rows], quarter=quarter)
    made = list(asked.select_related("client"))
    outbox.plan([messages.owed_for_survey(one, at=at) for one in made], at=at)
    return len(made)
