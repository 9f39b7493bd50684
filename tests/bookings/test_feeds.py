"""One's sessions in one's own calendar: who reads what, at which address, and how long."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation
from icalendar import Calendar
from redis import RedisError

from bookings import feed_views, feeds, ical
from bookings.models import Booking, SessionFeed
from bookings.operations import feeds as operations
from supportportal import links, sources
from supportportal.logs import TOKEN
from supportportal.people.models import Gate
from supportportal.trail.models import Entry
from tests.factories import MONDAY_TEN, BookingFactory, ClientFactory, FirmFactory, RestrictionFactory, StaffFactory
from tests.support.own_data import holds, opened, said

pytestmark = pytest.mark.django_db
NOW = MONDAY_TEN
DAY = timedelta(days=1)
CANCELLED = {"state": Booking.State.CANCELLED, "cancelled_at": NOW - DAY}


@pytest.fixture(autouse=True)
def firm(settings, request):
    """And counts of its own, since the clock of these tests stands still."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": request.node.nodeid}}
    return FirmFactory()


@pytest.fixture
def booked(cast):
    return BookingFactory(
        session_type=cast.session_type, agent=cast.agent, client=cast.client, starts=NOW + DAY, version=3
    )


def feed_of(person, at=NOW) -> str:
    return feeds.address(operations.new_address(person, at=at)).removeprefix("http://127.0.0.1:8000")


def read(client, address, at=NOW, **headers):
    with time_machine.travel(at, tick=False):
        return client.get(address, headers=headers)


def events(client, address, at=NOW) -> dict[str, object]:
    answer = read(client, address, at)
    assert answer.status_code == 200
    return {str(one["uid"]): one for one in Calendar.from_ical(answer.content).walk("VEVENT")}


def test_a_client_reads_the_own_sessions(client, cast, booked):
    BookingFactory(session_type=cast.session_type, agent=cast.agent, starts=NOW + 2 * DAY)  # somebody else's
    (event,) = events(client, feed_of(cast.client)).values()
    assert event["uid"] == ical.uid(booked)
    assert event["sequence"] == 2  # as in the invitation of the same version
    assert event["summary"] == f"{cast.session_type.title} – Meridian Books"
    assert event["location"] == cast.agent.video_link
    assert booked.topic in event["description"]
    assert str(cast.agent) in event["description"]
    assert event["dtstart"].dt == NOW + DAY
    assert "attendee" not in event


def test_an_agent_reads_whom_they_meet_and_about_what(client, cast, booked):
    cast.client.phone = "+390699999999"
    cast.client.save()
    Booking.objects.filter(pk=booked.pk).update(notes="Do not show this anywhere.")
    (event,) = events(client, feed_of(cast.agent.user)).values()
    assert event["summary"] == f"{cast.client} – {cast.session_type.title}"
    assert booked.topic in event["description"]
    assert b"Do not show this" not in event.to_ical()


@pytest.mark.parametrize(
    ("days", "is_shown"),
    [
        pytest.param(-31, False, id="31 days back"),
        pytest.param(-29, True, id="29 days back"),
        pytest.param(400, True, id="far ahead"),
    ],
)
def test_from_30_days_back_to_all_that_is_to_come(client, cast, days, is_shown):
    BookingFactory(session_type=cast.session_type, agent=cast.agent, client=cast.client, starts=NOW + days * DAY)
    assert bool(events(client, feed_of(cast.client))) is is_shown


def test_what_was_cancelled_says_so(client, cast):
    given = {"session_type": cast.session_type, "agent": cast.agent, "client": cast.client}
    gone = BookingFactory(**given, starts=NOW + DAY, **CANCELLED)
    stands = BookingFactory(**given, starts=NOW + DAY)
    shown = events(client, feed_of(cast.client))
    assert [shown[ical.uid(one)]["status"] for one in (gone, stands)] == ["CANCELLED", "CONFIRMED"]


def test_it_goes_on_for_the_restricted(client, cast, booked):
    RestrictionFactory(user=cast.client, gates=[gate.value for gate in Gate], starts_at=NOW - DAY)
    assert len(events(client, feed_of(cast.client))) == 1


def test_it_is_in_the_language_of_the_person(client, cast, booked):
    cast.client.language = "it"
    cast.client.save()
    Booking.objects.filter(pk=booked.pk).update(place="", place_kind="phone")
    answer = read(client, feed_of(cast.client), **{"Accept-Language": "nl"})
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    with translation.override("it"):
        assert event["location"] == f"{ical.place_in_words(Booking.objects.get())}"
    assert not event["location"].startswith("We call")


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(lambda feed: links.token("booking", feed.pk, feed.epoch), id="token of another kind"),
        pytest.param(lambda feed: links.token(feeds.LINK_KIND, feed.pk, feed.epoch + 1), id="no epoch yet"),
        pytest.param(lambda feed: links.token(feeds.LINK_KIND, 99999, 1), id="nobody's"),
        pytest.param(lambda feed: links.token(feeds.LINK_KIND, feed.pk, feed.epoch)[:-1] + "-", id="altered"),
        pytest.param(lambda feed: "1", id="no token"),
    ],
)
def test_any_other_address_is_none(client, cast, booked, address):
    feed = operations.new_address(cast.client, at=NOW)
    answer = read(client, reverse("bookings:calendar_feed", args=[address(feed)]))
    assert answer.status_code == 404
    assert b"BEGIN" not in answer.content


def test_a_new_address_ends_the_old_one(client, cast, booked):
    old = feed_of(cast.client)
    new = feed_of(cast.client)
    assert old != new
    assert read(client, old).status_code == 404
    assert len(events(client, new)) == 1


def test_switched_off_it_leads_nowhere_and_on_again_elsewhere(client, cast, booked):
    old = feed_of(cast.client)
    operations.switch_off(cast.client, at=NOW)
    assert read(client, old).status_code == 404
    assert feed_of(cast.client) != old
    assert read(client, old).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("client", 200), ("agent", 404)])
def test_an_agent_who_has_left_reads_nothing_any_more(client, cast, booked, who, status):
    person = cast.client if who == "client" else cast.agent.user
    address = feed_of(person)
    person.is_active = False
    person.save()
    assert read(client, address).status_code == status


def test_the_address_is_kept_nowhere(client, cast, booked):
    token = feed_of(cast.client).rpartition("/")[2].removesuffix(".ics")
    assert len(token.rpartition(".")[2]) == 22  # 128 bits
    rows = [*SessionFeed.objects.values_list(), *Entry.objects.values_list()]
    assert token.rpartition(".")[2] not in str(rows)


def test_the_address_is_blanked_in_logs(cast):
    address = feed_of(cast.client)
    assert TOKEN.sub("…", f"Not Found: {address}") == "Not Found: /calendar/…"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_read(client, cast, method):
    assert getattr(client, method)(feed_of(cast.client)).status_code == 405


def test_what_has_not_changed_is_not_sent_again(client, cast, booked):
    address = feed_of(cast.client)
    first = read(client, address)
    again = {"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}
    for headers in again:
        answer = read(client, address, NOW + timedelta(hours=5), **headers)
        assert (answer.status_code, answer.content) == (304, b"")
    Booking.objects.filter(pk=booked.pk).update(version=4, topic="Another thing")
    for headers in again:
        answer = read(client, address, NOW + timedelta(hours=6), **headers)
        assert answer.status_code == 200
        assert b"Another thing" in answer.content


def test_what_is_no_longer_in_the_window_is_a_change_too(client, cast):
    BookingFactory(session_type=cast.session_type, agent=cast.agent, client=cast.client, starts=NOW - 29 * DAY)
    address = feed_of(cast.client)
    first = read(client, address)
    answer = read(client, address, NOW + 2 * DAY, **{"If-Modified-Since": first["Last-Modified"]})
    assert answer.status_code == 200


def test_nobody_on_the_way_keeps_or_tells_it(client, cast, booked):
    answer = read(client, feed_of(cast.client))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "Set-Cookie" not in answer


def test_as_many_queries_for_30_sessions_as_for_one(client, cast, booked, django_assert_num_queries):
    address = feed_of(cast.client)
    read(client, address)
    for days in range(30):
        starts = NOW + (days + 2) * DAY
        BookingFactory(session_type=cast.session_type, agent=cast.agent, client=cast.client, starts=starts)
    read(client, address)
    with django_assert_num_queries(3):  # whose, the firm, the sessions
        assert len(events(client, address)) == 31


def test_a_client_makes_renews_and_ends_the_address(client, cast):
    client.force_login(cast.client, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("bookings:calendar")
    assert b".ics" not in client.get(page).content
    shown = [client.post(page, {"feed": "new"}, follow=True).content.decode() for _time in range(2)]
    addresses = [feeds.address(SessionFeed(pk=cast.client.pk, epoch=epoch)) for epoch in (1, 2)]
    assert [address in text for address, text in zip(addresses, shown, strict=True)] == [True, True]
    assert addresses[0] not in shown[1]
    assert ".ics" not in client.post(page, {"feed": "off"}, follow=True).content.decode()
    assert [entry.verb for entry in Entry.objects.filter(verb__startswith="feed.").order_by("pk")] == [
        "feed.address",
        "feed.address",
        "feed.off",
    ]


def test_looking_makes_no_address(client, cast):
    client.force_login(cast.client, backend="django.contrib.auth.backends.ModelBackend")
    client.get(reverse("bookings:calendar"), {"feed": "new"})
    assert not SessionFeed.objects.exists()


def test_an_agent_does_so_in_the_admin_and_for_nobody_else(client, cast):
    manager = StaffFactory(roles=["manager"])
    page = reverse("admin:bookings_agent_calendar", args=[cast.agent.pk])
    for who, is_own in [(cast.agent.user, True), (manager, False)]:
        SessionFeed.objects.all().delete()
        client.logout()
        client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
        client.post(page, {"feed": "new"})
        assert SessionFeed.objects.filter(pk=cast.agent.pk).exists() is is_own
        assert ("feed-address" in client.get(page).content.decode()) is is_own
    assert not SessionFeed.objects.exists()


@pytest.mark.parametrize("who", ["client", "other agent"])
def test_nobody_opens_the_page_of_an_agent_but_those_who_may(client, cast, who):
    other = ClientFactory() if who == "client" else StaffFactory(roles=["agent"])
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(reverse("admin:bookings_agent_calendar", args=[cast.agent.pk]))
    assert answer.status_code in (302, 404)


def test_the_client_page_sends_agents_to_theirs(client, cast):
    client.force_login(cast.agent.user, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(reverse("bookings:calendar"))
    assert answer["Location"] == reverse("admin:bookings_agent_calendar", args=[cast.agent.pk])


def test_ones_own_data_says_that_there_is_an_address_and_not_which(cast):
    token = feed_of(cast.client).rpartition("/")[2]
    files = opened(cast.client, NOW)
    assert [one["state"] for one in said(files, "sessions", "calendar")] == ["on"]
    assert not holds(files, token)


def readings(client, address, times, **request) -> list[int]:
    with time_machine.travel(NOW, tick=False):
        return [client.get(address, **request).status_code for _ in range(times)]


def test_an_address_is_read_so_often_in_a_minute_and_no_more(client, cast, monkeypatch):
    monkeypatch.setattr(feed_views, "PER_ADDRESS", 3)
    address, other = feed_of(cast.client), feed_of(cast.agent.user)
    assert readings(client, address, 4, REMOTE_ADDR="192.0.2.1") == [200, 200, 200, 429]
    assert readings(client, address, 1, REMOTE_ADDR="198.51.100.1") == [429]  # wherever it is read from
    assert readings(client, other, 1, REMOTE_ADDR="192.0.2.1") == [200]
    answer = read(client, address)
    assert (answer.status_code, answer.headers["Retry-After"], answer.content) == (429, "60", b"")
    assert read(client, address, at=NOW + timedelta(minutes=1)).status_code == 200


def test_a_source_reads_so_often_in_a_minute_and_no_more_right_or_wrong(client, cast, monkeypatch):
    monkeypatch.setattr(feed_views, "PER_SOURCE", 3)
    address = feed_of(cast.client)
    assert readings(client, "/calendar/guessed.ics", 3, REMOTE_ADDR="192.0.2.1") == [404, 404, 404]
    assert readings(client, address, 1, REMOTE_ADDR="192.0.2.1") == [429]
    assert readings(client, address, 1, REMOTE_ADDR="198.51.100.1") == [200]
    assert readings(client, address, 1, REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="198.51.100.9") == [429]


def test_without_the_cache_nothing_is_refused(client, cast, monkeypatch):
    def lost(*args):
        raise RedisError("canary")

    monkeypatch.setattr(sources, "cache", SimpleNamespace(add=lost, incr=lost))
    monkeypatch.setattr(feed_views, "PER_ADDRESS", 0)
    assert readings(client, feed_of(cast.client), 1) == [200]
