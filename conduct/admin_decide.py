"""A manager assesses an incident and decides the step; first a preview, in which nothing is written (R-2, R-3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from supportportal.people.context import firm_of

from . import drafts, precedents, preview
from .admin_access import DECIDE, GatedAdmin
from .earlier import earlier_of, latest_change
from .forms_decide import STEP_HELP, DecideForm
from .models import Incident, Measure
from .operations import deciding, sessions
from .refusals import ConductRefused, Stale

Kind, State = Measure.Kind, Measure.State
MOST_VERSIONS = 1_000_000_000


class DecideAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/decide/", view(self.decide_view), name="conduct_incident_decide"),
            path("measures/<int:pk>/extend/", view(self.extend_view), name="conduct_measure_extend"),
            *super().get_urls(),
        ]

    def to_decide(self, request: HttpRequest, pk: int) -> Incident:
        """The incident, for managers. Who of them may decide is said at the press alone (C-8). Raises Http404."""
        if not request.user.has_perm(DECIDE):
            raise Http404
        return self.case(request, pk)

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._decide(request, self.to_decide(request, pk), None)

    def extend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new decision, made of the one that would end (R-7)."""
        measures = Measure.objects.select_related("assessment", "restriction")
        measure = get_object_or_404(measures, pk=pk)
        incident = self.to_decide(request, measure.incident_id)
        if request.method != "POST" and not measure.is_in_force(timezone.now()):
            self.message_user(request, _("What has ended cannot be extended."), messages.ERROR)
            return redirect(incident)
        return self._decide(request, incident, measure)

    def _decide(self, request: HttpRequest, incident: Incident, extends: Measure | None) -> HttpResponse:
        at = timezone.now()
        about = {"zone": firm_of(request).zone, "account": incident.client.account}
        if request.method != "POST":
            form = DecideForm(initial=initial_of(incident, extends), **about)
            return self._form_page(request, incident, extends, form, at)
        form = DecideForm(request.POST, **about)
        try:
            if incident.version != seen_version(request):
                raise Stale
            if form.is_valid() and request.POST.get("press") != "change":
                return self._pressed(request, incident, extends, form, at)
        except ConductRefused as refusal:
            refusal.show_in(form)
            status = 409 if isinstance(refusal, Stale) else 200
            return self._form_page(request, self.case(request, incident.pk), extends, form, at, status=status)
        return self._form_page(request, incident, extends, form, at)

    def _pressed(
        self, request: HttpRequest, incident: Incident, extends: Measure | None, form: DecideForm, at: datetime
    ) -> HttpResponse:
        """The preview; or the decision, if the same would still follow as was shown. Raises ConductRefused."""
        findings = form.findings(precedents.kept(form.cleaned_data["precedents"], incident, request.user))
        step, who, seen = form.step(extends), {"by": request.user, "at": at}, seen_version(request)
        weighed = deciding.weigh(incident, findings, step, **who)
        shown = preview.of(weighed, at)
        confirmed = request.POST.get("press") == "decide"
        if not confirmed or request.POST.get("shown") != shown.key:
            context = {"incident": incident, "extends": extends, "form": form, "shown": shown, "moved": confirmed}
            return self.page(request, "decide/preview", _("Before you decide"), posted=posted(form), **context)
        measure = deciding.decide(incident, findings, step, seen=seen, **who)
        self.message_user(request, told(measure), messages.SUCCESS)
        if sessions.still_asks(measure, at) and sessions.affected_sessions(measure, at):
            return redirect("admin:conduct_measure_sessions", measure.pk)
        return redirect(incident)

    def _form_page(
        self,
        request: HttpRequest,
        incident: Incident,
        extends: Measure | None,
        form: DecideForm,
        at: datetime,
        status: int = 200,
    ) -> HttpResponse:
        form.say_what_is_needed()
        severity = severity_of(form)
        alike = precedents.comparable(incident, severity, request.user, at)
        steps = [(option, STEP_HELP[Kind(option.data["value"])]) for option in form["kind"]]
        next_ones = kinds_for(incident, extends)
        context = {
            "incident": incident,
            "extends": extends,
            "form": form,
            "steps": [(option, help) for option, help in steps if option.data["value"] in next_ones],
            "alike": alike,
            "in_view": ",".join(str(one.measure.pk) for one in alike),
            "earlier": earlier_of(incident, request.user, at),
            "waiting": incident.measures.filter(state=State.PROPOSED).first(),
            "is_stale": status == 409,
            "latest": latest_change(incident) if status == 409 else None,
            "at": at,
        }
        title = _("Extend the measure") if extends else _("Decide")
        return self.page(request, "decide/decide", title, status=status, **context)


def kinds_for(incident: Incident, extends: Measure | None) -> Sequence[str]:
    """The steps that are next: once for an open incident, then a report to the authorities, or what prolongs (R-7)."""
    if extends is not None:
        return Measure.RESTRICTING
    if incident.state == Incident.State.OPEN:
        return Kind.values
    return [Kind.AUTHORITIES]


def initial_of(incident: Incident, extends: Measure | None) -> dict[str, Any]:
    if extends is not None:
        return drafts.of_extended(extends)
    former = incident.assessments.filter(measure__state__in=[State.DECLINED, State.WITHDRAWN]).last()
    if former is not None and incident.state == Incident.State.OPEN:
        return drafts.of_former(former)
    return drafts.of_report(incident)


def severity_of(form: DecideForm) -> int | None:
    """What is chosen so far, also where other fields are wrong."""
    given = str(form["severity"].value() or "")
    return int(given) if given in {"1", "2", "3"} else None


def seen_version(request: HttpRequest) -> int:
    """The version of the case that the page showed; without one nothing fits."""
    given = request.POST.get("seen", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else MOST_VERSIONS


def posted(form: DecideForm) -> list[tuple[str, str]]:
    """The fields as they were typed, for the second step: name and value of each hidden control."""
    return [(name, value) for name in form.fields for value in form.data.getlist(name)]


def told(measure: Measure) -> str:
    if measure.state == State.PROPOSED:
        return _("Proposed. Nothing happens until another manager has approved it; they have been asked by mail.")
    return _("Decided. The client is told in writing, with the way to appeal.")
