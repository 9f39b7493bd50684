"""Numbers, words and characters that nobody types by accident: refused or taken for nothing, never an error of ours."""

from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings import messages
from bookings.models import Agent, Booking
from supportportal.lattice import cell_at
from supportportal.outbox.models import Inbound
from tests.factories import (
    AgentFactory,
    BookingFactory,
    ClientFactory,
    FirmFactory,
    PlanFactory,
    SessionTypeFactory,
    StaffFactory,
    TermsVersionFactory,
)

pytestmark = pytest.mark.django_db
LONG = "9" * 5000  # longer than Python turns into a number
NUL = "%00"


@pytest.fixture
def booking():
    FirmFactory()
    plan = PlanFactory()
    session_type = SessionTypeFactory(plans=[plan])
    agent = AgentFactory(office_hours=True, session_types=[session_type])
    client = ClientFactory(account__plan=plan)
    first = cell_at(timezone.now()) + 2000
    return BookingFactory(client=client, session_type=session_type, agent=agent, first_cell=first)


def signed_in(person):
    browser = Client()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("²", id="a digit that is no number"),
        pytest.param(LONG, id="too long for a number"),
        pytest.param("2147483647", id="after the last date"),
        pytest.param("99999999", id="in nine hundred years"),
    ],
)
def test_an_odd_start_is_no_start(booking, start):
    browser = signed_in(booking.client)
    page = reverse("bookings:details", args=[booking.session_type.slug])
    assert browser.get(page, {"start": start}).status_code == 302
    assert browser.post(page, {"start": start, "topic": "Figures", "form_key": "k"}).status_code == 200
    change = messages.manage_path(booking, "change")
    assert browser.post(change, {"start": start, "reason": "other", "meaning": "free"}).status_code == 200


def test_an_odd_version_is_no_version(booking):
    assert Client().post(messages.manage_path(booking, "agree"), {"version": LONG}).status_code == 302


def test_a_word_is_no_way_back(booking):
    for page in ("set_language", "set_zone"):
        assert Client().post(reverse(page), {"next": "somewhere"}).url == "/"


def test_nobody_takes_the_key_of_somebody_elses_offer(booking):
    """A booking under that key would make the offer's acceptance fail."""
    browser, agent = signed_in(booking.client), Agent.objects.get()
    page = reverse("bookings:details", args=[booking.session_type.slug]) + f"?agent={agent.pk}"
    answer = browser.post(page, {"start": booking.first_cell, "topic": "Figures", "form_key": "offer:1"})
    assert "form_key" in answer.context["form"].errors


def test_odd_presses_of_staff_change_nothing(booking):
    browser = signed_in(StaffFactory(is_superuser=True))
    assert browser.post("/admin/people/user/abc/invite/").status_code in (302, 404)
    ill = reverse("admin:bookings_agent_ill")
    assert browser.get(f"{ill}?off={LONG}").status_code == 404
    odd = {f"what-{LONG}": "cancel", f"version-{LONG}": "1", "what-777": "cancel", "version-777": "1"}
    where = f"{ill}?until=day&day={timezone.localdate():%Y-%m-%d}&agent={booking.agent_id}"
    sent = urlencode({**odd, "starts": "999999999"})
    assert browser.post(where, sent, content_type="application/x-www-form-urlencoded").status_code < 400
    assert Booking.objects.get().version == 1


@pytest.mark.parametrize("page", ["/terms/?version=" + NUL, f"/sessions/{NUL}/", f"/admin/bookings/fee/?state={NUL}"])
def test_a_nul_is_refused(booking, page):
    TermsVersionFactory()
    browser = signed_in(StaffFactory(is_superuser=True))
    assert browser.get(page).status_code == 400


@pytest.mark.parametrize("provider", ["postmark", "sendgrid", "mailgun", "amazon_ses"])
def test_without_a_secret_nobody_reports_as_an_email_provider(booking, settings, provider):
    settings.ANYMAIL = {}
    raw = f"From: {booking.client.email}\nReceived-SPF: pass\nSubject: Assistenza telefonica\n\nHello"
    forged = {"FromFull": {"Email": booking.client.email}, "RawEmail": raw, "RecordType": "Inbound", "Headers": []}
    for kind in ("inbound", "tracking"):
        if (provider, kind) != ("mailgun", "inbound"):
            where = f"/webhooks/mail/{provider}/{kind}/"
            assert Client().post(where, forged, content_type="application/json").status_code == 404
    assert not Inbound.objects.exists()
