"""Clients who have not been here for long, and have nothing open: nobody can tell afterwards who they were."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from supportportal.people import sign_ins
from supportportal.people.models import ANONYMISED, DataAccess, Firm, Restriction, SignIn, User

from . import kinds
from .blanking import blank
from .kinds import Condition, Kind, Open
from .models import LegalHold


def _due(before: datetime, at: datetime) -> QuerySet[User]:
    found = User.objects.filter(is_staff=False, is_superuser=False, account__isnull=False, created_at__lte=before)
    found = found.alias(last=Coalesce("last_login", "invited_at", "created_at")).filter(last__lte=before)
    found = found.exclude(pk__in=SignIn.objects.filter(last_used_at__gt=before).values("person"))
    for here in kinds.lives(before):
        found = found.exclude(pk__in=here)
    for one in kinds.all_opens():
        found = found.exclude(pk__in=one.who(at).values("pk"))
    return found


def _themselves(people: Any) -> Condition:
    return Q(pk__in=people)


def _forget(pks: Sequence[int], at: datetime) -> None:
    """The account stays: it is a firm's. So do language and time zone, which are many people's."""
    for person in User.objects.filter(pk__in=pks).order_by("pk"):
        sign_ins.end_all(person)
        with translation.override(Firm.current().language):
            person.name = gettext("Anonymised client {number}").format(number=person.pk)
        person.email = f"{person.pk}@{ANONYMISED}"
        person.phone, person.adjustments, person.password = "", "", make_password(None)
        person.sms_consent_at, person.is_active, person.is_coordinator = None, False, False
        fields = ["name", "email", "phone", "adjustments", "password", "sms_consent_at", "is_active", "is_coordinator"]
        person.save(update_fields=fields)
    EmailAddress.objects.filter(user__in=pks).delete()
    Authenticator.objects.filter(user__in=pks).delete()
    SocialAccount.objects.filter(user__in=pks).delete()
    DataAccess.objects.filter(person__in=pks).delete()
    blank(Restriction, "notice", user__in=pks)
    blank(LegalHold, "reason", person__in=pks)


CLIENTS = Kind(
    code="clients",
    title=_("Clients who have not been here for long"),
    what=_("Anonymised with everything of theirs, where nothing is open. The account and all figures stay."),
    model=User,
    due=_due,
    forget=_forget,
    since="created_at",
    whose=_themselves,
    about=_themselves,
    subjects={"people.user": "pk"},
    position=10,
)


def _restricted(at: datetime) -> QuerySet[Any]:
    return User.objects.filter(pk__in=Restriction.objects.in_force(at).filter(user__isnull=False).values("user"))


OPEN = [Open("restrictions", _("A measure against this client is in force."), _restricted, position=10)]
