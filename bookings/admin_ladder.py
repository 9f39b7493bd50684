"""Strikes, requests to look again, fees and the list "reduce support?" in the staff's admin (B-13)."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording
from supportportal.lattice import instant_at
from supportportal.outbox.reading import messages_about

from . import money, operations, standing_words
from .books import csv_of
from .decisions import WAIVE, to_decide_on
from .forms_ladder import DecideForm, ReasonForm, SupportForm
from .messages_ladder import FEE, STRIKE
from .models import Booking, Fee, Strike
from .operations.reviews import marked_by
from .refusals import BookingRefused
from .standing import StrikeRecord, record_of, records_of


class StandingColumn(admin.ModelAdmin):
    """A list whose rows belong to clients shows where each stands: two more queries for all rows."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        response = super().changelist_view(request, extra_context)
        changelist = (getattr(response, "context_data", None) or {}).get("cl")
        if changelist is not None:
            records = records_of({row.client_id for row in changelist.result_list})
            for row in changelist.result_list:
                row.record = records.get(row.client_id, StrikeRecord())
        return response

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, row: Any) -> str:
        record = row.record if hasattr(row, "record") else record_of(row.client)
        return standing_words.briefly(record.standing(), timezone.localdate())


class ReadOnly(admin.ModelAdmin):
    """Nothing is typed into a row: every change is an operation."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self.fields or [])

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        extra = dict(extra_context or {}, show_save=False, show_save_and_continue=False, show_close=True)
        row = self.get_object(request, object_id)
        if row is not None:
            extra |= self.shown(request, row)
        return super().change_view(request, object_id, form_url, extra)

    def shown(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {}

    def decision(
        self, request: HttpRequest, form: Any, act: Callable[..., Any], page: tuple[str, str], **shown: Any
    ) -> HttpResponse:
        """One form, one operation: ``act`` gets what the form holds, and gives the words and the page that follow.

        A refusal stands in the form, which is shown (``page``: template and title) until it is done.
        """
        if form.is_valid():
            try:
                told, *then = act(**form.cleaned_data)
            except BookingRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                self.message_user(request, told, messages.SUCCESS)
                return redirect(*then)
        return self.page(request, *page, form=form, **shown)

    def page(self, request: HttpRequest, template: str, title: str, **shown: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **shown}
        return TemplateResponse(request, f"admin/bookings/{template}.html", context)


class StrikeFilter(admin.SimpleListFilter):
    """Opens on those that count."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("asked", _("To look at again")), ("back", _("Taken back")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        choices = super().choices(changelist)
        yield {**next(choices), "display": _("Counting")}
        yield from choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "asked":
                return queryset.counting().filter(reviews__decision="")
            case "back":
                return queryset.filter(taken_back_at__isnull=False)
            case "all":
                return queryset
        return queryset.counting()


@admin.register(Strike)
class StrikeAdmin(StandingColumn, ReadOnly):
    nav_position = 30
    list_display = ["date", "client", "account", "cause", "session", "state", "standing"]
    list_display_links = ["date"]
    list_select_related = ["client__account", "booking__session_type"]
    list_filter = [StrikeFilter, "cause"]
    list_per_page = 50
    ordering = ["-day", "-pk"]
    search_fields = ["client__name", "client__email", "client__account__name", "booking__reference"]
    search_help_text = gettext_lazy("Client, account or reference")
    fields = [
        "date",
        "state",
        "client",
        "account",
        "standing",
        "cause",
        "session",
        "recorded_at",
        "recorded_by",
        "final_at",
        "taken_back_reason",
        "taken_back_by",
    ]
    change_form_template = "admin/bookings/strike/change_form.html"
    change_list_template = "admin/bookings/strike/change_list.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        seen = Booking.objects.visible_to(request.user)
        return super().get_queryset(request).filter(booking__in=seen).prefetch_related("reviews")

    @admin.display(description=gettext_lazy("date"), ordering="day")
    def date(self, strike: Strike) -> str:
        return wording.written_day(strike.day, reader.language(), year=True)

    @admin.display(description=gettext_lazy("account"), ordering="client__account__name")
    def account(self, strike: Strike) -> str:
        return str(strike.client.account or "–")

    @admin.display(description=gettext_lazy("session"))
    def session(self, strike: Strike) -> str:
        url = reverse("admin:bookings_booking_change", args=[strike.booking_id])
        return format_html('<a href="{}">{}, {}</a>', url, strike.booking.session_type.title, strike.booking.reference)

    @admin.display(description=gettext_lazy("state"))
    def state(self, strike: Strike) -> str:
        if strike.taken_back_at is not None:
            return str(strike.get_taken_back_display())
        return _("to look at again") if any(not one.decision for one in strike.reviews.all()) else _("counts")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("reduce-support/", view(self.support_list), name="bookings_strike_support"),
            path("<int:pk>/waive/", view(self.waive_view), name="bookings_strike_waive"),
            path("<int:pk>/answer/", view(self.answer_view), name="bookings_strike_answer"),
            path("<int:pk>/reduce-support/", view(self.support_view), name="bookings_strike_decide_support"),
            *super().get_urls(),
        ]

    def shown(self, request: HttpRequest, row: Strike) -> dict[str, Any]:
        review = next(iter(row.reviews.all()), None)
        fees = Fee.objects.filter(client=row.client).exclude(state=Fee.State.LAPSED).select_related("booking")
        return {
            "review": review,
            "may_decide": request.user.has_perm(WAIVE),
            "is_own_mark": request.user.pk in marked_by(row),
            "fees": fees,
            "sent": messages_about(STRIKE, [row.pk]).get(row.pk, []),
        }

    def _decidable(self, request: HttpRequest, pk: int) -> Strike:
        """The strike, for managers alone: nobody else knows of these pages."""
        if not request.user.has_perm(WAIVE):
            raise Http404
        return get_object_or_404(self.get_queryset(request).select_related("client__account", "booking"), pk=pk)

    def waive_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        strike, at = self._decidable(request, pk), timezone.now()

        def act(reason: str) -> tuple[Any, ...]:
            operations.strikes.take_back(strike, how=Strike.TakenBack.WAIVED, by=request.user, at=at, reason=reason)
            return _("The strike is waived, and the client is told."), "admin:bookings_strike_change", pk

        page = "strike/waive", _("Waive the strike")
        invoiced = strike.client.fees.filter(state__in=[Fee.State.INVOICED, Fee.State.PAID]).select_related("booking")
        return self.decision(request, ReasonForm(request.POST or None), act, page, strike=strike, invoiced=invoiced)

    def answer_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        strike, at = self._decidable(request, pk), timezone.now()
        review = strike.reviews.first()
        if review is None:
            raise Http404

        def act(**given: Any) -> tuple[Any, ...]:
            operations.reviews.decide(review, **given, by=request.user, at=at)
            return _("The answer is on its way to the client."), "admin:bookings_strike_change", pk

        page = "strike/answer", _("Look at it again")
        shown = {"strike": strike, "review": review, "is_own_mark": request.user.pk in marked_by(strike)}
        return self.decision(request, DecideForm(request.POST or None), act, page, **shown)

    def support_list(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(WAIVE):
            raise Http404
        return self.page(request, "strike/support_list", _("Reduce support?"), rows=to_decide_on())

    def support_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        strike, at = self._decidable(request, pk), timezone.now()

        def act(**given: Any) -> tuple[Any, ...]:
            operations.reviews.note_support(strike, **given, by=request.user, at=at)
            return _("Your decision is on record."), "admin:bookings_strike_support"

        record, page = record_of(strike.client), ("strike/support", _("Reduce support?"))
        shown = {"strike": strike, "strikes": record.strikes, "standing": record.standing()}
        return self.decision(request, SupportForm(request.POST or None), act, page, **shown)


class FeeFilter(admin.SimpleListFilter):
    """Opens on what is to be invoiced."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        kept = [(str(state), state.label) for state in Fee.State if state != Fee.State.OWED]
        return [*kept, ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        choices = super().choices(changelist)
        yield {**next(choices), "display": Fee.State.OWED.label}
        yield from choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value() or Fee.State.OWED)


@admin.register(Fee)
class FeeAdmin(ReadOnly):
    nav_position = 31
    list_display = ["session", "client", "account", "net_amount", "gross_amount", "state", "accepted_at"]
    list_display_links = ["session"]
    list_select_related = ["client", "account", "booking"]
    list_filter = [FeeFilter, "currency"]
    list_per_page = 50
    ordering = ["booking__first_cell"]
    search_fields = ["client__name", "client__email", "account__name", "booking__reference"]
    search_help_text = gettext_lazy("Client, account or reference")
    fields = [
        "state",
        "session_link",
        "client",
        "account",
        "net_amount",
        "vat_rate",
        "gross_amount",
        "asked_at",
        "accepted_at",
        "accepted_by",
        "settled_at",
        "reason",
    ]
    actions = ["invoice", "pay", "export"]
    change_form_template = "admin/bookings/fee/change_form.html"

    @admin.display(description=gettext_lazy("session"), ordering="booking__first_cell")
    def session(self, fee: Fee) -> str:
        start = wording.short(instant_at(fee.booking.first_cell), timezone.get_current_timezone(), reader.language())
        return f"{start} · {fee.booking.reference}"

    @admin.display(description=gettext_lazy("session"))
    def session_link(self, fee: Fee) -> str:
        url = reverse("admin:bookings_booking_change", args=[fee.booking_id])
        return format_html('<a href="{}">{}</a>', url, self.session(fee))

    @admin.display(description=gettext_lazy("net"), ordering="net")
    def net_amount(self, fee: Fee) -> str:
        return money.written(fee.net, fee.currency, reader.language())

    @admin.display(description=gettext_lazy("with VAT"))
    def gross_amount(self, fee: Fee) -> str:
        return money.written(money.with_vat(fee.net, fee.vat_rate), fee.currency, reader.language())

    def get_urls(self) -> list[Any]:
        waive = self.admin_site.admin_view(self.waive_view)
        return [path("<int:pk>/waive/", waive, name="bookings_fee_waive"), *super().get_urls()]

    def shown(self, request: HttpRequest, row: Fee) -> dict[str, Any]:
        may_waive = row.can_become(Fee.State.WAIVED) and self.has_change_permission(request, row)
        return {"may_waive": may_waive, "sent": messages_about(FEE, [row.pk]).get(row.pk, [])}

    @admin.action(permissions=["change"], description=gettext_lazy("Mark as invoiced"))
    def invoice(self, request: HttpRequest, queryset: QuerySet[Fee]) -> None:
        self._all_become(request, queryset, Fee.State.INVOICED)

    @admin.action(permissions=["change"], description=gettext_lazy("Mark as paid"))
    def pay(self, request: HttpRequest, queryset: QuerySet[Fee]) -> None:
        self._all_become(request, queryset, Fee.State.PAID)

    def _all_become(self, request: HttpRequest, fees: QuerySet[Fee], state: str) -> None:
        at, done = timezone.now(), 0
        for fee in fees:
            try:
                operations.fees.become(fee, state, by=request.user, at=at)
                done += 1
            except BookingRefused as refusal:
                self.message_user(request, f"{self.session(fee)}: {refusal}", messages.WARNING)
        if done:
            self.message_user(request, _("Fees brought up to date: %(n)s.") % {"n": done}, messages.SUCCESS)

    @admin.action(permissions=["view"], description=gettext_lazy("Export as CSV"))
    def export(self, request: HttpRequest, queryset: QuerySet[Fee]) -> StreamingHttpResponse:
        rows = queryset.select_related("client", "account", "booking__session_type", "accepted_by")
        name = f"fees-{timezone.localdate():%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(csv_of(rows), content_type="text/csv; charset=utf-8", headers=headers)

    def waive_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        fee, at = get_object_or_404(self.get_queryset(request), pk=pk), timezone.now()
        if not self.has_change_permission(request, fee):
            raise Http404

        def act(reason: str) -> tuple[Any, ...]:
            operations.fees.become(fee, Fee.State.WAIVED, by=request.user, at=at, reason=reason)
            return _("The fee is waived."), "admin:bookings_fee_change", pk

        page = "fee/waive", _("Waive the fee")
        return self.decision(request, ReasonForm(request.POST or None), act, page, fee=fee, session=self.session(fee))
