"""Requests by mail, for staff: what came, from whom, what it is about, and what can be done."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from supportportal import reader, wording
from supportportal.files.download import download_of, require_given_out

from . import attached
from . import inbound as intake
from .models import Inbound


class StateFilter(admin.SimpleListFilter):
    """Opens on what somebody has to see to."""

    title = gettext_lazy("state")
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        others = [state for state in Inbound.State if state not in (Inbound.State.WAITING, Inbound.State.NEW)]
        return [*((state.value, state.label) for state in others), ("all", _("All"))]

    def choices(self, changelist: Any):
        choices = super().choices(changelist)
        yield {**next(choices), "display": _("To do")}
        yield from choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if value == "all":
            return queryset
        if value in Inbound.State.values:
            return queryset.filter(state=value)
        return queryset.to_do().order_by("arrived_at")


@admin.register(Inbound)
class InboundAdmin(admin.ModelAdmin):
    nav_position = 5
    list_display = ["arrived", "sender_shown", "about", "verdict", "state"]
    list_display_links = ["arrived"]
    list_select_related = ["person"]
    list_filter = [StateFilter, "verdict"]
    list_per_page = 50
    search_fields = ["sender", "subject", "text", "person__name"]
    search_help_text = gettext_lazy("Address, name, subject or words")
    fields = ["state", "why", "arrived_exactly", "sender_shown", "verdict", "subject", "text", "gateway", "handled_by"]
    change_form_template = "admin/outbox/inbound/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Inbound | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Inbound | None = None) -> list[str]:
        return list(self.fields)

    def get_queryset(self, request: HttpRequest) -> Any:
        return intake.visible_to(super().get_queryset(request), request.user)

    @admin.display(description=gettext_lazy("arrived"), ordering="arrived_at")
    def arrived(self, mail: Inbound) -> str:
        return wording.short(mail.arrived_at, timezone.get_current_timezone(), reader.language())

    @admin.display(description=gettext_lazy("arrived"))
    def arrived_exactly(self, mail: Inbound) -> str:
        return wording.written_out(mail.arrived_at, timezone.get_current_timezone(), reader.language(), year=True)

    @admin.display(description=gettext_lazy("from"), ordering="sender")
    def sender_shown(self, mail: Inbound) -> str:
        """A name only where the sender is confirmed: anybody can write any name."""
        return format_html("{}<br>{}", mail.person, mail.sender) if mail.person else mail.sender

    @admin.display(description=gettext_lazy("subject"), ordering="subject")
    def about(self, mail: Inbound) -> str:
        words = " ".join(mail.text.split())
        words = words if len(words) < 90 else f"{words[:89]}…"
        return format_html('{}<br><span class="quiet">{}</span>', mail.subject or _("(no subject)"), words)

    def get_urls(self) -> list[Any]:
        act = self.admin_site.admin_view(require_POST(self.act_view))
        file = self.admin_site.admin_view(require_safe(self.file_view))
        return [
            path("<int:pk>/act/<slug:action>/", act, name="outbox_inbound_act"),
            path("<int:pk>/files/<int:number>/", file, name="outbox_inbound_file"),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        mail = self.get_object(request, object_id)
        extra = dict(extra_context or {}, show_save=False, show_save_and_continue=False, show_close=True)
        if mail is not None:
            handler = intake.handler_of(mail.subject_type)
            extra |= {
                "title": _("Request by mail"),
                "mail": mail,
                "attached": attached.files_of(mail),
                "about": handler.about(mail) if handler and handler.about and mail.subject_id else "",
                "actions": [
                    *(handler.actions(mail) if handler and handler.actions and mail.subject_id else []),
                    *intake.offers(mail, request.user),
                ],
                "can_be_done": mail.can_become(Inbound.State.HANDLED) and mail.state != Inbound.State.NEW,
                "can_be_put_back": mail.can_become(Inbound.State.WAITING) and mail.state != Inbound.State.NEW,
                "may_act": self.has_change_permission(request, mail),
            }
        return super().change_view(request, object_id, form_url, extra)

    def file_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponseBase:
        """One file that came with the mail, as a download; for whoever may see the mail."""
        mail = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, mail):
            raise Http404
        file = next((one for one in attached.files_of(mail) if one.number == number and not one.problem), None)
        if file is None:
            raise Http404
        require_given_out(mail, of=mail)
        return download_of(file.open(), file.name, file.content_type)

    def act_view(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        mail = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, mail):
            raise Http404
        match action:
            case "done":
                intake.mark_done(mail, by=request.user, at=timezone.now())
                self.message_user(request, _("Done: it is off the list."), messages.SUCCESS)
            case "put-back":
                intake.put_back(mail, by=request.user, at=timezone.now())
                self.message_user(request, _("It is on the list again."), messages.SUCCESS)
            case _other:
                raise Http404
        return redirect("admin:index" if request.POST.get("next") == "index" else "admin:outbox_inbound_changelist")
