"""Complaining in the browser, and the complainant's own page. Neither needs a sign-in (C-1, C-3, R-6)."""

import zoneinfo
from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from supportportal import links
from supportportal.files.intake import accept
from supportportal.files.models import StoredFile
from supportportal.people.context import firm_of

from . import authorities, calendars, expectations, messages
from .forms import ComplaintForm
from .models import Complaint
from .operations import intake
from .refusals import ComplaintRefused

Page = Callable[[HttpRequest, Complaint, datetime], HttpResponse]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def complain(request: HttpRequest) -> HttpResponse:
    """The whole form on one page; what was typed and handed in is kept whatever is wrong with the rest."""
    at, firm = timezone.now(), firm_of(request)
    person = request.user if request.user.is_authenticated and not request.user.is_staff else None
    initial = {"country": firm.country}
    if person:
        account = person.account
        initial |= {"name": person.name, "email": person.email, "country": account.country if account else firm.country}
    posted = request.method == "POST"
    form = ComplaintForm(request.POST if posted else None, request.FILES if posted else None, initial=initial)
    if posted:
        is_valid = form.is_valid()
        files = _kept(form, at)
        if is_valid:
            told = form.told(
                language=translation.get_language() or "en", time_zone=str(timezone.get_current_timezone())
            )
            try:
                taken = intake.lodge(told, files=files, client=person, form_key=form.cleaned_data["form_key"], at=at)
            except ComplaintRefused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            else:
                return redirect(messages.status_path(taken))
    shown = {
        "form": form,
        "expected": expectations.of_arrival(at, firm=firm),
        "authority": authorities.of(form["country"].value() or firm.country),
        "zone": calendars.zone_of(firm),
    }
    return render(request, "complaints/complain.html", shown)


def _kept(form: ComplaintForm, at: datetime) -> list[StoredFile]:
    """The files handed in with this form, now or with an earlier try; kept for the next one if it comes to that."""
    files = list(form.cleaned_data.get("kept_files") or [])
    files += [accept(upload, at) for upload in form.cleaned_data.get("files") or []]
    form.data = form.data.copy()
    form.data["kept_files"] = form.keep(files)
    form.files_so_far = files
    return files


def by_token(page: Page) -> Callable[[HttpRequest, str], HttpResponse]:
    """Find the complaint that a token names; anything else is one plain page, in the complainant's words and zone."""

    @never_cache
    @wraps(page)
    def view(request: HttpRequest, token: str) -> HttpResponse:
        complaint = named_by(token)
        if complaint is None:
            return render(request, "complaints/link_invalid.html", status=404)
        with translation.override(complaint.language), timezone.override(zoneinfo.ZoneInfo(complaint.time_zone)):
            response = page(request, complaint, timezone.now())
        response["Referrer-Policy"] = "same-origin"
        return response

    return view


def named_by(token: str) -> Complaint | None:
    try:
        named = links.read(messages.LINK_KIND, token)
    except links.BadLink:
        return None
    return Complaint.objects.filter(pk=named.pk, link_epoch=named.epoch).first()


@require_safe
@by_token
def status(request: HttpRequest, complaint: Complaint, at: datetime) -> HttpResponse:
    """Where the complaint stands, in plain words: nothing about staff, and no files to take out."""
    shown = {
        "complaint": complaint,
        "next": expectations.next_step(complaint, at),
        "letters": complaint.letters.exclude(state="draft"),
        "authority": authorities.of(complaint.country),
    }
    return render(request, "complaints/status.html", shown)
