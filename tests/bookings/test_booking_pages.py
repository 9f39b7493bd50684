"""Booking in the reader, without scripts: what is shown, what is kept, what is refused (P-2, B-1 to B-4)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.html import strip_tags

from bookings import messages, tasks
from bookings.models import Booking
from supportportal.lattice import cell_at
from tests.factories import (
    AgentFactory,
    BookingFactory,
    ClientFactory,
    PlanFactory,
    RestrictionFactory,
    SessionTypeFactory,
    StaffFactory,
    TermsVersionFactory,
)
from tests.files import samples

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
STARTS = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _friday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def reader(client, cast):
    client.force_login(cast.client)
    return client


def details(cast, **query):
    return reverse("bookings:details", args=[cast.session_type.slug], query=query)


def post(**changes):
    return {"start": cell_at(STARTS), "form_key": "one", "topic": "The year's end", **changes}


def test_booking_leads_to_a_page_with_the_reference(reader, cast):
    response = reader.post(details(cast), post(), follow=True)
    booking = Booking.objects.get()
    page = strip_tags(response.content.decode())
    assert booking.reference in page and "Tuesday 24 November, 10:30–11:00, Rome time" in page
    assert "Free to change until Mon 23 Nov, 10:30" in page


@pytest.mark.parametrize(
    ("minutes", "title", "is_confirmed"),
    [
        pytest.param(0, "Your session is booked", True, id="at once"),
        pytest.param(15, "Your session is booked", True, id="while the booking itself can be undone"),
        pytest.param(16, "First steps", False, id="later"),
    ],
)
def test_that_it_is_booked_is_said_right_after_booking_alone(reader, cast, minutes, title, is_confirmed):
    cast.session_type.name = "First steps"
    cast.session_type.save()
    reader.post(details(cast), post())
    with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
        page = reader.get(Booking.objects.get().get_absolute_url()).content.decode()
    assert re.search(r"<h1[^>]*>([^<]*)", page).group(1).strip() == title
    assert ("A confirmation with a calendar entry goes to" in page) is is_confirmed
    assert "Free to change until Mon 23 Nov, 10:30" in strip_tags(page)


@pytest.mark.parametrize("is_signed_in", [True, False], ids=["signed in", "by the link"])
def test_a_move_right_after_booking_can_be_undone_on_both_pages(reader, cast, is_signed_in):
    reader.post(details(cast), post())
    booking = Booking.objects.get()
    if not is_signed_in:
        reader.logout()
    moving = {"start": cell_at(STARTS + timedelta(days=1)), "reason": "other", "meaning": "free"}
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        pages = [reader.post(messages.manage_path(booking, "change"), moving, follow=True)]
        tasks.pass_on()
        reader.force_login(cast.client)
        pages.append(reader.get(booking.get_absolute_url()))
    for page in (one.content.decode() for one in pages):
        assert "Your session has a new time" in page
        assert "Changed by mistake?" in page


def test_a_double_submit_makes_one_booking(reader, cast):
    first, second = (reader.post(details(cast), post()) for _i in range(2))
    assert first.url == second.url and Booking.objects.count() == 1


def test_the_picker_says_times_in_the_zone_that_is_asked_for(reader, cast):
    page = reader.get(reverse("bookings:time", args=[cast.session_type.slug]), {"zone": "Asia/Kathmandu"})
    assert "Times in Kathmandu time" in page.content.decode()
    assert "13:45" in page.content.decode()  # 09:00 in Rome


@pytest.mark.parametrize("zone", ["../../etc/passwd", "Mars/Base", ""])
def test_an_unknown_zone_is_the_readers_own(reader, cast, zone):
    page = reader.get(reverse("bookings:time", args=[cast.session_type.slug]), {"zone": zone})
    assert "Times in Rome time" in page.content.decode()


@pytest.mark.parametrize("day", ["2026-13-45", "0001-01-01", "9999-12-31", "tomorrow", "2026-11-24T10:00"])
@pytest.mark.parametrize("name", ["day", "from"])
def test_an_odd_day_shows_a_week_all_the_same(reader, cast, name, day):
    page = reader.get(reverse("bookings:time", args=[cast.session_type.slug]), {name: day})
    assert page.status_code == 200 and 'name="start"' in page.content.decode()


def test_each_day_without_a_time_says_why(reader, cast):
    page = reader.get(reverse("bookings:time", args=[cast.session_type.slug])).content.decode()
    assert page.count("No sessions at the weekend.") == 2


def test_with_nobody_at_work_the_page_says_so(reader, cast):
    cast.agent.working_hours.all().delete()
    page = reader.get(reverse("bookings:time", args=[cast.session_type.slug])).content.decode()
    assert "Nothing is free at the moment" in page and 'name="start"' not in page


def test_a_taken_slot_offers_the_next_ones_and_keeps_what_was_typed(reader, cast):
    BookingFactory(agent=cast.agent, session_type=cast.session_type, starts=STARTS)
    page = reader.post(details(cast), post(details="What I tried", topic="Kept")).content.decode()
    assert "What I tried" in page and 'value="Kept"' in page
    assert re.search(r'type="radio" name="start" value="\d+"', page)
    assert f'value="{cell_at(STARTS)}"' not in page
    assert 'name="form_key" value="one"' in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param({"topic": ""}, "Please say in a few words", id="no topic"),
        pytest.param({"topic": "x" * 201}, "at most 200 characters", id="a long topic"),
        pytest.param({"topic": "a\x00b"}, "Null characters are not allowed", id="a null character"),
        pytest.param({"phone": "12"}, "Give a phone number with its country code", id="no phone number"),
        pytest.param({"sms_consent": "on"}, "Give a phone number to get a text message", id="consent without a number"),
        pytest.param({"start": ""}, "Please choose a time", id="no start"),
        pytest.param({"start": "noon"}, "Please choose a time", id="no number"),
        pytest.param({"start": 10**30}, "less than or equal", id="a start beyond all time"),
        pytest.param({"details": "x" * 5001}, "at most 5000 characters", id="long details"),
    ],
)
def test_each_error_stands_in_the_summary_and_nothing_is_booked(reader, cast, change, says):
    response = reader.post(details(cast), post(**change))
    page = response.content.decode()
    assert response.status_code == 200 and says in page and "error-summary" in page
    assert not Booking.objects.exists()


def test_the_terms_are_asked_for_once_per_version(reader, cast):
    TermsVersionFactory(published_at=NOW - timedelta(days=1))
    refused = reader.post(details(cast), post()).content.decode()
    assert "Please accept the current support terms" in refused and not Booking.objects.exists()
    reader.post(details(cast), post(terms="on"))
    assert Booking.objects.count() == 1
    page = reader.get(details(cast, start=cell_at(STARTS) + 12)).content.decode()
    assert "I accept the support terms" not in page


def test_what_the_plan_does_not_grant_is_shown_with_the_plan_that_would(reader, cast):
    better = PlanFactory(name="Gold", rank=99)
    SessionTypeFactory(name="Deep dive", slug="deep-dive", plans=[better])
    page = reader.get(reverse("bookings:book")).content.decode()
    assert "Deep dive" in page and "It is part of the plan Gold." in page
    assert "It is part of the plan Gold." in reader.get(reverse("bookings:time", args=["deep-dive"])).content.decode()


def test_a_restriction_that_begins_while_the_form_is_open_is_said(reader, cast):
    RestrictionFactory(user=cast.client, starts_at=NOW)
    page = reader.post(details(cast), post()).content.decode()
    assert "Booking is closed to you until next Monday." in page and not Booking.objects.exists()


def test_visitors_are_asked_to_sign_in(client, cast):
    for url in [reverse("bookings:book"), details(cast), reverse("bookings:sessions")]:
        assert reverse("account_login") in client.get(url).url


@pytest.mark.parametrize("name", ["booking", "calendar_entry"])
def test_a_strangers_session_is_not_there(reader, cast, name):
    booking = BookingFactory(client=ClientFactory())
    assert reader.get(reverse(f"bookings:{name}", args=[booking.reference])).status_code == 404


def test_the_calendar_file_is_a_download(reader, cast):
    booking = BookingFactory(client=cast.client, agent=cast.agent, starts=STARTS)
    response = reader.get(reverse("bookings:calendar_entry", args=[booking.reference]))
    assert response["Content-Type"].startswith("text/calendar") and "attachment" in response["Content-Disposition"]
    assert b"DTSTART:20261124T093000Z" in response.content


class TestFiles:
    @pytest.fixture
    def picture(self):
        return SimpleUploadedFile("screen.png", samples.PNG, "image/png")

    def test_a_file_goes_with_the_booking_and_only_its_people_get_it(self, reader, cast, client, picture):
        reader.post(details(cast), post(file=picture))
        booking = Booking.objects.get()
        url = reverse("bookings:file", args=[booking.reference, booking.files.get().pk])
        response = reader.get(url)
        assert response["Content-Disposition"].startswith("attachment") and b"".join(response) == samples.PNG
        client.force_login(ClientFactory())
        assert client.get(url).status_code == 404

    def test_a_file_is_kept_through_a_form_with_an_error(self, reader, cast, picture):
        page = reader.post(details(cast), post(file=picture, topic="")).content.decode()
        kept = re.search(r'name="kept_files" value="([^"]+)"', page).group(1)
        reader.post(details(cast), post(kept_files=kept))
        assert Booking.objects.get().files.get().name == "screen.png"

    def test_somebody_elses_kept_file_is_not_taken(self, reader, cast, client, picture):
        page = reader.post(details(cast), post(file=picture, topic="")).content.decode()
        kept = re.search(r'name="kept_files" value="([^"]+)"', page).group(1)
        other = ClientFactory(account=cast.client.account)
        client.force_login(other)
        client.post(details(cast), post(kept_files=kept, form_key="two"))
        assert not Booking.objects.get(client=other).files.exists()


def queries(django_assert_max_num_queries, reader, url):
    with django_assert_max_num_queries(60) as seen:
        assert reader.get(url).status_code == 200
    return len(seen)


def test_my_sessions_cost_the_same_for_1_and_30(reader, cast, django_assert_max_num_queries):
    def add(number):
        for n in range(number):
            BookingFactory(
                client=cast.client,
                agent=cast.agent,
                session_type=cast.session_type,
                starts=STARTS + timedelta(hours=n + Booking.objects.count()),
            )

    url = reverse("bookings:sessions")
    add(1)
    reader.get(url)
    one = queries(django_assert_max_num_queries, reader, url)
    add(29)
    assert queries(django_assert_max_num_queries, reader, url) == one


def test_the_picker_costs_the_same_for_1_and_30_agents(reader, cast, django_assert_max_num_queries):
    url = reverse("bookings:time", args=[cast.session_type.slug])
    reader.get(url)
    one = queries(django_assert_max_num_queries, reader, url)
    AgentFactory.create_batch(29, session_types=[cast.session_type], office_hours=True)
    reader.get(url)  # reads the timetable again
    assert queries(django_assert_max_num_queries, reader, url) == one


def test_the_admin_list_costs_the_same_for_1_and_30(client, cast, django_assert_max_num_queries):
    client.force_login(StaffFactory(is_superuser=True))
    url = reverse("admin:bookings_booking_changelist")
    BookingFactory(client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=STARTS)
    client.get(url)
    one = queries(django_assert_max_num_queries, client, url)
    for n in range(1, 30):
        BookingFactory(agent=cast.agent, starts=STARTS + timedelta(hours=n))
    assert queries(django_assert_max_num_queries, client, url) == one
