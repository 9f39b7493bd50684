"""Which providers mails and text messages leave by, and people sign in by, read from the environment.

Half a configuration stops the start.
"""

from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from .environment import Environment

SMTP = "django.core.mail.backends.smtp.EmailBackend"
NONE = "supportportal.outbox.gateways.missing.EmailBackend"
DEMO_MAILBOX = "supportportal.demo.mailbox.EmailBackend"
ANYMAIL_BACKENDS = "anymail.backends."
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


def email(env: Environment, *, demo: bool) -> dict[str, Any]:
    """Django's EMAIL_* settings and anymail's, from EMAIL_URL or from EMAIL_BACKEND with ANYMAIL_*."""
    url, backend = env("EMAIL_URL", default=""), env("EMAIL_BACKEND", default="")
    anymail = {name.removeprefix("ANYMAIL_"): env(name) for name in env.ENVIRON if name.startswith("ANYMAIL_")}
    timeout = seconds(env, "EMAIL_TIMEOUT")
    chosen: dict[str, Any] = {"EMAIL_TIMEOUT": timeout, "ANYMAIL": {"REQUESTS_TIMEOUT": timeout, **anymail}}
    if url and backend:
        raise ImproperlyConfigured("EMAIL_URL and EMAIL_BACKEND are both set; only one way out is possible.")
    if url:
        return chosen | _smtp(env)
    if backend:
        name = backend.removeprefix(ANYMAIL_BACKENDS).removesuffix(".EmailBackend")
        if backend != f"{ANYMAIL_BACKENDS}{name}.EmailBackend" or not _is_anymails(name, "backends"):
            example = f"{ANYMAIL_BACKENDS}mailgun.EmailBackend"
            raise ImproperlyConfigured(f"EMAIL_BACKEND is {backend!r}; it has to be a provider's, such as {example}.")
        return chosen | {"EMAIL_BACKEND": backend}
    if set(anymail) - {"WEBHOOK_SECRET"}:
        raise ImproperlyConfigured("ANYMAIL_ settings are given, but EMAIL_BACKEND does not say for which provider.")
    return chosen | {"EMAIL_BACKEND": DEMO_MAILBOX if demo else NONE}


def _smtp(env: Environment) -> dict[str, Any]:
    """Never shows the value: it holds a password."""
    wrong = ImproperlyConfigured("EMAIL_URL cannot be read; it has to look like smtp+tls://user:password@host:587.")
    try:
        found = env.email_url("EMAIL_URL")
    except (ValueError, KeyError, ImproperlyConfigured):
        raise wrong from None
    if found.get("EMAIL_BACKEND") != SMTP or not found.get("EMAIL_HOST"):
        raise wrong
    if bool(found.get("EMAIL_HOST_USER")) != bool(found.get("EMAIL_HOST_PASSWORD")):
        raise ImproperlyConfigured("EMAIL_URL has a user without a password, or the other way round: no mail would go.")
    return {name: value for name, value in found.items() if name.startswith("EMAIL_") and name != "EMAIL_FILE_PATH"}


def inbound(env: Environment) -> str:
    """The provider that incoming mail arrives by, where it is another than the one that mails leave by."""
    name = env("INBOUND_PROVIDER", default="").lower()
    if name and not _is_anymails(name, "webhooks"):
        raise ImproperlyConfigured(f"INBOUND_PROVIDER is {name!r}; it has to be a provider's name as in its address.")
    return name


def _is_anymails(name: str, what: str) -> bool:
    return name.isidentifier() and find_spec(f"anymail.{what}.{name}") is not None


def twilio(env: Environment) -> dict[str, str]:
    """Twilio's settings, all or none."""
    names = ["ACCOUNT_SID", "AUTH_TOKEN", "FROM", "MESSAGING_SERVICE_SID"]
    found = {name: env(f"TWILIO_{name}", default="") for name in names}
    found["API_URL"] = env.address("TWILIO_API_URL", schemes=("https", "http"))
    if any(found.values()):
        for name in ("ACCOUNT_SID", "AUTH_TOKEN"):
            if not found[name]:
                raise ImproperlyConfigured(f"Text messages by Twilio are only half set up: TWILIO_{name} is missing.")
        if bool(found["FROM"]) == bool(found["MESSAGING_SERVICE_SID"]):
            raise ImproperlyConfigured("Twilio needs one sender: either TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID.")
    return found


def sms_gateway(twilio: dict[str, str], *, demo: bool) -> str:
    if twilio["ACCOUNT_SID"]:
        return "supportportal.outbox.gateways.twilio.TwilioGateway"
    return "supportportal.demo.mailbox.SmsGateway" if demo else "supportportal.outbox.gateways.missing.SmsGateway"


def lease(env: Environment, *timeouts: int) -> int:
    """For how long a sender may hold a message: at least ten times what one step of sending may take."""
    found = env.int("OUTBOX_LEASE", default=600)
    if found < 10 * max(timeouts):
        raise ImproperlyConfigured(f"OUTBOX_LEASE is {found}; it has to be ten times EMAIL_ and SMS_TIMEOUT or more.")
    return found


def seconds(env: Environment, name: str) -> int:
    """A time-out; none at all would let one silent provider hold up everything."""
    return env.int(name, default=10, least=1)


def sign_on(env: Environment) -> dict[str, Any]:
    """Single sign-on by OpenID Connect, all or none. Never shows the secret."""
    issuer = env.address("OIDC_ISSUER", schemes=("https", "http"))
    found = {name: env(f"OIDC_{name}", default="").strip() for name in ("CLIENT_ID", "CLIENT_SECRET", "NAME")}
    trusts = env.bool("OIDC_TRUST_MFA", default=False)
    if not (issuer or trusts or any(found.values())):
        return {}
    for name, value in {"ISSUER": issuer, **found}.items():
        if not value and name != "NAME":
            raise ImproperlyConfigured(f"Single sign-on is only half set up: OIDC_{name} is missing.")
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in THIS_MACHINE:
        raise ImproperlyConfigured(f"OIDC_ISSUER is {issuer!r}; it has to be https.")
    if len(issuer) > 200 or parts.query or parts.fragment or parts.username is not None:
        raise ImproperlyConfigured("OIDC_ISSUER has to be the plain address of the provider, at most 200 characters.")
    return {"ISSUER": issuer, **found, "NAME": found["NAME"] or parts.hostname, "TRUST_MFA": trusts}
