from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from supportportal.trail import marks, operations
from supportportal.trail.models import Seal


class Command(BaseCommand):
    help = "Walks the whole trail and says what was changed, removed, moved or cut off; exit status 1 if anything was."

    def add_arguments(self, parser):
        parser.add_argument(
            "--marks",
            dest="file",
            type=Path,
            default=settings.TRAIL_MARKS,
            metavar="FILE",
            help="The marks to compare with, such as a copy from another machine (default: %(default)s).",
        )

    def handle(self, *, file: Path, **options) -> None:
        at = timezone.now()
        found = 0
        for restore in marks.restores(file):
            self.stdout.write(restore)
        for fault in self._faults(file, at):
            self.stdout.write(fault)
            found += 1
        if found:
            raise CommandError(f"Faults in the trail: {found}.")
        self.stdout.write(self._all_is_well(file))

    def _faults(self, file, at):
        yield from operations.faults(at=at)
        yield from marks.faults(file)

    def _all_is_well(self, file) -> str:
        last = Seal.objects.order_by("-number").first()
        if last is None:
            return "The trail is empty."
        said = f"The trail holds: {last.number} entries; the last seal is {last.digest}."
        if not (count := marks.known(file)):
            return f"{said} No earlier mark is known here ({file}): whether its end was cut off cannot be said."
        return f"{said} It agrees with {count} earlier {'mark' if count == 1 else 'marks'}."
