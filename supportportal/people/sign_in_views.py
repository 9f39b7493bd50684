"""Where somebody is signed in, for that person to look at and to end."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from . import sign_ins
from .models import SignIn, User


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_ins_page(request: HttpRequest) -> HttpResponse:
    person, this_one = cast(User, request.user), request.session.session_key or ""
    if request.method == "POST":
        if request.POST.get("which") == "others":
            ended = sign_ins.end_all(person, but=this_one)
        else:
            ended = sign_ins.end(_chosen(request, person, this_one))
        if ended:
            told = ngettext("You are signed out in one place.", "You are signed out in %(count)d places.", ended)
            messages.success(request, told % {"count": ended})
        else:
            messages.info(request, _("You were signed out there already."))
        return redirect("people:sign_ins")
    shown = [(one, one.session_key == this_one) for one in sign_ins.of(person, at=timezone.now())]
    return render(request, "people/sign_ins.html", {"shown": shown})


def _chosen(request: HttpRequest, person: User, this_one: str) -> QuerySet[SignIn]:
    """The one that was pressed, of the person's own; for the session of this very page there is "Sign out"."""
    which = request.POST.get("which", "")
    if not (which.isascii() and which.isdigit() and len(which) < 19):
        return SignIn.objects.none()
    return SignIn.objects.filter(person=person, pk=int(which)).exclude(session_key=this_one)
