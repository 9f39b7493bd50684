"""How allauth, which signs people in, speaks through this portal: its mails are notices, its sign-up is closed."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import get_language

from . import confirming, notices, second_factor
from .models import Firm, User
from .notices import Notice

# allauth's template prefix: our notice, and what of its context the notice needs under which name
MAILS: dict[str, tuple[str, dict[str, str]]] = {
    "account/email/login_code": (notices.SIGN_IN_CODE, {"code": "code"}),
    "account/email/unknown_account": (notices.ACCOUNT_ACCESS, {}),
    "account/email/password_reset_key": (notices.PASSWORD_RESET, {"path": "password_reset_url"}),
    "account/email/email_confirmation": (notices.ADDRESS_CODE, {"code": "code"}),
    "account/email/email_confirmation_signup": (notices.ADDRESS_CODE, {"code": "code"}),
    "account/email/account_already_exists": (notices.ALREADY_KNOWN, {}),
    "account/email/password_changed": (notices.PASSWORD_CHANGED, {}),
    "account/email/password_reset": (notices.PASSWORD_CHANGED, {}),
    "account/email/password_set": (notices.PASSWORD_CHANGED, {}),
}
# What became of somebody's second factor, in the words of templates/messages/second_factor.
SECOND_FACTOR = {
    "mfa/email/totp_activated": "app_added",
    "mfa/email/totp_deactivated": "app_removed",
    "mfa/email/webauthn_added": "passkey_added",
    "mfa/email/webauthn_removed": "passkey_removed",
    "mfa/email/recovery_codes_generated": "codes_made",
}
OWN_STAGES = {"allauth.mfa.stages.AuthenticateStage": "supportportal.people.sign_on_adapter.SecondFactorStage"}
# Somebody else's address can be typed again and again: once a day is enough to learn how to get access.
ONCE_A_DAY = {notices.ACCOUNT_ACCESS, notices.ALREADY_KNOWN}


class PortalAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.PEOPLE_SIGNUP_OPEN

    def get_login_stages(self) -> list[str]:
        """As allauth has them, but for who comes by single sign-on."""
        return [OWN_STAGES.get(stage, stage) for stage in super().get_login_stages()]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not again within a short while; a sign-in counts as much as a proof in between."""
        required = super().is_reauthentication_required(app=app, **kwargs)
        return required and not confirming.is_fresh(context.request, at=timezone.now())

    def set_password(self, user: Any, password: str) -> None:
        """That column alone: at this instant somebody may change the others, or anonymise the person."""
        user.set_password(password)
        user.save(update_fields=["password"])

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The path alone: mails name the portal's own address, never the one that a request came by."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return path.replace("UID-KEY", quote(key))

    def send_mail(self, template_prefix: str, email: str, values: dict[str, Any]) -> None:
        """Owe the mail instead of sending it; a known address and an unknown one take the same steps."""
        at = timezone.now()
        person = User.objects.filter(email=email.lower()).first()
        if person is not None and template_prefix in SECOND_FACTOR:
            second_factor.tell(person, SECOND_FACTOR[template_prefix], at=at)
            return
        kind, wanted = MAILS[template_prefix]
        firm = Firm.current()
        somewhere = {"address": email.lower(), "language": get_language() or "", "time_zone": firm.time_zone}
        notice = Notice(
            kind=kind,
            useful_until=at + notices.LIFETIMES.get(kind, timedelta(days=1)),
            once=f"{at:%Y-%m-%d}" if kind in ONCE_A_DAY else get_random_string(16),
            data={name: str(values[given]) for name, given in wanted.items()},
            **({"to": person} if person and kind != notices.ACCOUNT_ACCESS else somewhere),
        )
        notices.tell(notice, at=at)
