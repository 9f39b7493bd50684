"""The second factor of those who sign in: who must have one, how devices name it, and what to do when it is lost."""

import logging
from datetime import datetime, timedelta
from typing import cast

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from supportportal import secrets_at_rest
from supportportal.trail import operations as trail

from . import notices, sign_ins
from .models import Firm, Role, User
from .notices import Notice
from .operations import PeopleRefused, require_somebody
from .second_factor_secrets import PURPOSE

logger = logging.getLogger(__name__)

# Recovery codes alone are none: they are the way back in for who has one of these.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
GO_ON = "after_second_factor"  # in the session: the page that was asked for before one was set up


def has_factor(person: User, *types: Authenticator.Type) -> bool:
    """Whether the person has one of these, or any."""
    return Authenticator.objects.filter(user=person, type__in=types or FACTORS).exists()


def is_first(authenticator: Authenticator) -> bool:
    """Whether this is the only factor of its person."""
    if authenticator.type not in FACTORS:
        return False
    others = Authenticator.objects.filter(user=authenticator.user_id, type__in=FACTORS).exclude(pk=authenticator.pk)
    return not others.exists()


def is_missing(person: User | AnonymousUser) -> bool:
    """Whether this person must set one up before anything else: staff, superusers too, while STAFF_MFA is on."""
    return settings.STAFF_MFA and (person.is_staff or person.is_superuser) and not has_factor(cast(User, person))


def may_reset(person: User, *, by: User) -> bool:
    """Owners and superusers let somebody else in again; a superuser is let in by superusers alone."""
    if by.pk == person.pk or not by.is_active:
        return False
    return by.is_superuser or (by.has_role(Role.OWNER) and not person.is_superuser)


@transaction.atomic
def reset(person: User, *, by: User | None, at: datetime) -> None:
    """Take away a lost second factor: the person signs in without one, and sets up another where one is needed.

    ``by`` is None at the operator's own machine. Raises PeopleRefused where there is none, or ``by`` may not.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if by is not None and not may_reset(person, by=by):
        raise PeopleRefused(_("Only owners and superusers do this, for somebody else."))
    require_somebody(person)
    removed, _models = Authenticator.objects.filter(user=person).delete()
    if not removed:
        raise PeopleRefused(_("{name} has no second factor.").format(name=person))
    sign_ins.end_all(person)  # whoever holds the lost device may still be signed in on it
    tell(person, "reset", at=at)
    trail.record("person.second_factor_reset", person, by=by, at=at)


def tell(person: User, what: str, *, at: datetime) -> None:
    """Owe the person a mail about what became of their second factor: one of the words that its templates know."""
    useful = at + timedelta(days=1)
    once = get_random_string(16)
    notices.tell(Notice(notices.SECOND_FACTOR, to=person, useful_until=useful, once=once, data={"what": what}), at=at)


class PortalMFAAdapter(DefaultMFAAdapter):
    """Apps and devices show the firm's name, not the host's. Secrets are kept locked."""

    def encrypt(self, text: str) -> str:
        return secrets_at_rest.lock(text, PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """What cannot be unlocked becomes a secret that nobody knows: no number is right, and no page breaks."""
        try:
            return secrets_at_rest.unlock(encrypted_text, PURPOSE)
        except secrets_at_rest.CannotUnlock as lost:
            logger.error("%s", lost)
            return generate_totp_secret()

    def get_totp_issuer(self) -> str:
        return Firm.current().name

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": Firm.current().name}

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        held = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey {number}").format(number=held + 1)
