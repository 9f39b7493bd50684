"""The page of one case, and every press on it. What was typed stays, whatever is refused."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from supportportal.people.context import firm_of

from . import admin_anonymise, admin_rebasing, calendars, case, eligibility, presence
from .admin_access import WORK, GatedAdmin
from .admin_presses import PRESSES, Act
from .case import Case
from .forms_case import CaseForm, LetterKindForm
from .models import Complaint
from .refusals import ComplaintRefused, Stale

MOST_VERSIONS = 1_000_000_000


class CaseAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        act = view(require_POST(self.act_view))
        return [
            path("<int:pk>/change/", view(require_safe(self.case_view)), name="complaints_complaint_change"),
            path("<int:pk>/do/<slug:action>/", act, name="complaints_complaint_act"),
            path("<int:pk>/do/<slug:action>/<int:target>/", act, name="complaints_complaint_act"),
            *super().get_urls(),
        ]

    def case_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._case_page(request, self.case(request, pk), timezone.now())

    def act_view(self, request: HttpRequest, pk: int, action: str, target: int | None = None) -> HttpResponse:
        """One press, one operation. A refusal stands in the form it was typed in, and nothing is changed."""
        complaint, at = self.case(request, pk), timezone.now()
        if action not in PRESSES:
            raise Http404
        press = PRESSES[action]
        if (press.target is None) != (target is None):
            raise Http404
        row = get_object_or_404(press.target, pk=target, complaint=complaint) if press.target else None
        form = form_of(action, complaint, row, request.POST, request.FILES)
        narrow(form, complaint)
        status = 200
        if form.is_valid():
            act = Act(complaint, request.user, at, seen_version(request), form.cleaned_data, row)
            try:
                told = press.do(act)
            except ComplaintRefused as refusal:
                status = 409 if isinstance(refusal, Stale) else 200
                refusal.show_in(form)
            else:
                self.message_user(request, told, messages.SUCCESS)
                return self.after(request, pk)
        return self._case_page(request, self.case(request, pk), at, form=form, status=status)

    def after(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Back to the case; to the list where the press has shut its page to whoever pressed."""
        if self.get_queryset(request).filter(pk=pk).exists():
            return redirect("admin:complaints_complaint_change", pk)
        return redirect("admin:complaints_complaint_changelist")

    def _case_page(
        self, request: HttpRequest, complaint: Complaint, at: datetime, form: CaseForm | None = None, status: int = 200
    ) -> HttpResponse:
        shown = case.load(complaint, request.user)
        made = Forms(shown, form)
        context = {
            "case": shown,
            "complaint": complaint,
            "at": at,
            "zone": calendars.zone_of(firm_of(request)),
            "others": presence.look(complaint, request.user, at),
            "failed": form,
            "is_stale": status == 409,
            "latest": shown.timeline[-1],
            "letter_form": LetterKindForm(complaint=complaint),
            "forms": made.alone(),
            "points": made.points(),
            "names": made.names(),
            "remedies": made.remedies(),
            "deadlines": [(row, case.days_of(row)) for row in shown.rows.deadlines],
            "rebasing_url": reverse(admin_rebasing.PLACE) if request.user.has_perm(WORK) else "",
            "attached": shown.rows.evidence,
            "original": self._original(request, complaint),
            "may_be_anonymised": admin_anonymise.is_offered(complaint, request.user),
        }
        return self.page(request, "complaint/case", complaint.reference, status=status, **context)

    def _original(self, request: HttpRequest, complaint: Complaint) -> Complaint | None:
        """What it repeats, for who may see that too."""
        if complaint.duplicate_of_id is None:
            return None
        return self.get_queryset(request).filter(pk=complaint.duplicate_of_id).first()


def form_of(
    action: str, complaint: Complaint, row: Any = None, data: Any = None, files: Any = None, **initial: Any
) -> CaseForm:
    """A form of the page; its controls bear names of their own, however many forms are there."""
    auto_id = f"id_{action}_{row.pk if row else 0}_%s"
    form = PRESSES[action].form(data, files, complaint=complaint, target=row, auto_id=auto_id, initial=initial)
    form.action = action
    return form


def narrow(form: forms.Form, complaint: Complaint) -> None:
    """Offer as reviewers only those who may review (C-8, C-10)."""
    if "reviewer" in form.fields:
        form.fields["reviewer"].queryset = eligibility.of_step(complaint)


def seen_version(request: HttpRequest) -> int:
    """The version of the case that the page showed; without one nothing fits."""
    given = request.POST.get("seen", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else MOST_VERSIONS


class Forms:
    """The forms of a case page, the one that failed with what was typed in it."""

    def __init__(self, shown: Case, failed: CaseForm | None) -> None:
        self.case, self.failed = shown, failed
        self.staff: list[tuple[Any, str]] | None = None

    def alone(self) -> dict[str, CaseForm]:
        """Those that stand by themselves, by action with "_" for "-"."""
        complaint, points = self.case.complaint, self.case.points
        initial: dict[str, dict[str, Any]] = {
            "assign": {"reviewer": complaint.reviewer_id},
            "assign-appeal": {"reviewer": self.case.appeal.reviewer_id if self.case.appeal else None},
            "points": {"texts": "\n\n".join(point.text for point in points)},
        }
        names = [name for name, press in PRESSES.items() if press.target is None]
        made = {name: self._form(name, **initial.get(name, {})) for name in names}
        return {name.replace("-", "_"): form for name, form in made.items()}

    def points(self) -> list[tuple[Any, CaseForm]]:
        return [
            (point, self._form("find", point, finding=point.finding, reasons=point.reasons))
            for point in self.case.points
        ]

    def names(self) -> list[tuple[Any, CaseForm]]:
        return [(named, self._form("match", named, person=named.person_id)) for named in self.case.named]

    def remedies(self) -> list[tuple[Any, CaseForm]]:
        return [(remedy, self._form("done", remedy)) for remedy in self.case.remedies]

    def _form(self, action: str, row: Any = None, **initial: Any) -> CaseForm:
        if self.failed is not None and self.failed.action == action and self.failed.target == row:
            form = self.failed
        else:
            form = form_of(action, self.case.complaint, row, **initial)
            narrow(form, self.case.complaint)
        for name in ("person", "owner"):
            if name in form.fields:
                form.fields[name].choices = self._staff(form.fields[name])
        return form

    def _staff(self, field: Any) -> list[tuple[Any, str]]:
        """All staff, read once for all forms that offer them."""
        if self.staff is None:
            self.staff = [(person.pk, str(person)) for person in field.queryset]
        return [("", field.empty_label), *self.staff]
