"""The list of deadlines that a change of the calendar would move, and the decision about them (C-6)."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .admin_access import WORK, GatedAdmin
from .models import Complaint
from .operations import rebasing
from .operations.rebasing import Affected

PAGE = 50
PLACE = "admin:complaints_complaint_rebasing"


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why they move"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("It stays on record with each deadline."),
    )


class RebasingAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [path("rebasing/", view(self.rebasing_view), name="complaints_complaint_rebasing"), *super().get_urls()]

    def rebasing_view(self, request: HttpRequest) -> HttpResponse:
        """What stands to be decided; a press decides the chosen ones as they were shown."""
        if not request.user.has_perm(WORK):
            raise Http404
        found = affected_for(request)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        chosen = request.POST.getlist("deadline")
        if form.is_valid():
            if decided := [decision for key in chosen if (decision := _decision(key))]:
                self._rebase(request, decided, form.cleaned_data["reason"])
                return redirect(PLACE)
            form.add_error(None, _("Please choose the deadlines to move."))
        page = Paginator(found, PAGE).get_page(request.GET.get("page"))
        title = _("Deadlines that the calendar would move")
        return self.page(request, "rebasing", title, page=page, found=len(found), form=form, chosen=chosen)

    def _rebase(self, request: HttpRequest, decided: list[tuple[int, date]], reason: str) -> None:
        visible = Complaint.objects.visible_to(request.user)
        done, refused = rebasing.rebase_many(visible, decided, reason=reason, by=request.user, at=timezone.now())
        for complaint, refusal in refused:
            self.message_user(request, f"{complaint}: {refusal}", messages.WARNING)
        if done:
            text = ngettext("%(n)d deadline re-based.", "%(n)d deadlines re-based.", done) % {"n": done}
            self.message_user(request, text, messages.SUCCESS)


def affected_for(request: HttpRequest) -> list[Affected]:
    """Of the complaints that this person may see."""
    return rebasing.affected(Complaint.objects.visible_to(request.user), at=timezone.now())


def tell_of_moved_deadlines(request: HttpRequest) -> None:
    """After an edit of the calendar: what it would move, with the way to decide (C-6)."""
    if not request.user.has_perm(WORK):
        return
    if number := len(affected_for(request)):
        text = ngettext(
            "The calendar would now move %(n)d deadline of a complaint; until you decide, it stands.",
            "The calendar would now move %(n)d deadlines of complaints; until you decide, they stand.",
            number,
        ) % {"n": number}
        link = format_html('<a href="{}">{}</a>', reverse(PLACE), _("See the list"))
        messages.warning(request, format_html("{} {}", text, link))


def _decision(key: str) -> tuple[int, date] | None:
    """Which deadline, and the new day that was shown with it; None for what no page of ours sends."""
    number, _colon, day = key.partition(":")
    try:
        return int(number[:9]), date.fromisoformat(day)
    except ValueError:
        return None
