"""What people are told about their own access: invitations, sign-in codes, how to ask for access.

The outbox stands to the right of this app, so it comes here by a registry: it reads ``KINDS`` and hands over the
function that writes what is owed (``carried_by``).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from allauth.account import app_settings
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from supportportal import links, providers, reader, wording

from .models import DataAccess, User

INVITATION = "invitation"
SIGN_IN_CODE = "sign_in_code"
ACCOUNT_ACCESS = "account_access"
PASSWORD_RESET = "password_reset"  # noqa: S105
ADDRESS_CODE = "address_code"
ALREADY_KNOWN = "already_known"
PASSWORD_CHANGED = "password_changed"  # noqa: S105
ADDRESS_CHANGED = "address_changed"
OWN_DATA = "own_data"
SECOND_FACTOR = "second_factor"
SIGN_ON = "sign_on"
WAITS = _("No e-mail leaves the portal yet, so the mail waits. Please ask whoever runs the portal to set that up.")
# How long a code is good for.
LIFETIMES = {
    SIGN_IN_CODE: timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT),
    ADDRESS_CODE: timedelta(seconds=app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT),
}


def can_leave() -> bool:
    """Whether there is a way out for mails at all."""
    return settings.EMAIL_BACKEND != providers.NONE


@dataclass(frozen=True)
class Notice:
    """One notice that is owed, at once. ``to`` is empty where nobody has the address."""

    kind: str
    to: User | None = None
    address: str = ""
    language: str = ""
    time_zone: str = ""
    useful_until: datetime | None = None
    once: str = ""  # the same notice to the same person or address with the same value is sent once
    data: dict[str, Any] = field(default_factory=dict)


def _as_given(person: User | None, data: dict[str, Any]) -> dict[str, Any]:
    return dict(data)


def _with_minutes(kind: str) -> Callable[[User | None, dict[str, Any]], dict[str, Any]]:
    return lambda person, data: {**data, "minutes": LIFETIMES[kind] // timedelta(minutes=1)}


def _never_overtaken(person: User | None, data: dict[str, Any]) -> str:
    return ""


@dataclass(frozen=True)
class NoticeKind:
    """``context`` is what the templates show; ``overtaken`` is empty while the notice is still owed, else why not.

    Values of ``secret`` are blanked in what is kept once the notice is sent.
    """

    code: str
    label: Any
    context: Callable[[User | None, dict[str, Any]], dict[str, Any]] = _as_given
    overtaken: Callable[[User | None, dict[str, Any]], str] = _never_overtaken
    secret: tuple[str, ...] = ()


def invitation_path(person: User) -> str:
    """The page behind the person's latest invitation; a later one revokes it."""
    return reverse("people:invitation", args=[links.token("invite", person.pk, person.invitation_epoch)])


def _invitation(person: User | None, data: dict[str, Any]) -> dict[str, Any]:
    assert person is not None and person.invitation_ends_at is not None
    until = wording.written_out(person.invitation_ends_at, timezone.get_current_timezone(), reader.language())
    return {"links": [_link(gettext("Open the portal"), invitation_path(person))], "until": until, "person": person}


def _invitation_overtaken(person: User | None, data: dict[str, Any]) -> str:
    if person is None or not person.is_active:
        return gettext_noop("The person can no longer sign in.")
    if person.invitation_epoch != data["epoch"]:
        return gettext_noop("A later invitation replaces this one.")
    return ""


def own_data_path(person: User, epoch: int) -> str:
    """The page behind a link to the person's data; a later one revokes it."""
    return reverse("people:own_data_link", args=[links.token(OWN_DATA, person.pk, epoch)])


def _own_data(person: User | None, data: dict[str, Any]) -> dict[str, Any]:
    assert person is not None
    until = datetime.fromisoformat(data["until"])
    shown = wording.written_out(until, timezone.get_current_timezone(), reader.language())
    return {"links": [_link(gettext("Get your data"), own_data_path(person, data["epoch"]))], "until": shown}


def _own_data_overtaken(person: User | None, data: dict[str, Any]) -> str:
    if not DataAccess.objects.filter(person=person, link_epoch=data["epoch"], link_until__isnull=False).exists():
        return gettext_noop("The link was revoked.")
    return ""


def _access(person: User | None, data: dict[str, Any]) -> dict[str, Any]:
    if not settings.PEOPLE_SIGNUP_OPEN:
        return {"is_open": False}
    return {"is_open": True, "links": [_link(gettext("Sign up"), reverse("account_signup"))]}


def _new_password(person: User | None, data: dict[str, Any]) -> dict[str, Any]:
    return {"links": [_link(gettext("Choose a new password"), data["path"])]}


def _known(person: User | None, data: dict[str, Any]) -> dict[str, Any]:
    return {"links": [_link(gettext("Sign in"), reverse("account_login"))]}


def _second_factor(person: User | None, data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "links": [_link(gettext("Two-factor sign-in"), reverse("mfa_index"))]}


def _sign_on(person: User | None, data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "links": [_link(gettext("Your profile"), reverse("people:profile"))]}


def _link(label: str, path: str) -> dict[str, str]:
    return {"label": label, "url": settings.SITE_URL + path}


KINDS = (
    NoticeKind(INVITATION, _("Invitation"), _invitation, _invitation_overtaken),
    NoticeKind(SIGN_IN_CODE, _("Sign-in code"), _with_minutes(SIGN_IN_CODE), secret=("code",)),
    NoticeKind(ACCOUNT_ACCESS, _("How to ask for access"), _access),
    NoticeKind(PASSWORD_RESET, _("New password"), _new_password, secret=("path",)),
    NoticeKind(ADDRESS_CODE, _("Check of an address"), _with_minutes(ADDRESS_CODE), secret=("code",)),
    NoticeKind(ALREADY_KNOWN, _("Sign-up with a known address"), _known),
    NoticeKind(PASSWORD_CHANGED, _("Password changed"), _known),
    NoticeKind(ADDRESS_CHANGED, _("Address changed")),
    NoticeKind(OWN_DATA, _("Your data"), _own_data, _own_data_overtaken),
    NoticeKind(SECOND_FACTOR, _("Second factor changed or used"), _second_factor),
    NoticeKind(SIGN_ON, _("Single sign-on joined or removed"), _sign_on),
)

Carrier = Callable[[Iterable[Notice], datetime], None]
_carriers: list[Carrier] = []


def carried_by(carrier: Carrier) -> None:
    """Said once, by the app that sends messages."""
    _carriers[:] = [carrier]


def tell(*notices: Notice, at: datetime) -> None:
    """Write what is owed, in the caller's transaction (N-1)."""
    (carrier,) = _carriers
    carrier(notices, at)
