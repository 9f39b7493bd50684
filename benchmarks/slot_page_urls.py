from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import include, path

from bookings.models import SessionType


def empty(request):
    return HttpResponse("")


@login_required
def one(request):
    return render(
        request, "bookings/not_granted.html", {"session_type": SessionType.objects.get(slug="bench"), "access": {}}
    )


urlpatterns = [
    path("bench/empty/", empty),
    path("bench/one/", one),
    path("", include("supportportal.urls")),
]
