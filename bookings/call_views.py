"""Asking for a phone call: what it is about, whom to call, and the page of the open request (B-16 to B-18)."""

from datetime import datetime
from typing import Any

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from supportportal.outbox.models import Inbound
from supportportal.outbox.reading import messages_about
from supportportal.people import phones
from supportportal.people.access import gate_is_open
from supportportal.people.models import Firm, Gate

from . import desk, intake, messages_calls, scope
from .forms_calls import CallbackForm
from .models import Callback, TermsVersion
from .models.calls import OUT_OF_SCOPE, Topic
from .operations import calls
from .refusals import BookingRefused, NotGranted

PAST_SHOWN = 5


@login_required
@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """The open request, else the first question: what is it about? Out of scope is said at once (B-17)."""
    at = timezone.now()
    if found := _open_of(request):
        closed = gate_is_open(request.user, Gate.CALLBACK, at)
        return render(request, "bookings/callback_open.html", {**_shown(request, found, at), "closed": closed})
    access = desk.may_ask(request.user, at)
    if not access:
        return render(request, "bookings/callback_closed.html", {"access": access})
    shown = {
        "topics": [topic for topic in Topic if topic not in OUT_OF_SCOPE],
        "elsewhere": [(topic, scope.answer(topic)) for topic in OUT_OF_SCOPE],
        "past": _past(request),
        **_desk_now(at),
    }
    return render(request, "bookings/callback_topic.html", shown)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """The second question. A request that is open already gets what is sent here added to it."""
    at, client = timezone.now(), request.user
    access = desk.may_ask(client, at)
    if not access and request.method != "POST":
        return render(request, "bookings/callback_closed.html", {"access": access})
    topic = request.GET.get("topic", "")
    topic = topic if topic in Topic.values else ""
    if answer := scope.answer(topic):
        return render(request, "bookings/callback_out_of_scope.html", {"topic": Topic(topic), "answer": answer})
    found = _open_of(request)
    terms = TermsVersion.to_accept(client, at)
    data = request.POST if request.method == "POST" else None
    form = CallbackForm(data, client=client, terms=terms, initial=_initial(request, found))
    if form.is_valid() and access:
        given = form.cleaned_data
        try:
            kept = calls.ask(
                client,
                number=given["number"],
                contact=given["contact"],
                description=given["description"],
                day_part=given["day_part"],
                topic=topic,
                terms=terms if given.get("terms") else None,
                by=client,
                at=at,
            )
        except NotGranted as refusal:
            access = refusal.access
        except BookingRefused as refusal:
            refusal.show_in(form)
        else:
            told = _("It has been added to your request.") if found else _("Your request is in the queue.")
            flash.success(request, told)
            return redirect(kept)
    shown = {"form": form, "terms": terms, "topic": Topic(topic) if topic else None, "open": found, "closed": access}
    return render(request, "bookings/callback_details.html", {**shown, **_desk_now(at)})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    at, found = timezone.now(), _open_of(request)
    if found is None:
        flash.info(request, _("There is no open request any more."))
        return redirect("bookings:callback")
    kept = {
        "number": phones.for_reading(found.number),
        "contact": found.contact,
        "description": found.description,
        "day_part": found.day_part,
    }
    form = CallbackForm(request.POST if request.method == "POST" else None, client=request.user, initial=kept)
    closed = gate_is_open(request.user, Gate.CALLBACK, at)
    if form.is_valid():
        try:
            calls.edit(found, **form.cleaned_data, by=request.user, at=at)
        except NotGranted as refusal:
            closed = refusal.access
        except BookingRefused as refusal:
            refusal.show_in(form)
        else:
            flash.success(request, _("Your request has been changed."))
            return redirect("bookings:callback")
    return render(request, "bookings/callback_edit.html", {"form": form, "callback": found, "closed": closed})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest) -> HttpResponse:
    """Says what it means and asks; only the press of the button cancels."""
    found = _open_of(request)
    if found is None:
        flash.info(request, _("There is no open request any more."))
        return redirect("bookings:callback")
    if request.method == "POST":
        try:
            calls.cancel(found, by=request.user, at=timezone.now())
        except BookingRefused as refusal:
            flash.warning(request, str(refusal))
        else:
            flash.success(request, _("Your request is cancelled. We will not call."))
        return redirect("bookings:callback")
    return render(request, "bookings/callback_cancel.html", {"callback": found})


# -- what the pages show -----------------------------------------------------------------------------------------------


def _open_of(request: HttpRequest) -> Callback | None:
    return Callback.objects.open().for_listing().filter(client=request.user).first()


def _past(request: HttpRequest) -> list[Callback]:
    closed = Callback.objects.filter(client=request.user, closed_at__isnull=False)
    return list(closed.order_by("-closed_at")[:PAST_SHOWN])


def _desk_now(at: datetime, day_part: str = Callback.DayPart.ANY) -> dict[str, Any]:
    firm = Firm.current()
    calendar = desk.calendar(at, firm=firm)
    return {
        "at": at,
        "is_open": desk.is_open(calendar, at),
        "next_call": desk.next_call(calendar, at, day_part),
        "desk_week": desk.week(),
        "desk_zone": desk.zone(firm),
        "peak": desk.peak(at, firm=firm),
    }


def _shown(request: HttpRequest, found: Callback, at: datetime) -> dict[str, Any]:
    sent = messages_about(messages_calls.SUBJECT_TYPE, [found.pk], to=request.user)
    return {
        "callback": found,
        "number": phones.for_reading(found.number),
        "additions": found.additions.all(),
        "attempts": found.attempts.all(),
        "sent": sent.get(found.pk, []),
        **_desk_now(at, found.day_part),
    }


def _initial(request: HttpRequest, found: Callback | None) -> dict[str, Any]:
    """What is known already: from the open request, else the profile; over it what a mail of the client's said."""
    client = request.user
    known = {"number": phones.for_reading(client.phone), "contact": client.name}
    if found:
        known = {"number": phones.for_reading(found.number), "contact": found.contact, "day_part": found.day_part}
    pk = request.GET.get("mail", "")
    if pk.isascii() and pk.isdigit() and len(pk) < 19:
        mail = Inbound.objects.filter(pk=pk, person=client).first()
        if mail:
            said = intake.said_in(mail, client)
            known |= {name: value for name, value in vars(said).items() if value}
    return known
