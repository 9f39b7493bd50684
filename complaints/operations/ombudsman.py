"""The way to the ombudsman: its letter, which goes out unasked and once, and what became of a referral (C-10)."""

import logging
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from supportportal.people.models import Firm, User
from supportportal.trail import operations as trail

from .. import appeal_time, calendars, rules
from ..models import Complaint, Deadline, Letter, OmbudsmanScheme, Referral
from ..policy import POLICY
from ..refusals import ComplaintRefused, NoReason, NoScheme, NotLawful
from . import clocks, letters
from .gate import enter
from .locking import changed, lock

logger = logging.getLogger(__name__)
State, Step = Complaint.State, Deadline.Step


def scheme_of(complaint: Complaint) -> OmbudsmanScheme | None:
    """The scheme that was set for the day on which the complaint arrived."""
    return OmbudsmanScheme.on(complaint.arrived_at.astimezone(calendars.zone_of(Firm.current())).date())


def is_settled(complaint: Complaint, at: datetime) -> bool:
    """Closed otherwise; or answered, and either upheld in full or left without an appeal until it was too late."""
    if complaint.state in Complaint.OTHER_CLOSINGS:
        return True
    if complaint.state != State.ANSWERED:
        return False
    return complaint.outcome == Complaint.Outcome.UPHELD or not appeal_time.is_in_time(complaint, at)


def send_due(at: datetime) -> int:
    """Send the letter wherever the scheme's time limit is reached today and the complaint is unsettled: from the
    morning of the last day on, so that it is on time.

    Where it is settled, its clock closes. Each complaint in a transaction of its own: one that fails is noted and tried
    again the next time, and holds up no other. Returns how many letters left.
    """
    zone = calendars.zone_of(Firm.current())
    morning = timedelta(minutes=POLICY.closed_day_arrival)
    end_of_today = rules.end_of((at - morning).astimezone(zone).date(), zone)
    due = Deadline.objects.running().filter(step=Step.OMBUDSMAN, due_at__lte=end_of_today)
    waiting = due.exclude(complaint__letters__kind=Letter.Kind.OMBUDSMAN)
    sent, failed = 0, []
    for complaint in Complaint.objects.filter(deadlines__in=waiting).order_by("pk"):
        try:
            sent += _at_limit(complaint, at)
        except Exception:  # whatever one complaint sets off must not keep the others waiting
            logger.exception("The way to the ombudsman could not be told in complaint %s", complaint.pk)
            failed.append(complaint.pk)
    if failed:
        logger.error("%d of %d ways to the ombudsman could not be told", len(failed), sent + len(failed))
    return sent


@transaction.atomic
def send(complaint: Complaint, *, at: datetime, by: User | None = None) -> Letter | None:
    """Tell the complainant of the way to the ombudsman, once; None where no scheme is set for the complaint."""
    complaint = lock(complaint)
    gone = complaint.letters.filter(kind=Letter.Kind.OMBUDSMAN).exclude(state=Letter.State.FAILED).first()
    if gone or scheme_of(complaint) is None:
        return gone
    return letters.send_new(complaint, Letter.Kind.OMBUDSMAN, by=by, at=at)


def resume(complaint: Complaint) -> None:
    """It is unsettled again: the limit that was closed as settled counts, unless the letter went out before."""
    if not complaint.letters.filter(kind=Letter.Kind.OMBUDSMAN).exists():
        clocks.resume(complaint, Step.OMBUDSMAN)


@transaction.atomic
def refer(
    complaint: Complaint, *, their_reference: str, referred_on: date, by: User, at: datetime, seen: int | None = None
) -> Referral:
    """The complainant has turned to the ombudsman; our own clocks go on. Raises NoScheme, NotLawful, NotYours."""
    complaint = enter(complaint, by=by, seen=seen)
    scheme = scheme_of(complaint)
    if scheme is None:
        raise NoScheme
    if Referral.objects.filter(complaint=complaint).exists():
        raise NotLawful
    _require_past(referred_on, at)
    referral = Referral.objects.create(
        complaint=complaint, scheme=scheme, their_reference=their_reference.strip()[:60], referred_on=referred_on
    )
    trail.record("complaint.referred", complaint, by=by, at=at, referral=referral.pk, on=referred_on)
    changed(complaint)
    return referral


@transaction.atomic
def record_decision(
    referral: Referral,
    *,
    decision: str = "",
    decided_on: date | None = None,
    followed_up: str = "",
    followed_up_on: date | None = None,
    by: User,
    at: datetime,
) -> Referral:
    """What the ombudsman decided, and what we did to follow it: each with its day, the second only after the first.

    Raises NoReason where words or a day are missing, NotLawful without a decision, NotYours.
    """
    complaint = enter(referral.complaint, by=by)
    referral = Referral.objects.get(pk=referral.pk)
    for text, day in ((decision, decided_on), (followed_up, followed_up_on)):
        if bool(text.strip()) != (day is not None):
            raise NoReason
        _require_past(day, at)
    if not decision.strip():
        raise NoReason if not followed_up.strip() else NotLawful
    referral.decision, referral.decided_on = decision.strip(), decided_on
    referral.followed_up, referral.followed_up_on = followed_up.strip(), followed_up_on
    referral.save(update_fields=["decision", "decided_on", "followed_up", "followed_up_on"])
    trail.record("referral.decided", complaint, by=by, at=at, referral=referral.pk, on=decided_on)
    if followed_up_on:
        trail.record("referral.followed", complaint, by=by, at=at, referral=referral.pk, on=followed_up_on)
    changed(complaint)
    return referral


@transaction.atomic
def _at_limit(complaint: Complaint, at: datetime) -> int:
    complaint = lock(complaint)
    if not complaint.deadlines.running().filter(step=Step.OMBUDSMAN).exists():
        return 0
    if complaint.letters.filter(kind=Letter.Kind.OMBUDSMAN).exists():
        return 0
    if is_settled(complaint, at) or send(complaint, at=at) is None:
        clocks.close(complaint, Step.OMBUDSMAN)
        return 0
    return 1


def _require_past(day: date | None, at: datetime) -> None:
    if day and day > at.astimezone(calendars.zone_of(Firm.current())).date():
        raise ComplaintRefused(_("This day is still to come."))
