"""The agents' queue of phone callbacks, and peak periods: every press is an operation of ``operations.calls``."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from supportportal import reader, wording
from supportportal.outbox.reading import messages_about
from supportportal.people import phones

from . import desk
from .closed_calls import closing
from .forms_calls import AttemptForm, FinishForm, OutOfScopeForm
from .messages_calls import SUBJECT_TYPE
from .models import Callback, PeakPeriod
from .operations import calls
from .refusals import BookingRefused


class QueueFilter(admin.SimpleListFilter):
    """Opens on the queue."""

    title = gettext_lazy("state")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("free", _("Waiting")), ("mine", _("Taken by me")), ("closed", _("Closed")), ("all", _("All"))]

    def choices(self, changelist: Any):
        choices = super().choices(changelist)
        yield {**next(choices), "display": _("Open")}
        yield from choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "free":
                return queryset.filter(state=Callback.State.WAITING)
            case "mine":
                return queryset.open().filter(claimed_by=request.user.pk)
            case "closed":
                return queryset.filter(closed_at__isnull=False).order_by("-closed_at")
            case "all":
                return queryset
        return queryset.open()


class Queue(ChangeList):
    """The page of the list, each with what has closed calls to its client since."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        closed = closing([one for one in self.result_list if one.is_open], timezone.now())
        for one in self.result_list:
            one.closing = closed.get(one.pk)


@admin.register(Callback)
class CallbackAdmin(admin.ModelAdmin):
    nav_position = 20
    list_display = ["asked", "who", "call", "about", "day_part", "stands", "tries"]
    list_display_links = ["asked"]
    list_filter = [QueueFilter, "day_part", "source", "topic"]
    list_per_page = 50
    ordering = ["requested_at"]
    search_fields = ["client__name", "client__email", "client__account__name", "contact", "number", "description"]
    search_help_text = gettext_lazy("Client, account, contact person, number or words")
    fields = [
        "state",
        "client",
        "account",
        "call",
        "contact",
        "topic",
        "description",
        "added",
        "day_part",
        "asked",
        "source",
        "adjustments",
        "claimed_by",
        "tried",
        "closed_at",
        "note",
    ]
    change_form_template = "admin/bookings/callback/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Callback | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Callback | None = None) -> list[str]:
        return list(self.fields)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).visible_to(request.user).for_listing()

    @admin.display(description=gettext_lazy("asked"), ordering="requested_at")
    def asked(self, callback: Callback) -> str:
        return _short(callback.requested_at)

    @admin.display(description=gettext_lazy("whom to call"), ordering="contact")
    def who(self, callback: Callback) -> str:
        return format_html('{}<br><span class="quiet">{}</span>', callback.contact, callback.client.account or "–")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Queue

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def stands(self, callback: Callback) -> str:
        if callback.closing is not None:
            said = render_to_string("bookings/call_closed.html", {"closing": callback.closing})
            return format_html("{}<br><strong>{}</strong>", callback.get_state_display(), said)
        if callback.claimed_by is None:
            return callback.get_state_display()
        return format_html('{}<br><span class="quiet">{}</span>', callback.get_state_display(), callback.claimed_by)

    @admin.display(description=gettext_lazy("account"), ordering="client__account__name")
    def account(self, callback: Callback) -> str:
        return str(callback.client.account or "–")

    @admin.display(description=gettext_lazy("number"))
    def call(self, callback: Callback) -> str:
        return call_link(callback)

    @admin.display(description=gettext_lazy("about"))
    def about(self, callback: Callback) -> str:
        return callback.description if len(callback.description) < 90 else f"{callback.description[:89]}…"

    @admin.display(description=gettext_lazy("not answered"), ordering="unanswered")
    def tries(self, callback: Callback) -> int:
        return callback.unanswered

    @admin.display(description=gettext_lazy("added later"))
    def added(self, callback: Callback) -> Any:
        rows = [format_html("{}: {}", _short(one.at), one.text) for one in callback.additions.all()]
        return format_html("{}" + "<br>{}" * (len(rows) - 1), *rows) if rows else "–"

    @admin.display(description=gettext_lazy("adjustments"))
    def adjustments(self, callback: Callback) -> str:
        return callback.client.adjustments or "–"

    @admin.display(description=gettext_lazy("calls so far"))
    def tried(self, callback: Callback) -> Any:
        rows = [
            format_html("{}, {}: {} {}", _short(one.at), one.by, one.get_result_display(), one.note)
            for one in callback.attempts.select_related("by")
        ]
        return format_html("{}" + "<br>{}" * (len(rows) - 1), *rows) if rows else "–"

    def get_urls(self) -> list[Any]:
        act = self.admin_site.admin_view(require_POST(self.act_view))
        return [path("<int:pk>/act/<slug:action>/", act, name="bookings_callback_act"), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        callback = self.get_object(request, object_id)
        extra = dict(extra_context or {}, show_save=False, show_save_and_continue=False, show_close=True)
        if callback is not None:
            at = timezone.now()
            calendar = desk.calendar(at)
            extra |= {
                "title": _("Phone callback"),
                "callback": callback,
                "is_mine": callback.claimed_by == request.user,
                "closing": closing([callback], at).get(callback.pk) if callback.is_open else None,
                "tel": callback.number,
                "number": phones.for_reading(callback.number),
                "desk_open": desk.is_open(calendar, at),
                "next_call": desk.next_call(calendar, at, callback.day_part),
                "attempt_form": AttemptForm(),
                "finish_form": FinishForm(prefix="finish"),
                "scope_form": OutOfScopeForm(prefix="scope", initial={"topic": callback.topic}),
                "sent": messages_about(SUBJECT_TYPE, [callback.pk]).get(callback.pk, []),
                "may_act": self.has_change_permission(request, callback),
            }
        return super().change_view(request, object_id, form_url, extra)

    def act_view(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """One press: take, give back, log a call, close. A refusal is said, and nothing is changed."""
        callback = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, callback) or action not in ACTIONS:
            raise Http404
        here = reverse("admin:bookings_callback_change", args=[pk])
        try:
            done = ACTIONS[action](callback, request)
        except BookingRefused as refusal:
            self.message_user(request, str(refusal), messages.WARNING)
        else:
            level, text = (messages.SUCCESS, done) if done else (messages.ERROR, _("Please fill in what is missing."))
            self.message_user(request, text, level)
        return redirect("admin:index" if request.POST.get("next") == "index" else here)


def call_link(callback: Callback) -> str:
    """Pressed, it calls."""
    return format_html('<a class="nowrap" href="tel:{}">{}</a>', callback.number, phones.for_reading(callback.number))


# -- what a press does: each gives the words for the one who pressed, or nothing where the form was not filled in -----


def _claim(callback: Callback, request: HttpRequest) -> str:
    calls.claim(callback, by=request.user, at=timezone.now())
    return _("You have taken this request. Nobody else will call.")


def _release(callback: Callback, request: HttpRequest) -> str:
    calls.release(callback, by=request.user, at=timezone.now())
    return _("The request is back in the queue, at its old place.")


def _attempt(callback: Callback, request: HttpRequest) -> str:
    form = AttemptForm(request.POST)
    if not form.is_valid():
        return ""
    now = calls.log_attempt(callback, **form.cleaned_data, by=request.user, at=timezone.now())
    if now.state == Callback.State.UNREACHED:
        return _("Logged. The request is closed, and the client is told by mail that nobody answered.")
    return _("The call is logged.")


def _finish(callback: Callback, request: HttpRequest) -> str:
    form = FinishForm(request.POST, prefix="finish")
    return _close(form, lambda: calls.finish(callback, **form.cleaned_data, by=request.user, at=timezone.now()))


def _out_of_scope(callback: Callback, request: HttpRequest) -> str:
    form = OutOfScopeForm(request.POST, prefix="scope")
    if not form.is_valid():
        return ""
    given = form.cleaned_data
    calls.close_as_out_of_scope(callback, given["topic"], note=given["note"], by=request.user, at=timezone.now())
    return _("The request is closed, and the client is told where to turn.")


def _cancel(callback: Callback, request: HttpRequest) -> str:
    calls.cancel(callback, by=request.user, at=timezone.now())
    return _("The request is cancelled, and the client is told.")


def _close(form: forms.Form, close: Callable[[], Any]) -> str:
    if not form.is_valid():
        return ""
    close()
    return _("The request is closed.")


def _calls_closed(callback: Callback, request: HttpRequest) -> str:
    calls.close_as_closed(callback, by=request.user, at=timezone.now())
    return _("The request is closed, and the client is told that calls are closed to them.")


ACTIONS: dict[str, Callable[[Callback, HttpRequest], str]] = {
    "claim": _claim,
    "release": _release,
    "attempt": _attempt,
    "finish": _finish,
    "out-of-scope": _out_of_scope,
    "cancel": _cancel,
    "calls-closed": _calls_closed,
}


def _short(instant: Any) -> str:
    return wording.short(instant, timezone.get_current_timezone(), reader.language())


@admin.register(PeakPeriod)
class PeakPeriodAdmin(admin.ModelAdmin):
    nav_position = 60
    list_display = ["first_day", "last_day", "note"]
    ordering = ["-first_day"]
