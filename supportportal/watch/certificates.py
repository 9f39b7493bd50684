"""Whether a server that messages leave by still has a certificate to be trusted, and for how long."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from .troubles import Trouble, span

ANSWER_WITHIN = 5.0
SOON = timedelta(days=14)


def faults(host: str, port: int, *, at: datetime, starttls: bool = False) -> Iterator[Trouble]:
    try:
        ends = _ends(host, port, starttls)
    except ssl.SSLCertVerificationError as error:
        yield Trouble("certificate", f"The certificate of {host} cannot be trusted: {error.verify_message}.")
    except (OSError, smtplib.SMTPException) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        yield Trouble("connection", f"{host}, port {port}, cannot be reached: {reason}.")
    else:
        if ends - at < SOON:
            yield Trouble("certificate", f"The certificate of {host} ends in {span(ends - at)}.", grave=False)


def _ends(host: str, port: int, starttls: bool) -> datetime:
    context = ssl.create_default_context()
    if starttls:
        with smtplib.SMTP(host, port, timeout=ANSWER_WITHIN) as server:
            server.starttls(context=context)
            return _end_of(server.sock)  # type: ignore[arg-type]
    plain = socket.create_connection((host, port), ANSWER_WITHIN)
    with plain, context.wrap_socket(plain, server_hostname=host) as secured:
        return _end_of(secured)


def _end_of(secured: ssl.SSLSocket) -> datetime:
    certificate = secured.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
