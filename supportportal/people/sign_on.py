"""Single sign-on: which identity of the firm's provider is joined to which person, and what such a sign-in counts for.

Joined are the provider's address and its name for the person (``sub``). A mail address is looked at once, to join the
two: another one at the provider later moves nobody. Who is staff, and with which role, the portal alone decides.
"""

from dataclasses import dataclass
from datetime import datetime

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal.trail import operations as trail

from . import notices
from .models import User
from .notices import Notice
from .operations import PeopleRefused, keep_address

METHOD = "socialaccount"  # what allauth calls a sign-in by it, in the session
TAKEN = gettext_lazy(
    "With {provider}, somebody else comes in by your address already. If that was you, sign in with a code, and remove"
    " it on your profile."
)


@dataclass(frozen=True)
class Identity:
    """What the provider says of whoever comes. ``address`` is empty unless the provider has verified it."""

    subject: str
    address: str
    name: str


def provider_name() -> str:
    """As people know it; empty where no single sign-on is set up."""
    return settings.OIDC.get("NAME", "")


def joined(person: User | AnonymousUser) -> SocialAccount | None:
    """The identity at the provider of today that signs in as this person."""
    if not settings.OIDC or not person.is_authenticated:
        return None
    return SocialAccount.objects.filter(user_id=person.pk, provider=settings.OIDC["ISSUER"]).first()


def counts_as_factor(request: HttpRequest, person: User | AnonymousUser) -> bool:
    """Whether this session came by the provider, and the firm says that the provider asks for a second factor."""
    if not settings.OIDC.get("TRUST_MFA") or not person.is_authenticated:
        return False
    records = get_authentication_records(request, person)
    return any(one["method"] == METHOD and one.get("provider") == settings.OIDC["ISSUER"] for one in records)


@transaction.atomic
def join(identity: Identity, *, language: str, at: datetime) -> SocialAccount:
    """Join an identity that is new here to the person whose address the provider has verified.

    Raises PeopleRefused where there is no such person and nobody may sign up, where the person is switched off, or
    comes by another identity already: an address may have been given to somebody else.
    """
    if not identity.address:
        raise PeopleRefused(
            _("{provider} does not tell us an e-mail address that it has checked.").format(provider=provider_name())
        )
    person = User.objects.select_for_update(no_key=True).filter(email=identity.address).first()
    if person is None:
        person = _signed_up(identity, language)
    elif not person.is_active:
        raise PeopleRefused(_("Your access has been switched off."))
    elif (before := joined(person)) is not None:
        if before.uid == identity.subject:  # two tabs at once
            return before
        raise PeopleRefused(TAKEN.format(provider=provider_name()))
    else:
        _prove_address(person)
        tell(person, "joined", at=at)
    trail.record("person.sign_on_joined", person, by=person, at=at)
    return SocialAccount.objects.create(user=person, provider=settings.OIDC["ISSUER"], uid=identity.subject)


@transaction.atomic
def remove(person: User, *, at: datetime) -> bool:
    """The person takes the own identity away; the next sign-in by it joins it anew. Return whether there was one."""
    removed, _models = SocialAccount.objects.filter(user=person).delete()
    if removed:
        tell(person, "removed", at=at)
        trail.record("person.sign_on_removed", person, by=person, at=at)
    return bool(removed)


def tell(person: User, what: str, *, at: datetime) -> None:
    """Owe the person a mail about it: one of the words that its templates know."""
    data = {"what": what, "provider": provider_name()}
    notices.tell(Notice(notices.SIGN_ON, to=person, once=get_random_string(16), data=data), at=at)


def _signed_up(identity: Identity, language: str) -> User:
    """A new client without an account, where people may sign up by themselves."""
    if not settings.PEOPLE_SIGNUP_OPEN:
        raise PeopleRefused(_("There is nobody here with the address {address} yet.").format(address=identity.address))
    try:
        with transaction.atomic():
            person = User.objects.create_user(identity.address, name=identity.name, language=language)
    except IntegrityError:
        raise PeopleRefused(_("That happened twice at the same time. Please try again.")) from None
    keep_address(person)
    return person


def _prove_address(person: User) -> None:
    """Whoever signed up with this address without proving it may know a password: it goes."""
    if EmailAddress.objects.filter(user=person, email=person.email, verified=False).exists():
        person.set_unusable_password()
        person.save(update_fields=["password"])
    keep_address(person)
