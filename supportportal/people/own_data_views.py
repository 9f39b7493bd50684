"""The page on which people get their own data: signed in, or by the link in a mail. No restriction closes it (R-6)."""

import zoneinfo
from contextlib import ExitStack
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from supportportal.files.download import download_of

from . import own_data, own_data_links
from .models import User
from .operations import PeopleRefused


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest) -> HttpResponseBase:
    """What is in it, and a button: it is made when it is pressed."""
    person = cast(User, request.user)
    if person.is_staff:
        raise Http404
    return _page(request, person, person, timezone.now())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """The same for whoever holds the link. Opening the page gives nothing away but that the link works."""
    at = timezone.now()
    access = own_data_links.named_by(token, at)
    if access is None:
        return _unindexed(render(request, "people/own_data_closed.html", status=404))
    with ExitStack() as reader:
        if not request.user.is_authenticated and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            reader.enter_context(translation.override(access.person.language))
        reader.enter_context(timezone.override(zoneinfo.ZoneInfo(access.person.time_zone)))
        return _unindexed(_page(request, access.person, None, at, until=access.link_until))


def _page(request: HttpRequest, person: User, by: User | None, at: datetime, **shown: Any) -> HttpResponseBase:
    refusal = ""
    if request.method == "POST":
        try:
            archive = own_data_links.collect(person, by=by, at=at)
        except PeopleRefused as refused:
            refusal = str(refused)
        else:
            name = f"data-{at.astimezone(person.zone):%Y-%m-%d}.zip"
            return download_of(archive, name, "application/zip")
    shown |= {"parts": own_data.all_parts(), "refusal": refusal}
    return render(request, "people/own_data.html", shown, status=409 if refusal else 200)


def _unindexed(response: HttpResponseBase) -> HttpResponseBase:
    response["Referrer-Policy"] = "same-origin"  # with "no-referrer" browsers post with the origin "null"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
