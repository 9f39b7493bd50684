"""Messages in the staff's admin: every one with its state and why, to be read, looked at and sent again (N-4)."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from supportportal.longlists import LongListAdmin
from supportportal.people import searching

from . import (
    admin_inbound,  # noqa: F401  (it registers its own)
    admin_wording,  # noqa: F401
    framed,
    kinds,
    operations,
    pauses,
    reading,
    trials,
)
from .models import Gateway, Message

TRIALS_SHOWN = 10


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(((kind.code, str(kind.label)) for kind in kinds.all_kinds()), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class DueFilter(admin.SimpleListFilter):
    title = gettext_lazy("due")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("day", _("Within a day")), ("week", _("Within a week")), ("past", _("Past"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        at = timezone.now()
        match self.value():
            case "day":
                return queryset.filter(due_at__gt=at, due_at__lte=at + timedelta(days=1))
            case "week":
                return queryset.filter(due_at__gt=at, due_at__lte=at + timedelta(days=7))
            case "past":
                return queryset.filter(due_at__lte=at)
        return queryset


class AttentionFilter(admin.SimpleListFilter):
    """Opens on what somebody has to look at; whoever searches or filters looks through everything."""

    title = gettext_lazy("shown")
    parameter_name = "trouble"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.is_asked = bool(params) or bool(request.GET.get(SEARCH_VAR))  # other filters have not taken theirs yet

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Needs attention")), ("all", _("All"))]

    def value(self) -> str:
        return super().value() or ("all" if self.is_asked else "yes")

    def choices(self, changelist: Any) -> Any:
        for value, display in self.lookup_choices:
            query_string = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": query_string, "display": display}

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.needing_attention(timezone.now()) if self.value() == "yes" else queryset


@admin.register(Message)
class MessageAdmin(LongListAdmin):
    list_display = ["due_at", "kind_shown", "state_shown", "to_shown", "channel", "why_shown"]
    list_display_links = ["due_at", "kind_shown"]
    list_select_related = ["recipient"]
    list_filter = [AttentionFilter, "state", KindFilter, "channel", DueFilter]
    list_per_page = 50
    search_fields = ["recipient__email", "recipient__name", "sent_to", "address"]
    search_help_text = gettext_lazy("Name, e-mail address, phone number, or reference of the session")
    fields = [
        "kind_shown",
        "state_shown",
        "why_shown",
        "to_shown",
        "channel",
        "due_at",
        "useful_until",
        "next_try",
        "attempts",
        "sent_at",
        "delivered_at",
        "sent_to",
        "gateway",
        "message_id",
        "provider_id",
    ]
    readonly_fields = fields
    change_form_template = "admin/outbox/message/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return Message.worst_first()

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).visible_to(request.user).defer("text", "html")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """A search word may also be the reference of what a message is about, as its kind knows it."""
        if not search_term.strip():
            return queryset, False
        about = Q()
        for subject_type, find in {(kind.subject_type, kind.find) for kind in kinds.all_kinds() if kind.find}:
            about |= Q(subject_type=subject_type, subject_id__in=list(find(search_term.strip())))
        if connection.vendor == "postgresql":
            return queryset.filter(about | self.found_by_words(search_term)), False
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        return found | queryset.filter(about), may_repeat

    def found_by_words(self, search_term: str) -> Q:
        begins = search_term.strip()
        own = Q(sent_to__istartswith=begins) & ~Q(sent_to="") | Q(address__istartswith=begins) & ~Q(address="")
        return own | Q(recipient__in=searching.found(search_term))

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def kind_shown(self, message: Message) -> str:
        return message.label

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_shown(self, message: Message) -> str:
        shown = {"state": reading.pill_of(message), "text": message.get_state_display()}
        return render_to_string("admin/outbox/message/state.html", shown)

    @admin.display(description=gettext_lazy("to"))
    def to_shown(self, message: Message) -> str:
        return str(message.recipient or message.sent_to or message.address)

    @admin.display(description=gettext_lazy("why"))
    def why_shown(self, message: Message) -> str:
        return message.why

    @admin.display(description=gettext_lazy("next try"))
    def next_try(self, message: Message) -> str:
        return localize(timezone.localtime(message.try_at)) if message.state in Message.UNSENT else "–"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        views = [
            path("try/", view(self.try_view), name="outbox_message_try"),
            path("<int:pk>/preview/", view(require_safe(self.preview_view)), name="outbox_message_preview"),
            path("<int:pk>/preview/html/", view(require_safe(self.html_view)), name="outbox_message_html"),
            path("<int:pk>/again/", view(require_POST(self.again_view)), name="outbox_message_again"),
        ]
        return views + super().get_urls()

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        message = self.get_object(request, object_id)
        extra = dict(extra_context or {}, show_save=False, show_save_and_continue=False, show_close=True)
        if message is not None:
            extra |= {"title": message.label, "subtitle": ""}
            extra["can_go_again"] = message.is_settled
            extra["events"] = message.events.all()
        return super().change_view(request, object_id, form_url, extra)

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        message = self._get(request, pk)
        preview, trouble = _preview(message)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Preview"),
            "message": message,
            "original": message,
            "opts": self.opts,
            "preview": preview,
            "pill": reading.pill_of(message),
            "trouble": trouble,
        }
        return TemplateResponse(request, "admin/outbox/message/preview.html", context)

    def html_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        preview, _trouble = _preview(self._get(request, pk))
        return framed.mail(preview.html if preview else "")

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        message = self._get(request, pk)
        try:
            again = operations.send_again(message, by=request.user, at=timezone.now())
        except operations.SendAgainRefused as refusal:
            self.message_user(request, str(refusal), messages.WARNING)
            return redirect("admin:outbox_message_change", pk)
        self.message_user(request, _("It goes again within a few seconds."), messages.SUCCESS)
        return redirect("admin:outbox_message_change", again.pk)

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """Test messages to oneself, for whoever may set up the ways out."""
        if not request.user.has_perm("outbox.change_gateway"):
            raise PermissionDenied
        if request.method == "POST":
            channel = request.POST.get("channel", "")
            if channel not in trials.CODES or (channel == Message.Channel.SMS and not request.user.phone):
                raise Http404
            trials.owe(channel, request.user, at=timezone.now())
            return redirect("admin:outbox_message_try")
        found = Message.objects.filter(kind__in=trials.CODES.values()).order_by("-pk")[:TRIALS_SHOWN]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Test messages"),
            "opts": self.opts,
            "trials": [reading.shown(message) for message in found.select_related("recipient")],
        }
        return TemplateResponse(request, "admin/outbox/message/try.html", context)

    def _get(self, request: HttpRequest, pk: int) -> Message:
        """404 for what the person may not see, and for everyone without the permission to see messages."""
        rows = self.get_queryset(request) if self.has_view_permission(request) else Message.objects.none()
        return get_object_or_404(rows, pk=pk)


def _preview(message: Message) -> tuple[operations.Preview | None, str]:
    try:
        return operations.preview(message), ""
    except Exception as error:  # whatever its kind raises is what staff need to see here
        return None, f"{type(error).__name__}: {error}"


@admin.register(Gateway)
class GatewayAdmin(admin.ModelAdmin):
    """The ways out: which of them is paused, until when, and why."""

    empty_text = gettext_lazy("A gateway is listed once sending by it has failed.")
    list_display = ["name", "paused_until", "failures", "note"]
    readonly_fields = ["name", "paused_until", "failures", "note"]
    actions = ["try_now"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Gateway | None = None) -> bool:
        return False

    @admin.action(permissions=["change"], description=gettext_lazy("Try again now"))
    def try_now(self, request: HttpRequest, queryset: Any) -> None:
        for gateway in queryset:
            pauses.resume(gateway.name)
        self.message_user(request, _("The next messages are tried within a few seconds."), messages.SUCCESS)
