"""Appeals in the staff's admin: what waits, one case with its decision, entering what came by post (R-7, S-1)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bookings.models import Booking
from complaints.admin_case import seen_version
from complaints.admin_presses import moment_of
from complaints.incoming import files_of
from supportportal.files.download import download_response
from supportportal.files.intake import accept
from supportportal.files.models import StoredFile
from supportportal.outbox import inbound as mail_in
from supportportal.outbox.models import Inbound
from supportportal.people.models import Firm, Role, User

from . import appeal_time, eligibility, messages_appeal, notices, rules
from . import messages as mails
from .admin_access import DECIDE, GatedAdmin, today_of
from .forms_appeal import AppointForm, AssignForm, DecideAppealForm, EntryForm, NothingForm
from .models import AffectedSession, Appeal, Appointment, Assessment, Incident, Measure
from .operations import appeals, appointments, desk
from .refusals import ConductRefused, Stale
from .rules import Grounds

PAGE = 30


@dataclass(frozen=True)
class Act:
    """One press: on which appeal, by whom, when, and the version of the case that its page showed."""

    appeal: Appeal
    by: User
    at: datetime
    seen: int
    form: Any

    @property
    def swap(self) -> dict[str, Any]:
        return {"by": self.by, "at": self.at, "seen": self.seen}

    @property
    def given(self) -> dict[str, Any]:
        return self.form.cleaned_data


def _decide(act: Act) -> str:
    appeals.decide(act.appeal, act.given["outcome"], act.given["reasons"], act.form.change(), **act.swap)
    return _("Decided. The client is told, with your reasons.")


def _assign(act: Act) -> str:
    reviewer = act.given["reviewer"]
    appeals.assign(act.appeal, reviewer, **act.swap)
    return _("%(who)s decides this appeal.") % {"who": reviewer} if reviewer else _("Nobody has this appeal now.")


def _take(act: Act) -> str:
    appeals.assign(act.appeal, act.by, **act.swap)
    return _("You decide this appeal.")


def _appoint(act: Act) -> str:
    appointments.appoint(act.appeal.measure, act.given["person"], reason=act.given["reason"], **act.swap)
    return _("%(who)s can see this one case now, and is asked to decide the appeal.") % {"who": act.given["person"]}


def _end_appointment(act: Act) -> str:
    held = get_object_or_404(Appointment, measure=act.appeal.measure_id, ended_at__isnull=True)
    appointments.end(held, by=act.by, at=act.at)
    return _("The appointment has ended.")


PRESSES: dict[str, Callable[[Act], str]] = {
    "decide": _decide,
    "assign": _assign,
    "take": _take,
    "appoint": _appoint,
    "end-appointment": _end_appointment,
}


class AppealAdmin(GatedAdmin):
    """Only pages of our own, for managers and the outside reviewer of the case."""

    nav_position = 12

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("", view(require_safe(self.list_view)), name="conduct_appeal_changelist"),
            path("<int:pk>/change/", view(require_safe(self.appeal_view)), name="conduct_appeal_change"),
            path("<int:pk>/do/<slug:action>/", view(require_POST(self.act_view)), name="conduct_appeal_act"),
            path("<int:pk>/file/<int:file>/", view(require_safe(self.file_view)), name="conduct_appeal_file"),
            path("measures/<int:pk>/enter/", view(self.enter_view), name="conduct_appeal_enter"),
            path("measures/<int:pk>/appoint/", view(self.appoint_view), name="conduct_measure_appoint"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return hears_appeals(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return hears_appeals(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return hears_appeals(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def list_view(self, request: HttpRequest) -> HttpResponse:
        """What is to be answered first; decided ones on demand."""
        if not hears_appeals(request):
            raise Http404
        is_decided = request.GET.get("what") == "decided"
        rows = self.get_queryset(request).select_related("measure__incident__client__account", "reviewer")
        if is_decided:
            rows = rows.exclude(outcome="").order_by("-decided_at", "-pk")
        else:
            rows = rows.open().order_by("answer_by", "lodged_at", "pk")
        at = timezone.now()
        page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
        shown = {"page": page, "is_decided": is_decided, "today": today_of(request, at), "at": at}
        return self.page(request, "appeal/list", _("Appeals against measures"), **shown)

    def appeal_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._page(request, self.appeal(request, pk), timezone.now())

    def act_view(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """One press, one operation. A refusal stands in the form it was typed in, and nothing is changed."""
        if action not in PRESSES:
            raise Http404
        appeal, at = self.appeal(request, pk), timezone.now()
        form, status = form_of(action, appeal, at, request.POST), 200
        if form.is_valid():
            try:
                told = PRESSES[action](Act(appeal, request.user, at, seen_version(request), form))
            except ConductRefused as refusal:
                status = 409 if isinstance(refusal, Stale) else 200
                refusal.show_in(form)
            else:
                self.message_user(request, told, messages.SUCCESS)
                if self.get_queryset(request).filter(pk=pk).exists():
                    return redirect("admin:conduct_appeal_change", pk)
                return redirect("admin:index")
        return self._page(request, self.appeal(request, pk), at, failed=(action, form), status=status)

    def file_view(self, request: HttpRequest, pk: int, file: int) -> HttpResponse:
        """What the client handed in: checked, noted on the trail, only ever downloaded."""
        appeal = self.appeal(request, pk)
        stored = get_object_or_404(appeal.files, pk=file)
        response = download_response(stored, of=appeal.measure.incident)
        desk.opened(appeal.measure.incident, stored, by=request.user, at=timezone.now())
        return response

    def enter_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """An appeal that came by post, or in a mail: with its words, its files and its instant."""
        measure, at = self.measure(request, pk), timezone.now()
        if existing := Appeal.objects.filter(measure=measure).first():
            return redirect(existing)
        mail = _mail(request, measure)
        posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        today = today_of(request, at)
        initial = {"arrived_on": today, "reasons": mail.text if mail else ""}
        form, status = EntryForm(*posted, is_mail=mail is not None, initial=initial), 200
        if form.is_valid():
            try:
                swap = {"by": request.user, "at": at, "seen": seen_version(request)}
                appeal, left_out = _entered(measure, form.cleaned_data, mail, **swap)
            except ConductRefused as refusal:
                status = 409 if isinstance(refusal, Stale) else 200
                refusal.show_in(form)
            else:
                self.message_user(request, _("The appeal is taken, and the client is told so."), messages.SUCCESS)
                if left_out:
                    told = _("These files of the e-mail could not be taken: %(names)s.") % {
                        "names": ", ".join(left_out)
                    }
                    self.message_user(request, told, messages.WARNING)
                return redirect(appeal)
        shown = {"measure": measure, "incident": measure.incident, "form": form, "mail": mail, "status": status}
        shown |= {"last_day": appeal_time.last_day(measure), "is_stale": status == 409}
        return self.page(request, "appeal/enter", _("Enter an appeal"), **shown)

    def appoint_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """An outside reviewer for a measure that waits for approval; of an appeal, that is on its own page (S-1)."""
        measure, at = self.measure(request, pk), timezone.now()
        if not may_see_appointing(request):
            raise Http404
        form, status = AppointForm(request.POST if request.method == "POST" else None), 200
        if form.is_valid():
            given, swap = form.cleaned_data, {"by": request.user, "at": at, "seen": seen_version(request)}
            try:
                appointments.appoint(measure, given["person"], reason=given["reason"], **swap)
            except ConductRefused as refusal:
                status = 409 if isinstance(refusal, Stale) else 200
                refusal.show_in(form)
            else:
                told = _("%(who)s can see this one case now, and is asked to answer.") % {"who": given["person"]}
                self.message_user(request, told, messages.SUCCESS)
                return redirect(measure.incident)
        shown = {"measure": measure, "incident": measure.incident, "form": form, "is_stale": status == 409}
        return self.page(request, "appeal/appoint", _("Appoint an outside reviewer"), status=status, **shown)

    def appeal(self, request: HttpRequest, pk: int) -> Appeal:
        """The appeal, for whoever may see it. Raises Http404."""
        if not hears_appeals(request):
            raise Http404
        rows = self.get_queryset(request).select_related(
            "measure__incident__client__account",
            "measure__incident__reporter",
            "measure__incident__concerned",
            "measure__assessment__by",
            "measure__decided_by",
            "measure__restriction",
            "reviewer",
            "decided_by",
        )
        return get_object_or_404(rows, pk=pk)

    def measure(self, request: HttpRequest, pk: int) -> Measure:
        """A measure of an incident that they may see, for managers. Raises Http404."""
        if not request.user.has_perm(DECIDE):
            raise Http404
        rows = Measure.objects.filter(incident__in=Incident.objects.visible_to(request.user).values("pk"))
        return get_object_or_404(rows.select_related("incident__client__account", "restriction"), pk=pk)

    def _page(
        self,
        request: HttpRequest,
        appeal: Appeal,
        at: datetime,
        *,
        failed: tuple[str, forms.Form] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        measure, incident = appeal.measure, appeal.measure.incident
        assessment = measure.assessment
        names = {part: Assessment._meta.get_field(part.value).verbose_name for part in Grounds}
        offered = set(eligibility.offered_appeal(measure).values_list("pk", flat=True))
        is_offered = request.user.pk in offered
        made = {name: form_of(name, appeal, at) for name in PRESSES}
        if failed is not None:
            made[failed[0]] = failed[1]
        context = {
            "appeal": appeal,
            "measure": measure,
            "incident": incident,
            "assessment": assessment,
            "exhibits": assessment.exhibits,
            "grounds": [(names[part], text) for part in Grounds if (text := getattr(assessment, part.value))],
            "closed": notices.closed_by(measure),
            "cancelled": _cancelled(measure, at),
            "given_back": messages_appeal.sessions_of(appeal, incident.client),
            "varied": messages_appeal.changes_of(appeal),
            "forms": {name.replace("-", "_"): form for name, form in made.items()},
            "is_offered": is_offered,
            "nobody_left": not offered,
            "appointers": eligibility.last_resort(incident),
            "may_appoint": may_see_appointing(request) and appeal.is_open,
            "appointment": Appointment.objects.filter(measure=measure, ended_at__isnull=True).first(),
            "files": list(appeal.files.all()),
            "today": today_of(request, at),
            "failed": failed,
            "is_stale": status == 409,
            "at": at,
        }
        title = _("Appeal of %(client)s") % {"client": incident.client}
        return self.page(request, "appeal/case", title, status=status, **context)


def hears_appeals(request: HttpRequest) -> bool:
    """Managers, and whoever is appointed to a case just now."""
    user = request.user
    appointed = Appointment.objects.filter(person=user.pk, ended_at__isnull=True)
    return user.is_active and (user.has_perm(DECIDE) or appointed.exists())


def may_see_appointing(request: HttpRequest) -> bool:
    """Whether the reader's role appoints at all; who of them may in this case is said at the press alone (C-8)."""
    return request.user.has_role(Role.OWNER, Role.DEPUTY)


def form_of(action: str, appeal: Appeal, at: datetime, data: Any = None) -> forms.Form:
    """A form of the page; its controls bear names of their own, however many forms are there."""
    auto_id = f"id_{action}_%s"
    match action:
        case "decide":
            zone = Firm.current().zone
            can_vary = _can_vary(appeal.measure, at)
            return DecideAppealForm(data, auto_id=auto_id, measure=appeal.measure, zone=zone, can_vary=can_vary)
        case "assign":
            people = eligibility.offered_appeal(appeal.measure).order_by("name", "pk")
            return AssignForm(data, auto_id=auto_id, people=people, initial={"reviewer": appeal.reviewer_id})
        case "appoint":
            return AppointForm(data, auto_id=auto_id)
        case _:
            return NothingForm(data, auto_id=auto_id)


def _can_vary(measure: Measure, at: datetime) -> bool:
    """Whether there is still something to make milder; suspended ones count."""
    if measure.restriction is None or measure.state != Measure.State.TAKEN:
        return False
    ends = rules.ends_at(measure.until, measure.review_on, Firm.current().zone)
    return ends is None or ends > at


def _cancelled(measure: Measure, at: datetime) -> list[Booking]:
    """Sessions that quashing would try to give back."""
    rows = measure.affected.filter(choice=AffectedSession.Choice.CANCEL, restored_at__isnull=True)
    rows = rows.filter(booking__starts_at__gt=at).select_related("booking__session_type", "booking__client")
    return [row.booking for row in rows.order_by("booking__first_cell")]


def _mail(request: HttpRequest, measure: Measure) -> Inbound | None:
    """The mail that is entered: one about this incident, or of its client and about nothing yet. Raises Http404."""
    pk = request.GET.get("mail", "")
    if not pk:
        return None
    if not (pk.isascii() and pk.isdigit() and len(pk) < 10):
        raise Http404
    mail = get_object_or_404(mail_in.visible_to(Inbound.objects.select_related("person"), request.user), pk=pk)
    is_about = (mail.subject_type, mail.subject_id) == (mails.SUBJECT_TYPE, measure.incident_id)
    is_theirs = not mail.subject_type and mail.person_id == measure.incident.client_id
    if not (is_about or is_theirs):
        raise Http404
    return mail


def _entered(
    measure: Measure, given: dict[str, Any], mail: Inbound | None, *, by: User, at: datetime, seen: int
) -> tuple[Appeal, list[str]]:
    """The appeal, and the names of the mail's files that could not be taken. Raises ConductRefused, with nothing
    changed."""
    files: list[StoredFile] = [accept(upload, at) for upload in given["files"]]
    of_mail, left_out = files_of(mail) if mail else ([], [])
    came: dict[str, Any] = {"inbound": mail} if mail else {"arrived_at": moment_of(given["arrived_on"], None, at)}
    said = {"reasons": given["reasons"], "late_cause": given["late_cause"], "files": [*files, *of_mail]}
    return appeals.lodge(measure, **said, **came, by=by, at=at, seen=seen), left_out
