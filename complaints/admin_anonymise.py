"""Anonymising one complaint that is over, for a complainant who has no account and asks for it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from supportportal.people.models import User
from supportportal.retention import operations as retention
from supportportal.retention.blanking import GONE

from .admin_access import GatedAdmin
from .forgetting import COMPLAINTS
from .models import Complaint
from .operations import desk


def is_offered(complaint: Complaint, by: User) -> bool:
    """On the page of a case that is closed and no client's; a client goes with everything, by a button elsewhere."""
    is_left = complaint.client_id is None and not complaint.is_open and complaint.name != GONE
    return is_left and retention.may_forget(by)


class AnonymiseAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(never_cache(self.anonymise_view))
        return [path("<int:pk>/anonymise/", page, name="complaints_complaint_anonymise"), *super().get_urls()]

    def anonymise_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What goes, what stays and what stands against it; and the button."""
        complaint, by, at = self.case(request, pk), request.user, timezone.now()
        if not retention.may_forget(by):
            raise Http404
        if request.method == "POST":
            try:
                desk.anonymise(complaint, by=by, at=at)
            except retention.RetentionRefused as refusal:
                messages.warning(request, str(refusal))
            else:
                messages.success(request, _("The complaint is anonymised."))
                return redirect("admin:complaints_complaint_change", pk)
        reasons = retention.why_kept(COMPLAINTS, complaint, at)
        return self.page(request, "complaint/anonymise", _("Anonymise"), complaint=complaint, reasons=reasons)
