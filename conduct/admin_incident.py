"""The page of one incident: everything for managers, for whoever reported it what became of it (R-10)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from complaints.models import Complaint
from supportportal.files.download import download_response
from supportportal.files.models import StoredFile
from supportportal.people.models import User

from . import asking, notices, outcomes, timeline
from . import messages as mails
from .admin_access import DECIDE, GatedAdmin, sees_all_of
from .admin_decide import seen_version
from .earlier import earlier_of, latest_change
from .forms_report import AskForm, CloseForm, StopContactForm
from .models import Assessment, Incident, Measure
from .operations import deciding, desk, reporting, stopping
from .policy import POLICY
from .refusals import ConductRefused, Stale
from .rules import Grounds
from .timeline import Rows


@dataclass(frozen=True)
class Act:
    """One press: on which incident, by whom, when, and the version that its page showed."""

    incident: Incident
    by: User
    at: datetime
    seen: int
    given: dict[str, Any]

    @property
    def swap(self) -> dict[str, Any]:
        return {"by": self.by, "at": self.at, "seen": self.seen}


@dataclass(frozen=True)
class Press:
    do: Callable[[Act], str]
    form: type[forms.Form]


def _ask(act: Act) -> str:
    reporting.ask_to_stop(act.incident, act.given["text"], **act.swap)
    return _("Sent. The answer, if there is one, stands here too.")


def _close(act: Act) -> str:
    deciding.close(act.incident, act.given["reasons"], **act.swap)
    return _("Closed. Whoever reported it reads your reasons.")


def _stop_contact(act: Act) -> str:
    stopping.stop_contact(act.incident, act.given["reasons"], hours=act.given["hours"], **act.swap)
    return _("All contact is stopped, and the client is told. It ends by itself; please assess the case before.")


Posted = dict[str, forms.Form]
NOTHING_STANDS = (Measure.State.QUASHED, Measure.State.DECLINED, Measure.State.WITHDRAWN)
PRESSES = {
    "ask": Press(_ask, AskForm),
    "close": Press(_close, CloseForm),
    "stop-contact": Press(_stop_contact, StopContactForm),
}


class PageAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        act, file = view(require_POST(self.act_view)), view(require_safe(self.file_view))
        return [
            path("<int:pk>/change/", view(require_safe(self.case_view)), name="conduct_incident_change"),
            path("<int:pk>/do/<slug:action>/", act, name="conduct_incident_act"),
            path("<int:pk>/file/<int:file>/", file, name="conduct_incident_file"),
            *super().get_urls(),
        ]

    def case_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._case_page(request, self.case(request, pk), timezone.now())

    def act_view(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """One press, one operation. A refusal stands in the form it was typed in, and nothing is changed."""
        incident, at = self.case(request, pk), timezone.now()
        if action not in PRESSES:
            raise Http404
        form = form_of(action, incident, request.POST)
        shown: dict[str, Any] = {"failed": form, "action": action}
        if form.is_valid():
            if action == "ask" and request.POST.get("press") == "preview":
                preview = asking.preview(incident, form.cleaned_data["text"])
                return self._case_page(request, incident, at, posted={action: form}, preview=preview)
            try:
                act = Act(incident, request.user, at, seen_version(request), form.cleaned_data)
                told = PRESSES[action].do(act)
            except ConductRefused as refusal:
                shown["status"] = 409 if isinstance(refusal, Stale) else 200
                refusal.show_in(form)
            else:
                self.message_user(request, told, messages.SUCCESS)
                return redirect("admin:conduct_incident_change", pk)
        return self._case_page(request, self.case(request, pk), at, posted={action: form}, **shown)

    def file_view(self, request: HttpRequest, pk: int, file: int) -> HttpResponse:
        """A file of the report, or of those answers of the client that the page shows: checked, noted on the trail,
        only ever downloaded."""
        incident = self.case(request, pk)
        own = Incident.files.through.objects.filter(incident=incident.pk).values("storedfile")
        answers = mails.heard(incident, all_of_it=sees_all_of(request, incident))
        sent = answers.filter(files__isnull=False).values("files")
        stored = get_object_or_404(StoredFile.objects.filter(Q(pk__in=own) | Q(pk__in=sent)), pk=file)
        response = download_response(stored, of=incident)
        desk.opened(incident, stored, by=request.user, at=timezone.now())
        return response

    def _case_page(
        self, request: HttpRequest, incident: Incident, at: datetime, *, posted: Posted | None = None, **more: Any
    ) -> HttpResponse:
        all_of_it = sees_all_of(request, incident)
        rows = Rows.read(incident, all_of_it=all_of_it)
        is_stale = more.get("status") == 409
        context = {
            "incident": incident,
            "at": at,
            "rows": rows,
            "outcomes": outcomes.of(incident, at),
            "timeline": timeline.of(rows, all_of_it=all_of_it),
            "sees_all": all_of_it,
            "complaint": _complaint_of(incident, request.user),
            "earlier": earlier_of(incident, request.user, at) if all_of_it else [],
            "is_stale": is_stale,
            "latest": latest_change(incident) if is_stale and all_of_it else None,
            "measures": [(one, notices.closed_by(one), grounds_of(one.assessment)) for one in rows.measures],
            "may_manage": request.user.has_perm(DECIDE),
            "stop_hours": POLICY.stop_hours,
            **offered(request, incident, rows, at),
            "forms": {name.replace("-", "_"): (posted or {}).get(name) or form_of(name, incident) for name in PRESSES},
            **more,
        }
        return self.page(request, "incident/case", incident.reference, **context)


def form_of(action: str, incident: Incident, data: Any = None) -> forms.Form:
    """A form of the page; its controls bear names of their own, however many forms are there."""
    initial = {"text": asking.proposed(incident)} if action == "ask" and data is None else {}
    form = PRESSES[action].form(data, auto_id=f"id_{action}_%s", initial=initial)
    if action == "ask":
        form.fields["text"].widget.attrs["lang"] = incident.client.language
    return form


def offered(request: HttpRequest, incident: Incident, rows: Rows, at: datetime) -> dict[str, Any]:
    """Which buttons the page has. Whether an open complaint bars the reader is said at the press alone (C-8)."""
    manages = request.user.has_perm(DECIDE)
    is_open = incident.state == Incident.State.OPEN
    proposal = next((one for one in rows.measures if one.state == Measure.State.PROPOSED), None)
    is_concerned = incident.concerned_id == request.user.pk
    may_decide = manages and is_open and proposal is None and not is_concerned
    stopped = getattr(incident, "emergency_stop", None)
    is_stopped = stopped is not None and stopped.ended_at is None and at < stopped.until
    return {
        "proposal": proposal,
        "is_concerned": is_concerned and manages,
        "may_decide": may_decide,
        "may_close": may_decide,
        "may_go_on": manages and incident.state == Incident.State.DECIDED and proposal is None and not is_concerned,
        "may_stop": is_open and incident.is_threat and stopped is None and request.user.has_role(*stopping.MAY_STOP),
        "may_ask": is_open and not is_stopped,  # no friendly word while every channel is closed, or after the decision
        "is_quashed": bool(rows.measures) and all(one.state in NOTHING_STANDS for one in rows.measures),
        "was_asked": bool(rows.asked),
    }


def grounds_of(assessment: Assessment) -> list[tuple[str, str]]:
    """The parts of an assessment that say something, as label and text."""
    names = {part.value: str(Assessment._meta.get_field(part.value).verbose_name) for part in Grounds}
    return [(names[part], text) for part in names if (text := getattr(assessment, part))]


def _complaint_of(incident: Incident, reader: User) -> Complaint | None:
    """The complaint that it belongs to, for who may know of that (C-8)."""
    if incident.complaint_id is None:
        return None
    return Complaint.objects.visible_to(reader).filter(pk=incident.complaint_id).first()
