"""How allauth, which signs people in, speaks through this portal: its mails are notices, its sign-up is closed."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import get_language

from . import notices
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
# Somebody else's address can be typed again and again: once a day is enough to learn how to get access.
ONCE_A_DAY = {notices.ACCOUNT_ACCESS, notices.ALREADY_KNOWN}


class PortalAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.PEOPLE_SIGNUP_OPEN

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The path alone: mails name the portal's own address, never the one that a request came by."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return path.replace("UID-KEY", quote(key))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Owe the mail instead of sending it; a known address and an unknown one take the same steps."""
        kind, wanted = MAILS[template_prefix]
        at = timezone.now()
        person = User.objects.filter(email=email.lower()).first()
        firm = Firm.current()
        somewhere = {"address": email.lower(), "language": get_language() or "", "time_zone": firm.time_zone}
        notice = Notice(
            kind=kind,
            useful_until=at + notices.LIFETIMES.get(kind, timedelta(days=1)),
            once=f"{at:%Y-%m-%d}" if kind in ONCE_A_DAY else get_random_string(16),
            data={name: str(context[given]) for name, given in wanted.items()},
            **({"to": person} if person and kind != notices.ACCOUNT_ACCESS else somewhere),
        )
        notices.tell(notice, at=at)
