"""The complainant's own page: whoever has its link reads how it stands, adds, takes it back, appeals (C-3, C-10).

Nothing about staff stands there, and no file can be taken out. Opening it changes nothing.
"""

import zoneinfo
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from supportportal import links
from supportportal.pages.forgery import answered_by
from supportportal.sources import source_of

from . import authorities, messages, progress, references
from .forms import AppealForm, ReplyForm, WithdrawForm
from .models import Complaint, Reply
from .operations import appeals, closing, intake
from .refusals import ComplaintRefused

Page = Callable[[HttpRequest, Complaint, datetime], HttpResponse]
View = Callable[..., HttpResponse]
State = Complaint.State


def by_token(*methods: str) -> Callable[[Page], View]:
    """Find the complaint that a token names; anything else is one plain page.

    The token is what nobody else knows: a form behind it needs no other proof that it was not forged, so that a page
    which had been open for long, or a browser that keeps no cookies, loses nothing.
    """

    def decorate(page: Page) -> View:
        @never_cache
        @wraps(page)
        def view(request: HttpRequest, token: str) -> HttpResponse:
            complaint = named_by(token)
            if complaint is None:
                return render(request, "complaints/link_invalid.html", status=404)
            with ExitStack() as reader:
                if not request.user.is_authenticated and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
                    reader.enter_context(translation.override(complaint.language))
                reader.enter_context(timezone.override(zoneinfo.ZoneInfo(complaint.time_zone)))
                response = page(request, complaint, timezone.now())
            # To our own pages only; with "no-referrer" browsers post with the origin "null".
            response["Referrer-Policy"] = "same-origin"
            response["X-Robots-Tag"] = "noindex, nofollow"
            return response

        allowed = require_http_methods(methods)(view) if methods else require_safe(view)
        return answered_by(allowed)(allowed)

    return decorate


def named_by(token: str) -> Complaint | None:
    try:
        named = links.read(messages.LINK_KIND, token)
    except links.BadLink:
        return None
    return Complaint.objects.filter(reference=references.of_number(named.pk), link_epoch=named.epoch).first()


@by_token()
def status(request: HttpRequest, complaint: Complaint, at: datetime) -> HttpResponse:
    """Where the complaint stands, in plain words."""
    shown = _shown(complaint) | {
        "done": request.GET.get("done", ""),
        "standing": progress.of(complaint, at),
        "authority": authorities.of(complaint.country),
    }
    return render(request, "complaints/status.html", shown)


@by_token("GET", "HEAD", "POST")
def add(request: HttpRequest, complaint: Complaint, at: datetime) -> HttpResponse:
    """More words or files: they join the complaint, whatever state it is in."""
    posted = request.method == "POST"
    form = ReplyForm(request.POST if posted else None, request.FILES if posted else None)
    if posted:
        form.is_valid()
        files = form.take(at, source=source_of(request))
        if form.is_valid():
            said = {"text": form.cleaned_data["text"], "files": files}
            if _done(form, lambda: intake.add(complaint, source=Reply.Source.PAGE, at=at, **said)):
                return _back(complaint, "added")
    return render(request, "complaints/add.html", _shown(complaint) | {"form": form})


@by_token("GET", "HEAD", "POST")
def withdraw(request: HttpRequest, complaint: Complaint, at: datetime) -> HttpResponse:
    if not complaint.can_become(State.WITHDRAWN):
        return redirect(messages.status_path(complaint))
    is_appeal = complaint.state == State.APPEALED
    label = _("I take my appeal back") if is_appeal else _("I take my complaint back")
    form = WithdrawForm(request.POST if request.method == "POST" else None, label=label)
    if form.is_valid() and _done(form, lambda: closing.withdraw(complaint, at=at)):
        return _back(complaint, "withdrawn")
    return render(request, "complaints/withdraw.html", _shown(complaint) | {"form": form, "is_appeal": is_appeal})


@by_token("GET", "HEAD", "POST")
def appeal(request: HttpRequest, complaint: Complaint, at: datetime) -> HttpResponse:
    """The one appeal; after its last day with a cause (C-10)."""
    chance = progress.appeal_of(complaint, at)
    if chance is None:
        return redirect(messages.status_path(complaint))
    posted = request.method == "POST"
    form = AppealForm(request.POST if posted else None, request.FILES if posted else None, in_time=chance.is_in_time)
    if posted:
        form.is_valid()
        files = form.take(at, source=source_of(request))
        if form.is_valid():
            given = form.cleaned_data
            said = {"reasons": given["reasons"], "late_cause": given.get("late_cause", ""), "files": files}
            if _done(form, lambda: appeals.lodge(complaint, at=at, **said)):
                return _back(complaint, "appealed")
    return render(request, "complaints/appeal.html", _shown(complaint) | {"form": form, "chance": chance})


def _shown(complaint: Complaint) -> dict[str, Any]:
    return {"complaint": complaint, "here": messages.status_path(complaint)}


def _done(form: Any, act: Callable[[], Any]) -> bool:
    """Whether it was done; if not, the form says why."""
    try:
        act()
    except ComplaintRefused as refusal:
        refusal.show_in(form)
        return False
    return True


def _back(complaint: Complaint, done: str) -> HttpResponse:
    return redirect(f"{messages.status_path(complaint)}?done={done}")
