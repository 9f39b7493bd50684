"""Is it still the person who signed in? Asked again before grave acts, and before the way to sign in is changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from django.conf import settings
from django.http import HttpRequest

from .models import User


def is_fresh(request: HttpRequest, *, at: datetime) -> bool:
    """Whether the person has signed in, or has proved again who it is, a short while ago in this session."""
    if not settings.REAUTHENTICATE:
        return True
    records = get_authentication_records(request, request.user)
    if not records:
        return False
    since = at.timestamp() - records[-1]["at"]
    return timedelta(seconds=since) < timedelta(seconds=app_settings.REAUTHENTICATION_TIMEOUT)


def can_prove(request: HttpRequest) -> bool:
    """Whether there is something to ask for: who signs in by codes alone has neither password nor second factor."""
    return bool(get_reauthentication_flows(request.user))


def _always(request: HttpRequest, values: dict[str, Any]) -> bool:
    return True


@dataclass(frozen=True)
class Grave:
    """A press that weighs much: a POST to ``page`` (the name of its address), where ``when`` holds for it."""

    page: str
    when: Callable[[HttpRequest, dict[str, Any]], bool] = _always


_graves: dict[str, Grave] = {}


def register(*graves: Grave) -> None:
    """Said by each app for its own pages, in ``AppConfig.ready()``."""
    for grave in graves:
        if _graves.setdefault(grave.page, grave) is not grave:
            raise ValueError(f"The grave act {grave.page} is registered twice.")


def is_grave(request: HttpRequest, page: str, values: dict[str, Any]) -> bool:
    grave = _graves.get(page)
    return grave is not None and request.method == "POST" and grave.when(request, values)


def pressed(what: str) -> Callable[[HttpRequest, dict[str, Any]], bool]:
    """A press of one of several buttons alone."""
    return lambda request, values: request.POST.get("press") == what


def decides_who_gets_in(request: HttpRequest, values: dict[str, Any]) -> bool:
    """On a person's page: another address of somebody who has got in, or anything that makes or keeps staff."""
    makes_staff = any(name in request.POST for name in ("is_staff", "is_superuser", "groups"))
    person = User.objects.filter(pk=_number(values.get("object_id", ""))).first()
    if person is None:
        return makes_staff
    moved = "email" in request.POST and request.POST["email"].lower() != person.email
    return makes_staff or person.is_staff or person.is_superuser or (moved and person.has_accepted)


def _number(text: str) -> int:
    """The key in an address, 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
