"""What allauth tells of second factors, written to the trail; a used recovery code is told to the person by mail."""

from typing import Any

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.utils import timezone

from supportportal.trail import operations as trail

from . import second_factor
from .models import User


def connect() -> None:
    signals.authenticator_added.connect(_added, dispatch_uid="people.factor_added")
    signals.authenticator_reset.connect(_added, dispatch_uid="people.factor_renewed")
    signals.authenticator_removed.connect(_removed, dispatch_uid="people.factor_removed")
    signals.authenticator_used.connect(_used, dispatch_uid="people.factor_used")


def _added(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    trail.record("person.second_factor_added", user, by=user, at=timezone.now(), kind=str(authenticator.type))


def _removed(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    trail.record("person.second_factor_removed", user, by=user, at=timezone.now(), kind=str(authenticator.type))


def _used(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        at = timezone.now()
        second_factor.tell(user, "code_used", at=at)
        trail.record("person.recovery_code_used", user, by=user, at=at)
