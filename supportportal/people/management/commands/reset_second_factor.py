from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from supportportal.people import second_factor
from supportportal.people.models import User
from supportportal.people.operations import PeopleRefused


class Command(BaseCommand):
    help = "Takes away a lost second factor, so that the person can sign in and set up another. Tells them by mail."

    def add_arguments(self, parser):
        parser.add_argument("address", metavar="anna@example.com", help="With which the person signs in.")

    def handle(self, *, address, **options):
        person = User.objects.filter(email__iexact=address).first()
        if person is None:
            raise CommandError(f"Nobody signs in with {address}.")
        try:
            second_factor.reset(person, by=None, at=timezone.now())
        except PeopleRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{address} can sign in without a second factor now, and is told by mail.")
