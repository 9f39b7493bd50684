"""Empty the demo's database and make its data anew."""

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options) -> None:
        if not settings.DEMO:
            raise CommandError("This is not a demo (DEMO is not set): no data is touched.")
        call_command("flush", interactive=False, verbosity=0)
        call_command("demo_refresh")
