"""Is it still the person who signed in? Asked again before grave acts, and before the way to sign in is changed."""

from datetime import datetime, timedelta

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from django.conf import settings
from django.http import HttpRequest


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
