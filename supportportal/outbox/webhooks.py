"""Where providers report to. Signatures are checked first; what is reported is only written down here."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from anymail.exceptions import AnymailConfigurationError
from anymail.inbound import AnymailInboundMessage
from anymail.signals import AnymailInboundEvent, AnymailTrackingEvent, inbound, tracking
from django.conf import settings
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

from supportportal.providers import ANYMAIL_BACKENDS

from . import events, mails, verdicts
from . import inbound as intake

# What Twilio itself takes for a STOP; it blocks the number from then on, whatever we do.
STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


def from_twilio(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuse what Twilio has not signed, and everything where Twilio is not set up."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        signature = request.headers.get(SIGNATURE_HEADER, "")
        token = settings.TWILIO["AUTH_TOKEN"]
        # The address as Twilio knows it: behind a proxy the request's own host and scheme may differ.
        address = settings.SITE_URL + request.get_full_path()
        if not token or not signature or not RequestValidator(token).validate(address, request.POST, signature):
            return HttpResponseForbidden("The signature is missing or wrong.", content_type="text/plain")
        return view(request, *args, **kwargs)

    return csrf_exempt(require_POST(checked))


@from_twilio
def twilio_status(request: HttpRequest, pk: int) -> HttpResponse:
    sid, status = request.POST.get("MessageSid", ""), request.POST.get("MessageStatus", "")
    events.note(
        gateway="twilio",
        event_id=f"twilio:{sid}:{status}",
        kind=status,
        at=timezone.now(),
        message_pk=pk,
        provider_id=sid,
        detail=f"error {code}" if (code := request.POST.get("ErrorCode", "")) else "",
    )
    return HttpResponse(status=204)


@from_twilio
def twilio_inbound(request: HttpRequest) -> HttpResponse:
    """A reply to a text message: a STOP withdraws the consent, anything else is not read by anyone (B-8)."""
    sid, words = request.POST.get("MessageSid", ""), request.POST.get("Body", "").strip().upper().split()
    opted_out = request.POST.get("OptOutType", "").upper() == "STOP" or (len(words) == 1 and words[0] in STOP_WORDS)
    if opted_out:
        events.note(
            gateway="twilio",
            event_id=f"twilio:{sid}:stop",
            kind=events.STOP,
            at=timezone.now(),
            address=request.POST.get("From", ""),
        )
    return HttpResponse(EMPTY_TWIML, content_type="text/xml")


def of_our_provider(view: Callable[..., HttpResponse], name: str) -> Callable[..., HttpResponse]:
    """An e-mail provider's address exists for the one that we use, once its secret is set: anymail alone would warn.

    Nor does it for a provider that is only half set up. ``name`` is anymail's, such as "amazon_ses_inbound_webhook".
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if name not in _live() or not settings.ANYMAIL.get("WEBHOOK_SECRET"):
            raise Http404
        try:
            return view(request, *args, **kwargs)
        except AnymailConfigurationError as missing:
            raise Http404 from missing

    return checked


def _live() -> set[str]:
    """Reports come from the provider that our mails leave by; incoming mail from it, or from ``INBOUND_PROVIDER``."""
    backend = settings.EMAIL_BACKEND
    sender = backend.removeprefix(ANYMAIL_BACKENDS).partition(".")[0] if backend.startswith(ANYMAIL_BACKENDS) else ""
    receiving = settings.INBOUND_PROVIDER or sender
    return {
        f"{sender}_tracking_webhook",
        f"{receiving}_inbound_webhook",
        *(f"{one}_webhook" for one in (sender, receiving)),  # some have one address for both
    }


@receiver(tracking)
def note_tracking(sender: Any, event: AnymailTrackingEvent, esp_name: str, **kwargs: Any) -> None:
    """An e-mail provider's report; anymail has checked its secret or signature."""
    at: datetime = event.timestamp or timezone.now()
    identity = event.event_id or f"{event.message_id}:{event.event_type}:{at.isoformat()}:{event.recipient}"
    ours = str((event.metadata or {}).get("message", ""))
    events.note(
        gateway=esp_name.lower(),
        event_id=f"{esp_name.lower()}:{identity}",
        kind=event.event_type or "unknown",
        at=at,
        message_pk=int(ours) if ours.isdecimal() and ours.isascii() and len(ours) < 19 else None,
        provider_id=event.message_id or "",
        address=event.recipient or "",
        detail=event.description or event.mta_response or event.reject_reason or "",
    )


@receiver(inbound)
def note_inbound(sender: Any, event: AnymailInboundEvent, esp_name: str, **kwargs: Any) -> None:
    """A mail that an e-mail provider took in for us; anymail has checked the provider's secret or signature."""
    message = event.message
    raw = _bytes_of(message)
    letter = mails.read(raw, envelope_sender=message.envelope_sender, envelope_recipient=message.envelope_recipient)
    verdict = verdicts.of_provider(esp_name, letter, event.esp_event, message.envelope_sender)
    if message.spam_detected:
        verdict = verdicts.FAIL
    intake.receive(raw, letter, gateway=esp_name.lower(), verdict=verdict, at=timezone.now())


def _bytes_of(message: AnymailInboundMessage) -> bytes:
    """The mail as it came; where the provider's pieces cannot be put together again, what people read of it."""
    try:
        return message.as_bytes()
    except (UnicodeError, LookupError, ValueError, TypeError):
        names = ("From", "To", "Subject", "Message-ID", "In-Reply-To", "References")
        head = "".join(f"{name}: {' '.join(str(message[name]).split())}\n" for name in names if message[name])
        return f"{head}\n{message.text or ''}".encode(errors="replace")
