"""The client's own pages: a measure as its notice told it, its one appeal, and what stands just now (R-4, R-7).

The page behind the link answers whoever is restricted, switched off or without a subscription (R-6).
"""

from datetime import datetime
from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from complaints import authorities
from complaints.progress import AppealChance
from supportportal.pages.linked_views import LinkedPages
from supportportal.people.models import Firm, User
from supportportal.sources import source_of

from . import appeal_time, messages, standing
from .forms import AppealForm
from .models import Measure
from .operations import appeals
from .refusals import AppealedBefore, ConductRefused

MEASURES = LinkedPages(
    messages.LINK_KIND,
    rows=lambda: Measure.objects.filter(taken_at__isnull=False).select_related(
        "incident__client__account", "restriction", "appeal"
    ),
    reader=lambda measure: (measure.incident.client.language, Firm.current().zone),
    invalid="conduct/link_invalid.html",
)


@MEASURES.page("GET", "HEAD", "POST")
def appeal(request: HttpRequest, measure: Measure, at: datetime) -> HttpResponse:
    """The notice as it was sent and how it stands; the form of the one appeal, then what became of it."""
    chance = appeal_time.chance_of(measure, at)
    form = None
    if chance is not None:
        form, is_lodged = _asked(request, measure, chance, at)
        if is_lodged:
            return redirect(f"{messages.appeal_path(measure)}?done=appealed")
    client = measure.incident.client
    shown = {
        "measure": measure,
        "standing": standing.of(measure, at),
        "chance": chance,
        "form": form,
        "authority": authorities.of(client.account.country if client.account else Firm.current().country),
        "done": request.GET.get("done", ""),
        "at": at,
    }
    return render(request, "conduct/measure.html", shown)


def _asked(request: HttpRequest, measure: Measure, chance: AppealChance, at: datetime) -> tuple[AppealForm, bool]:
    """The form, and whether an appeal has been made; pressed twice at once, the first counts."""
    posted = request.method == "POST"
    form = AppealForm(request.POST if posted else None, request.FILES if posted else None, in_time=chance.is_in_time)
    if not posted:
        return form, False
    form.is_valid()
    files = form.take(at, source=source_of(request))
    if not form.is_valid():
        return form, False
    said = {"reasons": form.cleaned_data["reasons"], "late_cause": form.cleaned_data.get("late_cause", "")}
    try:
        appeals.lodge(measure, files=files, at=at, **said)
    except AppealedBefore:
        return form, True
    except ConductRefused as refusal:
        refusal.show_in(form)
        return form, False
    return form, True


@login_required
@never_cache
@require_safe
def decisions(request: HttpRequest) -> HttpResponse:
    """The reader's own measures, each with the way to its page."""
    at = timezone.now()
    return render(request, "conduct/decisions.html", {"decisions": standing.all_of(cast(User, request.user), at)})
