"""Whose a session is, and who may take on what it costs."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from bookings.models import Booking
from bookings.operations import fees
from bookings.refusals import FeeNotAccepted
from bookings.rules import Standing
from tests.factories import BookingFactory, ClientFactory, FirmFactory, StaffFactory

pytestmark = pytest.mark.django_db


def test_who_booked_for_themselves_has_no_say_once_a_colleague_attends():
    before = ClientFactory()
    attends = ClientFactory(account=before.account)
    coordinator = ClientFactory(account=before.account, is_coordinator=True)
    booking = BookingFactory(client=attends, booked_by=before)
    assert booking not in Booking.objects.visible_to(before)
    assert booking in Booking.objects.visible_to(attends)
    assert booking in Booking.objects.visible_to(coordinator)


def test_staff_never_accept_a_fee_for_a_client(client):
    FirmFactory()
    day = datetime(2026, 11, 24, tzinfo=UTC).date()
    owing = Standing(2, day.replace(year=2027), day)
    with pytest.raises(FeeNotAccepted):
        fees.require(owing, day, accepted=True, by=StaffFactory())
    assert fees.require(owing, day, accepted=True, by=ClientFactory())
    client.force_login(StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(reverse("bookings:fee", args=[BookingFactory().reference])).status_code == 404
