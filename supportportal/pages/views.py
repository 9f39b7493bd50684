"""Pages that belong to no app: home, health, legal texts."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/home.html")


def healthz(request: HttpRequest) -> HttpResponse:
    """The web process answers; nothing else is asked (see /readyz for the rest)."""
    return HttpResponse("ok", content_type="text/plain")
