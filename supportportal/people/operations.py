"""What may happen to people: invited, imported, changed by themselves or by staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from supportportal.trail import operations as trail

from . import notices
from .importing import Row
from .models import Account, User
from .notices import Notice

BATCH = 1_000
ANONYMISED = _("This client has been anonymised: nobody knows any more who it was.")


class PeopleRefused(Exception):
    """What was asked is not possible; ``str()`` says why, fit to show."""


@transaction.atomic
def invite(person: User, *, by: Any, at: datetime) -> None:
    """Send an invitation, or send it again: the links of earlier ones stop working.

    Raises PeopleRefused for someone who has got in already, is switched off or anonymised.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    require_somebody(person)
    if not person.can_be_invited():
        raise PeopleRefused(_("{name} can sign in already, or is switched off.").format(name=person))
    # A new epoch even when two are sent within a second, so that only the latest link works.
    person.invited_at = _later(at, person.invited_at)
    person.save(update_fields=["invited_at"])
    notices.tell(_invitation(person), at=at)
    trail.record("person.invited", person, by=by, at=at)


@transaction.atomic
def import_clients(rows: Sequence[Row], *, by: Any, at: datetime) -> list[User]:
    """Create the clients of checked rows, and the accounts they name anew, and invite them all.

    Raises PeopleRefused, with nothing written, when somebody else has just added one of them.
    """
    accounts = _accounts_of(rows, by=by, at=at)
    people = [_client(row, accounts[row.account_key], at) for row in rows]
    try:
        with transaction.atomic():
            User.objects.bulk_create(people, batch_size=BATCH)
            EmailAddress.objects.bulk_create([_address(person) for person in people], batch_size=BATCH)
    except IntegrityError:
        raise PeopleRefused(_("Somebody has just added one of these people. Please check the file again.")) from None
    notices.tell(*map(_invitation, people), at=at)
    trail.record_many("person.imported", people, by=by, at=at)
    return people


def require_somebody(person: User) -> None:
    """Raises PeopleRefused for a client who was anonymised. ``person`` is locked: it may happen at this instant."""
    if person.is_anonymised:
        raise PeopleRefused(ANONYMISED)


def change_address(person: User, *, before: str, at: datetime) -> None:
    """Staff have set another ``email``. Whoever had signed in with the one before is told there, and signed out.

    For whoever reads the mail of the new address can sign in as this person; so an identity of the single sign-on that
    came in by the one before does no more.
    """
    keep_address(person)
    SocialAccount.objects.filter(user=person).delete()
    if person.has_accepted:
        once = f"{person.pk} {at.isoformat()}"
        known = {"language": person.language, "time_zone": person.time_zone}
        notices.tell(Notice(notices.ADDRESS_CHANGED, address=before, once=once, **known), at=at)


def keep_address(person: User) -> None:
    """Make the person's address the one that signs in, and no other: whenever staff have set ``email``."""
    EmailAddress.objects.filter(user=person).exclude(email=person.email).delete()
    EmailAddress.objects.update_or_create(user=person, email=person.email, defaults={"primary": True, "verified": True})


@transaction.atomic
def accept_invitation(person: User, password: str, *, at: datetime) -> User:
    """Give an invited person the first password. Raises PeopleRefused if there is nothing to accept any more."""
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if not person.can_be_invited():
        raise PeopleRefused(_("This invitation has been used. Please sign in."))
    person.set_password(password)
    person.save(update_fields=["password"])
    keep_address(person)
    trail.record("person.invitation_accepted", person, by=person, at=at)
    return person


@transaction.atomic
def change_profile(person: User, values: dict[str, Any], *, at: datetime) -> User:
    """Save the person's own settings, those of ``ProfileForm`` and no others.

    Consent to text messages belongs to the number it was given for: for another number it is a new consent. Nothing
    happens for somebody who was switched off, or anonymised, meanwhile.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if not person.is_active:
        return person
    for name in ("name", "language", "time_zone", "adjustments"):
        setattr(person, name, values[name])
    moved, person.phone = person.phone != values["phone"], values["phone"]
    person.save(update_fields=["name", "language", "time_zone", "adjustments", "phone"])
    if not values["sms_consent"]:
        withdraw_sms_consent(person, by=person, at=at)
    elif moved or person.sms_consent_at is None:
        give_sms_consent(person, by=person, at=at)
    return person


def give_sms_consent(person: User, *, by: Any, at: datetime) -> None:
    """Record that the person agreed to text messages, and when (B-8)."""
    person.sms_consent_at = at
    person.save(update_fields=["sms_consent_at"])
    trail.record("sms.consented", person, by=by, at=at)


def withdraw_sms_consent(person: User, *, by: Any, at: datetime) -> None:
    """Nothing happens where there is no consent to withdraw."""
    if person.sms_consent_at is not None:
        person.sms_consent_at = None
        person.save(update_fields=["sms_consent_at"])
        trail.record("sms.withdrawn", person, by=by, at=at)


@transaction.atomic
def withdraw_sms_consent_of_number(phone: str, *, at: datetime) -> int:
    """A STOP came from this number (E.164): withdraw the consent of everyone who has it; return how many."""
    people = list(User.objects.select_for_update(no_key=True).filter(phone=phone, sms_consent_at__isnull=False))
    for person in people:
        withdraw_sms_consent(person, by=None, at=at)
    return len(people)


def _invitation(person: User) -> Notice:
    return Notice(
        notices.INVITATION,
        to=person,
        useful_until=person.invitation_ends_at,
        once=str(person.invitation_epoch),
        data={"epoch": person.invitation_epoch},
    )


def _later(at: datetime, before: datetime | None) -> datetime:
    if before is not None and int(before.timestamp()) >= int(at.timestamp()):
        return datetime.fromtimestamp(int(before.timestamp()) + 1, at.tzinfo)
    return at


def _accounts_of(rows: Sequence[Row], *, by: Any, at: datetime) -> dict[str, Account]:
    accounts = {row.account_key: row.account for row in rows if row.account is not None}
    for row in rows:
        if row.account_key not in accounts:
            assert row.plan is not None
            accounts[row.account_key] = Account.objects.create(
                name=row.account_name, plan=row.plan, language=row.language, time_zone=row.time_zone
            )
            trail.record("account.created", accounts[row.account_key], by=by, at=at)
    return accounts


def _client(row: Row, account: Account, at: datetime) -> User:
    person = User(
        email=row.email,
        name=row.name,
        account=account,
        phone=row.phone,
        language=row.language,
        time_zone=row.time_zone,
        invited_at=at,
        created_at=at,
    )
    person.set_unusable_password()
    return person


def _address(person: User) -> EmailAddress:
    return EmailAddress(user=person, email=person.email, primary=True, verified=True)
