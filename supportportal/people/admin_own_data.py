"""Sending a person the own data, for managers: a link goes to the person, and nobody here sees what is in it (C-8)."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from . import notices, own_data_links, policy
from .models import DataAccess, User
from .operations import PeopleRefused

SEND = "people.add_dataaccess"


def own_data_page(request: HttpRequest, pk: int, context: dict[str, Any]) -> HttpResponse:
    """Whether a link is open, and buttons to send one and to revoke it. ``context`` is the admin's."""
    if not request.user.has_perm(SEND):
        raise PermissionDenied
    person = get_object_or_404(User.objects.clients(), pk=pk)
    if request.method == "POST":
        _press(request, person)
        return redirect(reverse("admin:people_user_own_data", args=[person.pk]))
    access, at = DataAccess.objects.select_related("person").filter(person=person).first(), timezone.now()
    shown = {
        **context,
        "title": _("Send this person their data"),
        "opts": User._meta,
        "person": person,
        "days": policy.current().data_link_lasts.days,
        "until": access.link_until if access and access.is_open(at) else None,
    }
    return render(request, "admin/people/user/own_data.html", shown)


def _press(request: HttpRequest, person: User) -> None:
    at, by = timezone.now(), cast(User, request.user)
    if request.POST.get("press") == "revoke":
        own_data_links.revoke(person, by=by, at=at)
        messages.success(request, _("The link does not work any more."))
        return
    try:
        own_data_links.send(person, by=by, at=at)
    except PeopleRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        if notices.can_leave():
            messages.success(request, _("A link is on its way to %(email)s.") % {"email": person.email})
        else:
            messages.warning(request, notices.WAITS)
