"""The firm's own words in messages: every kind and language, what is shipped, what is said instead, how it reads."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import framed, gsm, kinds, own_words, previews, rewording
from .forms_wording import WordingForm
from .models import Wording
from .rendering import Written

DRAFT = "wording_draft"  # what was typed and not saved, for the frame that shows the mail


@admin.register(Wording)
class WordingAdmin(admin.ModelAdmin):
    """Pages of its own instead of Django's: a row is only where the firm has said something."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Wording | None = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        view, page = self.admin_site.admin_view, "<slug:code>/<slug:language>/"
        return [
            path("", view(require_safe(self.changelist_view)), name="outbox_wording_changelist"),
            path(page, view(self.page_view), name="outbox_wording_page"),
            path(f"{page}html/", view(require_safe(self.html_view)), name="outbox_wording_html"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        rows = {(row.kind, row.language): row for row in Wording.objects.all()}
        context = {
            **self.admin_site.each_context(request),
            "title": self.opts.verbose_name_plural.capitalize(),
            "opts": self.opts,
            "languages": _languages(),
            "groups": _groups(rows),
        }
        return TemplateResponse(request, "admin/outbox/wording/list.html", context)

    def page_view(self, request: HttpRequest, code: str, language: str) -> HttpResponse:
        self._allow(request, code, language)
        row = Wording.objects.select_related("changed_by").filter(kind=code, language=language).first()
        data = request.POST if request.method == "POST" else None
        form = WordingForm(data, initial=row.parts if row else {}, code=code, language=language)
        action = request.POST.get("action", "")
        if action == "shipped":
            if self._changed(request, form, code, language, {}):
                return redirect("admin:outbox_wording_page", code, language)
        elif action and form.is_valid():
            if action == "save" and self._changed(request, form, code, language, form.words):
                return redirect("admin:outbox_wording_page", code, language)
            request.session[DRAFT] = {"of": [code, language], "words": form.words}
        shown = form.words if action and not form.errors else own_words.NONE if row is None else row.parts
        context = {
            **self.admin_site.each_context(request),
            **_page(code, language, row, previews.preview(code, language, shown)),
            "opts": self.opts,
            "form": form,
            "is_draft": bool(action) and not form.errors,
        }
        return TemplateResponse(request, "admin/outbox/wording/page.html", context)

    def html_view(self, request: HttpRequest, code: str, language: str) -> HttpResponse:
        self._allow(request, code, language)
        draft = request.session.get(DRAFT, {})
        if "draft" in request.GET and draft.get("of") == [code, language]:
            words = draft["words"]
        else:
            words = own_words.in_use([code]).get((code, language), own_words.NONE)
        return framed.mail(previews.preview(code, language, words).html)

    def _allow(self, request: HttpRequest, code: str, language: str) -> None:
        if not self.has_change_permission(request):
            raise PermissionDenied
        if kinds.find(code) is None or own_words.find(code) is None or language not in dict(settings.LANGUAGES):
            raise Http404

    def _changed(
        self, request: HttpRequest, form: WordingForm, code: str, language: str, words: own_words.Parts
    ) -> bool:
        """Whether it stands now; what was typed stays in the form where it does not."""
        seen = request.POST.get("seen", "")
        try:
            changed = rewording.change(code, language, words, seen=seen, by=request.user, at=timezone.now())
        except rewording.RewordingRefused as refusal:
            form.add_error(None, str(refusal))
            return False
        request.session.pop(DRAFT, None)
        if not changed:
            self.message_user(request, _("Nothing has changed."), messages.INFO)
        elif words:
            self.message_user(request, _("Saved. The next message of this kind has these words."), messages.SUCCESS)
        else:
            text = _("The shipped words are back. The next message of this kind has them.")
            self.message_user(request, text, messages.SUCCESS)
        return True


def _languages() -> list[str]:
    return [code for code, _name in settings.LANGUAGES]


def _groups(rows: dict[tuple[str, str], Wording]) -> list[dict[str, Any]]:
    """Every kind that there is, under the heading of its area."""
    broken = {row.pk for row in own_words.broken(rows.values())}
    groups: dict[str, list[dict[str, Any]]] = {}
    for kind in kinds.all_kinds():
        if (wordable := own_words.find(kind.code)) is None:
            continue
        cells = [_cell(language, rows.get((kind.code, language)), broken) for language in _languages()]
        line = {"kind": kind, "wordable": wordable, "cells": cells}
        groups.setdefault(str(wordable.group), []).append(line)
    return [{"name": name, "lines": lines} for name, lines in groups.items()]


def _cell(language: str, row: Wording | None, broken: set[int]) -> dict[str, Any]:
    return {"language": language, "is_own": bool(row and row.parts), "is_broken": bool(row and row.pk in broken)}


def _page(code: str, language: str, row: Wording | None, written: Written) -> dict[str, Any]:
    wordable = own_words.described(code)
    return {
        "title": kinds.label(code),
        "code": code,
        "language": language,
        "languages": _languages(),
        "is_sms": previews.is_text_message(code),
        "wordable": wordable,
        "row": row,
        "seen": rewording.key_of(row),
        "is_broken": bool(row and own_words.broken([row])),
        "examples": previews.examples(code, language),
        "required": sorted({name for names in wordable.required.values() for name in names}),
        "preview": written,
        "length": gsm.length(written.text),
        "segments": gsm.segments(written.text),
        "odd": "" if gsm.is_gsm(written.text) else " ".join(gsm.odd(written.text)),
    }
