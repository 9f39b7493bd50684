"""What the doctor says of the people and of what the firm says about itself."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

from supportportal import secrets_at_rest
from supportportal.watch import certificates
from supportportal.watch.doctor import Visit
from supportportal.watch.troubles import Trouble

from . import sign_on_adapter
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


def single_sign_on(visit: Visit) -> Iterator[Trouble]:
    if not (visit.connect and settings.OIDC):
        return
    parts = urlsplit(settings.OIDC["ISSUER"])
    if parts.scheme == "https":
        yield from certificates.faults(parts.hostname or "", parts.port or 443, at=visit.at)
    if reason := sign_on_adapter.trouble():
        yield Trouble("sign_on", f"Nobody can sign in by single sign-on ({settings.OIDC['ISSUER']}): {reason}")


def secrets_kept(visit: Visit) -> Iterator[Trouble]:
    for holding in secrets_at_rest.holdings():
        kept = list(holding.texts())
        if lost := sum(not secrets_at_rest.can_unlock(one, holding.purpose) for one in kept):
            text = f"{lost} of {len(kept)} secrets ({holding.purpose}) were locked with another SECRET_KEY: put it in"
            yield Trouble("secrets", f"{text} SECRET_KEY_FALLBACKS and run manage.py relock, or have them set up anew.")
        if plain := sum(not secrets_at_rest.is_locked(one) for one in kept):
            text = f"{plain} secrets ({holding.purpose}) stand in the database as they are: run manage.py relock."
            yield Trouble("secrets.plain", text, grave=False)


CHECKS = [somebody_in_charge, the_firm, single_sign_on, secrets_kept]
