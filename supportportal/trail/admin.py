"""The trail for managers: to read, to search, never to change."""

import json
from typing import Any

from django.contrib import admin
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from . import visibility
from .models import Entry


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    exclude = ["facts"]
    readonly_fields = ["facts_shown"]
    list_display = ["at", "verb", "subject_type", "subject_id", "by", "is_sealed"]
    list_select_related = ["by", "seal"]
    list_filter = ["verb", "subject_type"]
    search_fields = ["=subject_id", "verb"]
    date_hierarchy = "at"
    ordering = ["-pk"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return visibility.visible_to(super().get_queryset(request), request.user)

    @admin.display(boolean=True)
    def is_sealed(self, entry: Entry) -> bool:
        return hasattr(entry, "seal")

    @admin.display(description=gettext_lazy("facts"))
    def facts_shown(self, entry: Entry) -> str:
        return json.dumps(visibility.facts_of(entry), cls=DjangoJSONEncoder, ensure_ascii=False)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
