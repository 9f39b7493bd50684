"""Say in plain words what is wrong or missing in this deployment. Exit status 1 if something is wrong."""

import json
import sys
from typing import Any

from django.core.management import BaseCommand, CommandParser
from django.utils import timezone

from supportportal.watch import doctor


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []  # it says for itself what is wrong

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--connect", action="store_true", help="Call on mail server, providers and SITE_URL too.")
        parser.add_argument("--json", action="store_true", help="For machines.")

    def handle(self, *, connect: bool, **options: Any) -> None:
        found = doctor.examine(doctor.Visit(timezone.now(), connect))
        grave, other = [one for one in found if one.grave], [one for one in found if not one.grave]
        if options["json"]:
            said = {"problems": grave, "warnings": other}
            lists = {name: [{"code": one.code, "text": one.text} for one in ones] for name, ones in said.items()}
            self.stdout.write(json.dumps({"ok": not grave, **lists}, indent=2))
        else:
            for word, one in [("WRONG", one) for one in grave] + [("LOOK", one) for one in other]:
                self.stdout.write(f"{word:6} {one.text} [{one.code}]")
            self.stdout.write(self._summary(len(grave), len(other)))
        if grave:
            sys.exit(1)

    @staticmethod
    def _summary(grave: int, other: int) -> str:
        if not grave:
            return "Nothing is wrong." if other else "All is well."
        return f"{grave} {'thing is' if grave == 1 else 'things are'} wrong."
