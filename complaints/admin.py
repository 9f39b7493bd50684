"""Complaints in the staff's admin; each part of it in a module of its own."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from .admin_anonymise import AnonymiseAdmin
from .admin_asked import AskedAdmin
from .admin_board import BoardAdmin
from .admin_case import CaseAdmin
from .admin_entry import EntryAdmin
from .admin_files import FilesAdmin
from .admin_letters import LettersAdmin
from .admin_rebasing import RebasingAdmin
from .admin_reports import ReportsAdmin
from .models import Complaint, OmbudsmanScheme


@admin.register(Complaint)
class ComplaintAdmin(
    CaseAdmin,
    LettersAdmin,
    FilesAdmin,
    AnonymiseAdmin,
    EntryAdmin,
    AskedAdmin,
    ReportsAdmin,
    RebasingAdmin,
    BoardAdmin,
):
    """Only pages of our own: none of Django's lists, forms and histories reaches a complaint past the gate."""

    nav_position = 10
    search_fields = ["reference", "name"]
    search_help_text = gettext_lazy("Reference or name")


@admin.register(OmbudsmanScheme)
class OmbudsmanSchemeAdmin(admin.ModelAdmin):
    nav_position = 40
    list_display = ["name", "applies_from", "weeks", "months_to_refer"]
    ordering = ["-applies_from"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
