"""What single members of staff are asked, without seeing the case: a statement, a remedy to carry out (C-8a, C-8b)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from supportportal.people.context import firm_of

from . import calendars, rules
from .admin_access import GatedAdmin
from .forms_case import StatementForm
from .models import Remedy, Statement
from .operations import remedies, statements
from .refusals import ComplaintRefused


class AskedAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("statements/<int:pk>/", view(self.statement_view), name="complaints_statement"),
            path("remedies/<int:pk>/done/", view(require_POST(self.remedy_view)), name="complaints_remedy_done"),
            *super().get_urls(),
        ]

    def statement_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The extract and the questions, and room for the answer; nothing else of the case, not even its reference."""
        statement = get_object_or_404(Statement.objects.open_for(request.user), pk=pk)
        at = timezone.now()
        form = StatementForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                statements.give_statement(statement, form.cleaned_data["text"], by=request.user, at=at)
            except ComplaintRefused as refusal:
                refusal.show_in(form)
            else:
                self.message_user(request, _("Thank you. Your statement has been handed over."), messages.SUCCESS)
                return redirect("admin:index")
        wanted_by = rules.day_ending(statement.due_at, calendars.zone_of(firm_of(request)))
        shown = {"statement": statement, "wanted_by": wanted_by, "form": form, "at": at}
        return self.page(request, "statement/give", _("Your statement"), **shown)

    def remedy_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Whoever does it says that it is done, from the first page."""
        remedy = get_object_or_404(Remedy.objects.select_related("complaint"), pk=pk, owner=request.user.pk)
        note = request.POST.get("note", "").replace("\0", "").strip()
        try:
            remedies.done(remedy, note, by=request.user, at=timezone.now())
        except ComplaintRefused as refusal:
            self.message_user(request, str(refusal), messages.WARNING)
        else:
            self.message_user(request, _("Done: it is off the list."), messages.SUCCESS)
        return redirect("admin:index")
