"""Letting somebody in again whose second factor is lost, for owners and superusers."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from . import second_factor
from .models import User
from .operations import PeopleRefused


def is_offered(request: HttpRequest, person: User) -> bool:
    return second_factor.may_reset(person, by=cast(User, request.user)) and second_factor.has_factor(person)


def reset_page(request: HttpRequest, pk: int, context: dict[str, Any]) -> HttpResponse:
    """What it does, and the button. ``context`` is the admin's."""
    by, person = cast(User, request.user), get_object_or_404(User, pk=pk)
    if not second_factor.may_reset(person, by=by):
        raise PermissionDenied
    if request.method == "POST":
        try:
            second_factor.reset(person, by=by, at=timezone.now())
        except PeopleRefused as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, _("{name} can sign in without it now, and is told by mail.").format(name=person))
        return redirect(reverse("admin:people_user_change", args=[person.pk]))
    shown = {**context, "title": _("Lost second factor"), "opts": User._meta, "person": person}
    return render(request, "admin/people/user/second_factor.html", shown)
