"""E-mail, by whatever backend the settings name: SMTP, a provider through anymail, or the demo's mailbox."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import formataddr
from typing import Any

import requests
from anymail.exceptions import (
    AnymailConfigurationError,
    AnymailError,
    AnymailRecipientsRefused,
    AnymailRequestsAPIError,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection

from .. import inbound
from ..models import Message
from ..rendering import Parcel
from . import ChannelDown, Later, Refused, Result, Sent, Unclear
from .words import BROKE, CERTIFICATE, CLOSED, NO_ANSWER, REFUSED_ADDRESS, REFUSED_SIGN_IN, SLOW_DOWN, UNREACHABLE

AUTH_PAUSE = timedelta(minutes=5)
VARIABLE = re.compile(r"\bANYMAIL_[A-Z_]+")


class EmailGateway:
    chunk = 25

    def __init__(self) -> None:
        self.backend: Any = _backend()
        esp_name = getattr(self.backend, "esp_name", "")
        self.name = (esp_name or type(self.backend).__module__.rpartition(".")[2]).lower()
        self.reports = bool(esp_name) and bool(settings.ANYMAIL.get("WEBHOOK_SECRET"))
        self.timeout = settings.EMAIL_TIMEOUT

    @contextmanager
    def open(self) -> Iterator[None]:
        try:
            self._connect()
            yield
        finally:
            self._close()

    def _connect(self) -> None:
        try:
            self.backend.open()
        except smtplib.SMTPAuthenticationError as error:
            raise ChannelDown(f"{REFUSED_SIGN_IN}: {_answer(error)}", pause=AUTH_PAUSE) from error
        except ssl.SSLCertVerificationError as error:
            raise ChannelDown(f"{CERTIFICATE}: {error.verify_message}", pause=AUTH_PAUSE) from error
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelDown(f"{UNREACHABLE}: {error}") from error

    def _close(self) -> None:
        try:
            self.backend.close()
        except (smtplib.SMTPException, OSError):
            self.backend.connection = None  # it hung up first; what was sent is marked, and nothing is left to say

    def send(self, parcel: Parcel, *, at: datetime) -> Result:
        self._connect()  # again, where the last one left the conversation in the middle
        mail = build(parcel)
        try:
            self.backend.send_messages([mail])
        except smtplib.SMTPException as error:
            return _judge_smtp(error)
        except AnymailError as error:
            return _judge_anymail(error)
        except OSError as error:  # a time-out or a broken connection: the last line may have got through
            raise ChannelDown(f"{BROKE}: {error or type(error).__name__}", unclear=True) from error
        except ValueError as error:  # an address or a header that cannot be written
            self._close()
            return Refused(f"not a message that can be sent: {error}")
        status = getattr(mail, "anymail_status", None)
        return Sent(provider_id=(getattr(status, "message_id", None) or "") if status else "")


def build(parcel: Parcel) -> EmailMultiAlternatives:
    """The parcel as an e-mail: text, HTML, calendar entry, attachments."""
    firm, message = parcel.firm, parcel.message
    mail: Any = EmailMultiAlternatives(
        subject=parcel.subject,
        body=parcel.text,
        from_email=formataddr((firm.name, firm.contact_email)),
        to=[parcel.address],
        reply_to=[inbound.reply_address(message, firm)],
        headers=_headers(message, parcel.thread),
        alternatives=[(parcel.html, "text/html")],
    )
    for attachment in parcel.attachments:
        # Django adds the charset of text parts itself; a second one makes the type unreadable.
        mimetype = "; ".join(part for part in _parts(attachment.mimetype) if not part.lower().startswith("charset="))
        content = attachment.content.decode() if mimetype.startswith("text/") else attachment.content
        if attachment.alternative:
            mail.attach_alternative(content, mimetype)
        mail.attach(attachment.name, content, mimetype)
    mail.metadata = {"message": str(message.pk)}  # comes back in what an e-mail provider reports
    return mail


def _headers(message: Message, thread: str) -> dict[str, str]:
    """Machines know by them that a machine wrote, our own intake that it is ours, and mail programs what it answers."""
    headers = {"Message-ID": message.message_id, "Auto-Submitted": "auto-generated", "X-Loop": inbound.loop_mark()}
    if thread:
        headers |= {"In-Reply-To": thread, "References": thread}
    if answered := message.data.get("in_reply_to"):
        headers |= {"Auto-Submitted": "auto-replied", "In-Reply-To": answered, "References": answered}
    return headers


def _parts(mimetype: str) -> list[str]:
    return [part.strip() for part in mimetype.split(";")]


def _judge_smtp(error: smtplib.SMTPException) -> Result:
    """What an SMTP answer means for this message; raises ChannelDown where it concerns all of them."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, answer = next(iter(error.recipients.values()))
            return _judge_code(code, f"{code} {_text(answer)}", of_message=True)
        case smtplib.SMTPDataError():
            return _judge_code(error.smtp_code, _answer(error), of_message=True)
        case smtplib.SMTPAuthenticationError():
            raise ChannelDown(f"{REFUSED_SIGN_IN}: {_answer(error)}", pause=AUTH_PAUSE) from error
        case smtplib.SMTPResponseException():
            return _judge_code(error.smtp_code, _answer(error), of_message=False)
        case _:
            raise ChannelDown(f"{BROKE}: {error}", unclear=True) from error


def _backend() -> Any:
    """Raises ImproperlyConfigured with the variable of ours that is missing, not anymail's words for programmers."""
    try:
        return get_connection()
    except AnymailConfigurationError as error:
        if (variable := VARIABLE.search(str(error))) is None:
            raise
        raise ImproperlyConfigured(f"EMAIL_BACKEND is {settings.EMAIL_BACKEND}, which needs {variable[0]}.") from error


def _judge_code(code: int, answer: str, *, of_message: bool) -> Result:
    if code == 421 or (code >= 500 and not of_message):
        raise ChannelDown(f"{CLOSED}: {answer}")
    return Refused(answer) if code >= 500 else Later(answer)


def _judge_anymail(error: AnymailError) -> Result:
    """What a provider's answer means for this message; raises ChannelDown where it concerns all of them."""
    if isinstance(error, AnymailConfigurationError):
        raise ChannelDown(str(error), pause=AUTH_PAUSE) from error
    if isinstance(error, AnymailRequestsAPIError):
        if isinstance(error, requests.ConnectTimeout) or _never_connected(error):
            raise ChannelDown(UNREACHABLE) from error
        if error.response is None:
            raise ChannelDown(NO_ANSWER, unclear=True) from error
        return judge_http(error.response, str(error).partition("\n")[0])
    if isinstance(error, AnymailRecipientsRefused):
        return Refused(REFUSED_ADDRESS)
    return Refused(str(error).partition("\n")[0])


def _never_connected(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if type(cause).__name__ == "NewConnectionError":
            return True
        reason = getattr(cause.args[0], "reason", None) if cause.args else None
        cause = reason if isinstance(reason, BaseException) else cause.__cause__
    return False


def judge_http(response: requests.Response, answer: str) -> Result:
    code = response.status_code
    if code in (401, 403):
        raise ChannelDown(f"{REFUSED_SIGN_IN}: {answer}", pause=AUTH_PAUSE)
    if code == 429:
        raise ChannelDown(f"{SLOW_DOWN}: {answer}", pause=retry_after(response.headers))
    return Unclear(answer) if code >= 500 else Refused(answer)


def retry_after(headers: Any) -> timedelta | None:
    """The pause that a provider asks for, within an hour."""
    asked = headers.get("Retry-After", "")
    return timedelta(seconds=min(int(asked), 3600)) if asked.isdigit() else None


def _answer(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_text(error.smtp_error)}"


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
