"""The public form for complaints: no sign-in and no scripts needed, whoever is restricted or not (C-1, R-6)."""

from datetime import datetime
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from supportportal import reader
from supportportal.pages.forgery import answered_by
from supportportal.people import countries
from supportportal.people.context import firm_of
from supportportal.people.models import Firm, User
from supportportal.sources import source_of

from . import authorities, calendars, expectations, messages
from .forms import ComplaintForm, EvidenceForm
from .models import Complaint
from .operations import intake
from .refusals import ComplaintRefused, TooManyComplaints

TAKEN = "?done=taken"


def complain_unproven(request: HttpRequest) -> HttpResponse:
    """The page had been open for too long, or the browser keeps no cookies.

    Who is signed in looks and presses once more. A stranger's complaint is anybody's to make: nothing would be forged.
    """
    forged = request.headers.get("Sec-Fetch-Site", "same-origin") == "cross-site"
    if request.user.is_authenticated or forged:
        return _complain(request, again=True)
    return _complain(request)


@answered_by(complain_unproven)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def complain(request: HttpRequest) -> HttpResponse:
    """The whole form on one page; what was typed and handed in is kept whatever is wrong with the rest."""
    return _complain(request)


def _complain(request: HttpRequest, *, again: bool = False) -> HttpResponse:
    at, firm = timezone.now(), firm_of(request)
    person: User | None = request.user if request.user.is_authenticated and not request.user.is_staff else None
    posted = request.method == "POST"
    desk_zone = calendars.zone_of(firm)
    form = ComplaintForm(
        request.POST if posted else None, request.FILES if posted else None, initial=_initial(request, person, firm)
    )
    wait = None
    if posted:
        zone = person.zone if person else desk_zone
        try:
            taken = _taken(form, person, at, source=source_of(request), zone=zone, again=again)
        except TooManyComplaints as refusal:
            refusal.show_in(form)
            taken, wait = None, ceil((refusal.until - at).total_seconds())
        if taken:
            return redirect(messages.status_path(taken) + TAKEN)
    shown = {
        "form": form,
        "expected": expectations.of_arrival(at, firm=firm),
        "authority": authorities.of(form["country"].value() or firm.country),
        "desk_zone": desk_zone,
    }
    template = "complaints/complain.html" + ("#authority" if request.htmx and not posted else "")
    if wait is None:
        return render(request, template, shown)
    response = render(request, template, shown, status=429)
    response["Retry-After"] = str(wait)
    return response


def _taken(
    form: ComplaintForm, person: User | None, at: datetime, *, source: str, zone: ZoneInfo, again: bool
) -> Complaint | None:
    """The complaint, or None where the form has to be shown again; it says why. Raises TooManyComplaints."""
    form.is_valid()
    files = form.take(at, source=source)
    if again:
        form.add_error(None, _("The page had been open for too long. Nothing is lost: please press “Send” once more."))
    if not form.is_valid():
        return None
    told = form.told(language=reader.language(), time_zone=str(zone))
    try:
        return intake.lodge(
            told, files=files, client=person, form_key=form.cleaned_data["form_key"], source=source, at=at
        )
    except TooManyComplaints:
        raise
    except ComplaintRefused as refusal:
        refusal.show_in(form)
    return None


def _initial(request: HttpRequest, person: User | None, firm: Firm) -> dict[str, Any]:
    asked = request.GET.get("country", "")
    country = asked if asked in dict(countries.choices()) else firm.country
    if person is None:
        return {"country": country}
    account = person.account
    if account and not asked:
        country = account.country
    return {"name": person.name, "email": person.email, "country": country}


def files_unproven(request: HttpRequest) -> HttpResponse:
    """Files that nobody has sent yet are nobody's: there is nothing to forge."""
    return _files(request)


@answered_by(files_unproven)
@never_cache
@require_POST
def files(request: HttpRequest) -> HttpResponse:
    """With scripts, files arrive as soon as they are chosen: the part of the page with what is kept so far."""
    return _files(request)


def _files(request: HttpRequest) -> HttpResponse:
    form = EvidenceForm(request.POST, request.FILES)
    form.is_valid()
    form.take(timezone.now(), source=source_of(request))
    return render(request, "complaints/files.html", {"form": form})
