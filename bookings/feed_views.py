"""One's sessions in one's own calendar: the address, and what stands there."""

from typing import Any

from django.contrib import messages as notes
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from supportportal.people.models import User
from supportportal.sources import is_too_often, source_of

from . import feeds
from .models import Agent, SessionFeed
from .operations import feeds as operations

MINUTE = 60
PER_ADDRESS, PER_SOURCE = 30, 300  # readings a minute
PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "X-Content-Type-Options": "nosniff"}


def _is_too_often(request: HttpRequest, token: str) -> bool:
    """By the address, and by where it comes from: a provider of calendars reads many people's from a few machines."""
    source = source_of(request)
    if source and is_too_often("calendar source", source, most=PER_SOURCE, seconds=MINUTE):
        return True
    return is_too_often("calendar", token, most=PER_ADDRESS, seconds=MINUTE)


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the address reads it, signed in or not; any other address is none."""
    if _is_too_often(request, token):
        headers = {**PRIVATE, "Retry-After": str(MINUTE)}
        return HttpResponse(status=429, content_type="text/plain; charset=utf-8", headers=headers)
    found, at = feeds.named_by(token), timezone.now()
    if found is None:
        text = _("There is no calendar here.")
        return HttpResponse(text, status=404, content_type="text/plain; charset=utf-8", headers=PRIVATE)
    content = feeds.content(found, at=at)
    changed = int(operations.changed_at(found, content, at=at).timestamp())
    etag = quote_etag(found.digest)
    headers = {
        **PRIVATE,
        "Cache-Control": "private, no-cache",
        "ETag": etag,
        "Last-Modified": http_date(changed),
        "Content-Disposition": 'inline; filename="sessions.ics"',
    }
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)
    return get_conditional_response(request, etag=etag, last_modified=changed, response=response)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: HttpRequest) -> HttpResponse:
    """A client's own page about it; agents have theirs in the admin."""
    if request.user.is_staff:
        if not Agent.objects.filter(pk=request.user.pk).exists():
            raise Http404
        return redirect("admin:bookings_agent_calendar", request.user.pk)
    if request.method == "POST":
        pressed(request)
        return redirect("bookings:calendar")
    return render(request, "bookings/calendar.html", shown_to(request.user))


def shown_to(person: User) -> dict[str, Any]:
    found = SessionFeed.objects.filter(pk=person.pk, is_on=True).first()
    return {"feed": found, "feed_address": feeds.address(found) if found else ""}


def pressed(request: HttpRequest) -> None:
    """Carry out what the signed-in person chose about the own feed."""
    at = timezone.now()
    match request.POST.get("feed"):
        case "new":
            operations.new_address(request.user, at=at)
            notes.success(request, _("Your calendar has an address now. No earlier one works any more."))
        case "off":
            operations.switch_off(request.user, at=at)
            notes.success(request, _("Switched off. The address leads nowhere any more."))
