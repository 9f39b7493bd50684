"""Letters of a case: written from a template, looked at, sent, printed, noted as posted (C-9)."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from supportportal.files.download import download_response
from supportportal.people.context import firm_of

from . import calendars, letter_texts, pdf, timeline
from .admin_access import GatedAdmin, works_on_cases
from .admin_case import form_of, seen_version
from .admin_presses import moment_of
from .forms_case import AnswerForm, FinalForm, LetterForm, LetterKindForm, PostedForm
from .models import Complaint, Letter
from .operations import appeals, closing, letters
from .refusals import ComplaintRefused, Stale

Kind, State, Way = Letter.Kind, Letter.State, Letter.Way
FORMS = {Kind.RESPONSE: AnswerForm, Kind.FINAL: FinalForm}
# Only what the page itself brings: no script, nothing from elsewhere.
PRINT_POLICY = "sandbox allow-modals; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class LettersAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("post/", view(require_safe(self.post_view)), name="complaints_complaint_post"),
            path(
                "post/<int:letter>/", view(require_safe(self.post_print_view)), name="complaints_complaint_post_print"
            ),
            path(
                "post/<int:letter>/posted/", view(require_POST(self.posted_view)), name="complaints_complaint_post_done"
            ),
            path("<int:pk>/write/", view(require_POST(self.write_view)), name="complaints_complaint_write"),
            path("<int:pk>/letters/<int:letter>/", view(self.letter_view), name="complaints_complaint_letter"),
            path(
                "<int:pk>/letters/<int:letter>/print/",
                view(require_safe(self.print_view)),
                name="complaints_complaint_print",
            ),
            path(
                "<int:pk>/letters/<int:letter>/file/",
                view(require_safe(self.letter_file_view)),
                name="complaints_complaint_letter_file",
            ),
            path(
                "<int:pk>/letters/<int:letter>/pdf/",
                view(require_safe(self.pdf_view)),
                name="complaints_complaint_letter_pdf",
            ),
            *super().get_urls(),
        ]

    def post_view(self, request: HttpRequest) -> HttpResponse:
        """What waits to be printed and posted, the oldest first: for whoever enters letters the own ones."""
        return self._post_page(request, timezone.now())

    def post_print_view(self, request: HttpRequest, letter: int) -> HttpResponse:
        return _printed(get_object_or_404(self._post(request), pk=letter), request)

    def posted_view(self, request: HttpRequest, letter: int) -> HttpResponse:
        """It is in the post: its clock stops. What was typed stays, whatever is refused."""
        at = timezone.now()
        found = get_object_or_404(self._post(request), pk=letter)
        form = form_of("posted", found.complaint, found, request.POST)
        if form.is_valid():
            given = form.cleaned_data
            try:
                when = moment_of(given["posted_on"], given["posted_clock"], at)
                letters.mark_posted(found, posted_at=when, by=request.user, at=at)
            except ComplaintRefused as refusal:
                refusal.show_in(form)
            else:
                told = _("Noted as posted. The clock has stopped at that time.")
                self.message_user(request, told, messages.SUCCESS)
                return redirect("admin:complaints_complaint_post")
        return self._post_page(request, at, form)

    def _post(self, request: HttpRequest) -> QuerySet[Letter]:
        """The letters that wait for this person to print and post. Raises Http404 for whom none ever can."""
        if not (works_on_cases(request) or self.has_add_permission(request)):
            raise Http404
        rows = Letter.objects.waiting_for_post().handled_by(request.user)
        return rows.select_related("complaint", "content").order_by("written_at", "pk")

    def _post_page(self, request: HttpRequest, at: datetime, failed: PostedForm | None = None) -> HttpResponse:
        rows = [
            (letter, failed if failed and failed.target == letter else _posted_form(letter, at))
            for letter in self._post(request)[:200]
        ]
        seen = set(
            self.get_queryset(request)
            .filter(letters__in=[letter for letter, _form in rows])
            .values_list("pk", flat=True)
        )
        has_board = works_on_cases(request)
        context = {"letters": rows, "at": at, "seen": seen if has_board else set(), "has_board": has_board}
        return self.page(request, "letter/post", _("Letters to print and post"), **context)

    def write_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        complaint = self.case(request, pk)
        form = LetterKindForm(request.POST, complaint=complaint)
        if not form.is_valid():
            self.message_user(request, _("Please choose which letter to write."), messages.ERROR)
            return redirect("admin:complaints_complaint_change", pk)
        try:
            letter = letters.draft(complaint, form.cleaned_data["kind"], by=request.user, at=timezone.now())
        except ComplaintRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect("admin:complaints_complaint_change", pk)
        return redirect("admin:complaints_complaint_letter", pk, letter.pk)

    def letter_view(self, request: HttpRequest, pk: int, letter: int) -> HttpResponse:
        """A draft to be changed and sent; what has left, as it left."""
        complaint, at = self.case(request, pk), timezone.now()
        found = _letter(complaint, letter)
        status = 200
        posted = request.POST if request.method == "POST" else None
        initial = {"subject": found.subject, "body": found.body, "outcome": complaint.outcome or _found_in(complaint)}
        form_class = FORMS.get(Kind(found.kind), LetterForm)
        form = form_class(posted, complaint=complaint, target=found, initial=initial)
        if posted is not None:
            press = request.POST.get("press")
            if press != "send":
                for name in set(form.fields) - {"subject", "body"}:
                    form.fields[name].required = False
            if form.is_valid():
                try:
                    return self._pressed(request, complaint, found, press, form.cleaned_data, at)
                except ComplaintRefused as refusal:
                    status = 409 if isinstance(refusal, Stale) else 200
                    refusal.show_in(form)
            found = _letter(complaint, letter)
        context = {
            "complaint": complaint,
            "letter": found,
            "form": form,
            "at": at,
            "is_draft": found.state == State.DRAFT,
            "is_waiting": found.way == Way.POST and found.state == State.LEAVING,
            "posted_form": _posted_form(found, at),
            "mails": timeline.mails_of(complaint).get(found.pk, []),
            "send_words": _send_words(found),
            "has_pdf": pdf.is_available() and found.content is not None,
        }
        return self.page(request, "letter/letter", found.get_kind_display().capitalize(), status=status, **context)

    def _pressed(
        self,
        request: HttpRequest,
        complaint: Complaint,
        letter: Letter,
        press: str | None,
        given: dict[str, Any],
        at: datetime,
    ) -> HttpResponse:
        """Keep what was typed, then send it if that was asked. Raises ComplaintRefused."""
        who = {"by": request.user, "at": at}
        if press == "again":
            written = letter_texts.write(complaint, letter.kind, at=at)
            letters.edit(letter, subject=written.subject, body=written.body, **who)
            self.message_user(request, _("Written anew from the template, with what the case holds now."))
            return redirect("admin:complaints_complaint_letter", complaint.pk, letter.pk)
        letter = letters.edit(letter, subject=given["subject"], body=given["body"], **who)
        if press != "send":
            self.message_user(request, _("The draft is kept."), messages.SUCCESS)
            return redirect("admin:complaints_complaint_letter", complaint.pk, letter.pk)
        swap = {**who, "seen": seen_version(request)}
        match letter.kind:
            case Kind.RESPONSE:
                outcome, cause = given["outcome"], given["root_cause"]
                closing.answer(complaint, letter, outcome=outcome, root_cause=cause, **swap)
            case Kind.FINAL:
                appeals.decide(complaint.appeal, letter, outcome=given["outcome"], **swap)
            case _:
                letters.send(letter, **who)
        by_post = letter.way == Way.POST
        told = _("Ready: print it, post it, and note the day.") if by_post else _("The letter is on its way.")
        self.message_user(request, told, messages.SUCCESS)
        if by_post:
            return redirect("admin:complaints_complaint_letter", complaint.pk, letter.pk)
        return redirect("admin:complaints_complaint_change", complaint.pk)

    def print_view(self, request: HttpRequest, pk: int, letter: int) -> HttpResponse:
        """The letter as a page to print: a draft as it would leave, else the very bytes that were kept."""
        return _printed(_letter(self.case(request, pk), letter), request)

    def letter_file_view(self, request: HttpRequest, pk: int, letter: int) -> HttpResponse:
        """The letter as it was sent, as a file."""
        found = _letter(self.case(request, pk), letter)
        if found.content is None:
            raise Http404
        return download_response(found.content, of=found.complaint)

    def pdf_view(self, request: HttpRequest, pk: int, letter: int) -> HttpResponse:
        """The letter as PDF, where that can be drawn here; elsewhere there is the page to print."""
        found = _letter(self.case(request, pk), letter)
        if found.content is None or not pdf.is_available():
            raise Http404
        name = f"{found.complaint.reference}-{found.kind}.pdf"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
        return HttpResponse(pdf.of(found), content_type="application/pdf", headers=headers)


def _letter(complaint: Complaint, pk: int) -> Letter:
    rows = complaint.letters.select_related("content", "written_by", "posted_by", "complaint", "instead_of")
    return get_object_or_404(rows, pk=pk)


def _printed(letter: Letter, request: HttpRequest) -> HttpResponse:
    if letter.content and letter.content.content_type == "text/html":
        with letter.content.content.open("rb") as kept:
            page = kept.read()
    else:
        page = _as_page(letter, request).encode()
    headers = {"Content-Security-Policy": PRINT_POLICY, "Cache-Control": "private, no-store"}
    return HttpResponse(page, content_type="text/html; charset=utf-8", headers=headers)


def _as_page(letter: Letter, request: HttpRequest) -> str:
    firm = firm_of(request)
    with translation.override(letter.language), timezone.override(calendars.zone_of(firm)):
        shown = {"letter": letter, "firm": firm, "at": letter.written_at}
        return render_to_string("complaints/letters/page.html", shown)


def _posted_form(letter: Letter, at: datetime) -> PostedForm:
    return form_of("posted", letter.complaint, letter, posted_on=timezone.localdate(at))


def _found_in(complaint: Complaint) -> str:
    """The outcome that the findings of the points come to, as a proposal."""
    findings = {point.finding for point in complaint.points.all()}
    if not findings or "" in findings:
        return ""
    return findings.pop() if len(findings) == 1 else Complaint.Outcome.PARTLY


def _send_words(letter: Letter) -> str:
    if letter.kind == Kind.RESPONSE:
        return _("Answer the complaint with this letter")
    if letter.kind == Kind.FINAL:
        return _("Decide the appeal with this letter")
    return _("Ready to be posted") if letter.way == Way.POST else _("Send by e-mail")
