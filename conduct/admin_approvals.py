"""What waits for a second manager, and the answer to it; made for a phone (R-3, S-1)."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import precedents, preview
from .admin_access import DECIDE, GatedAdmin, today_of
from .admin_appeal import may_see_appointing
from .admin_decide import seen_version
from .earlier import earlier_of
from .forms_decide import AnswerForm
from .models import Appointment, Incident, Measure
from .operations import deciding
from .refusals import ConductRefused, Stale
from .rules import Grounds

State = Measure.State


class ApprovalsAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("approvals/", view(require_safe(self.approvals_view)), name="conduct_approvals"),
            path("measures/<int:pk>/approve/", view(self.approve_view), name="conduct_measure_approve"),
            *super().get_urls(),
        ]

    def approvals_view(self, request: HttpRequest) -> HttpResponse:
        """Everything that waits, what is due first; the same for every manager (C-8)."""
        if not answers(request):
            raise Http404
        at = timezone.now()
        shown = {"rows": list(waiting_for(request)), "today": today_of(request, at), "at": at}
        return self.page(request, "approvals/list", _("Approvals"), **shown)

    def approve_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        measure = self.proposal(request, pk)
        at = timezone.now()
        form, status = AnswerForm(request.POST if request.method == "POST" else None), 200
        if measure.state != State.PROPOSED and request.method != "POST":
            self.message_user(request, _("Somebody has answered already: %s.") % measure.get_state_display())
            return redirect(measure.incident)
        if form.is_valid():
            try:
                said = self._answer(request, measure, form.cleaned_data["reasons"], at)
            except ConductRefused as refusal:
                status = 409 if isinstance(refusal, Stale) else 200
                refusal.show_in(form)
                measure = self.proposal(request, pk)
            else:
                self.message_user(request, said, messages.SUCCESS)
                if not self.get_queryset(request).filter(pk=measure.incident_id).exists():
                    return redirect("admin:index")  # the appointment has ended with the answer
                return redirect(measure.incident)
        return self._page(request, measure, form, at, status)

    def proposal(self, request: HttpRequest, pk: int) -> Measure:
        """The measure, for managers and whoever was appointed for it. Raises Http404."""
        rows = Measure.objects.select_related("assessment__by", "approval", "decided_by", "extends__restriction")
        measure = get_object_or_404(rows, pk=pk, approval__isnull=False)
        measure.incident = self.case(request, measure.incident_id)
        if not (request.user.has_perm(DECIDE) or appointed(request).filter(measure=measure).exists()):
            raise Http404
        return measure

    def _answer(self, request: HttpRequest, measure: Measure, reasons: str, at: datetime) -> str:
        """Raises ConductRefused."""
        swap = {"by": request.user, "at": at, "seen": seen_version(request)}
        match request.POST.get("press"):
            case "approve":
                deciding.approve(measure, reasons, **swap)
                return _("Approved: it is in force from now on. The client is told in writing.")
            case "decline":
                deciding.decline(measure, reasons, **swap)
                return _("Not approved. The incident is to be decided anew, with the assessment as it was.")
            case "withdraw":
                deciding.withdraw(measure, **swap)
                return _("Withdrawn. The incident is to be decided anew, with the assessment as it was.")
            case _:
                raise Http404

    def _page(
        self, request: HttpRequest, measure: Measure, form: AnswerForm, at: datetime, status: int
    ) -> HttpResponse:
        is_waiting = measure.state == State.PROPOSED
        assessment, incident = measure.assessment, measure.incident
        names = {part: assessment._meta.get_field(part.value).verbose_name for part in Grounds}
        context = {
            "incident": incident,
            "measure": measure,
            "assessment": assessment,
            "grounds": [(names[part], text) for part in Grounds if (text := getattr(assessment, part.value))],
            "shown": preview.of(measure, at) if is_waiting else None,
            "precedents": precedents.in_view(assessment.precedents, request.user, at),
            "alike": precedents.comparable(incident, assessment.severity, request.user, at),
            "earlier": earlier_of(incident, request.user, at),
            "form": form,
            "is_own": measure.decided_by_id == request.user.pk,
            "is_waiting": is_waiting,
            "may_appoint": is_waiting and may_see_appointing(request),
            "is_stale": status == 409,
            "today": today_of(request, at),
            "at": at,
        }
        return self.page(request, "approvals/approve", _("Approve a measure?"), status=status, **context)


def appointed(request: HttpRequest) -> Any:
    return Appointment.objects.filter(person=request.user.pk, ended_at__isnull=True)


def answers(request: HttpRequest) -> bool:
    return request.user.is_active and (request.user.has_perm(DECIDE) or appointed(request).exists())


def waiting_for(request: HttpRequest) -> Any:
    """Proposals that the reader may look at, what is due first."""
    seen = Incident.objects.visible_to(request.user)
    rows = Measure.objects.filter(state=State.PROPOSED, incident__in=seen.values("pk"))
    if not request.user.has_perm(DECIDE):
        rows = rows.filter(pk__in=appointed(request).values("measure"))
    rows = rows.select_related("incident__client__account", "approval", "decided_by")
    return rows.order_by("approval__due_on", "pk")
