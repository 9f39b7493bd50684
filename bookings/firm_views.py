"""What clients answer to a change of ours, and what they and coordinators do for colleagues."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages as notes
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from supportportal.people.access import gate_is_open
from supportportal.people.models import Gate, User

from . import ical, messages
from .link_views import actor, by_link
from .models import Booking, TermsVersion
from .operations import firm
from .operations.colleagues import colleagues_of, replace_attendee
from .operations.terms import accept_terms
from .refusals import BookingRefused


class AttendeeForm(forms.Form):
    attendee = forms.ModelChoiceField(
        label=gettext_lazy("Who attends instead?"),
        queryset=User.objects.none(),
        error_messages={"required": gettext_lazy("Please choose a colleague.")},
    )

    def __init__(self, *args: Any, booking: Booking, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pks = [person.pk for person in colleagues_of(booking.client)]
        self.fields["attendee"].queryset = User.objects.filter(pk__in=pks).order_by("name", "pk")


@require_POST
@by_link
def agree(request: HttpRequest, booking: Booking, at: datetime) -> HttpResponse:
    """ "That suits me": the time that we chose is theirs from now on (B-11)."""
    version = request.POST.get("version", "")
    try:
        firm.agree(
            booking,
            version=int(version) if version.isdecimal() and len(version) < 10 else 0,
            by=actor(request, booking),
            at=at,
        )
    except BookingRefused as refusal:
        notes.warning(request, str(refusal))
    else:
        notes.success(request, _("Thank you. See you then."))
    return redirect(messages.manage_path(booking))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def attendee(request: HttpRequest, reference: str) -> HttpResponse:
    """A colleague comes instead: named by the client or by a coordinator of the account, until the start (B-10)."""
    at = timezone.now()
    booking = get_object_or_404(Booking.objects.visible_to(request.user).for_listing(), reference=reference)
    if not _may_name(request.user, booking):
        raise Http404
    closed = gate_is_open(request.user, Gate.BOOKING, at)
    form = AttendeeForm(request.POST or None, booking=booking)
    if form.is_valid():
        try:
            replaced = replace_attendee(booking, attendee=form.cleaned_data["attendee"], by=request.user, at=at)
        except BookingRefused as refusal:
            form.add_error("attendee" if refusal.field == "attendee" else None, str(refusal))
        else:
            told = _("%(who)s attends this session now, and both of you are told.") % {"who": replaced.client}
            notes.success(request, told)
            return redirect("bookings:sessions")
    shown = {
        "booking": booking,
        "form": form,
        "closed": closed,
        "place": ical.place_in_words(booking),
        "can_change": booking.is_live and not booking.has_started(at),
        "has_colleagues": form.fields["attendee"].queryset.exists(),
    }
    return render(request, "bookings/attendee.html", shown)


@login_required
@require_POST
def accept(request: HttpRequest) -> HttpResponse:
    """Accept the terms in force for oneself, so that somebody else can book for one (B-3)."""
    at = timezone.now()
    current = TermsVersion.current(at)
    if current is None or current.version != request.POST.get("version"):
        notes.warning(request, _("The terms have changed. Please read them again."))
    else:
        accept_terms(request.user, current, at=at)
        notes.success(request, _("Thank you: you have accepted the support terms."))
    return redirect("bookings:terms")


def _may_name(person: User, booking: Booking) -> bool:
    if person.is_staff:
        return False
    same_account = person.account_id is not None and person.account_id == booking.client.account_id
    return booking.client_id == person.pk or (person.is_coordinator and same_account)
