"""Let go of what RETENTION keeps no longer; or only say what that would be."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from supportportal.retention import operations


class Command(BaseCommand):
    help = "Deletes and anonymises what RETENTION keeps no longer. May be stopped and run again, also twice at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--preview", action="store_true", help="change nothing: say how much of each kind is due")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        if options["preview"]:
            for line in operations.lines(at):
                self.stdout.write(_told(line))
            return
        counts = operations.prune(at)
        for code, count in counts.items():
            self.stdout.write(f"{code}: {count} went.")
        if not counts:
            self.stdout.write("Nothing was due.")


def _told(line: operations.Line) -> str:
    if line.days is None:
        return f"{line.kind.code}: kept for ever."
    oldest = f", the oldest of {line.oldest:%Y-%m-%d}" if line.oldest else ""
    return f"{line.kind.code}: kept for {line.days} days; {line.going} due, {line.held} held back{oldest}."
