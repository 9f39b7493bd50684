"""The list of complaints: the board, its plain table, and handing cases over (C-7)."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from supportportal.people.context import firm_of
from supportportal.people.models import User

from . import board, calendars, rules
from .admin_access import WORK, GatedAdmin, works_on_cases
from .models import MANAGERS, Complaint
from .operations import rebasing, review

PAGE = 50
WIDE = 3  # columns with a track of their own; the others, shorter by nature, share one


class HandOverForm(forms.Form):
    reviewer = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("To"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reviewer"].queryset = reviewers()


def reviewers() -> Any:
    return User.objects.staff().filter(groups__name__in=MANAGERS).distinct().order_by("name", "pk")


class BoardAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("", view(self.changelist_view), name="complaints_complaint_changelist"),
            path("hand-over/", view(require_POST(self.hand_over_view)), name="complaints_complaint_hand_over"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not works_on_cases(request):
            raise Http404
        at = timezone.now()
        zone = calendars.zone_of(firm_of(request))
        scope = scope_of(request, at, board.Asked.read(request.GET))
        counted = board.totals(scope)
        loads = board.workload(scope)
        as_table = request.GET.get("view") == "table"
        shown = {
            "at": at,
            "zone": zone,
            "asked": scope.asked,
            "totals": counted,
            "quick": _quick(scope.asked, counted),
            "abouts": [(code, label, scope.asked.but(about=code)) for code, label in Complaint.About.choices],
            "loads": [(load, scope.asked.but(who=str(load.pk or "nobody"))) for load in loads],
            "as_table": as_table,
            "moved": rebasing.waiting(self.get_queryset(request), at=at) if request.user.has_perm(WORK) else 0,
            "is_filtered": scope.asked.anything,
            "steps": [(code, title, scope.asked.but(step=code)) for code, title in board.COLUMNS.items()],
            "fault_address": board.Asked().but(due="fault"),
            "board_address": scope.asked.but(),
            "table_address": scope.asked.but() + "&view=table",
            "kept": [(name, value) for name, value in vars(scope.asked).items() if value and name != "q"],
            "kept_all": [(name, value) for name, value in vars(scope.asked).items() if value],
            "has_add_permission": self.has_add_permission(request),
        }
        if as_table:
            page = Paginator(board.listed(scope), PAGE).get_page(request.GET.get("page"))
            cards = board.cards_of(page.object_list, scope)
            shown |= {"page": page, "cards": list(cards.values()), "hand_over_form": HandOverForm()}
        else:
            shown["columns"] = columns = board.columns(scope, counted)
            shown["tracks"] = [track for track in (*([one] for one in columns[:WIDE]), columns[WIDE:]) if track]
        return self.page(request, "complaint/board", _("Complaints"), **shown)

    def hand_over_view(self, request: HttpRequest) -> HttpResponse:
        """Several cases to another reviewer at once; those that cannot go stay where they are, and it says why."""
        form = HandOverForm(request.POST)
        chosen = [int(pk) for pk in request.POST.getlist("case") if pk.isascii() and pk.isdigit() and len(pk) < 10]
        cases = list(self.get_queryset(request).filter(pk__in=chosen).order_by("pk")) if works_on_cases(request) else []
        if not (form.is_valid() and cases):
            self.message_user(request, _("Please choose the cases and who gets them."), messages.ERROR)
        else:
            reviewer = form.cleaned_data["reviewer"]
            refused = review.assign_many(cases, reviewer, by=request.user, at=timezone.now())
            for complaint, refusal in refused:
                self.message_user(request, f"{complaint}: {refusal}", messages.WARNING)
            if moved := len(cases) - len(refused):
                text = ngettext("%(n)d case goes to %(who)s.", "%(n)d cases go to %(who)s.", moved)
                self.message_user(request, text % {"n": moved, "who": reviewer}, messages.SUCCESS)
        asked = board.Asked.read(request.POST).but()
        return redirect(f"{reverse('admin:complaints_complaint_changelist')}{asked}&view=table")


def scope_of(request: HttpRequest, at: datetime, asked: board.Asked) -> board.Scope:
    zone = calendars.zone_of(firm_of(request))
    return board.Scope(request.user, at, rules.end_of(at.astimezone(zone).date(), zone), asked)


def _quick(asked: board.Asked, counted: board.Totals) -> list[tuple[Any, int, str, bool]]:
    """What the counts link to: words, number, address, whether it is shown now."""
    rows = [
        (_("All of them"), counted.all, {"who": "", "due": ""}),
        (_("Mine"), counted.mine, {"who": "mine", "due": ""}),
        (_("Unassigned"), counted.nobody, {"who": "nobody", "due": ""}),
        (_("Late"), counted.late, {"who": "", "due": "late"}),
        (_("Due today"), counted.today, {"who": "", "due": "today"}),
    ]
    if counted.fault or asked.due == "fault":
        rows.append((_("No date: calendar"), counted.fault, {"who": "", "due": "fault"}))
    return [
        (words, number, asked.but(**what), (asked.who, asked.due) == (what["who"], what["due"]))
        for words, number, what in rows
    ]
