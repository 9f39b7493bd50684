"""Incidents in the staff's admin; each part of it in a module of its own."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from .admin_appeal import AppealAdmin
from .admin_approvals import ApprovalsAdmin
from .admin_consistency import ConsistencyAdmin
from .admin_decide import DecideAdmin
from .admin_incident import PageAdmin
from .admin_list import ListAdmin
from .admin_post import PostAdmin
from .admin_report import ReportAdmin
from .models import Appeal, Incident


@admin.register(Incident)
class IncidentAdmin(DecideAdmin, ApprovalsAdmin, ConsistencyAdmin, PostAdmin, ReportAdmin, PageAdmin, ListAdmin):
    """Only pages of our own: none of Django's forms and histories reaches an incident past the gate."""

    nav_position = 10
    search_fields = ["reference", "client__name", "client__email", "client__account__name"]
    search_help_text = gettext_lazy("Reference, client or account")


admin.site.register(Appeal, AppealAdmin)
