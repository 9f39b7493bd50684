"""The client's own pages: a measure as its notice told it, its one appeal, and what stands just now (R-4, R-7).

They answer whoever is restricted, switched off or without a subscription (R-6): the link is enough.
"""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from supportportal.pages.linked import LinkedPages
from supportportal.people.models import Firm

from . import messages
from .models import Measure

MEASURES = LinkedPages(
    messages.LINK_KIND,
    rows=lambda: Measure.objects.filter(taken_at__isnull=False).select_related("incident__client", "restriction"),
    reader=lambda measure: (measure.incident.client.language, Firm.current().zone),
    invalid="conduct/link_invalid.html",
)


@MEASURES.page("GET", "HEAD", "POST")
def appeal(request: HttpRequest, measure: Measure, at: datetime) -> HttpResponse:
    """The notice as it was sent."""
    return render(request, "conduct/measure.html", {"measure": measure})
