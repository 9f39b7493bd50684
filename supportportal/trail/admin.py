"""The trail for managers: to read, to search, never to change."""

import json
from typing import Any

from django.contrib import admin
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from supportportal.longlists import LongListAdmin, values_of

from . import visibility, words
from .models import Entry


class SubjectFilter(admin.SimpleListFilter):
    """Offers kinds that not everybody may see whether or not there is one of them: its choices would tell (C-8)."""

    title = gettext_lazy("kind of subject")
    parameter_name = "subject_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = visibility.narrowed().union(values_of(Entry, "subject_type"))
        return sorted(((kind, words.kind_of(kind)) for kind in kinds), key=lambda choice: choice[1].lower())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(subject_type=self.value()) if self.value() else queryset


@admin.register(Entry)
class EntryAdmin(LongListAdmin):
    fields = ["what", "kind", "subject_id", "by", "at", "facts_shown"]
    readonly_fields = ["what", "kind", "facts_shown"]
    list_display = ["at", "what", "kind", "subject_id", "by", "is_sealed"]
    list_select_related = ["by", "seal"]
    list_filter = [SubjectFilter, "at"]
    search_fields = ["subject_id", "verb"]
    search_help_text = gettext_lazy("Number of the subject, or part of what happened")
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return visibility.visible_to(super().get_queryset(request), request.user)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        word = search_term.strip()
        if not word:
            return queryset, False
        unworded = [verb for verb in values_of(Entry, "verb") if word.lower() in verb]
        asked = Q(verb__in=[*words.meant_by(word), *unworded])
        if word.isascii() and word.isdigit() and len(word) < 19:
            asked |= Q(subject_id=int(word))
        return queryset.filter(asked), False

    @admin.display(description=gettext_lazy("what"), ordering="verb")
    def what(self, entry: Entry) -> str:
        return words.of(entry.verb)

    @admin.display(description=gettext_lazy("kind of subject"), ordering="subject_type")
    def kind(self, entry: Entry) -> str:
        return words.kind_of(entry.subject_type)

    @admin.display(boolean=True, description=gettext_lazy("sealed"))
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
