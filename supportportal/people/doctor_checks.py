"""What the doctor says of the people and of what the firm says about itself."""

from collections.abc import Iterator

from django.conf import settings

from supportportal.watch.doctor import Visit
from supportportal.watch.troubles import Trouble

from .models import Firm, User


def somebody_in_charge(visit: Visit) -> Iterator[Trouble]:
    """That the role of owner is held is for those to ask who need one."""
    if not User.objects.staff().filter(is_superuser=True).exists():
        text = "Nobody may set everything up: run manage.py createsuperuser."
        yield Trouble("superuser", text, grave=not settings.DEMO)


def the_firm(visit: Visit) -> Iterator[Trouble]:
    firm = Firm.current()
    if firm.contact_email == Firm._meta.get_field("contact_email").default:
        yield Trouble("firm", f"The firm's contact address is still {firm.contact_email}: set it in the admin.")
    if not firm.postal_address:
        yield Trouble("legal", "The imprint lacks the firm's postal address: set it in the admin.", grave=False)


CHECKS = [somebody_in_charge, the_firm]
