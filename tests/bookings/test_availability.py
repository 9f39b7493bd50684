"""When a session can start (B-1), for one and for many agents."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bookings import availability
from bookings.availability import Reason, day_window, free_starts
from bookings.models import WorkingHours
from bookings.models.offer import PlaceKind
from supportportal.lattice import cell_at, instant_at

from ..factories import (
    AgentFactory,
    BookingFactory,
    ClientFactory,
    ClosureFactory,
    FirmFactory,
    HolidayFactory,
    OpeningHoursFactory,
    SessionTypeFactory,
    TimeOffFactory,
    WorkingHoursFactory,
)

pytestmark = pytest.mark.django_db

ROME = ZoneInfo("Europe/Rome")
TUESDAY = date(2026, 11, 24)
LAST_WEEK = datetime(2026, 11, 19, 9, tzinfo=UTC)


@pytest.fixture
def session_type():
    return SessionTypeFactory(minutes=60, step_minutes=60)


@pytest.fixture
def agent(session_type):
    return AgentFactory(session_types=[session_type], office_hours=True)


def hour(hours, day=TUESDAY, zone=ROME):
    """The cell at which the clock shows this hour (a number or a time)."""
    wall = hours if isinstance(hours, time) else time(hours)
    return cell_at(datetime.combine(day, wall, zone))


def free_on(session_type, day=TUESDAY, days=1, at=LAST_WEEK, zone=ROME, **more):
    return free_starts(session_type, day_window(day, days, zone), at, **more)


def clock(free, zone=ROME) -> list[str]:
    return [f"{instant_at(cell).astimezone(zone):%H:%M}" for cell in free.cells()]


OFFICE_HOURS = ["09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00"]


def test_office_hours_give_a_start_every_hour_that_still_ends_in_time(session_type, agent):
    assert clock(free_on(session_type)) == OFFICE_HOURS


def test_starts_lie_on_the_grid_of_the_agents_local_day(agent, session_type):
    agent.working_hours.update(opens=time(9, 20))
    session_type.step_minutes, session_type.minutes = 15, 240
    assert clock(free_on(session_type))[:2] == ["09:30", "09:45"]


def test_several_intervals_leave_a_lunch_break(session_type):
    agent = AgentFactory(session_types=[session_type])
    WorkingHoursFactory(agent=agent, weekday=1, opens=time(9), closes=time(12))
    WorkingHoursFactory(agent=agent, weekday=1, opens=time(13, 30), closes=time(15, 30))
    assert clock(free_on(session_type)) == ["09:00", "10:00", "11:00", "14:00"]


def test_intervals_that_touch_are_one(session_type):
    agent = AgentFactory(session_types=[session_type])
    WorkingHoursFactory(agent=agent, weekday=1, opens=time(9), closes=time(9, 30))
    WorkingHoursFactory(agent=agent, weekday=1, opens=time(9, 30), closes=time(10))
    assert clock(free_on(session_type)) == ["09:00"]


def test_hours_until_midnight_flow_into_the_next_day(session_type):
    agent = AgentFactory(session_types=[session_type])
    session_type.minutes = 120
    WorkingHoursFactory(agent=agent, weekday=1, opens=time(22), closes=time(0))
    assert clock(free_on(session_type)) == ["22:00"]
    WorkingHoursFactory(agent=agent, weekday=2, opens=time(0), closes=time(1))
    assert clock(free_on(session_type)) == ["22:00", "23:00"]


def test_the_types_hours_count_in_the_firms_zone(session_type, agent):
    firm = FirmFactory(time_zone="Europe/London")
    OpeningHoursFactory(session_type=session_type, weekday=1, opens=time(9), closes=time(11))
    assert clock(free_on(session_type, firm=firm)) == ["10:00", "11:00"]


def test_an_agent_far_away_works_by_the_own_clock(session_type):
    agent = AgentFactory(session_types=[session_type], office_hours=True, time_zone="Asia/Kathmandu")
    assert clock(free_on(session_type), ZoneInfo("Asia/Kathmandu")) == OFFICE_HOURS
    assert agent.pk in free_on(session_type).by_agent


def test_the_weekend_is_free_of_sessions_whatever_the_hours_say(session_type):
    agent = AgentFactory(session_types=[session_type])
    WorkingHours.objects.bulk_create(
        WorkingHours(agent=agent, weekday=day, opens=time(9), closes=time(10)) for day in range(7)
    )
    free = free_on(session_type, date(2026, 11, 23), days=7)
    assert [instant_at(cell).astimezone(ROME).weekday() for cell in free.cells()] == [0, 1, 2, 3, 4]


def test_the_agents_country_decides_the_holidays(session_type, agent):
    HolidayFactory(country="IT", day=TUESDAY)
    dutch = AgentFactory(session_types=[session_type], office_hours=True, holiday_country="NL")
    assert {who for cell in free_on(session_type).cells() for who in free_on(session_type).agents_at(cell)} == {
        dutch.pk
    }


def test_an_unticked_holiday_is_a_workday(session_type, agent):
    HolidayFactory(country="IT", day=TUESDAY, is_observed=False)
    assert clock(free_on(session_type)) == OFFICE_HOURS


@pytest.mark.parametrize("kind", ["closure", "time off"])
def test_closures_and_time_off_take_every_cell_they_touch(kind, session_type, agent):
    span = {
        "starts_at": datetime(2026, 11, 24, 11, 59, 30, tzinfo=ROME),
        "ends_at": datetime(2026, 11, 24, 14, 0, 1, tzinfo=ROME),
    }
    ClosureFactory(**span) if kind == "closure" else TimeOffFactory(agent=agent, **span)
    assert clock(free_on(session_type)) == ["09:00", "10:00", "15:00", "16:00"]


def test_time_off_concerns_one_agent_alone(session_type, agent):
    other = AgentFactory(session_types=[session_type], office_hours=True)
    TimeOffFactory(agent=agent, starts_at=instant_at(hour(0)), ends_at=instant_at(hour(23)))
    assert clock(free_on(session_type)) == OFFICE_HOURS
    assert free_on(session_type).agents_at(hour(9)) == [other.pk]


def test_a_booked_session_takes_its_time_from_the_agent(session_type, agent):
    BookingFactory(session_type=session_type, agent=agent, first_cell=hour(10))
    assert clock(free_on(session_type)) == [clock for clock in OFFICE_HOURS if clock != "10:00"]


def test_a_cancelled_session_takes_nothing(session_type, agent):
    BookingFactory(
        session_type=session_type, agent=agent, first_cell=hour(10), state="cancelled", cancelled_at=LAST_WEEK
    )
    assert clock(free_on(session_type)) == OFFICE_HOURS


def test_buffers_of_the_other_session_count(session_type, agent):
    buffered = SessionTypeFactory(minutes=60, buffer_before=30, buffer_after=10)
    BookingFactory(session_type=buffered, agent=agent, first_cell=hour(12))
    assert clock(free_on(session_type)) == ["09:00", "10:00", "14:00", "15:00", "16:00"]


def test_own_buffers_count_between_sessions_and_may_lie_outside_the_hours(session_type, agent):
    BookingFactory(session_type=session_type, agent=agent, first_cell=hour(12))
    session_type.buffer_before, session_type.buffer_after = 60, 5
    assert clock(free_on(session_type)) == ["09:00", "10:00", "14:00", "15:00", "16:00"]


def test_a_session_of_the_day_before_reaches_into_the_window(session_type):
    agent = AgentFactory(session_types=[session_type])
    for weekday in range(5):
        WorkingHoursFactory(agent=agent, weekday=weekday, opens=time(0), closes=time(0))
    long = SessionTypeFactory(minutes=720, buffer_after=120)
    BookingFactory(session_type=long, agent=agent, first_cell=hour(13, date(2026, 11, 23)))
    assert clock(free_on(session_type))[0] == "03:00"


def test_a_session_just_after_the_window_is_in_the_way_of_the_last_start(session_type):
    agent = AgentFactory(session_types=[session_type])
    for weekday in range(5):
        WorkingHoursFactory(agent=agent, weekday=weekday, opens=time(0), closes=time(0))
    session_type.minutes = 120
    BookingFactory(agent=agent, session_type=session_type, first_cell=hour(1, date(2026, 11, 25)), cells_before=6)
    assert clock(free_on(session_type))[-1] == "22:00"


def test_the_clients_own_sessions_are_in_the_way_without_buffers(session_type, agent):
    client = ClientFactory()
    elsewhere = SessionTypeFactory(minutes=60, buffer_before=30, buffer_after=30)
    BookingFactory(session_type=elsewhere, client=client, first_cell=hour(12))
    assert clock(free_on(session_type, client=client)) == [clock for clock in OFFICE_HOURS if clock != "12:00"]


def test_an_agent_who_is_somebodys_client_is_busy_then(session_type, agent):
    BookingFactory(client=agent.user, session_type=session_type, first_cell=hour(12))
    assert "12:00" not in clock(free_on(session_type))


def test_the_session_that_is_moved_is_not_in_its_own_way(session_type, agent):
    client = ClientFactory()
    booking = BookingFactory(session_type=session_type, agent=agent, client=client, first_cell=hour(12))
    assert clock(free_on(session_type, client=client, moving=booking)) == OFFICE_HOURS


@pytest.mark.parametrize(
    ("at", "first"),
    [
        pytest.param(time(9), "10:00", id="exactly the notice"),
        pytest.param(time(9, 0, 1), "11:00", id="a second less"),
    ],
)
def test_the_minimum_notice_counts_to_the_start(at, first, session_type, agent):
    assert clock(free_on(session_type, at=datetime.combine(TUESDAY, at, ROME)))[0] == first


def test_the_horizon_ends_with_a_local_day_of_the_firm(session_type, agent):
    session_type.horizon_days = 5
    free = free_on(session_type, TUESDAY, days=2)
    assert {instant_at(cell).astimezone(ROME).date() for cell in free.cells()} == {TUESDAY}


@pytest.mark.parametrize(
    ("place", "link", "kind", "offered"),
    [
        pytest.param("", "https://v.example/1", PlaceKind.VIDEO, True, id="the agent's link"),
        pytest.param("https://v.example/all", "", PlaceKind.VIDEO, True, id="the type's link"),
        pytest.param("", "", PlaceKind.VIDEO, False, id="no link at all"),
        pytest.param("", "", PlaceKind.PHONE, True, id="no link needed"),
    ],
)
def test_a_video_session_needs_a_link(place, link, kind, offered, session_type, agent):
    session_type.place, session_type.place_kind = place, kind
    agent.video_link = link
    agent.save(update_fields=["video_link"])
    assert bool(free_on(session_type)) is offered


@pytest.mark.parametrize("who", ["inactive agent", "inactive person", "other types only"])
def test_whoever_takes_no_such_sessions_is_left_out(who, session_type, agent):
    if who == "inactive agent":
        type(agent).objects.update(is_active=False)
    elif who == "inactive person":
        type(agent.user).objects.filter(pk=agent.pk).update(is_active=False)
    else:
        agent.session_types.clear()
    free = free_on(session_type)
    assert not free
    assert free.why_nothing_on(TUESDAY, ROME).reason == Reason.NO_AGENT


def test_a_chosen_agent_narrows_it_down(session_type, agent):
    AgentFactory(session_types=[session_type], office_hours=True)
    assert list(free_on(session_type, agents=[agent]).by_agent) == [agent.pk]


def test_the_number_of_queries_does_not_grow_with_agents(session_type, agent, django_assert_num_queries):
    firm, client = FirmFactory(), ClientFactory()

    def ask():
        return free_on(session_type, days=28, client=client, firm=firm)

    BookingFactory(session_type=session_type, agent=agent, first_cell=hour(11))
    ask()  # reads the timetable and the sessions, which are kept
    with django_assert_num_queries(2):
        ask()
    for _number in range(5):
        BookingFactory(
            session_type=session_type,
            agent=AgentFactory(session_types=[session_type], office_hours=True, holiday_country="NL"),
            first_cell=hour(10),
        )
    with django_assert_num_queries(11):
        assert len(ask().by_agent) == 6
    with django_assert_num_queries(2):
        ask()


# -- one start ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("begins", "free"), [(9, True), (12, False), (time(9, 30), False), (17, False)])
def test_one_start_is_decided_by_the_same_rule(begins, free, session_type, agent):
    BookingFactory(session_type=session_type, agent=agent, first_cell=hour(12))
    assert availability.is_free(session_type, agent, hour(begins), at=LAST_WEEK) is free


# -- why nothing is free -----------------------------------------------------------------------------------------------


def why(session_type, day=TUESDAY, **more):
    return free_on(session_type, day, **more).why_nothing_on(day, ROME)


def test_no_reason_is_given_where_something_is_free(session_type, agent):
    assert why(session_type) is None


@pytest.mark.parametrize(
    ("day", "reason", "text"),
    [
        pytest.param(date(2026, 11, 28), Reason.WEEKEND, "No sessions at the weekend.", id="Saturday"),
        pytest.param(date(2026, 11, 18), Reason.PAST, "This time is over.", id="yesterday"),
        pytest.param(
            date(2027, 1, 4), Reason.BEYOND_HORIZON, "Sessions can be booked up to 28 days ahead.", id="far ahead"
        ),
    ],
)
def test_a_day_without_free_times_says_why(day, reason, text, session_type, agent):
    answer = why(session_type, day)
    assert (answer.reason, str(answer)) == (reason, text)


def test_a_holiday_is_named(session_type, agent):
    HolidayFactory(country="IT", day=TUESDAY, name="Sant'Esempio")
    HolidayFactory(country="IT", day=date(2026, 11, 25), name="The day after")
    assert str(why(session_type)) == "Public holiday: Sant'Esempio."


def test_a_closure_gives_its_reason(session_type, agent):
    ClosureFactory(starts_at=instant_at(hour(0)), ends_at=instant_at(hour(20)), reason="we are moving house")
    assert str(why(session_type)) == "Closed: we are moving house."


def test_hours_on_other_days_only(session_type, agent):
    agent.working_hours.filter(weekday=1).delete()
    assert why(session_type).reason == Reason.OUTSIDE_HOURS


def test_everybody_away(session_type, agent):
    TimeOffFactory(agent=agent, starts_at=instant_at(hour(0)), ends_at=instant_at(hour(23)))
    assert why(session_type).reason == Reason.AWAY


def test_too_soon(session_type, agent):
    answer = why(session_type, at=datetime.combine(TUESDAY, time(15, 30), ROME))
    assert (answer.reason, str(answer)) == (Reason.TOO_SOON, "Book at least 1 hour ahead.")


def test_fully_booked(session_type, agent):
    long = SessionTypeFactory(minutes=600)
    BookingFactory(session_type=long, agent=agent, first_cell=hour(8))
    assert why(session_type).reason == Reason.FULL


def test_the_client_is_busy_all_day(session_type, agent):
    client = ClientFactory()
    BookingFactory(session_type=SessionTypeFactory(minutes=600), client=client, first_cell=hour(8))
    assert why(session_type, client=client).reason == Reason.CLIENT_BUSY


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words(reason):
    assert str(availability.WhyNot(reason, 3))


# -- the next free time ------------------------------------------------------------------------------------------------


def test_the_next_free_time_may_be_weeks_away(session_type, agent):
    session_type.horizon_days = 90
    TimeOffFactory(agent=agent, starts_at=LAST_WEEK, ends_at=instant_at(hour(0, date(2027, 1, 13))))
    assert availability.next_free(session_type, hour(0), LAST_WEEK) == hour(9, date(2027, 1, 13))


def test_there_is_no_next_free_time_beyond_the_horizon(session_type, agent):
    TimeOffFactory(agent=agent, starts_at=LAST_WEEK, ends_at=instant_at(hour(0, date(2027, 1, 13))))
    assert availability.next_free(session_type, hour(0), LAST_WEEK) is None


# -- the spread --------------------------------------------------------------------------------------------------------


def test_whoever_has_fewest_sessions_comes_first_then_who_waited_longest(session_type, django_assert_num_queries):
    busy, idle, waiting = (AgentFactory(session_types=[session_type], office_hours=True) for _number in range(3))
    for number in range(2):
        BookingFactory(session_type=session_type, agent=busy, first_cell=hour(9 + number))
    given = LAST_WEEK - timedelta(days=2)
    for agent, booked_at in ((idle, given), (waiting, given - timedelta(hours=1))):
        BookingFactory(session_type=session_type, agent=agent, first_cell=hour(15), booked_at=booked_at)
    with django_assert_num_queries(1):
        assert availability.spread([busy.pk, idle.pk, waiting.pk], hour(12)) == [waiting.pk, idle.pk, busy.pk]


def test_sessions_of_another_week_do_not_weigh(session_type, agent):
    fresh = AgentFactory(session_types=[session_type], office_hours=True)
    BookingFactory(session_type=session_type, agent=fresh, first_cell=hour(9, date(2026, 12, 1)))
    BookingFactory(session_type=session_type, agent=agent, first_cell=hour(9))
    assert availability.agents_by_load(session_type, hour(12), at=LAST_WEEK) == [fresh, agent]
