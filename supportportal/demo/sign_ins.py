"""Who can be signed in as with one press, and with the password ``demo``: only in the demo."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from supportportal.people.models import User

DOMAIN = "@demo.example"
PASSWORD = "demo"  # noqa: S105  refused outside the demo, below


def sign_ins() -> QuerySet[User]:
    return User.objects.filter(email__endswith=DOMAIN, is_active=True).order_by("is_staff", "pk")


class RefuseDemoPeople:
    """Stands before the other backends: outside the demo nobody signs in with a demo address, whatever the password.

    It knows nobody: a backend with ``get_user`` would be taken for the one that signed a person in.
    """

    def authenticate(self, request, username=None, email=None, **credentials):
        address = str(email or username or "")
        if address.lower().endswith(DOMAIN) and not settings.DEMO:
            raise PermissionDenied
        return None
