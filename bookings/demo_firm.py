"""The demo's changes of our own: sessions that a coordinator booked, a time that we chose, somebody to call."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from supportportal.demo.doors import Door
from supportportal.demo.sign_ins import DOMAIN
from supportportal.people.models import User

from .demo import AGENT, CLIENT
from .models import Booking, TermsAcceptance, TermsVersion, Unreached

DOORS = [
    Door(
        _("Ill today"),
        _("An agent falls ill: what becomes of today's sessions is proposed, and done with one press."),
        AGENT,
        "/admin/bookings/agent/ill/?until=today",
        icon="calendar",
        position=24,
    ),
]


def clear() -> None:
    Unreached.objects.all().delete()


def build(at: datetime) -> None:
    """After the sessions are there: the demo's client has booked what is coming for the colleagues."""
    _accept_terms(at)
    coordinator = User.objects.get(email=CLIENT)
    coming = Booking.objects.live().filter(starts_at__gt=at).order_by("first_cell")
    colleagues = coming.filter(client__account=coordinator.account_id).exclude(client=coordinator)
    colleagues.update(booked_by=coordinator)
    later = coming.filter(starts_at__gt=at, starts_at__lt=at + timedelta(days=2)).exclude(agent__user__email=AGENT)
    booking = later.filter(client__sms_consent_at=None).exclude(client__phone="").first()
    if booking is not None:
        Booking.objects.filter(pk=booking.pk).update(imposed_at=at - timedelta(minutes=10))
        Unreached.objects.create(
            booking=booking,
            version=booking.version,
            first_cell=booking.first_cell - 12,
            why=Unreached.Why.NO_CONSENT,
            since=at - timedelta(minutes=10),
        )


def _accept_terms(at: datetime) -> None:
    """All but those who come in by a door have accepted the terms, so that others can book for them."""
    terms = TermsVersion.current(at)
    for person in User.objects.clients().filter(account__isnull=False).exclude(email__endswith=DOMAIN):
        accepted = {"accepted_at": at - timedelta(days=30)}
        TermsAcceptance.objects.get_or_create(terms=terms, user=person, defaults=accepted)
