"""Entering a complaint that did not come by the form; and what to tell somebody who calls (C-1)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from supportportal.files.intake import accept
from supportportal.files.models import StoredFile
from supportportal.outbox import attached
from supportportal.outbox import inbound as mail_in
from supportportal.outbox.models import Inbound
from supportportal.people.context import firm_of
from supportportal.people.models import User

from . import calendars, expectations
from .admin_access import GatedAdmin
from .forms_staff import ENTRIES, StaffEntryForm
from .incoming import files_of
from .models import Complaint, Letter
from .operations import desk, intake
from .refusals import ComplaintRefused

Source = Complaint.Source
WAYS = {
    Source.LETTER: gettext_lazy("A letter"),
    Source.MAIL: gettext_lazy("An e-mail"),
    Source.ASSISTED: gettext_lazy("The form, for somebody who cannot fill it in"),
}
DETAILS = [
    "about",
    "complained_about",
    "spoken_with",
    "references",
    "occasions",
    "numbers",
    "emails",
    "wish",
    "files",
    "client_email",
]
OF_THE_MAIL = ["arrived_on", "arrived_clock", "scan"]  # what a mail that came tells by itself
HIDDEN = ["form_key", "kept_files", "kept_scan"]


class EntryAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("add/", view(self.add_view), name="complaints_complaint_add"),
            path("caller/", view(require_POST(self.caller_view)), name="complaints_complaint_caller"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Whoever enters a complaint learns its reference and what follows; only managers then see the case."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        at, firm = timezone.now(), firm_of(request)
        source = request.GET.get("source", "")
        if source not in ENTRIES:
            form_url = settings.SITE_URL.partition("://")[2] + reverse("complaints:complain")
            return self.page(request, "entry/start", _("Enter a complaint"), ways=_ways(), form_url=form_url)
        is_carried = request.method == "POST" and "carried" in request.POST
        is_sent = request.method == "POST" and not is_carried
        given = (request.POST, request.FILES) if is_sent else (None, None)
        desk_now = calendars.desk(at, firm=firm)
        mail = _mail(request) if source == Source.MAIL else None
        initial = {"country": firm.country, "language": firm.language, "arrived_on": desk_now.day_of(at)}
        if mail is not None:
            initial |= _told_by(mail)
        if is_carried:
            initial |= _carried(request)
        form = ENTRIES[source](*given, desk=desk_now, initial=initial)
        if mail is not None:
            for name in OF_THE_MAIL:
                del form.fields[name]
        if is_sent:
            is_valid = form.is_valid()
            files, scan = _kept(form, at)
            if is_valid:
                told = form.told(language=firm.language, time_zone=str(desk_now.zone))
                if mail is not None:
                    came = {"arrived_at": mail.arrived_at, "inbound": mail, "files": [*files, *files_of(mail)[0]]}
                else:
                    came = {"arrived_at": form.arrived_at(at), "files": files}
                entry = {**form.entry(), **came}
                try:
                    taken = intake.enter(told, **entry, scan=scan, by=request.user, at=at)
                except ComplaintRefused as refusal:
                    field = {"arrived_at": "arrived_on"}.get(refusal.field or "", refusal.field)
                    form.add_error(field if field in form.fields else None, str(refusal))
                else:
                    return self._taken(request, taken, at)
        fields = [form[name] for name in form.fields if name not in [*DETAILS, *HIDDEN]]
        context = {
            "form": form,
            "fields_first": fields,
            "fields_more": [form[name] for name in DETAILS],
            "hidden": [form[name] for name in HIDDEN],
            "source": source,
            "mail": mail,
            "attached": attached.files_of(mail) if mail else [],
            "expected": expectations.of_arrival(at, firm=firm),
        }
        return self.page(request, "entry/form", WAYS[Source(source)], **context)

    def _taken(self, request: HttpRequest, complaint: Complaint, at: datetime) -> HttpResponse:
        """To the case for who may see it; else a page that says what happens now, and nothing of the case."""
        if self.get_queryset(request).filter(pk=complaint.pk).exists() and self.has_view_permission(request):
            told = _("Complaint %(reference)s is taken.") % {"reference": complaint.reference}
            self.message_user(request, told, messages.SUCCESS)
            return redirect("admin:complaints_complaint_change", complaint.pk)
        by_post = complaint.letters.filter(way=Letter.Way.POST).exists()
        context = {"reference": complaint.reference, "by_post": by_post, "at": at}
        return self.page(request, "entry/taken", _("The complaint is taken"), **context)

    def caller_view(self, request: HttpRequest) -> HttpResponse:
        """A note that a caller was told how to complain in writing."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        desk.told_caller(by=request.user, at=timezone.now())
        self.message_user(request, _("Noted that the caller was told."), messages.SUCCESS)
        return redirect("admin:complaints_complaint_add")


def _ways() -> list[tuple[Any, str]]:
    address = reverse("admin:complaints_complaint_add")
    return [(words, f"{address}?source={source.value}") for source, words in WAYS.items()]


def _mail(request: HttpRequest) -> Inbound | None:
    """The mail that is entered as a complaint, for who may read it and while it is about nothing else."""
    pk = request.GET.get("mail", "")
    if not pk:
        return None
    if not (pk.isascii() and pk.isdigit() and len(pk) < 10 and request.user.has_perm("outbox.view_inbound")):
        raise Http404
    mails = mail_in.visible_to(Inbound.objects.filter(subject_type=""), request.user)
    return get_object_or_404(mails.select_related("person"), pk=pk)


def _told_by(mail: Inbound) -> dict[str, Any]:
    told = {
        "summary": "\n\n".join(filter(None, [mail.subject, mail.text])),
        "name": mail.person.name if mail.person else mail.sender_name,
        "email": mail.sender,
        "client_email": mail.person.email if mail.person and not mail.person.is_staff else "",
    }
    if mail.person and mail.person.language:
        told["language"] = mail.person.language
    return told


def _carried(request: HttpRequest) -> dict[str, Any]:
    """What somebody had begun to report, and which is a complaint (R-1a): the words, and whose they are."""
    told: dict[str, Any] = {"summary": request.POST.get("words", "")}
    pk = request.POST.get("client", "")
    if pk.isascii() and pk.isdigit() and len(pk) < 10:
        client = User.objects.clients().visible_to(request.user).filter(pk=pk).first()
        if client is not None:
            told |= {"name": client.name, "email": client.email, "client_email": client.email}
            told |= {"language": client.language} if client.language else {}
    return told


def _kept(form: StaffEntryForm, at: datetime) -> tuple[list[StoredFile], StoredFile | None]:
    """The files and the scan handed in, now or with an earlier try, kept for the next one if it comes to that."""
    given = form.cleaned_data
    files = [*(given.get("kept_files") or []), *(accept(upload, at) for upload in given.get("files") or [])]
    scan = accept(given["scan"], at) if given.get("scan") else given.get("kept_scan")
    form.data = form.data.copy()
    form.data["kept_files"] = form.keep(files)
    form.data["kept_scan"] = form.keep([scan] if scan else [])
    form.files_so_far = [*files, scan] if scan else files
    return files, scan
