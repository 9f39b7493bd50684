"""Undo, waiting and offers in the browser: who may, what is shown first, and that opening a page changes nothing."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from bookings import messages, messages_waiting, operations
from bookings.models import Booking, Hold, Offer, WaitlistEntry
from bookings.operations import waiting
from supportportal import links
from supportportal.lattice import cell_at
from supportportal.outbox import operations as outbox
from supportportal.outbox.models import Message
from tests.factories import BookingFactory, ClientFactory, StaffFactory, TermsVersionFactory

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
STARTS = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
OVER = NOW + timedelta(minutes=15)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def booking(cast):
    return BookingFactory(
        client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=STARTS, booked_at=NOW
    )


@pytest.fixture
def reader(client, cast):
    client.force_login(cast.client)
    return client


def text(response) -> str:
    return " ".join(response.content.decode().split())


# -- undo --------------------------------------------------------------------------------------------------------------


def by_link(booking, action=""):
    return messages.manage_path(booking, action)


@pytest.fixture
def cancelled(client, booking):
    client.post(by_link(booking, "cancel"), cancelling(client, booking))
    booking.refresh_from_db()
    assert not booking.is_live
    return booking


def cancelling(client, booking):
    """What the page posts back: its meaning, and a reason picked by a person."""
    page = client.get(by_link(booking, "cancel")).content.decode()
    return {"meaning": re.search(r'name="meaning" value="([^"]*)"', page).group(1), "reason": "solved"}


def test_the_page_after_cancelling_undoes_it_with_one_press(client, booking):
    response = client.post(by_link(booking, "cancel"), cancelling(client, booking), follow=True)
    assert "14 min left" in text(response) or "15 min left" in text(response)
    assert 'type="hidden" name="sure" value="on"' in text(response)
    page = text(client.post(by_link(booking, "undo"), {"sure": "on"}, follow=True))
    booking.refresh_from_db()
    assert booking.is_live and "your session is back as it was" in page


def test_from_a_mail_undoing_needs_a_tick(client, cancelled):
    page = text(client.get(by_link(cancelled)))
    assert 'type="checkbox" name="sure"' in page and 'type="hidden" name="sure"' not in page
    client.post(by_link(cancelled, "undo"), {})
    cancelled.refresh_from_db()
    assert not cancelled.is_live


def test_opening_the_undo_page_is_no_undo(client, cancelled):
    assert client.get(by_link(cancelled, "undo")).status_code == 405
    cancelled.refresh_from_db()
    assert not cancelled.is_live


def test_a_late_undo_says_why_not(client, cancelled, clock):
    clock.move_to(OVER)
    assert 'name="sure"' not in text(client.get(by_link(cancelled)))
    assert "The time to undo this is over" in text(client.post(by_link(cancelled, "undo"), {"sure": "on"}, follow=True))


def test_a_forged_undo_is_refused(cancelled):
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(by_link(cancelled, "undo"), {"sure": "on"}).status_code == 403


def test_undo_by_another_sessions_link_is_unknown(client, cancelled):
    url = reverse("bookings:link_undo", args=[links.token("offer", cancelled.pk)])
    assert client.post(url, {"sure": "on"}).status_code == 404


# -- waiting -----------------------------------------------------------------------------------------------------------


def wait_url(cast, **query):
    return reverse("bookings:wait_for_days", args=[cast.session_type.slug], query=query)


def test_joining_for_days_shows_the_entry_and_who_else_waits(reader, cast):
    other = ClientFactory(account=cast.client.account)
    waiting.join_for_days(cast.session_type, [STARTS.date()], client=other, topic="x", by=other, at=NOW)
    assert "Tuesday 24 November (1 other person waits)" in text(reader.get(wait_url(cast)))
    page = reader.post(wait_url(cast), {"days": ["2026-11-24", "2026-11-25"], "topic": "Closing"}, follow=True)
    assert "Tue 24 Nov · Wed 25 Nov" in text(page) and "1 other person waits for this too." in text(page)


def test_only_days_on_which_sessions_are_held_are_offered(reader, cast):
    page = text(reader.get(wait_url(cast, **{"from": "2026-11-20"})))
    assert "Monday 23 November" in page and "Saturday 21 November" not in page


@pytest.mark.parametrize(
    ("post", "said"),
    [
        pytest.param({"topic": "Closing"}, "Please choose at least one day.", id="no day"),
        pytest.param({"days": ["2026-11-24"]}, "Please say in a few words", id="no topic"),
        pytest.param({"days": ["2026-11-22"], "topic": "Closing"}, "Select a valid choice", id="a Sunday"),
        pytest.param({"days": ["9999-12-31"], "topic": "Closing"}, "Select a valid choice", id="the end of days"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(reader, cast, post, said):
    page = text(reader.post(wait_url(cast), post))
    assert said in page and (post.get("topic", "") in page) and not WaitlistEntry.objects.exists()


def test_waiting_needs_the_terms(reader, cast):
    TermsVersionFactory()
    post = {"days": ["2026-11-24"], "topic": "Closing"}
    assert "Please accept the current support terms" in text(reader.post(wait_url(cast), post))
    reader.post(wait_url(cast), {**post, "terms": "on"})
    assert WaitlistEntry.objects.exists() and cast.client.terms_acceptances.exists()


def test_a_session_can_wait_for_an_earlier_time_and_stop(reader, booking):
    url = reverse("bookings:wait_for_earlier", args=[booking.reference])
    assert url in text(reader.get(booking.get_absolute_url()))
    assert reader.get(url).status_code == 200 and not WaitlistEntry.objects.exists()
    assert "You are waiting for an earlier time." in text(reader.post(url, follow=True))
    entry = WaitlistEntry.objects.get()
    reader.post(reverse("bookings:leave_waiting", args=[entry.pk]))
    entry.refresh_from_db()
    assert not entry.is_waiting


def test_strangers_know_nothing_of_it(client, booking):
    entry = waiting.join_for_earlier(booking, by=booking.client, at=NOW)
    client.force_login(ClientFactory())
    assert client.post(reverse("bookings:wait_for_earlier", args=[booking.reference])).status_code == 404
    assert client.post(reverse("bookings:leave_waiting", args=[entry.pk])).status_code == 404
    entry.refresh_from_db()
    assert entry.is_waiting


def test_waiting_needs_signing_in(client, cast, booking):
    for url in (wait_url(cast), reverse("bookings:wait_for_earlier", args=[booking.reference])):
        assert client.get(url).status_code == client.post(url).status_code == 302
    assert not WaitlistEntry.objects.exists()


def test_my_sessions_cost_the_same_for_one_entry_and_many(reader, cast, django_assert_max_num_queries):
    def cost() -> int:
        with django_assert_max_num_queries(60) as seen:
            reader.get(reverse("bookings:sessions"))
        return len(seen)

    def wait(number):
        for n in range(number):
            WaitlistEntry.objects.create(
                client=cast.client, session_type=cast.session_type, days=["2026-11-24"], topic=f"{n}", joined_at=NOW
            )

    wait(1)
    cost()
    one = cost()
    wait(20)
    assert cost() == one


# -- offers ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def offered(booking, cast, clock) -> Offer:
    """Made at OVER; the client waits with a session of Thursday."""
    waits = BookingFactory(
        client=ClientFactory(account=cast.client.account),
        agent=cast.agent,
        session_type=cast.session_type,
        starts=STARTS + timedelta(days=2),
        booked_at=NOW,
    )
    waiting.join_for_earlier(waits, by=waits.client, at=NOW)
    operations.cancel(booking, reason="other", by=booking.client, at=NOW)
    waiting.pass_on(OVER)
    clock.move_to(OVER)
    return Offer.objects.for_listing().get()


def offer_url(offer):
    return messages_waiting.offer_path(offer)


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_an_offer_changes_nothing(client, offered, method):
    assert getattr(client, method)(offer_url(offered)).status_code == 200
    offered.refresh_from_db()
    assert offered.is_open


def test_the_offer_says_what_taking_it_means_before_the_button(client, offered):
    page = text(client.get(offer_url(offered)))
    meaning, button = page.index("That never counts as a no-show."), page.index("Send my answer")
    assert meaning < button and "Tuesday 24 November, 10:30–11:00" in page and "checked" not in page


def test_a_post_without_a_choice_changes_nothing(client, offered):
    assert "Please choose one of the two." in text(client.post(offer_url(offered)))
    offered.refresh_from_db()
    assert offered.is_open


def test_an_offer_is_accepted_without_signing_in(client, offered):
    page = text(client.post(offer_url(offered), {"answer": "accept"}, follow=True))
    assert "The time is yours." in page and "Tuesday 24 November, 10:30–11:00" in page
    assert Booking.objects.live().get().first_cell == cell_at(STARTS)
    assert "You have taken this time" in text(client.get(offer_url(offered)))


def test_an_offer_is_declined_and_the_wait_goes_on(client, offered):
    page = text(client.post(offer_url(offered), {"answer": "decline"}, follow=True))
    assert "You have left this time to the next person" in page and "You are still waiting" in page
    assert Hold.objects.get().offer is None


def test_an_offer_that_is_over_says_so(client, offered, clock):
    clock.move_to(offered.until)
    assert "This offer is over" in text(client.get(offer_url(offered)))
    assert "This offer is over" in text(client.post(offer_url(offered), {"answer": "accept"}))
    assert not Booking.objects.filter(first_cell=cell_at(STARTS), state="booked").exists()


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(lambda offer: links.token("offer", offer.pk + 1), id="no such offer"),
        pytest.param(lambda offer: links.token("offer", offer.pk, 2), id="another epoch"),
        pytest.param(lambda offer: links.token("booking", offer.pk), id="another kind"),
        pytest.param(lambda offer: links.token("offer", offer.pk)[:-2], id="truncated"),
        pytest.param(lambda offer: "x" * 300, id="garbage"),
    ],
)
def test_what_names_no_offer_is_one_plain_page(client, offered, token):
    url = reverse("bookings:offer", args=[token(offered)])
    for response in (client.get(url), client.post(url, {"answer": "accept"})):
        assert response.status_code == 404 and "This link does not work" in text(response)


def test_a_fee_is_accepted_only_by_the_client_signed_in(client, offered, monkeypatch):
    monkeypatch.setattr(waiting, "carries_fee", lambda offer, at: True)
    page = text(client.get(offer_url(offered)))
    assert "Please sign in to accept the fee" in page and "€90" in page
    client.post(offer_url(offered), {"answer": "accept", "fee": "on"})
    offered.refresh_from_db()
    assert offered.is_open
    client.force_login(offered.entry.client)
    assert "Please accept the fee" in text(client.post(offer_url(offered), {"answer": "accept"}))
    client.post(offer_url(offered), {"answer": "accept", "fee": "on"})
    offered.refresh_from_db()
    assert offered.state == Offer.State.ACCEPTED


def test_a_forged_answer_is_refused(offered):
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(offer_url(offered), {"answer": "accept"}).status_code == 403


def test_the_mail_of_an_offer_holds_its_link_and_what_is_kept_does_not(offered):
    message = Message.objects.get(kind="waitlist_offer")
    preview = outbox.preview(message)
    assert "Tuesday 24 November, 10:30–11:00" in preview.text and "Thursday 26 November, 10:30" in preview.text
    assert offer_url(offered) not in preview.text and "/o/…" in preview.text


@pytest.mark.parametrize("kind", ["booking_restored", "agent_restored", "waitlist_expired", "waitlist_offer_sms"])
def test_the_other_messages_can_be_written(booking, offered, cast, kind):
    client = offered.entry.client
    client.phone, client.sms_consent_at = "+390612345678", NOW
    client.save()
    cancelled = operations.cancel(offered.entry.booking, reason="other", by=client, at=OVER)
    waiting.undo(cancelled, by=None, at=OVER)
    outbox.plan([messages_waiting.owed_for_expiry(offered, at=OVER)], at=OVER)
    sms = messages_waiting.owed_for_offer(offered, at=STARTS - timedelta(hours=3))
    outbox.plan([one for one in sms if one.kind == "waitlist_offer_sms"], at=OVER)
    assert len(outbox.preview(Message.objects.filter(kind=kind).latest("pk")).text) > 60


def test_the_clients_own_pages_begin_with_what_is_kept(client, offered):
    client.force_login(offered.entry.client)
    page = text(client.get(reverse("bookings:sessions")))
    assert page.index("Kept for you:") < page.index('id="coming"')
    assert "A time is kept for you" in text(client.get(reverse("home")))


# -- staff -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["bookings_offer", "bookings_waitlistentry"])
def test_agents_look_at_the_waiting_list_and_change_nothing(client, offered, page):
    client.force_login(StaffFactory(is_superuser=True))
    assert "Tue 24 Nov" in text(client.get(reverse("admin:bookings_offer_changelist")))
    assert client.get(reverse(f"admin:{page}_changelist") + "?which=all").status_code == 200
    row = offered.pk if page == "bookings_offer" else offered.entry_id
    assert client.get(reverse(f"admin:{page}_change", args=[row])).status_code == 200
    for action, args in (("add", []), ("delete", [row])):
        assert client.get(reverse(f"admin:{page}_{action}", args=args)).status_code == 403


def test_the_first_page_shows_offers_that_run(client, offered):
    client.force_login(StaffFactory(is_superuser=True))
    page = text(client.get(reverse("admin:index")))
    assert "Offers running" in page and "1 entry on the waiting list" in page
