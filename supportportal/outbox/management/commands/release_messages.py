from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from supportportal.outbox import restored
from supportportal.outbox.models import Restoration


class Command(BaseCommand):
    help = "After a restore: lets messages leave again, with or without those that may have gone out before it."

    def add_arguments(self, parser):
        choice = parser.add_mutually_exclusive_group(required=True)
        choice.add_argument("--skip", action="store_true", help="Skip what was due before the restore.")
        choice.add_argument("--send", action="store_true", help="Send it, though some of it may arrive a second time.")

    def handle(self, *, send: bool, **options) -> None:
        if (held := Restoration.holding()) is None:
            raise CommandError("No messages are held: nothing was restored, or it has been released already.")
        count = restored.release(held, send=send, by=None, at=timezone.now())
        self.stdout.write(f"Messages leave again. Due before the restore: {count}, {'sent' if send else 'skipped'}.")
