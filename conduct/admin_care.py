"""The pages of follow-ups: one that only the two can read, and the list of one's own (R-8)."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.db.models import Q
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from supportportal.people.context import firm_of

from . import rules
from .forms_care import HandOnForm, NoteForm
from .models import MANAGERS, FollowUp, Incident
from .operations import care
from .refusals import ConductRefused

MOST_ENDED = 50
LARGEST = 2_000_000_000
_DAY = timedelta(days=1)


@admin.register(FollowUp)
class CareAdmin(ModelAdmin):
    """Only pages of our own: none of Django's lists, forms and histories reaches a follow-up past the two."""

    nav_position = 30

    def get_urls(self) -> list[Any]:
        def page(view: Any) -> Any:
            return self.admin_site.admin_view(never_cache(view))

        return [
            path("", page(require_safe(self.list_view)), name="conduct_followup_changelist"),
            path("<int:pk>/", page(require_safe(self.care_view)), name="conduct_followup_care"),
            path("<int:pk>/take/", page(require_POST(self.take_view)), name="conduct_followup_take"),
            path("<int:pk>/note/", page(require_POST(self.note_view)), name="conduct_followup_note"),
            path("<int:pk>/agree/", page(require_POST(self.agree_view)), name="conduct_followup_agree"),
            path("<int:pk>/withdraw/", page(require_POST(self.withdraw_view)), name="conduct_followup_withdraw"),
            path("<int:pk>/hand-on/", page(require_POST(self.hand_on_view)), name="conduct_followup_hand_on"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return looks_after(request)

    def has_view_permission(self, request: HttpRequest, obj: FollowUp | None = None) -> bool:
        return looks_after(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: FollowUp | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: FollowUp | None = None) -> bool:
        return False

    # -- pages ---------------------------------------------------------------------------------------------------------

    def list_view(self, request: HttpRequest) -> HttpResponse:
        """One's own, and for managers those that wait for one."""
        own = FollowUp.objects.visible_to(request.user).select_related("person", "manager")
        ended = own.exclude(pk__in=FollowUp.objects.open().values("pk")).order_by("-opened_at", "-pk")
        at = timezone.now()
        waiting = waiting_for(request) if looks_after(request) else []
        shown = {
            "own": with_due(request, own.open().with_noted(), at),
            "waiting": with_due(request, waiting, at),
            "ended": ended[:MOST_ENDED],
            "looks_after": looks_after(request),
            "at": at,
        }
        return self._page(request, "list", _("Follow-ups"), **shown)

    def care_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._care_page(request, self._own(request, pk))

    # -- presses -------------------------------------------------------------------------------------------------------

    def take_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A manager takes one of which no more is known than who waits, and since when."""
        if not looks_after(request):
            raise Http404
        follow_up = get_object_or_404(FollowUp.objects.filter(Q(manager=None) | Q(manager=request.user.pk)), pk=pk)
        try:
            care.take_on(follow_up, by=request.user, at=timezone.now())
        except ConductRefused as refusal:
            self.message_user(request, str(refusal), messages.WARNING)
            return redirect("admin:conduct_followup_changelist")
        told = _("You look after %(who)s. Please talk today if you can.") % {"who": follow_up.person}
        self.message_user(request, told, messages.SUCCESS)
        return redirect(follow_up)

    def note_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        follow_up = self._own(request, pk)
        form = NoteForm(request.POST)
        if form.is_valid():
            try:
                care.note(follow_up, form.cleaned_data["text"], by=request.user, at=timezone.now())
            except ConductRefused as refusal:
                refusal.show_in(form)
            else:
                self.message_user(request, _("Noted, for the two of you alone."), messages.SUCCESS)
                return redirect(follow_up)
        return self._care_page(request, self._own(request, pk), note_form=form)

    def agree_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        follow_up, at = self._own(request, pk), timezone.now()
        try:
            follow_up = care.agree(follow_up, by=request.user, at=at, seen=_last_seen(request))
        except ConductRefused as refusal:
            self.message_user(request, str(refusal), messages.WARNING)
        else:
            told = _("You both agreed: it is closed.") if follow_up.closed_at else _("It is closed once both agree.")
            self.message_user(request, told, messages.SUCCESS)
        return redirect(follow_up)

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        follow_up = self._own(request, pk)
        try:
            care.withdraw(follow_up, by=request.user, at=timezone.now())
        except ConductRefused as refusal:
            self.message_user(request, str(refusal), messages.WARNING)
        else:
            self.message_user(request, _("It stays open."), messages.SUCCESS)
        return redirect(follow_up)

    def hand_on_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        follow_up = self._own(request, pk)
        form = self._hand_on_form(request, follow_up, request.POST)
        if form.is_valid():
            try:
                care.hand_on(follow_up, form.cleaned_data.get("to"), by=request.user, at=timezone.now())
            except ConductRefused as refusal:
                refusal.show_in(form)
            else:
                told = _("Handed on. It begins with an empty page: what you wrote stays between the two of you.")
                self.message_user(request, told, messages.SUCCESS)
                return redirect("admin:conduct_followup_changelist")
        return self._care_page(request, self._own(request, pk), hand_on_form=form)

    # -- behind them ---------------------------------------------------------------------------------------------------

    def _own(self, request: HttpRequest, pk: int) -> FollowUp:
        """For the two alone; to everybody else there is none."""
        rows = FollowUp.objects.visible_to(request.user).select_related("person", "manager", "incident")
        return get_object_or_404(rows, pk=pk)

    def _care_page(self, request: HttpRequest, follow_up: FollowUp, **forms: Form) -> HttpResponse:
        at = timezone.now()
        notes = list(follow_up.notes.select_related("by"))
        is_person = follow_up.person_id == request.user.pk
        own, other = ("person", "manager") if is_person else ("manager", "person")
        incident = Incident.objects.visible_to(request.user).filter(pk=follow_up.incident_id).first()
        shown = {
            "follow_up": follow_up,
            "other": getattr(follow_up, other),
            "is_person": is_person,
            "notes": notes,
            "last": notes[-1].pk if notes else 0,
            "incident": incident,
            "due_at": due_at(request, follow_up),
            "at": at,
            "agreed_at": getattr(follow_up, f"{own}_agreed_at"),
            "other_agreed_at": getattr(follow_up, f"{other}_agreed_at"),
            "has_nobody": follow_up.is_open and follow_up.manager is None and care.has_nobody(follow_up),
            "note_form": forms.get("note_form") or NoteForm(),
            "hand_on_form": forms.get("hand_on_form") or self._hand_on_form(request, follow_up),
        }
        return self._page(request, "care", _("Follow-up"), **shown)

    def _hand_on_form(self, request: HttpRequest, follow_up: FollowUp, data: Any = None) -> HandOnForm:
        choices = None
        if follow_up.person_id != request.user.pk:
            choices = care.eligible(follow_up).exclude(pk=follow_up.manager_id).order_by("name", "pk")
        return HandOnForm(data, choices=choices)

    def _page(self, request: HttpRequest, template: str, title: Any, **shown: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **shown}
        return TemplateResponse(request, f"admin/conduct/care/{template}.html", context)


def looks_after(request: HttpRequest) -> bool:
    """Whether the reader is somebody who takes follow-ups."""
    return request.user.is_active and request.user.is_staff and request.user.has_role(*MANAGERS)


def waiting_for(request: HttpRequest) -> Any:
    """Those that wait for a manager other than whom they are about: who, and since when, and nothing else."""
    return FollowUp.objects.waiting().exclude(person=request.user.pk).select_related("person")


def with_due(request: HttpRequest, rows: Any, at: datetime) -> list[tuple[FollowUp, datetime]]:
    return [(row, due_at(request, row)) for row in rows]


def due_at(request: HttpRequest, follow_up: FollowUp) -> datetime:
    """The end of the day on which the talk is due."""
    return rules.midnight(follow_up.due_on + _DAY, firm_of(request).zone)


def _last_seen(request: HttpRequest) -> int:
    """The last note of the page from which was pressed; without it none was seen."""
    given = request.POST.get("seen", "")
    return min(int(given), LARGEST) if given.isascii() and given.isdigit() and len(given) < 12 else 0
