"""Undoing a change, joining and leaving the waiting list, and answering an offer (B-9a, B-15)."""

from contextlib import ExitStack
from datetime import date, datetime, timedelta

from django.contrib import messages as notes
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from supportportal import links, reader, wording
from supportportal.people.models import User

from . import availability, granting, messages, messages_waiting, picker, standing_words
from .link_views import by_link
from .models import Agent, Booking, Offer, SessionType, TermsVersion, WaitlistEntry
from .operations import waiting
from .policy import POLICY
from .refusals import BookingRefused, NotGranted
from .waiting_forms import ACCEPT, OfferForm, UndoForm, WaitForEarlierForm, WaitForm
from .waitlist import Queue
from .whynot import Reason

DAYS_SHOWN = 14
FILLED = {Reason.FULL, Reason.CLIENT_BUSY}


# -- undo --------------------------------------------------------------------------------------------------------------


@require_POST
@by_link
def undo(request: HttpRequest, booking: Booking, at: datetime) -> HttpResponse:
    form = UndoForm(request.POST)
    if not form.is_valid():
        notes.error(request, form.errors["sure"][0])
        return redirect(messages.manage_path(booking))
    try:
        waiting.undo(booking, by=_signed_in(request, booking.client), at=at)
    except BookingRefused as refusal:
        notes.error(request, str(refusal))
    else:
        notes.success(request, _("Undone: your session is back as it was. A confirmation is on its way."))
    return redirect(messages.manage_path(booking))


def _signed_in(request: HttpRequest, client: User) -> User | None:
    """The client, where it is the client who has signed in; else whoever holds the link."""
    return client if request.user == client else None


# -- joining and leaving -----------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wait_for_days(request: HttpRequest, slug: str) -> HttpResponse:
    session_type = get_object_or_404(SessionType.objects.offered(), slug=slug)
    at, client = timezone.now(), request.user
    access = granting.may_book(client, session_type, by=client, at=at, waits=True)
    if not access and request.method != "POST":
        return render(request, "bookings/not_granted.html", {"session_type": session_type, "access": access})
    terms = TermsVersion.to_accept(client, at)
    agent = picker.asked_agent(request, session_type)
    form = WaitForm(
        request.POST if request.method == "POST" else None,
        days=_days(request, session_type, agent, at),
        needs_terms=terms is not None,
        initial={"days": [request.GET.get("day", "")]},
    )
    if form.is_valid() and access:
        try:
            waiting.join_for_days(
                session_type,
                form.cleaned_data["days"],
                client=client,
                agent=agent,
                topic=form.cleaned_data["topic"],
                terms=terms,
                by=client,
                at=at,
            )
        except NotGranted as refusal:
            access = refusal.access
        except BookingRefused as refusal:
            refusal.show_in(form)
        else:
            notes.success(request, _("You are on the waiting list. We write to you as soon as a time becomes free."))
            return redirect(reverse("bookings:sessions") + "#waiting")
    shown = {"session_type": session_type, "agent": agent, "form": form, "hours": _offer_hours(), "closed": access}
    return render(request, "bookings/wait_for_days.html", shown)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wait_for_earlier(request: HttpRequest, reference: str) -> HttpResponse:
    at = timezone.now()
    booking = get_object_or_404(Booking.objects.visible_to(request.user).for_listing(), reference=reference)
    terms = TermsVersion.to_accept(booking.client, at) if booking.client == request.user else None
    form = WaitForEarlierForm(request.POST if request.method == "POST" else None, needs_terms=terms is not None)
    closed = granting.may_book(booking.client, booking.session_type, by=request.user, at=at, waits=True)
    if form.is_valid():
        try:
            waiting.join_for_earlier(booking, by=request.user, at=at, terms=terms)
        except NotGranted as refusal:
            closed = refusal.access
        except BookingRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            notes.success(
                request, _("You are on the waiting list. We write to you as soon as an earlier time is free.")
            )
            return redirect(booking)
    shown = {"booking": booking, "form": form, "hours": _offer_hours(), "closed": closed}
    return render(request, "bookings/wait_for_earlier.html", shown)


@login_required
@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    entry = get_object_or_404(WaitlistEntry.objects.filter(client=request.user), pk=pk)
    waiting.leave(entry, by=request.user, at=timezone.now())
    notes.success(request, _("You are no longer waiting."))
    return redirect("bookings:sessions")


def _days(request: HttpRequest, session_type: SessionType, agent: Agent | None, at: datetime) -> list[tuple[str, str]]:
    """Two weeks from what the picker showed: the days on which sessions are held at all, with how many wait."""
    client = request.user
    today = at.astimezone(client.zone).date()
    last = today + timedelta(days=session_type.horizon_days)
    first = min(max(_asked_day(request.GET.get("from", "")) or today, today), last)
    days = [day for number in range(DAYS_SHOWN) if (day := first + timedelta(days=number)) <= last]
    window = availability.day_window(first, len(days), client.zone)
    agents = [agent] if agent else session_type.agents_for(client)
    free = availability.free_starts(session_type, window, at, agents=agents, client=client)
    queue = Queue([session_type]).by_day(client)
    held = [day for day in days if (why := free.why_nothing_on(day, client.zone)) is None or why.reason in FILLED]
    return [(day.isoformat(), _day(day, queue[day.isoformat()])) for day in held]


def _asked_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _day(day: date, others: int) -> str:
    written = wording.written_day(day, reader.language())
    if not others:
        return written
    waiting_too = ngettext("%(n)s other person waits", "%(n)s other people wait", others) % {"n": others}
    return f"{written} ({waiting_too})"


def _offer_hours() -> int:
    return int(POLICY.offer.total_seconds() // 3600)


# -- answering an offer ------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """Works without signing in, unless a fee has to be accepted; opening it changes nothing."""
    at = timezone.now()
    found = _named_by(token)
    if found is None or found.first_cell * 300 <= at.timestamp():
        return render(request, "bookings/link_invalid.html", status=404)
    with ExitStack() as reader:
        if not request.user.is_authenticated:
            reader.enter_context(translation.override(found.entry.client.language))
            reader.enter_context(timezone.override(found.entry.client.zone))
        response = _answer(request, found, at)
    response["Referrer-Policy"] = "same-origin"
    return response


def _named_by(token: str) -> Offer | None:
    try:
        named = links.read(messages_waiting.LINK_KIND, token)
    except links.BadLink:
        return None
    return Offer.objects.for_listing().filter(pk=named.pk).first() if named.epoch == 1 else None


def _answer(request: HttpRequest, found: Offer, at: datetime) -> HttpResponse:
    client = found.entry.client
    is_client = request.user == client
    can_answer = found.is_open and found.until > at and found.entry.is_waiting
    fee = standing_words.fee() if can_answer and waiting.carries_fee(found, at) else ""
    terms = TermsVersion.to_accept(client, at) if found.entry.booking_id is None else None
    form = OfferForm(request.POST if request.method == "POST" else None, fee=fee, needs_terms=terms is not None)
    by = _signed_in(request, client)
    closed = granting.may_book(client, found.entry.session_type, by=by, at=at, waits=True)
    if can_answer and form.is_valid():
        try:
            if form.cleaned_data["answer"] == ACCEPT:
                accepted = bool(form.cleaned_data.get("fee"))
                booking = waiting.accept(found, by=by, at=at, fee_accepted=accepted, terms=terms)
                notes.success(request, _("The time is yours. A confirmation is on its way."))
                return redirect(messages.manage_path(booking) + "?done=1")
            waiting.decline(found, by=by, at=at)
        except NotGranted as refusal:
            closed = refusal.access
        except BookingRefused as refusal:
            form.add_error(None, str(refusal))
            found.refresh_from_db(fields=["state"])
        else:
            return redirect(messages_waiting.offer_path(found))
    shown = {
        "offer": found,
        "entry": found.entry,
        "form": form,
        "can_answer": can_answer and found.is_open,
        "closed": closed,
        "fee": fee,
        "needs_sign_in": bool(fee) and not is_client,
        "terms": terms,
        "at": at,
    }
    return render(request, "bookings/offer.html", shown)
