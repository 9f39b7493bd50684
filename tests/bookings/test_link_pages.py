"""The Change and Cancel links: they work without signing in, and only a person's choice changes anything (B-9)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from bookings import messages, operations
from bookings.models import Booking
from supportportal import links
from supportportal.lattice import cell_at
from tests.factories import BookingFactory

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
STARTS = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LATER = cell_at(STARTS + timedelta(days=1))


@pytest.fixture
def booking(cast):
    return BookingFactory(
        client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=STARTS, booked_at=NOW
    )


@pytest.fixture(autouse=True)
def _friday():
    with time_machine.travel(NOW, tick=False):
        yield


def address(booking, action=""):
    return messages.manage_path(booking, action)


def state(booking):
    return Booking.objects.filter(pk=booking.pk).values_list("state", "first_cell", "version").get()


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("action", ["", "change", "cancel"])
def test_opening_a_link_changes_nothing(client, booking, action, method):
    before = state(booking)
    assert getattr(client, method)(address(booking, action)).status_code == 200
    assert state(booking) == before


@pytest.mark.parametrize("action", ["change", "cancel"])
def test_a_post_without_a_reason_picked_by_a_person_changes_nothing(client, booking, action):
    before = state(booking)
    response = client.post(address(booking, action), {"meaning": "free", "start": LATER})
    assert "Please choose a reason." in response.content.decode()
    assert state(booking) == before


@pytest.mark.parametrize("action", ["change", "cancel"])
def test_no_reason_is_preselected(client, booking, action):
    page = client.get(address(booking, action)).content.decode()
    assert "checked" not in page


def test_cancelling_works_without_signing_in_and_a_second_use_shows_what_happened(client, booking):
    response = client.post(address(booking, "cancel"), {"meaning": "free", "reason": "solved"}, follow=True)
    assert "This session is cancelled" in response.content.decode()
    assert state(booking)[0] == "cancelled"
    again = client.get(address(booking, "cancel"))
    assert "This session is cancelled" in again.content.decode()
    assert client.post(address(booking, "cancel"), {"meaning": "free", "reason": "solved"}).status_code == 200


def test_moving_works_without_signing_in(client, booking):
    post = {"meaning": "free", "reason": "other", "start": LATER}
    response = client.post(address(booking, "change"), post, follow=True)
    assert "Wednesday 25 November" in response.content.decode()
    assert state(booking)[1] == LATER


def test_after_a_move_the_older_link_leads_to_the_current_page(client, booking):
    old = address(booking)
    operations.move(booking, first_cell=LATER, by=None, at=NOW)
    assert "Wednesday 25 November" in client.get(old).content.decode()


def test_a_taken_start_is_said_beside_the_field_and_the_reason_is_kept(client, booking, cast):
    BookingFactory(agent=cast.agent, session_type=cast.session_type, starts=STARTS + timedelta(days=1))
    page = client.post(address(booking, "change"), {"meaning": "free", "reason": "prepare", "start": LATER})
    text = page.content.decode()
    assert "error-summary" in text and 'value="prepare"' in text and "checked" in text
    assert state(booking)[1] == cell_at(STARTS)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(lambda booking: links.token("booking", booking.pk + 1), id="no such session"),
        pytest.param(lambda booking: links.token("booking", booking.pk, 2), id="another epoch"),
        pytest.param(lambda booking: links.token("invite", booking.pk), id="another kind"),
        pytest.param(lambda booking: links.token("booking", booking.pk)[:-2], id="truncated"),
        pytest.param(lambda booking: "%20", id="blank"),
        pytest.param(lambda booking: "x" * 500, id="garbage"),
        pytest.param(lambda booking: "1.1.%C3%A9", id="not ASCII"),
        pytest.param(lambda booking: links.token("booking", 2**70), id="a number too large for any table"),
    ],
)
@pytest.mark.parametrize("action", ["link", "link_change", "link_cancel", "link_calendar_entry"])
def test_what_names_no_session_is_one_plain_page(client, booking, token, action):
    url = reverse(f"bookings:{action}", args=["TOKEN"]).replace("TOKEN", token(booking))
    response = client.get(url)
    assert (response.status_code, "This link does not work" in response.content.decode()) == (404, True)


@pytest.mark.parametrize(
    ("at", "status"),
    [
        pytest.param(STARTS - timedelta(seconds=1), 200, id="one second before the start"),
        pytest.param(STARTS, 404, id="at the start"),
        pytest.param(STARTS + timedelta(seconds=1), 404, id="one second after"),
    ],
)
@pytest.mark.parametrize("action", ["", "change", "cancel"])
def test_a_link_stops_working_once_the_session_has_started(client, booking, action, at, status):
    with time_machine.travel(at, tick=False):
        assert client.get(address(booking, action)).status_code == status


def test_a_revoked_link_stops_working(client, booking):
    old = address(booking)
    Booking.objects.update(link_epoch=2)
    assert client.get(old).status_code == 404


def test_the_page_speaks_the_clients_language_and_zone(client, booking, cast):
    cast.client.language, cast.client.time_zone = "nl", "America/New_York"
    cast.client.save()
    page = client.get(address(booking)).content.decode()
    assert "dinsdag 24 november, 04:30" in page and '<html lang="nl"' in page


def test_the_link_does_not_leave_the_portal_by_the_referrer(client, booking):
    assert client.get(address(booking))["Referrer-Policy"] == "same-origin"


def test_a_forged_request_is_refused(booking):
    from django.test import Client

    response = Client(enforce_csrf_checks=True).post(address(booking, "cancel"), {"meaning": "free", "reason": "other"})
    assert response.status_code == 403 and state(booking)[0] == "booked"
