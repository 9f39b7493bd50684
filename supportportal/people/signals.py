"""Who signs in where is kept; what allauth tells of second factors goes to the trail, a used recovery code by mail."""

from typing import Any

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils import timezone

from supportportal.trail import operations as trail

from . import second_factor, sign_ins
from .models import User


def connect() -> None:
    signals.authenticator_added.connect(_added, dispatch_uid="people.factor_added")
    signals.authenticator_reset.connect(_added, dispatch_uid="people.factor_renewed")
    signals.authenticator_removed.connect(_removed, dispatch_uid="people.factor_removed")
    signals.authenticator_used.connect(_used, dispatch_uid="people.factor_used")
    user_logged_in.connect(_signed_in, dispatch_uid="people.signed_in")


def seen(request: HttpRequest) -> None:
    """Somebody who is signed in has asked for something: kept now and then, not at each request."""
    if request.user.is_authenticated and sign_ins.is_due(request.session.session_key):
        sign_ins.keep(request.user, request.session.session_key, _agent(request), at=timezone.now())


def _signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    if request.session.session_key is None:  # somebody else was signed in here until now: the session is a new one
        request.session.save()
    sign_ins.keep(user, request.session.session_key, _agent(request), at=timezone.now())


def _agent(request: HttpRequest) -> str:
    return request.META.get("HTTP_USER_AGENT", "")


def _added(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    trail.record("person.second_factor_added", user, by=user, at=timezone.now(), kind=str(authenticator.type))
    if second_factor.is_first(authenticator):  # whoever has come in by the password alone is still there
        sign_ins.end_all(user, but=request.session.session_key or "")


def _removed(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    trail.record("person.second_factor_removed", user, by=user, at=timezone.now(), kind=str(authenticator.type))


def _used(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        at = timezone.now()
        second_factor.tell(user, "code_used", at=at)
        trail.record("person.recovery_code_used", user, by=user, at=at)
