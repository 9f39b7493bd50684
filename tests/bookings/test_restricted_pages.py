"""What whoever is restricted sees: the notice where form or times would be, and what stays open (R-4 to R-6)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from django.utils.html import strip_tags

from bookings import messages, messages_waiting, operations
from bookings.models import Booking, Callback, Offer, WaitlistEntry
from bookings.operations import calls, waiting
from supportportal.lattice import cell_at
from supportportal.outbox.models import Message
from supportportal.people.models import Gate
from tests.factories import (
    BookingFactory,
    ChannelFactory,
    ClientFactory,
    RestrictionFactory,
    SessionTypeFactory,
    StaffFactory,
)

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
STARTS = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LATER = cell_at(STARTS + timedelta(days=1))
NOTICE = "Closed for what you wrote on Monday."
COMPLAINT = "/complaint/"
CALL = {"number": "+39 06 1234 5678", "contact": "Anna Neri", "description": "Half a sentence", "day_part": "any"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def reader(client, cast):
    client.force_login(cast.client)
    return client


@pytest.fixture
def booking(cast):
    return BookingFactory(
        client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=STARTS, booked_at=NOW
    )


@pytest.fixture
def desk(cast):
    return ChannelFactory(code="callback", gate="callback", name="Phone callback", plans=[cast.client.account.plan])


def close(person, *gates, **rest):
    gates = [gate.value for gate in gates or Gate]
    return RestrictionFactory(user=person, gates=gates, starts_at=NOW, notice=NOTICE, **rest)


def text(response) -> str:
    assert response.status_code == 200, response.status_code
    return " ".join(response.content.decode().split())


def main_of(page: str) -> str:
    """Without the footer, which links to the complaint form on every page."""
    return re.search(r"<main.*</main>", page).group()


def assert_says_it(page: str) -> None:
    assert NOTICE in page
    assert f'href="{COMPLAINT}"' in main_of(page)
    assert f'href="{reverse("bookings:sessions")}"' in main_of(page)


# -- the notice in the place of what is closed -------------------------------------------------------------------------


def addresses(cast, booking):
    slug = cast.session_type.slug
    return {
        "home": reverse("home"),
        "plan": reverse("people:plan"),
        "types": reverse("bookings:book"),
        "times": reverse("bookings:time", args=[slug]),
        "details": reverse("bookings:details", args=[slug], query={"start": LATER}),
        "wait for days": reverse("bookings:wait_for_days", args=[slug]),
        "wait for earlier": reverse("bookings:wait_for_earlier", args=[booking.reference]),
        "a session": booking.get_absolute_url(),
        "change": messages.manage_path(booking, "change"),
        "the link": messages.manage_path(booking),
        "attendee": reverse("bookings:attendee", args=[booking.reference]),
        "a call": reverse("bookings:callback"),
        "a call's details": reverse("bookings:callback_details", query={"topic": "error"}),
    }


PAGES = [
    *("home", "plan", "types", "times", "details", "wait for days", "wait for earlier", "a session", "change"),
    *("the link", "attendee", "a call", "a call's details"),
]


@pytest.mark.parametrize("where", PAGES)
def test_the_notice_stands_on_the_page_once_with_what_stays_open(reader, cast, booking, desk, where):
    ClientFactory(account=cast.client.account)
    close(cast.client)
    shown = text(reader.get(addresses(cast, booking)[where]))
    assert_says_it(shown)
    assert shown.count(NOTICE) == 1
    assert 'name="start"' not in shown


@pytest.mark.parametrize("where", PAGES)
def test_the_control_nobody_else_reads_it(reader, cast, booking, desk, where):
    ClientFactory(account=cast.client.account)
    close(ClientFactory())
    assert NOTICE not in text(reader.get(addresses(cast, booking)[where]))


@pytest.mark.parametrize("where", ["times", "change"])
def test_the_picker_that_asks_for_another_week_loads_the_whole_page(reader, cast, booking, where):
    close(cast.client)
    response = reader.get(addresses(cast, booking)[where], headers={"HX-Request": "true"})
    assert response["HX-Refresh"] == "true"


def test_what_has_no_gate_is_not_called_closed(reader, cast):
    ChannelFactory(name="Courses", plans=[cast.client.account.plan])
    close(cast.client)
    assert "included" in text(reader.get(reverse("people:plan")))


def test_until_when_and_for_whom_is_said(reader, cast):
    RestrictionFactory(account=cast.client.account, starts_at=NOW, ends_at=NOW + timedelta(days=3), notice=NOTICE)
    page = strip_tags(text(reader.get(reverse("home"))))
    assert "Closed: Booking sessions." in page and "This holds for your whole account." in page
    assert "It holds until Monday 23 November 2026, 10:00, Rome time" in page


def test_from_its_end_on_the_pages_are_as_before(reader, cast, booking, desk, clock):
    one = close(cast.client)
    clock.move_to(one.ends_at - timedelta(seconds=1))
    assert NOTICE in text(reader.get(reverse("bookings:book")))
    clock.move_to(one.ends_at)
    assert NOTICE not in text(reader.get(reverse("bookings:book")))


@pytest.mark.parametrize("name", ["home", "people:plan", "bookings:book"])
def test_many_measures_and_types_take_no_more_queries(reader, cast, booking, name, django_assert_num_queries):
    close(cast.client)
    reader.get(reverse(name))
    with CaptureQueriesContext(connection) as few:
        reader.get(reverse(name))
    SessionTypeFactory.create_batch(29, plans=[cast.client.account.plan])
    RestrictionFactory.create_batch(29, user=cast.client, starts_at=NOW, notice="Another.")
    with django_assert_num_queries(len(few)):
        reader.get(reverse(name))


def test_in_the_readers_language(reader, cast, booking):
    cast.client.language = "it"
    cast.client.save()
    close(cast.client)
    page = text(reader.get(reverse("home")))
    with translation.override("it"):
        assert translation.gettext("What stays open to you:") in page
    assert "What stays open to you:" not in page


# -- what was typed before the measure began ---------------------------------------------------------------------------


def test_a_booking_form_keeps_what_was_typed(reader, cast):
    close(cast.client)
    path = reverse("bookings:details", args=[cast.session_type.slug])
    given = {"start": cell_at(STARTS), "form_key": "one", "topic": "The year's end", "details": "Half a page"}
    page = text(reader.post(path, given))
    assert_says_it(page)
    assert "Half a page" in page and "The year&#x27;s end" in page
    assert not Booking.objects.exists()


def test_a_waiting_form_keeps_what_was_typed(reader, cast):
    close(cast.client, Gate.WAITLIST)
    path = reverse("bookings:wait_for_days", args=[cast.session_type.slug])
    page = text(reader.post(path, {"days": ["2026-11-24"], "topic": "Payroll"}))
    assert_says_it(page)
    assert 'value="Payroll"' in page and not WaitlistEntry.objects.exists()


def test_a_form_for_a_call_keeps_what_was_typed(reader, cast, desk):
    close(cast.client, Gate.CALLBACK)
    page = text(reader.post(reverse("bookings:callback_details", query={"topic": "error"}), CALL))
    assert_says_it(page)
    assert "Half a sentence" in page and not Callback.objects.exists()


def test_an_open_request_for_a_call_can_be_cancelled_and_not_changed(reader, cast, desk):
    asked = calls.ask(
        cast.client, number="+390612345678", contact="Anna", description="As it was", by=cast.client, at=NOW
    )
    close(cast.client, Gate.CALLBACK)
    page = text(reader.get(reverse("bookings:callback")))
    assert_says_it(page)
    assert reverse("bookings:callback_edit") not in page and reverse("bookings:callback_cancel") in page
    edited = text(reader.post(reverse("bookings:callback_edit"), CALL))
    assert_says_it(edited)
    assert "Half a sentence" in edited
    reader.post(reverse("bookings:callback_cancel"))
    asked.refresh_from_db()
    assert (asked.state, asked.description) == (Callback.State.CANCELLED, "As it was")


# -- sessions already booked -------------------------------------------------------------------------------------------


MOVE = {"start": LATER, "reason": "other", "meaning": "free"}


@pytest.mark.parametrize("is_signed_in", [True, False], ids=["signed in", "by the link"])
def test_a_session_is_cancelled_and_not_moved(reader, cast, booking, is_signed_in):
    close(cast.client)
    if not is_signed_in:
        reader.logout()
    page = text(reader.post(messages.manage_path(booking, "change"), MOVE))
    assert (NOTICE in page) is is_signed_in
    assert messages.manage_path(booking, "cancel") in page
    booking.refresh_from_db()
    assert booking.starts_at == STARTS
    reader.post(messages.manage_path(booking, "cancel"), {"reason": "solved", "meaning": "free"})
    booking.refresh_from_db()
    assert booking.state == Booking.State.CANCELLED
    after = text(reader.get(messages.manage_path(booking)))
    assert reverse("bookings:book") not in main_of(after) and "Cancelled by mistake?" not in after


def test_an_undo_that_was_on_its_page_already_is_refused_there(reader, cast, booking):
    operations.cancel(booking, reason="solved", by=cast.client, at=NOW)
    close(cast.client)
    page = text(reader.post(messages.manage_path(booking, "undo"), {"sure": "on"}, follow=True))
    assert NOTICE in page
    booking.refresh_from_db()
    assert booking.state == Booking.State.CANCELLED


@pytest.mark.parametrize("is_signed_in", [True, False], ids=["signed in", "by the link"])
def test_an_offer_shows_the_notice_and_is_declined(reader, cast, booking, is_signed_in):
    other = ClientFactory(account=cast.client.account)
    booking.client = other
    booking.save(update_fields=["client"])
    facts = {"topic": "Soon", "client": cast.client, "by": cast.client, "at": NOW}
    waiting.join_for_days(cast.session_type, [STARTS.date()], **facts)
    operations.cancel(booking, reason="firm", by=cast.agent.user, by_firm=True, at=NOW)
    waiting.pass_on(NOW)
    offer = Offer.objects.get()
    close(cast.client)
    if not is_signed_in:
        reader.logout()
    path = messages_waiting.offer_path(offer)
    for page in (text(reader.get(path)), text(reader.post(path, {"answer": "accept"}))):
        assert (NOTICE in page) is is_signed_in
        assert 'name="answer"' not in page
    assert not Booking.objects.live().exists()
    reader.post(path, {"answer": "decline"})
    offer.refresh_from_db()
    assert offer.state == Offer.State.DECLINED


# -- what others read --------------------------------------------------------------------------------------------------


@pytest.fixture
def coordinator(client, cast):
    person = ClientFactory(account=cast.client.account, is_coordinator=True)
    client.force_login(person)
    return client


def test_a_coordinator_is_told_that_it_is_closed_and_not_why(coordinator, cast, booking):
    close(cast.client)
    query = {"for": cast.client.pk, "start": LATER}
    shown = [
        coordinator.get(reverse("bookings:time", args=[cast.session_type.slug], query=query)),
        coordinator.get(reverse("bookings:details", args=[cast.session_type.slug], query=query)),
        coordinator.post(
            reverse("bookings:details", args=[cast.session_type.slug]),
            {"for": cast.client.pk, "start": LATER, "form_key": "x", "topic": "For a colleague"},
        ),
        coordinator.get(booking.get_absolute_url()),
        coordinator.get(messages.manage_path(booking)),
        coordinator.get(messages.manage_path(booking, "change")),
        coordinator.post(messages.manage_path(booking, "change"), MOVE),
        coordinator.get(reverse("bookings:wait_for_earlier", args=[booking.reference])),
        coordinator.post(reverse("bookings:wait_for_earlier", args=[booking.reference]), {}),
    ]
    for page in map(text, shown):
        assert NOTICE not in page and "What stays open to you" not in page
        assert f"This can&#x27;t be done for {cast.client.name} at the moment." in page
    for path in ("home", "people:plan", "bookings:book", "bookings:sessions"):
        assert NOTICE not in text(coordinator.get(reverse(path)))
    assert Booking.objects.count() == 1


def test_a_coordinator_names_a_colleague_in_the_place_of_who_is_restricted(coordinator, cast, booking):
    other = ClientFactory(account=cast.client.account)
    close(cast.client)
    assert reverse("bookings:attendee", args=[booking.reference]) in text(coordinator.get(booking.get_absolute_url()))
    coordinator.post(reverse("bookings:attendee", args=[booking.reference]), {"attendee": other.pk})
    booking.refresh_from_db()
    assert booking.client == other


def test_naming_who_is_restricted_is_refused_without_the_notice(coordinator, cast, booking):
    other = ClientFactory(account=cast.client.account)
    close(other)
    page = text(coordinator.post(reverse("bookings:attendee", args=[booking.reference]), {"attendee": other.pk}))
    assert NOTICE not in page and f"This can&#x27;t be done for {other.name} at the moment." in page


@pytest.mark.parametrize("action", ["", "change"])
def test_who_holds_the_link_without_signing_in_is_not_told_why(client, cast, booking, action):
    """The same links stand in the copies that coordinators get."""
    close(cast.client)
    page = text(client.get(messages.manage_path(booking, action)))
    assert NOTICE not in page and "can read why after signing in" in page
    assert f"{reverse('account_login')}?next=" in page


def test_staff_who_act_for_the_client_are_refused_beside_the_form(client, cast, booking):
    close(cast.client)
    client.force_login(StaffFactory(is_superuser=True))
    path = reverse("admin:bookings_booking_for_client")
    page = text(client.get(path, {"client": cast.client.pk, "session_type": cast.session_type.pk}))
    assert "A restriction closes this to" in page and NOTICE not in page


# -- what goes on ------------------------------------------------------------------------------------------------------


def test_joining_being_late_and_feedback_go_on(reader, cast, booking, clock):
    close(cast.client, ends_at=NOW + timedelta(days=30))
    clock.move_to(STARTS - timedelta(minutes=5))
    assert cast.agent.video_link in text(reader.get(messages.manage_path(booking, "now")))
    reader.post(messages.manage_path(booking, "now"), {"say": "late"})
    booking.refresh_from_db()
    assert booking.late_until
    clock.move_to(STARTS + timedelta(hours=2))
    operations.outcomes.mark(booking, "attended", by=cast.agent.user, at=STARTS + timedelta(minutes=10))
    page = reader.get(booking.get_absolute_url())
    feedback = re.search(r'href="(/feedback/[^"]+)"', page.content.decode()).group(1)
    reader.post(feedback, {"rating": "4", "comment": "Kind, all the same."})
    assert booking.feedback.rating == 4


@pytest.mark.parametrize("path", ["/sessions/", "session.ics", "link session.ics"])
def test_lists_and_calendar_files_go_on(reader, cast, booking, path):
    close(cast.client)
    address = {
        "/sessions/": "/sessions/",
        "session.ics": reverse("bookings:calendar_entry", args=[booking.reference]),
        "link session.ics": messages.manage_path(booking) + "session.ics",
    }[path]
    response = reader.get(address)
    assert response.status_code == 200 and NOTICE not in response.content.decode()


@pytest.mark.parametrize(
    ("closed", "moves"),
    [
        pytest.param([], True, id="open"),
        pytest.param([Gate.BOOKING], False, id="booking closed"),
        pytest.param([Gate.MAIL], True, id="mail alone"),
    ],
)
def test_a_mail_offers_no_move_to_whoever_cannot_move(booking, closed, moves):
    """R-5: the client can cancel, but not move."""
    if closed:
        close(booking.client, *closed)
    owed = next(one for one in messages.reminders(booking, agreed_at=NOW) if one.kind == "reminder_24h")
    message = Message(kind=owed.kind, subject_id=booking.pk, version=booking.version, due_at=owed.due_at, data={})
    shown = messages.client_context(message, booking)
    assert [one["url"].rpartition("/s/")[2].split("/")[1] for one in shown["links"]] == (
        ["change", "cancel"] if moves else ["cancel"]
    )
    said = render_to_string("messages/session/notice.txt", shown)
    assert ("not moved" in said) is not moves
