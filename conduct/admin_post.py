"""The notice of a measure as a letter: printed and noted as posted, where no mail tells the client (R-4, R-7)."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from complaints import calendars
from complaints.admin_letters import PRINT_POLICY
from complaints.admin_presses import moment_of
from supportportal.outbox import reading
from supportportal.outbox.models import Message
from supportportal.people.context import firm_of

from . import appeal_time
from . import messages as mails
from .admin_decide import seen_version
from .admin_measure import MeasureAdmin
from .forms_decide import PostForm
from .models import Measure
from .operations import telling
from .refusals import ConductRefused, Stale


class PostAdmin(MeasureAdmin):
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("measures/<int:pk>/post/", view(self.post_view), name="conduct_measure_post"),
            path("measures/<int:pk>/print/", view(self.print_view), name="conduct_measure_print"),
            *super().get_urls(),
        ]

    def post_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What was typed stays, whatever is refused."""
        measure, at = self.measure(request, pk), timezone.now()
        posted = request.POST if request.method == "POST" else None
        form, status = PostForm(posted, initial={"posted_on": _today(request, at)}), 200
        if form.is_valid():
            try:
                self._note(request, measure, form.cleaned_data, at)
            except ConductRefused as refusal:
                status = 409 if isinstance(refusal, Stale) else 200
                refusal.show_in(form)
                measure = self.measure(request, pk)
            else:
                said = _("Noted as posted. The client counts as told from that time.")
                self.message_user(request, said, messages.SUCCESS)
                return redirect(measure.incident)
        context = {
            "measure": measure,
            "incident": measure.incident,
            "form": form,
            "may_be_posted": telling.may_be_posted(measure),
            "last_day": appeal_time.last_day(measure),
            "mails": _mails_of(measure),
            "is_stale": status == 409,
        }
        return self.page(request, "decide/post", _("The notice by post"), status=status, **context)

    def print_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The notice as it was written, as a page to print, with the address that was typed."""
        measure = self.measure(request, pk)
        firm, client = firm_of(request), measure.incident.client
        with translation.override(client.language), timezone.override(calendars.zone_of(firm)):
            shown = {
                "letter": {
                    "language": client.language,
                    "subject": _("Our decision about what happened"),
                    "body": measure.notice,
                },
                "firm": firm,
                "client": client,
                "posted_to": measure.posted_to or request.POST.get("posted_to", "").strip(),
                "appeal_url": mails.link_to(measure, "")["url"],
                "at": measure.taken_at,
            }
            page = render_to_string("conduct/letter.html", shown)
        headers = {"Content-Security-Policy": PRINT_POLICY, "Cache-Control": "private, no-store"}
        return HttpResponse(page, headers=headers)

    def _note(self, request: HttpRequest, measure: Measure, given: dict[str, Any], at: datetime) -> None:
        """Raises ConductRefused."""
        when = moment_of(given["posted_on"], given["posted_clock"], at)
        swap = {"by": request.user, "at": at, "seen": seen_version(request)}
        telling.post(measure, posted_at=when, posted_to=given["posted_to"], **swap)


def _today(request: HttpRequest, at: datetime) -> Any:
    return at.astimezone(calendars.zone_of(firm_of(request))).date()


def _mails_of(measure: Measure) -> list[reading.Shown]:
    about = Message.objects.about(mails.SUBJECT_TYPE, measure.incident_id)
    notices = about.filter(kind=mails.NOTICE, data__measure=measure.pk).select_related("recipient")
    return [reading.shown(one) for one in notices.order_by("due_at", "pk")]
