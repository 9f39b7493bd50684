"""Take in one mail from a local mail server's pipe."""

import logging
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.utils import timezone

from supportportal.outbox import inbound, mails, verdicts
from supportportal.outbox.models import Inbound

logger = logging.getLogger(__name__)

TRY_AGAIN = 75  # EX_TEMPFAIL: the mail server keeps the mail and comes back with it
NO_MAIL = 65  # EX_DATAERR


class Command(BaseCommand):
    help = (
        "Takes in the mail on standard input. Exit status 0: it is kept, the server may forget it; "
        "75: not now, the server should try again; 65: there was no mail."
    )
    requires_system_checks: list[str] = []  # a warning about something else must not turn mail away

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sender", help="envelope sender; empty for a bounce")
        parser.add_argument("--recipient", help="envelope recipient")
        parser.add_argument(
            "--verdict",
            choices=["pass", "fail", "none"],
            help="what the mail server found out about the sender, where it tells so itself; "
            "else its Authentication-Results header says (INBOUND_AUTHSERV_ID)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # One byte more than is kept tells that there is more; the rest is read and let go, so that the pipe ends well.
        raw = sys.stdin.buffer.read(settings.INBOUND_MAX_BYTES + 1)
        while sys.stdin.buffer.read(1024 * 1024):
            pass
        if not raw.strip():
            self.stderr.write("There is no mail on standard input.")
            raise SystemExit(NO_MAIL)
        try:
            kept = self._keep(raw, options)
        except Exception as error:  # whatever it is: the mail server still has the mail, and must not bounce it
            logger.exception("A mail could not be kept")
            self.stderr.write(f"The mail could not be kept: {error}")
            raise SystemExit(TRY_AGAIN) from error
        try:
            kept = inbound.handle(kept.pk, at=timezone.now())
        except DatabaseError as error:  # the next tick will
            logger.warning("Mail %s is kept, but could not be handled yet: %s", kept.pk, error)
        self.stdout.write(f"Kept as {kept.pk}: {kept.get_state_display()}.")

    def _keep(self, raw: bytes, options: dict[str, Any]) -> Inbound:
        letter = mails.read(raw, envelope_sender=options["sender"], envelope_recipient=options["recipient"])
        verdict = options["verdict"] or verdicts.of_server(letter, settings.INBOUND_AUTHSERV_ID)
        if verdict == verdicts.PASS and not verdicts.has_one_sender(letter):
            verdict = verdicts.NONE
        return inbound.receive(raw, letter, gateway="pipe", verdict=verdict, at=timezone.now())
