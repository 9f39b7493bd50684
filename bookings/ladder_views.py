"""A client's no-shows and what follows: the list, one of them with "look at it again", and a fee to accept."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages as notes
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from supportportal.people.models import User

from . import ical, messages, operations, standing_words
from .forms import ReviewForm
from .models import Booking, Fee, Strike, StrikeReview
from .operations.fees import answer_until
from .refusals import BookingRefused
from .rules import Standing
from .standing import can_be_reviewed, record_of, review_until
from .way_out import free_dates


@dataclass(frozen=True)
class ShownStrike:
    """``review_until`` is empty once it is too late to ask, or has been asked."""

    strike: Strike
    review: StrikeReview | None
    review_until: date | None


@dataclass(frozen=True)
class Ladder:
    """Where the reader stands, with dates, and every strike behind it."""

    standing: Standing
    following: list[str]
    strikes: list[ShownStrike]
    fees: list[tuple[Fee, str]]
    is_over: bool


def ladder_of(client: User, at: datetime) -> Ladder:
    standing = record_of(client).standing()
    rows = client.strikes.select_related("booking__session_type").prefetch_related("reviews").order_by("-first_cell")
    fees = client.fees.exclude(state=Fee.State.LAPSED).select_related("booking__session_type").order_by("-asked_at")
    is_over = standing.free_from is not None and standing.free_from <= at.astimezone(client.zone).date()
    return Ladder(
        standing=standing,
        following=[] if is_over else standing_words.following(standing),
        strikes=[shown_strike(strike, client, at) for strike in rows],
        fees=[(fee, standing_words.fee(fee.net, fee.vat_rate, fee.currency)) for fee in fees],
        is_over=is_over,
    )


def shown_strike(strike: Strike, client: User, at: datetime) -> ShownStrike:
    review = next(iter(strike.reviews.all()), None)
    can_ask = review is None and can_be_reviewed(strike, client.zone, at)
    return ShownStrike(strike, review, review_until(strike, client.zone) if can_ask else None)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def strike(request: HttpRequest, pk: int) -> HttpResponse:
    at, client = timezone.now(), request.user
    rows = client.strikes.select_related("booking__session_type", "booking__agent__user").prefetch_related("reviews")
    shown = shown_strike(get_object_or_404(rows, pk=pk), client, at)
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            operations.reviews.ask(shown.strike, text=form.cleaned_data["text"], by=client, at=at)
        except BookingRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            notes.success(request, _("Thank you. Somebody else will look at it, and you get an answer by e-mail."))
            return redirect("bookings:strike", pk)
    return render(
        request, "bookings/strike.html", {"shown": shown, "form": form, "ladder": ladder_of(client, at), "at": at}
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def fee(request: HttpRequest, reference: str) -> HttpResponse:
    """Accept the fee of a session that was booked before the sanction (B-13.4); opening the page changes nothing."""
    at = timezone.now()
    if request.user.is_staff:
        raise Http404  # only the client's side takes on a debt
    seen = Booking.objects.visible_to(request.user).filter(client__is_staff=False)
    booking = get_object_or_404(seen.for_listing(), reference=reference)
    error = ""
    if request.method == "POST":
        try:
            accepted = operations.fees.accept(booking, by=request.user, at=at)
        except BookingRefused as refusal:
            error = str(refusal)
        else:
            said = _("Thank you. The session stands.") if accepted else _("This session carries no fee any more.")
            notes.success(request, said)
            return redirect(booking)
    return render(
        request, "bookings/fee.html", {**fee_shown(booking, at), "booking": booking, "error": error, "at": at}
    )


def fee_shown(booking: Booking, at: datetime) -> dict[str, Any]:
    """What a page says of the fee of one session, if it has one."""
    fee = booking.fees.exclude(state=Fee.State.LAPSED).first()
    standing = record_of(booking.client).standing(reviewed_too=True)
    return {
        "fee": fee,
        "fee_words": standing_words.fee(fee.net, fee.vat_rate, fee.currency) if fee else "",
        "answer_until": answer_until(fee) if fee else None,
        **free_dates(booking, standing, at),
        "fee_url": booking.get_absolute_url() + "fee/",
        "place": ical.place_in_words(booking),
        "change_url": messages.manage_path(booking, "change"),
        "cancel_url": messages.manage_path(booking, "cancel"),
    }
