"""Booking in the browser: choose the type, the time, say what it is about; and the client's own list."""

import zoneinfo
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRefresh

from supportportal.files.download import download_response
from supportportal.files.intake import accept
from supportportal.outbox.reading import messages_about
from supportportal.people.access import may_use_all
from supportportal.people.models import Firm

from . import coordinating, desk, granting, ical, messages, operations, picker, rules, session_views, standing_words
from .forms import BookingForm
from .ladder_views import fee_shown, ladder_of
from .link_views import ics_response
from .meaning import counted, meaning_of
from .models import Booking, SessionType, TermsVersion
from .models.offer import PlaceKind
from .policy import POLICY
from .refusals import BookingRefused, FeeNotAccepted, NotGranted
from .sent import messages_of
from .waitlist import undo_of, waiting_for, waiting_of


@login_required
@require_safe
def choose_type(request: HttpRequest) -> HttpResponse:
    types, at = list(SessionType.objects.offered().prefetch_related("plans")), timezone.now()
    accesses = may_use_all(request.user, types, at)
    closed = next((access for access in accesses if access.closed_by), None)
    shown = {"choices": list(zip(types, accesses, strict=True)), "peak": desk.peak(at), "closed": closed}
    return render(request, "bookings/choose_type.html", shown)


@login_required
@require_safe
@vary_on_headers("HX-Request")
def choose_time(request: HttpRequest, slug: str) -> HttpResponse:
    session_type = get_object_or_404(SessionType.objects.offered(), slug=slug)
    at = timezone.now()
    client = coordinating.for_whom(request, coordinating.people_for(request.user))
    access = granting.may_book(client, session_type, by=request.user, at=at)
    if not access and request.htmx:
        return HttpResponseClientRefresh()  # the whole page says why there are no times any more
    if not access:
        return render(request, "bookings/not_granted.html", {"session_type": session_type, "access": access})
    week = picker.build(request, session_type, client=client, zone=_zone(), at=at)
    template = "bookings/choose_time.html" + ("#picker" if request.htmx else "")
    return render(request, template, {"session_type": session_type, "week": week})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest, slug: str) -> HttpResponse:
    session_type = get_object_or_404(SessionType.objects.offered(), slug=slug)
    at, people = timezone.now(), coordinating.people_for(request.user)
    client = coordinating.for_whom(request, people)
    access = granting.may_book(client, session_type, by=request.user, at=at)
    if not access and request.method != "POST":  # what was typed is shown again, with the reason
        return render(request, "bookings/not_granted.html", {"session_type": session_type, "access": access})
    terms = TermsVersion.to_accept(client, at)
    start = request.POST.get("start") or request.GET.get("start")
    form = BookingForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        initial={"start": request.GET.get("start")},
        client=client,
        terms=terms,
        phone_is_the_place=session_type.place_kind == PlaceKind.PHONE and not session_type.place,
        carries_fee=picker.carries_fee(client, start),
    )
    form.client = request.user  # whose files are kept
    coordinating.ask_for_whom(form, people, client)
    if request.method == "POST":
        is_valid = form.is_valid()
        files = _kept(form, at)
        if is_valid and access:
            try:
                booked = _book(request, session_type, client, form, files, terms, at)
            except NotGranted as refusal:
                access = refusal.access
            except BookingRefused as refusal:
                if isinstance(refusal, FeeNotAccepted):
                    form.ask_fee()
                refusal.show_in(form)
            else:
                return redirect(booked)
    chosen = picker.chosen(request, session_type, client=client, zone=_zone(), at=at, start=form["start"].value())
    if request.method == "GET" and chosen.slot is None:
        return redirect("bookings:time", slug=slug)
    shown = {
        "session_type": session_type,
        "form": form,
        "chosen": chosen,
        "terms": terms,
        "closed": access,
        "for_colleague": client if client != request.user else None,
        "fee_words": standing_words.fee(),
        "peak": desk.peak(at),
    }
    return render(request, "bookings/details.html", shown)


def _book(request, session_type, client, form, files, terms, at) -> Booking:
    data = form.cleaned_data
    if client != request.user and session_type.place_kind == PlaceKind.PHONE and not session_type.place:
        coordinating.require_number(client)
    return operations.book(
        session_type=session_type,
        client=client,
        first_cell=data["start"],
        agent=picker.asked_agent(request, session_type),
        topic=data["topic"],
        details=data["details"],
        files=files,
        terms=terms if data.get("terms") else None,
        form_key=data["form_key"],
        phone=data.get("phone", ""),
        sms_consent=bool(data.get("sms_consent")),
        fee_accepted=bool(data.get("fee")),
        by=request.user,
        at=at,
    )


def _kept(form: BookingForm, at: datetime) -> list:
    """The files handed in with this form, now or with an earlier try; kept for the next one if it comes to that."""
    files = list(form.cleaned_data.get("kept_files") or [])
    if upload := form.cleaned_data.get("file"):
        files.append(accept(upload, at))
    form.data = form.data.copy()
    form.data["kept_files"] = BookingForm.keep(files, form.client)
    form.files_so_far = files
    return files


def _zone() -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(timezone.get_current_timezone_name())


@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    own = Booking.objects.filter(client=request.user).for_listing()
    upcoming = list(own.upcoming(at).order_by("first_cell"))
    past = Paginator(own.past(at).order_by("-first_cell"), 10).get_page(request.GET.get("page"))
    sent = messages_about(messages.SUBJECT_TYPE, [booking.pk for booking in [*upcoming, *past]], to=request.user)
    shown = {
        "upcoming": [(booking, sent.get(booking.pk, [])) for booking in upcoming],
        "past": [(booking, sent.get(booking.pk, [])) for booking in past],
        "page": past,
        "at": at,
        "colleagues": coordinating.of_colleagues(request.user, at),
        "ladder": ladder_of(request.user, at),
        "waiting": (waits := waiting_of(request.user, at)),
        "is_offered": any(one.offer for one in waits),
    }
    return render(request, "bookings/sessions.html", shown)


@login_required
@require_safe
def booking(request: HttpRequest, reference: str) -> HttpResponse:
    at = timezone.now()
    booking = get_object_or_404(Booking.objects.visible_to(request.user).for_listing(), reference=reference)
    is_free = not booking.is_imposed and rules.is_free_to_change(booking.starts_at, at, POLICY)
    can_change = booking.is_live and not booking.has_started(at)
    closed = granting.not_closed(booking.client, by=request.user, at=at)
    shown = {
        **fee_shown(booking, at),
        "booking": booking,
        "meaning": meaning_of(booking, at, cancels=True),
        "free_until": rules.free_until(booking.starts_at, POLICY) if is_free else None,
        "can_change": can_change,
        "can_move": can_change and bool(closed),
        "closed": closed,
        "is_new": booking.is_live and booking.is_just_booked(at, POLICY.undo),
        "counted": counted(booking),
        "agree_url": messages.manage_path(booking, "agree"),
        **session_views.shown_beside(booking, request.user, at),
        "change_url": messages.manage_path(booking, "change"),
        "cancel_url": messages.manage_path(booking, "cancel"),
        "add_links": ical.add_links(booking, firm=Firm.current()),
        "sent": messages_of(booking, to=request.user),
        "files": booking.files.all(),
        "undo": undo_of(booking, at) if closed else None,
        "waits": waiting_for(booking, at),
        "can_name": granting.may_name(booking, by=request.user, at=at),
        "at": at,
    }
    return render(request, "bookings/booking.html", shown)


@login_required
@require_safe
def calendar_entry(request: HttpRequest, reference: str) -> HttpResponse:
    booking = get_object_or_404(Booking.objects.visible_to(request.user).for_listing(), reference=reference)
    return ics_response(booking, timezone.now())


@login_required
@require_safe
def download(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    booking = get_object_or_404(Booking.objects.visible_to(request.user), reference=reference)
    return download_response(get_object_or_404(booking.files, pk=pk), of=booking)


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """The support terms in force; earlier versions by ``?version=``."""
    at = timezone.now()
    version = request.GET.get("version")
    if version:
        shown = get_object_or_404(TermsVersion.objects.filter(published_at__lte=at), version=version)
    else:
        shown = TermsVersion.current(at)
        if shown is None:
            raise Http404
    versions = TermsVersion.objects.filter(published_at__lte=at)
    shown = {"terms": shown, "versions": versions, "to_accept": _to_accept(request, at)}
    return render(request, "bookings/terms.html", shown)


def _to_accept(request: HttpRequest, at: datetime) -> TermsVersion | None:
    """The version in force, where the reader is a client who has not accepted it yet."""
    person = request.user
    return TermsVersion.to_accept(person, at) if person.is_authenticated and not person.is_staff else None
