"""What the doctor says of the ways out."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection

from supportportal import providers
from supportportal.watch import certificates
from supportportal.watch.doctor import Visit
from supportportal.watch.troubles import Trouble

TWILIO = "https://api.twilio.com"


def ways_out(visit: Visit) -> Iterator[Trouble]:
    if settings.EMAIL_BACKEND == providers.NONE:
        yield Trouble("email", "No e-mail leaves: set EMAIL_URL, or EMAIL_BACKEND with ANYMAIL_… for a provider.")
    if not settings.TWILIO["ACCOUNT_SID"] and not settings.DEMO:
        text = "No text message leaves: the TWILIO_… settings are empty. Reminders go by e-mail alone."
        yield Trouble("sms", text, grave=False)
    is_provider = settings.EMAIL_BACKEND.startswith(providers.ANYMAIL_BACKENDS)
    if is_provider and not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        text = "ANYMAIL_WEBHOOK_SECRET is missing: bounces are not seen, and mails cut off may go twice."
        yield Trouble("email.reports", text, grave=False)


def connections(visit: Visit) -> Iterator[Trouble]:
    if not visit.connect:
        return
    if settings.EMAIL_BACKEND == providers.SMTP:
        yield from _smtp(visit)
    elif address := getattr(get_connection(), "api_url", ""):
        yield from _https(address, visit)
    if settings.TWILIO["ACCOUNT_SID"]:
        yield from _https(settings.TWILIO["API_URL"] or TWILIO, visit)


def _smtp(visit: Visit) -> Iterator[Trouble]:
    host, port = settings.EMAIL_HOST, settings.EMAIL_PORT
    starttls, secured = getattr(settings, "EMAIL_USE_TLS", False), getattr(settings, "EMAIL_USE_SSL", False)
    if starttls or secured:
        yield from certificates.faults(host, port, at=visit.at, starttls=starttls)
    else:
        text = f"E-mails go to {host} in the open: use smtp+tls:// in EMAIL_URL where the server can."
        yield Trouble("email.open", text, grave=False)


def _https(address: str, visit: Visit) -> Iterator[Trouble]:
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        yield from certificates.faults(parts.hostname, parts.port or 443, at=visit.at)


CHECKS = [ways_out, connections]  # which need no database
