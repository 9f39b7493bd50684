"""When an agent is busy in an own calendar, nobody is shown or given that time; and what is not known is said."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import availability, operations, private_events, rules, tasks
from bookings.forms_calendar import BusyCalendarForm
from bookings.models import BusyCalendar, BusyTime
from bookings.operations import busy_calendars
from bookings.policy import POLICY
from bookings.refusals import BookingRefused
from bookings.whynot import Reason
from supportportal import fetching
from supportportal.lattice import cell_at, instant_at
from supportportal.trail.models import Entry
from tests.factories import AgentFactory, BookingFactory, FirmFactory, TimeOffFactory
from tests.support.ics import calendar_of, serving

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)  # a Monday, 08:00 in Rome
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TUESDAY_TEN = datetime(2026, 11, 24, 9, tzinfo=UTC)
EVENT = ["UID:1", "DTSTART;TZID=Europe/Rome:20261124T100000", "DURATION:PT1H", "SUMMARY:Canary at the dentist"]


@pytest.fixture(autouse=True)
def inside(settings):
    settings.CALENDAR_SCHEMES = ("http",)
    settings.CALENDAR_INTERNAL_HOSTS = ["localhost"]
    FirmFactory()


@pytest.fixture
def server():
    with serving() as server:
        server.body = calendar_of(EVENT)
        yield server


@pytest.fixture
def calendar(cast, server):
    return busy_calendars.enter(cast.agent, server.address(), by=cast.agent.user, at=NOW)


def read(at=NOW) -> BusyCalendar:
    assert busy_calendars.read_next(at)
    return BusyCalendar.objects.get()


def busy() -> list[tuple[str, str]]:
    rows = BusyTime.objects.order_by("first_cell").values_list("first_cell", "end_cell")
    return [tuple(f"{instant_at(cell):%m-%d %H:%M}" for cell in row) for row in rows]


def is_free(cast, starts=TUESDAY_TEN, at=NOW) -> bool:
    return availability.is_free(cast.session_type, cast.agent, cell_at(starts), at=at)


# -- what it takes -----------------------------------------------------------------------------------------------------


def test_what_is_busy_is_neither_shown_nor_given(cast, calendar):
    assert is_free(cast)  # negative control
    read()
    window = availability.day_window(TUESDAY_TEN.date(), 1, cast.agent.zone)
    shown = availability.free_starts(cast.session_type, window, NOW)
    hours = [f"{instant_at(cell):%H:%M}" for cell in shown.cells()]
    assert hours == [f"{hour:02}:{minute}" for hour in range(8, 16) if hour != 9 for minute in ("00", "30")]
    why = availability.why_not(cast.session_type, cast.agent, cell_at(TUESDAY_TEN), at=NOW)
    assert why.reason == Reason.AWAY
    with pytest.raises(BookingRefused):
        book(cast)
    busy_calendars.remove(cast.agent, by=cast.agent.user, at=NOW)
    book(cast)  # negative control


def book(cast) -> None:
    operations.book(
        session_type=cast.session_type,
        client=cast.client,
        first_cell=cell_at(TUESDAY_TEN),
        topic="Any",
        agent=cast.agent,
        by=cast.client,
        at=NOW,
    )


def test_it_adds_to_time_off_and_touches_no_colleague(cast, calendar):
    other = AgentFactory(session_types=[cast.session_type], office_hours=True)
    TimeOffFactory(agent=cast.agent, starts_at=TUESDAY_TEN + 2 * HOUR, ends_at=TUESDAY_TEN + 3 * HOUR)
    read()
    assert [is_free(cast, TUESDAY_TEN + hours * HOUR) for hours in range(4)] == [False, True, False, True]
    assert availability.is_free(cast.session_type, other, cell_at(TUESDAY_TEN), at=NOW)


def test_sessions_already_booked_stand(cast, calendar):
    booked = BookingFactory(session_type=cast.session_type, agent=cast.agent, client=cast.client, starts=TUESDAY_TEN)
    read()
    booked.refresh_from_db()
    assert booked.is_live
    assert booked.version == 1


def test_a_question_asks_no_more_for_many_agents_with_many_events(cast, calendar):
    def asked() -> int:
        window = availability.day_window(NOW.date(), 28, cast.agent.zone)
        availability.free_starts(cast.session_type, window, NOW)  # the first reads the timetable
        with CaptureQueriesContext(
            connection,
        ) as queries:
            availability.free_starts(cast.session_type, window, NOW)
        return len(queries)

    before = asked()
    read()
    agents = AgentFactory.create_batch(10, session_types=[cast.session_type], office_hours=True)
    BusyTime.objects.bulk_create(
        BusyTime(agent=agent, first_cell=cell_at(NOW) + 50 * number, end_cell=cell_at(NOW) + 50 * number + 6)
        for agent in agents
        for number in range(50)
    )
    assert asked() == before


def test_nothing_of_what_stands_there_is_kept_but_when(cast, calendar, caplog):
    read()
    with connection.cursor() as cursor:
        kept = []
        for table in (BusyCalendar, BusyTime, Entry):
            cursor.execute(f"SELECT * FROM {table._meta.db_table}")
            kept.append(str(cursor.fetchall()))
    assert busy()
    assert "Canary" not in "".join(kept) + caplog.text
    assert "/private/" not in kept[2] + caplog.text  # the trail does not know the address


# -- reading again -----------------------------------------------------------------------------------------------------


def test_what_has_changed_replaces_what_was(cast, calendar, server):
    server.body = calendar_of(EVENT, ["UID:2", "DTSTART:20261125T090000Z", "DURATION:PT30M"])
    read()
    kept = BusyTime.objects.get(first_cell=cell_at(TUESDAY_TEN)).pk
    server.body, server.etag = calendar_of(EVENT, ["UID:2", "DTSTART:20261126T090000Z", "DURATION:PT30M"]), '"2"'
    read(NOW + HOUR)
    assert busy() == [("11-24 09:00", "11-24 10:00"), ("11-26 09:00", "11-26 09:30")]
    assert BusyTime.objects.get(first_cell=cell_at(TUESDAY_TEN)).pk == kept  # what is the same is not written


def test_what_has_not_changed_is_not_read(cast, calendar, server, monkeypatch):
    read()
    monkeypatch.setattr(private_events, "busy_cells", None)
    after = read(NOW + HOUR)
    assert (after.read_at, after.problem) == (NOW + HOUR, "")
    assert server.asked[-1][1]["If-None-Match"] == '"1"'
    assert busy() == [("11-24 09:00", "11-24 10:00")]


@pytest.mark.parametrize("change", ["zone", "horizon", "days"])
def test_what_has_not_changed_is_read_all_the_same_where_we_need_more(cast, calendar, server, change):
    server.body = calendar_of(["UID:1", "DTSTART:20261124T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY"])
    read()
    last, at = BusyTime.objects.order_by("first_cell").last().first_cell, NOW + HOUR
    match change:
        case "zone":
            cast.agent.time_zone = "Europe/London"
            cast.agent.save()
        case "horizon":
            cast.session_type.horizon_days = 60
            cast.session_type.save()
        case "days":
            at = NOW + 9 * DAY
    read(at)
    assert "If-None-Match" not in server.asked[-1][1]
    if change == "zone":
        assert busy()[0] == ("11-24 10:00", "11-24 11:00")
    else:
        assert BusyTime.objects.order_by("first_cell").last().first_cell > last


def test_as_far_ahead_as_can_be_booked_is_known(cast, calendar, server):
    cast.session_type.horizon_days = 366
    cast.session_type.save()
    server.body = calendar_of(["UID:1", "DTSTART:20261124T100000", "DURATION:PT1H", "RRULE:FREQ=DAILY"])
    read()
    last = availability.horizon(cast.session_type, NOW, cast.agent.zone)
    assert BusyTime.objects.filter(first_cell__gte=last).exists()


def test_what_was_read_counts_until_a_new_address_has_been_read(cast, calendar, server):
    read()
    known = busy()
    assert known
    busy_calendars.enter(cast.agent, server.address("/other.ics"), by=cast.agent.user, at=NOW + HOUR)
    assert busy() == known
    server.mode = "gone"  # mistyped
    read(NOW + HOUR)
    assert busy() == known
    assert server.asked[-1][0] == "/other.ics"
    assert "If-None-Match" not in server.asked[-1][1]
    server.mode, server.body = "calendar", calendar_of()
    read(NOW + 9 * HOUR)
    assert busy() == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://calendar.example/a.ics", "Please give an address that begins with https://."),
        ("calendar.example/a.ics", "Please give an address that begins with https://."),
        ("https://10.0.0.8/a.ics", "The address does not lead to a public https page."),
        ("https://[::1]/a.ics", "The address does not lead to a public https page."),
        ("https://localhost/a.ics", "The address does not lead to a public https page."),
        ("https://", "The address does not lead to a public https page."),
        ("https://me:secret@calendar.example/a.ics", "Please leave out user name and password: such an address"),
        ("https://calendar.example/me@home/a.ics", ""),
        ("webcal://calendar.example/a.ics", ""),
        ("https://93.184.215.14/a.ics", ""),
    ],
)
def test_what_can_be_seen_of_an_address_is_said_beside_the_field(settings, address, said):
    settings.CALENDAR_SCHEMES, settings.CALENDAR_INTERNAL_HOSTS = ("https",), []
    form = BusyCalendarForm({"address": address})
    assert form.errors.as_text().partition("  * ")[2].startswith(said)
    assert form.is_valid() is (said == "")


def test_an_operator_may_trust_an_address_inside(settings):
    settings.CALENDAR_SCHEMES, settings.CALENDAR_INTERNAL_HOSTS = ("https",), ["10.0.0.8"]
    assert BusyCalendarForm({"address": "https://10.0.0.8/a.ics"}).is_valid()


def test_removed_it_takes_nothing_any_more(cast, calendar):
    read()
    busy_calendars.remove(cast.agent, by=cast.agent.user, at=NOW)
    assert busy() == []
    assert is_free(cast)
    assert not busy_calendars.read_next(NOW + DAY)
    verbs = Entry.objects.filter(verb__startswith="busy_calendar").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["busy_calendar.entered", "busy_calendar.removed"]


# -- when it cannot be read --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "problem"),
    [
        ("error", "server"),
        ("gone", "refused"),
        ("html", "no_calendar"),
        ("bomb", "no_calendar"),
        ("cut", "unreachable"),
        ("round", "redirects"),
        ("redirect", "address"),
    ],
)
def test_a_failure_keeps_what_was_known_and_says_since_when(cast, calendar, server, mode, problem):
    read()
    server.mode, server.location, server.etag = mode, "http://169.254.169.254/latest/", '"2"'
    read(NOW + HOUR)
    failed = read(NOW + 2 * HOUR)
    assert (failed.problem, failed.failed_since, failed.read_at) == (problem, NOW + HOUR, NOW)
    assert not is_free(cast)
    server.mode = "calendar"
    good = read(NOW + 9 * HOUR)
    assert (good.problem, good.failed_since, good.failures, good.read_at) == ("", None, 0, NOW + 9 * HOUR)


def test_too_large_or_slow_is_such_a_failure(cast, calendar, server, monkeypatch):
    small, quick = fetching.Limits(bytes=50_000), fetching.Limits(seconds=0.5, idle=0.3)
    for number, (mode, problem, limits) in enumerate([("huge", "too_large", small), ("hang", "slow", quick)]):
        monkeypatch.setattr(fetching.fetch, "__kwdefaults__", {**fetching.fetch.__kwdefaults__, "limits": limits})
        server.mode = mode
        assert read(NOW + number * DAY).problem == problem


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, 15), (1, 15), (2, 30), (3, 60), (4, 120), (5, 240), (6, 360), (7, 360), (1_000_000, 360)],
)
def test_the_pauses_grow(failures, minutes):
    assert rules.read_calendar_after(failures, POLICY) == timedelta(minutes=minutes)


def test_after_a_failure_it_is_left_alone_for_that_long(cast, calendar, server):
    server.mode = "error"
    read()
    read(NOW + 15 * timedelta(minutes=1))
    assert not busy_calendars.read_next(NOW + timedelta(minutes=44))
    assert busy_calendars.read_next(NOW + timedelta(minutes=45))


# -- many workers ------------------------------------------------------------------------------------------------------


def test_one_of_two_workers_reads(cast, calendar):
    first = busy_calendars._claim(NOW)
    assert first is not None
    assert busy_calendars._claim(NOW) is None
    assert busy_calendars._claim(NOW + busy_calendars.LEASE) is not None  # the first was killed


def test_the_same_row_seen_by_two_is_claimed_by_one(cast, calendar, monkeypatch):
    """Both read that it is due before either has claimed it."""
    seen = list(BusyCalendar.objects.due(NOW).select_related("agent"))
    assert busy_calendars._claim(NOW) is not None

    class Stale:
        def __getitem__(self, _slice):
            return seen

        def select_related(self, *_names):
            return self

    monkeypatch.setattr(type(BusyCalendar.objects), "due", lambda self, at: Stale())
    assert busy_calendars._claim(NOW) is None


@pytest.mark.parametrize("meanwhile", ["another address", "removed", "lease over"])
def test_what_was_read_too_late_is_dropped(cast, calendar, server, monkeypatch, meanwhile):
    fetch = fetching.fetch

    def fetch_while(*args, **kwargs):
        found = fetch(*args, **kwargs)
        match meanwhile:
            case "another address":
                busy_calendars.enter(cast.agent, server.address("/other.ics"), by=cast.agent.user, at=NOW)
            case "removed":
                busy_calendars.remove(cast.agent, by=cast.agent.user, at=NOW)
            case "lease over":
                assert busy_calendars._claim(NOW + busy_calendars.LEASE) is not None
        return found

    monkeypatch.setattr(fetching, "fetch", fetch_while)
    assert busy_calendars.read_next(NOW)
    assert busy() == []
    assert not BusyCalendar.objects.exclude(read_at=None).exists()


def test_of_who_takes_no_sessions_nothing_is_read(cast, calendar, server):
    cast.agent.is_active = False
    cast.agent.save()
    assert not busy_calendars.read_next(NOW)
    assert server.asked == []


def test_a_tick_reads_all_that_are_due(cast, calendar, server):
    for agent in AgentFactory.create_batch(2):
        busy_calendars.enter(agent, server.address(), by=agent.user, at=NOW)
    with time_machine.travel(NOW):
        tasks.read_calendars()
    assert len(server.asked) == 3
    assert not BusyCalendar.objects.filter(read_at=None).exists()


def test_a_tick_ends_in_time(cast, calendar, server, monkeypatch):
    monkeypatch.setattr(tasks, "CALENDAR_SECONDS", 0)
    for agent in AgentFactory.create_batch(2):
        busy_calendars.enter(agent, server.address(), by=agent.user, at=NOW)
    with time_machine.travel(NOW):
        tasks.read_calendars()
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("days_old", "is_told"),
    [pytest.param(0.9, False, id="less than a day"), pytest.param(1, True, id="a day")],
)
@pytest.mark.parametrize("was_read", [True, False])
def test_after_a_day_people_are_told(cast, calendar, days_old, is_told, was_read):
    if was_read:
        read()
    since = NOW + days_old * DAY - POLICY.calendar_old
    assert BusyCalendar.objects.not_read_since(since).exists() is is_told
    assert rules.calendar_is_old(BusyCalendar.objects.get().known_at, NOW + days_old * DAY, POLICY) is is_told
