"""A client's request to look at a strike again, and the answer of somebody who did not mark it (B-13)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from supportportal.outbox import operations as outbox
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import messages_ladder as messages
from ..models import Strike, StrikeReview, SupportDecision
from ..refusals import BookingRefused, NoReason
from ..standing import can_be_reviewed
from .locking import lock_people
from .strikes import refresh, take_back


class TooLateToAsk(BookingRefused):
    code = "too_late"
    reason = _("The time in which we look at this again is over.")


class AlreadyAsked(BookingRefused):
    code = "already_asked"
    reason = _("You have asked us to look at this already.")


class OwnMark(BookingRefused):
    code = "own_mark"
    reason = _("You recorded this strike yourself, so somebody else has to decide.")


class AlreadyDecided(BookingRefused):
    code = "already_decided"
    reason = _("This has been decided already.")


@transaction.atomic
def ask(strike: Strike, *, text: str, by: User, at: datetime) -> StrikeReview:
    """Ask to look at ``strike`` again: until the answer it has no consequences. Raises BookingRefused if too late."""
    client = lock_people(strike.client_id)[strike.client_id]
    strike = Strike.objects.get(pk=strike.pk)
    if StrikeReview.objects.filter(strike=strike).exists():
        raise AlreadyAsked
    if not can_be_reviewed(strike, client.zone, at):
        raise TooLateToAsk
    review = StrikeReview.objects.create(strike=strike, asked_at=at, text=text.strip())
    trail.record("strike.review_asked", strike, by=by, at=at, review=review.pk)
    refresh(client, at=at)
    return review


@transaction.atomic
def decide(review: StrikeReview, *, decision: str, answer: str, by: User, at: datetime) -> StrikeReview:
    """Answer the client: the strike stays, or is waived. Raises BookingRefused for who marked it, or once decided."""
    client = lock_people(review.strike.client_id)[review.strike.client_id]
    review = StrikeReview.objects.select_related("strike__booking").get(pk=review.pk)
    if review.decision:
        raise AlreadyDecided
    if by.pk in marked_by(review.strike):
        raise OwnMark
    review.decision, review.answer, review.decided_at, review.decided_by = decision, answer.strip(), at, by
    review.save(update_fields=["decision", "answer", "decided_at", "decided_by"])
    trail.record("strike.review_decided", review.strike, by=by, at=at, review=review.pk, decision=decision)
    outbox.plan([messages.owed_for_review(review.strike, at=at)], at=at)
    if decision == StrikeReview.Decision.WAIVED:
        how = Strike.TakenBack.WAIVED
        take_back(review.strike, how=how, by=by, at=at, reason=review.answer, is_told=False)
    else:
        refresh(client, at=at)
    return review


def marked_by(strike: Strike) -> set[int]:
    """Those who recorded the strike or the outcome behind it."""
    return {pk for pk in (strike.recorded_by_id, strike.booking.outcome_by_id) if pk is not None}


@transaction.atomic
def note_support(strike: Strike, *, decision: str, reason: str, by: User, at: datetime) -> SupportDecision:
    """Note what a manager decided about a client of level 3: off the list until the next strike (B-13.5)."""
    if not reason.strip():
        raise NoReason
    lock_people(strike.client_id)
    noted, made = SupportDecision.objects.get_or_create(
        strike=strike, defaults={"decision": decision, "reason": reason.strip(), "decided_at": at, "decided_by": by}
    )
    if not made:
        raise AlreadyDecided
    trail.record("client.support_decided", strike.client, by=by, at=at, strike=strike.pk, decision=decision)
    return noted
