"""Feedback on a session and the quarterly survey, by the link in the mail, without signing in (B-19)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages as notes
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from supportportal import links
from supportportal.people.models import User

from . import rules
from .forms_outcomes import RatingForm
from .messages_outcomes import FEEDBACK_LINK, SURVEY_LINK
from .models import Booking, Feedback, SurveyAnswer
from .operations import feedback as operations
from .policy import POLICY
from .refusals import BookingRefused


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request: HttpRequest, token: str) -> HttpResponse:
    at = timezone.now()
    named = _named(FEEDBACK_LINK, token)
    rows = Booking.objects.for_listing().select_related("feedback").exclude(state=Booking.State.CANCELLED)
    booking = rows.filter(pk=named.pk, link_epoch=named.epoch).first() if named else None
    given = Feedback.objects.filter(booking=booking).first() if booking else None
    if booking is None or booking.client.is_anonymised or not (given or booking.state == Booking.State.ATTENDED):
        return render(request, "bookings/feedback_invalid.html", status=404)

    def keep(**values: Any) -> None:
        operations.give(booking, **values, at=at)

    shown = {"booking": booking, "title": _("How was your session?")}
    return _ask(request, booking.client, given, keep, shown, at)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, token: str) -> HttpResponse:
    at = timezone.now()
    named = _named(SURVEY_LINK, token)
    asked = SurveyAnswer.objects.select_related("client").filter(pk=named.pk).first() if named else None
    if asked is None or asked.client.is_anonymised:
        return render(request, "bookings/feedback_invalid.html", status=404)

    def keep(**values: Any) -> None:
        operations.answer(asked, **values, at=at)

    given = asked if asked.given_at else None
    return _ask(request, asked.client, given, keep, {"title": _("How do you find our support?")}, at)


def _named(kind: str, token: str) -> links.Named | None:
    try:
        return links.read(kind, token)
    except links.BadLink:
        return None


def _ask(
    request: HttpRequest,
    client: User,
    given: Feedback | SurveyAnswer | None,
    keep: Callable[..., None],
    shown: dict[str, Any],
    at: datetime,
) -> HttpResponse:
    with translation.override(client.language), timezone.override(client.zone):
        is_closed = given is not None and at > rules.feedback_until(given.given_at, POLICY)
        initial = {"rating": given.rating, "comment": given.comment} if given else {}
        form = RatingForm(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid():
            try:
                keep(**form.cleaned_data)
            except BookingRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                notes.success(request, _("Thank you. It helps us to do better."))
                response = redirect(request.path)
                response["Referrer-Policy"] = "same-origin"
                return response
        until = rules.feedback_until(given.given_at, POLICY) if given else None
        shown |= {"form": form, "given": given, "is_closed": is_closed, "until": until}
        response = render(request, "bookings/feedback.html", shown)
    response["Referrer-Policy"] = "same-origin"  # else browsers post with the origin "null", which CSRF checks refuse
    return response
