"""The demo: doors, another person's eyes, and data that is always of today. Unknown (404) outside the demo."""

from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from . import builders, doors
from .showcase import showcase
from .sign_ins import sign_ins

BACKEND = "django.contrib.auth.backends.ModelBackend"


def demo_only(view):
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


@demo_only
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    open_doors = [(door, address) for door in doors.all_doors() if (address := _address(door))]
    return render(request, "demo/start.html", {"doors": open_doors, "sign_ins": sign_ins()})


@demo_only
@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """The living style guide."""
    return render(request, "demo/components.html", showcase(request, timezone.now()))


@demo_only
@require_POST
def sign_in_as(request: HttpRequest) -> HttpResponse:
    """Become one of the demo's people."""
    email = request.POST.get("person", "")
    if not email.isprintable():
        raise Http404  # PostgreSQL has no word for some of these characters
    if email:
        login(request, get_object_or_404(sign_ins(), email=email), backend=BACKEND)
    return redirect(_next(request))


@demo_only
@require_POST
def refresh(request: HttpRequest) -> HttpResponse:
    """Bring the demo to today; whoever was signed in still is."""
    builders.bring_to(timezone.now())
    messages.success(request, _("The demo is of today again: its sessions and messages were made anew."))
    return redirect(_next(request))


def _address(door: doors.Door) -> str:
    """The address of a door, empty while its page does not exist."""
    if door.find is not None and (found := door.find()):
        return found
    if door.url.startswith("/"):
        return door.url
    try:
        return reverse(door.url)
    except NoReverseMatch:
        return ""


def _next(request: HttpRequest) -> str:
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    if is_ours and "/" in address:
        return address
    return reverse("home")
