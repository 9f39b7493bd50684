"""What is due to go, legal holds, and anonymising one client: pages for owners and superusers."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from supportportal.people.models import User

from . import operations
from .forms import HoldForm
from .models import LegalHold
from .operations import RetentionRefused


@admin.register(LegalHold)
class LegalHoldAdmin(admin.ModelAdmin):
    """To read: a hold is placed and lifted on a page of its own, reached from the person's."""

    empty_text = gettext_lazy("A hold is placed on the page of the person whom it is about.")
    list_display = ["person", "state", "reason", "placed_by", "placed_at", "lifted_by", "lifted_at"]
    list_select_related = ["person", "placed_by", "lifted_by"]
    search_fields = ["person__name", "person__email"]
    date_hierarchy = "placed_at"
    ordering = ["-placed_at", "-pk"]

    def get_urls(self) -> list[Any]:
        def page(view: Any) -> Any:
            return self.admin_site.admin_view(never_cache(view))

        own = [
            path("due/", page(require_safe(self.due)), name="retention_legalhold_due"),
            path("person/<int:pk>/", page(self.person), name="retention_legalhold_person"),
            path("person/<int:pk>/anonymise/", page(self.anonymise), name="retention_legalhold_anonymise"),
        ]
        return [*own, *super().get_urls()]

    @admin.display(description=gettext_lazy("state"))
    def state(self, hold: LegalHold) -> Any:
        return _("stands") if hold.is_standing else _("lifted")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LegalHold | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LegalHold | None = None) -> bool:
        return False

    def due(self, request: HttpRequest) -> HttpResponse:
        """How much of each kind is due to go: totals, of what the reader may know of (C-8)."""
        by, at = _owner(request), timezone.now()
        return self._shown(request, "due", _("What is due to go"), lines=operations.lines(at, seen_by=by))

    def person(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Place a hold on this person, or lift the one that stands."""
        by, at, person = _owner(request), timezone.now(), get_object_or_404(User, pk=pk)
        hold = LegalHold.objects.standing().filter(person=person).select_related("placed_by").first()
        form = HoldForm(request.POST if request.POST.get("press") == "place" else None)
        if request.method == "POST":
            try:
                if request.POST.get("press") == "lift" and hold is not None:
                    operations.lift_hold(hold, by=by, at=at)
                    messages.success(request, _("The legal hold is lifted."))
                    return redirect(_page_of(person))
                if form.is_valid():
                    operations.place_hold(person, form.cleaned_data["reason"], by=by, at=at)
                    messages.success(request, _("Everything about {name} is kept now.").format(name=person))
                    return redirect(_page_of(person))
            except RetentionRefused as refusal:
                messages.warning(request, str(refusal))
        return self._shown(request, "hold", _("Legal hold"), person=person, hold=hold, form=form)

    def anonymise(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What goes, what stays and what stands against it; and the button."""
        by, at, person = _owner(request), timezone.now(), get_object_or_404(User.objects.clients(), pk=pk)
        if request.method == "POST":
            try:
                operations.forget_person(person, by=by, at=at)
            except RetentionRefused as refusal:
                messages.warning(request, str(refusal))
            else:
                messages.success(request, _("The client is anonymised."))
                return redirect(_page_of(person))
        reasons = operations.why_not(person, by=by, at=at)
        shares = operations.shares(person)
        return self._shown(request, "anonymise", _("Anonymise"), person=person, reasons=reasons, shares=shares)

    def _shown(self, request: HttpRequest, name: str, title: str, **shown: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **shown}
        return render(request, f"admin/retention/{name}.html", context)


def _owner(request: HttpRequest) -> User:
    by = cast(User, request.user)
    if not operations.may_forget(by):
        raise PermissionDenied
    return by


def _page_of(person: User) -> str:
    return reverse("admin:people_user_change", args=[person.pk])
