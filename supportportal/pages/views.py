"""Pages that belong to no app: home, health, the firm's colours and logo, language and zone, legal texts."""

import logging
import sqlite3
import sys

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from redis import RedisError

from supportportal import room
from supportportal.colour import accents
from supportportal.files.download import image_response
from supportportal.logs import request_id
from supportportal.people import zones
from supportportal.people.models import Firm

from . import full
from .forgery import own_answer
from .legal import TEXTS
from .panels import help_board, home_board
from .stylesheets import SHEETS, sheet

A_YEAR = 365 * 24 * 3600


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The way in: visitors read what the portal does, clients see what is next, staff go to their work."""
    if not request.user.is_authenticated:
        return redirect("demo:start") if settings.DEMO else render(request, "pages/welcome.html")
    if request.user.is_staff:
        return redirect("admin:index")
    return render(request, "pages/home.html", {"panels": home_board.shown_to(request, timezone.now())})


@require_safe
@vary_on_headers("Accept-Encoding")
@cache_control(public=True, max_age=A_YEAR, immutable=True)
def stylesheet(request: HttpRequest, name: str, digest: str) -> HttpResponse:
    """All styles of a page in one answer; the address changes with them."""
    if name not in SHEETS:
        raise Http404
    found = sheet(name)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(found.compressed, content_type="text/css", headers={"Content-Encoding": "gzip"})
    return HttpResponse(found.text, content_type="text/css")


@require_safe
@cache_control(public=True, max_age=A_YEAR, immutable=True)
def firm_css(request: HttpRequest) -> HttpResponse:
    """The firm's accent as custom properties, made readable on light and on dark paper."""
    return render(request, "pages/firm.css", {"accents": accents(Firm.current().accent)}, content_type="text/css")


@require_safe
@cache_control(public=True, max_age=A_YEAR, immutable=True)
def firm_logo(request: HttpRequest) -> HttpResponse:
    logo = Firm.current().logo
    if logo is None:
        raise Http404
    return image_response(logo)


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """What clients can do here, for anybody to read; the numbers are those that hold."""
    return render(request, "pages/help.html", {"panels": help_board.shown_to(request, timezone.now())})


@require_safe
def legal(request: HttpRequest, code: str) -> HttpResponse:
    if code not in TEXTS:
        raise Http404
    return render(request, f"pages/legal/{code}.html", {"title": TEXTS[code]})


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Read on in another language: kept with the person, and in a cookie for who is not signed in."""
    language = request.POST.get("language", "")
    response = redirect(_next(request))
    if language in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            request.user.language = language
            request.user.save(update_fields=["language"])
        translation.activate(language)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=A_YEAR, samesite="Lax", secure=request.is_secure()
        )
    return response


@require_POST
def set_zone(request: HttpRequest) -> HttpResponse:
    """See times in another zone; kept with the person."""
    zone = request.POST.get("time_zone", "")
    if request.user.is_authenticated and zones.is_known(zone):
        request.user.time_zone = zone
        request.user.save(update_fields=["time_zone"])
    return redirect(_next(request))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return own_answer(request) or render(request, "403_csrf.html", {"title": _("Please send it again")}, status=403)


def _next(request: HttpRequest) -> str:
    """Where the reader came from, if that is a page of ours; a word without a slash would be read as a view's name."""
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    if is_ours and "/" in address:
        return address
    return "/"


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for what nobody foresaw: asks nothing of the database, and gives a reference that the log has too.

    503 with ``Retry-After`` where the database or Redis could not be reached: it will be there again.
    """
    error = sys.exc_info()[1]
    if room.is_used_up(error):  # met before any view, where the reader is looked for
        return full.answer(request)
    reference = request_id.get()
    logging.getLogger("django.request").error("The reference given for the error on %r is %s", request.path, reference)
    answer = HttpResponse(render_to_string("500.html", {"reference": reference}), status=500)
    if _is_down(error):
        answer.status_code, answer["Retry-After"] = 503, "30"
    return answer


def _is_down(error: BaseException | None) -> bool:
    """SQLite, which is never down, calls a column that is not there by the same name."""
    if isinstance(error, OperationalError):
        return not isinstance(error.__cause__, sqlite3.Error)
    return isinstance(error, RedisError | InterfaceError)
