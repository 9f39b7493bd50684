from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bookings import holidays


class Command(BaseCommand):
    help = "Adds the public holidays of a country, or of all countries in use. What staff have changed stays."

    def add_arguments(self, parser):
        parser.add_argument("--country", action="append", metavar="IT", help="Two letters; may be repeated.")
        parser.add_argument("--year", action="append", type=int, metavar="2027", help="May be repeated.")

    def handle(self, *, country, year, verbosity, **options):
        years = year or holidays.years_around(timezone.now().date())
        for code in country or sorted(holidays.countries_in_use()):
            try:
                added = holidays.seed(code.upper(), years)
            except holidays.UnknownCountry as error:
                raise CommandError(str(error)) from None
            if verbosity:
                self.stdout.write(f"{code.upper()}: {added} holidays added.")
