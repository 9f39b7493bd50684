"""What stands in the database of second factors, and would make their numbers and codes: kept locked."""

from collections.abc import Iterator
from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from supportportal import secrets_at_rest

from .models import User

PURPOSE = "second factor"
FIELDS = ("secret", "seed")  # of an app's numbers; of the recovery codes
UNREADABLE = _(
    "We can no longer check your numbers and codes. Ask an owner of the portal to take the lost second factor away, so"
    " that you can set up a new one."
)


def is_unreadable(person: User) -> bool:
    """Whether the portal has lost the key to an app or to codes of this person: then no number is right any more."""
    return any(not secrets_at_rest.can_unlock(one, PURPOSE) for one in _texts(_held().filter(user=person)))


def texts() -> Iterator[str]:
    return _texts(_held())


def relock() -> int:
    return sum(_relock(pk) for pk in list(_held().values_list("pk", flat=True)))


@transaction.atomic
def _relock(pk: int) -> int:
    one = Authenticator.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if one is None:
        return 0
    readable = [name for name in FIELDS if name in one.data and secrets_at_rest.can_unlock(one.data[name], PURPOSE)]
    for name in readable:
        one.data[name] = secrets_at_rest.lock(secrets_at_rest.unlock(one.data[name], PURPOSE), PURPOSE)
    one.save(update_fields=["data"])
    return len(readable)


def _held() -> QuerySet[Authenticator]:
    return Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk")


def _texts(held: QuerySet[Authenticator]) -> Iterator[str]:
    for data in held.values_list("data", flat=True).iterator():
        yield from (data[name] for name in FIELDS if name in data)


class _Telling:
    """Whose number or code cannot be checked is told so, rather than that it is wrong."""

    def clean_code(self) -> Any:
        try:
            return super().clean_code()  # type: ignore[misc]
        except ValidationError:
            if is_unreadable(self.user):  # type: ignore[attr-defined]
                raise ValidationError(UNREADABLE) from None
            raise


class CodeForm(_Telling, AuthenticateForm):
    """At the second step of signing in."""


class ProofForm(_Telling, ReauthenticateForm):
    """Before grave acts and changes of the way to sign in."""
