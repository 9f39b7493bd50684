"""The card of a session in the admin, and what its buttons do. A refusal is said, and nothing is changed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from supportportal import wording

from .card import card_of, history_of
from .forms_outcomes import CorrectForm, EndForm, NotesForm, SummaryForm
from .models import Booking
from .operations import outcomes
from .policy import POLICY
from .policy_words import how_long
from .refusals import BookingRefused, NotYet
from .rules import undo_until

State = Booking.State


class OutcomesAdmin(admin.ModelAdmin):
    """What the admin of sessions has for the session itself."""

    def get_urls(self) -> list[Any]:
        act = self.admin_site.admin_view(require_POST(self.outcome_view))
        return [path("<int:pk>/outcome/<slug:action>/", act, name="bookings_booking_outcome"), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        booking = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if booking is not None:
            at = timezone.now()
            card = card_of(booking, at)
            typed = request.session.pop(_typed_key(booking), {})
            extra |= {
                "at": at,
                "title": _("Session with %(client)s") % {"client": booking.client},
                "card": card,
                "typed": typed,
                "has_summary_form": booking.is_live or (booking.state == State.ATTENDED and card.undo_until),
                "history": history_of(booking.client, at, before=booking),
                "attached": list(booking.files.all()),
                "may_act": self.has_change_permission(request, booking),
                "may_look": request.user.pk != booking.agent_id,
                "summary_form": SummaryForm(initial={"summary": typed.get("summary", booking.summary)}),
                "end_form": EndForm(),
                "notes_form": NotesForm(initial={"notes": typed.get("notes", booking.notes)}),
                "correct_form": CorrectForm(prefix="correct", initial={"reason": typed.get("correct-reason", "")}),
            }
        return super().change_view(request, object_id, form_url, extra)

    def get_fieldsets(self, request: HttpRequest, obj: Booking | None = None) -> Any:
        return [(_("On record"), {"fields": self.get_fields(request, obj), "classes": ["collapse"]})]

    def outcome_view(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        booking = get_object_or_404(self.get_queryset(request).for_listing(), pk=pk)
        if action not in ACTIONS or not self.has_change_permission(request, booking):
            raise Http404
        try:
            told = ACTIONS[action](booking, request, timezone.now())
        except BookingRefused as refusal:
            self.message_user(request, f"{booking.client}: {_refused(refusal)}", messages.WARNING)
        else:
            level = messages.SUCCESS if told else messages.ERROR
            text = told or _("Please fill in what is missing.")
            self.message_user(request, f"{booking.client}: {text}", level)
        is_lost = _keep_typed(request, booking)
        if request.POST.get("next") == "index" and not is_lost:
            return redirect(reverse("admin:index") + f"#session-{pk}")
        return redirect("admin:bookings_booking_change", pk)


# What is typed on the card, and where it goes on record.
TYPED = {"summary": "summary", "notes": "notes", "correct-reason": "outcome_reason"}


def _keep_typed(request: HttpRequest, booking: Booking) -> bool:
    """Whether something typed is not on record now, as somebody was faster or it was another press: then the page that
    follows shows it again.
    """
    on_record = Booking.objects.filter(pk=booking.pk).values(*TYPED.values()).get()
    said = {name: request.POST.get(name, "").strip() for name in TYPED}
    lost = {name: text for name, text in said.items() if text and text != on_record[TYPED[name]]}
    if lost:
        request.session[_typed_key(booking)] = lost
    return bool(lost)


def _typed_key(booking: Booking) -> str:
    return f"typed:{booking.pk}"


def _refused(refusal: BookingRefused) -> str:
    if isinstance(refusal, NotYet):
        return _("%(reason)s Possible from %(clock)s.") % {
            "reason": refusal,
            "clock": wording.clock(refusal.from_instant, timezone.get_current_timezone()),
        }
    return str(refusal)


# -- what a press does: each gives the words for who pressed, or nothing where the form was not filled in --------------


def _marks(outcome: str) -> Callable[[Booking, HttpRequest, datetime], str]:
    def press(booking: Booking, request: HttpRequest, at: datetime) -> str:
        given: dict[str, Any] = {}
        for form in (SummaryForm(request.POST), EndForm(request.POST)):
            if form.is_valid():
                given |= form.cleaned_data
        return _recorded(outcomes.mark(booking, outcome, by=request.user, at=at, **given))

    return press


def _recorded(booking: Booking) -> str:
    until = wording.clock(undo_until(booking.outcome_at, POLICY), timezone.get_current_timezone())
    return _("%(outcome)s. This can be undone until %(clock)s.") % {
        "outcome": booking.get_state_display().capitalize(),
        "clock": until,
    }


def _start(booking: Booking, request: HttpRequest, at: datetime) -> str:
    outcomes.start(booking, by=request.user, at=at)
    return _("The session has begun.")


def _take_start_back(booking: Booking, request: HttpRequest, at: datetime) -> str:
    outcomes.take_start_back(booking, by=request.user, at=at)
    return _("The start is taken back.")


def _dropped(booking: Booking, request: HttpRequest, at: datetime) -> str:
    outcomes.dropped(booking, by=request.user, at=at)
    silence = {"length": how_long("interrupted_after")}
    return _("The %(length)s are running. Please try to reach the client.") % silence


def _back(booking: Booking, request: HttpRequest, at: datetime) -> str:
    outcomes.back(booking, by=request.user, at=at)
    return _("Good: the session goes on.")


def _undo(booking: Booking, request: HttpRequest, at: datetime) -> str:
    outcomes.undo(booking, by=request.user, at=at)
    return _("Undone. Nothing was sent, and nothing counts.")


def _looked(booking: Booking, request: HttpRequest, at: datetime) -> str:
    outcomes.looked(booking, by=request.user, at=at)
    return _("Noted that you have looked into it.")


def _correct(booking: Booking, request: HttpRequest, at: datetime) -> str:
    form = CorrectForm(request.POST, prefix="correct")
    if not form.is_valid():
        return ""
    given = form.cleaned_data
    outcomes.correct(
        booking,
        given["outcome"],
        reason=given["reason"],
        asked_to_stop=given["asked_to_stop"],
        by=request.user,
        at=at,
    )
    return _("Corrected. What followed from the wrong outcome is taken back.")


def _summary(booking: Booking, request: HttpRequest, at: datetime) -> str:
    return _kept(
        SummaryForm(request.POST), lambda **given: outcomes.summarise(booking, **given, by=request.user, at=at)
    )


def _notes(booking: Booking, request: HttpRequest, at: datetime) -> str:
    return _kept(
        NotesForm(request.POST), lambda **given: outcomes.write_notes(booking, **given, by=request.user, at=at)
    )


def _kept(form: forms.Form, keep: Callable[..., Any]) -> str:
    if not form.is_valid():
        return ""
    keep(**form.cleaned_data)
    return _("Kept.")


ACTIONS: dict[str, Callable[[Booking, HttpRequest, datetime], str]] = {
    "start": _start,
    "not-started": _take_start_back,
    "dropped": _dropped,
    "back": _back,
    "attended": _marks(State.ATTENDED),
    "absent": _marks(State.NO_SHOW),
    "interrupted": _marks(State.INTERRUPTED),
    "our-fault": _marks(State.OUR_FAULT),
    "ended": _marks(State.ENDED),
    "undo": _undo,
    "correct": _correct,
    "looked": _looked,
    "summary": _summary,
    "notes": _notes,
}
