from django.core.management.base import BaseCommand

from supportportal import secrets_at_rest


class Command(BaseCommand):
    help = (
        "Locks the secrets in the database anew, with the SECRET_KEY of today: those that stand there as they are, and"
        " those that were locked with one of SECRET_KEY_FALLBACKS, which can then go."
    )

    def handle(self, **options):
        for holding in secrets_at_rest.holdings():
            self.stdout.write(f"{holding.purpose}: {holding.relock()} locked anew.")
