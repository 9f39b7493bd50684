"""Make the demo data anew, relative to now. People stay signed in."""

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from supportportal.demo import builders


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options) -> None:
        try:
            builders.bring_to(timezone.now())
        except builders.NotADemo as refusal:
            raise CommandError(str(refusal)) from None
