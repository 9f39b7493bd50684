"""What each process keeps of the timetable is what stands in the database, whatever path a write came by.

Each write is tried with the triggers standing, where the next question must see it, and with the triggers dropped and
a version left behind, where it must not: the negative control that shows it is the triggers that tell.
"""

from datetime import UTC, date, datetime, time
from operator import attrgetter
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations import AlterField
from django.db.models import JSONField
from django.utils import timezone

from bookings import timetable_triggers
from bookings.models import Agent, BusyTime, Closure, Holiday, OpeningHours, TimeOff, TimetableVersion, WorkingHours
from bookings.timetable import Timetable
from supportportal.people.models import User

from ..factories import (
    AgentFactory,
    ClosureFactory,
    HolidayFactory,
    OpeningHoursFactory,
    SessionTypeFactory,
    TimeOffFactory,
    WorkingHoursFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

NEW_YEAR = date(2027, 1, 1)
CLOSED = {"starts_at": datetime(2026, 12, 24, tzinfo=UTC), "ends_at": datetime(2026, 12, 25, tzinfo=UTC)}


@pytest.fixture
def firm():
    """One of each kind of row, and a type that nobody holds."""
    session_type, agent = SessionTypeFactory(), AgentFactory(user__name="Ada")
    agent.session_types.add(session_type)
    return SimpleNamespace(
        session_type=session_type,
        other_type=SessionTypeFactory(),
        agent=agent,
        hours=WorkingHoursFactory(agent=agent),
        opening=OpeningHoursFactory(session_type=session_type),
        holiday=HolidayFactory(country="IT", day=NEW_YEAR, name="Capodanno"),
        closure=ClosureFactory(**CLOSED),
        time_off=TimeOffFactory(agent=agent),
        busy=BusyTime.objects.create(agent=agent, first_cell=6_000_000, end_cell=6_000_012),
    )


@pytest.fixture
def created_again():
    yield
    timetable_triggers.create(connection)


@pytest.fixture
def dropped(created_again):
    """No triggers, but a version as if there were."""
    timetable_triggers.drop(connection)
    TimetableVersion.objects.create()


def run(sql: str, *parameters, on=connection) -> None:
    with on.cursor() as cursor:
        cursor.execute(sql, parameters)


def raw(sql: str):
    return lambda firm: run(sql.format(firm=firm))


def save(name: str, **changes):
    def write(firm) -> None:
        row = attrgetter(name)(firm)
        for field, value in changes.items():
            setattr(row, field, value)
        row.save()

    return write


HOURS = "bookings_workinghours (agent_id, weekday, opens, closes)"
OPENING = "bookings_openinghours (session_type_id, weekday, opens, closes)"
HELD = "bookings_agent_session_types (agent_id, sessiontype_id)"
CLOSURES = "bookings_closure (starts_at, ends_at, reason)"
TIME_OFF = "bookings_timeoff (agent_id, starts_at, ends_at, reason)"
BUSY = "bookings_busytime (agent_id, first_cell, end_cell)"
HOLIDAYS = "bookings_holiday (country, day, name, is_observed)"
WRITES = {
    "an agent more": lambda firm: AgentFactory(session_types=[firm.session_type]),
    "an agent gone": lambda firm: firm.agent.delete(),
    "an agent pauses": save("agent", is_active=False),
    "an agent moves": save("agent", time_zone="Europe/Lisbon"),
    "an agent's languages": lambda firm: Agent.objects.update(languages=["nl"]),
    "an agent's link": lambda firm: Agent.objects.bulk_update([Agent(pk=firm.agent.pk, video_link="")], ["video_link"]),
    "an agent's country, raw": raw("UPDATE bookings_agent SET holiday_country = 'NL'"),
    "a person leaves": save("agent.user", is_active=False),
    "a person leaves, by update": lambda firm: User.objects.update(is_active=False),
    "a person's name, raw": raw("UPDATE people_user SET name = 'Zoe'"),
    "a person's address": lambda firm: User.objects.filter(pk=firm.agent.pk).update(name="", email="ada@example.org"),
    "a type added": lambda firm: firm.agent.session_types.add(firm.other_type),
    "a type removed": lambda firm: firm.agent.session_types.remove(firm.session_type),
    "types set from the other side": lambda firm: firm.other_type.agents.set([firm.agent]),
    "a type added, raw": raw(f"INSERT INTO {HELD} VALUES ({{firm.agent.pk}}, {{firm.other_type.pk}})"),
    "a type exchanged, raw": raw("UPDATE bookings_agent_session_types SET sessiontype_id = {firm.other_type.pk}"),
    "types gone, raw": raw("DELETE FROM bookings_agent_session_types"),
    "hours more": lambda firm: WorkingHoursFactory(agent=firm.agent, weekday=3),
    "hours in bulk": lambda firm: WorkingHours.objects.bulk_create(
        WorkingHours(agent=firm.agent, weekday=day, opens=time(9), closes=time(12)) for day in range(1, 5)
    ),
    "hours changed": save("hours", closes=time(18)),
    "hours changed, by update": lambda firm: WorkingHours.objects.update(closes=time(18)),
    "hours gone": lambda firm: WorkingHours.objects.all().delete(),
    "hours more, raw": raw(f"INSERT INTO {HOURS} VALUES ({{firm.agent.pk}}, 4, '09:00', '12:00')"),
    "hours changed, raw": raw("UPDATE bookings_workinghours SET weekday = 5"),
    "hours gone, raw": raw("DELETE FROM bookings_workinghours"),
    "opening hours more": lambda firm: OpeningHoursFactory(session_type=firm.session_type, weekday=3),
    "opening hours changed": lambda firm: OpeningHours.objects.update(opens=time(10)),
    "opening hours gone": lambda firm: firm.opening.delete(),
    "opening hours more, raw": raw(f"INSERT INTO {OPENING} VALUES ({{firm.other_type.pk}}, 4, '09:00', '12:00')"),
    "opening hours gone, raw": raw("DELETE FROM bookings_openinghours"),
    "a holiday more": lambda firm: HolidayFactory(country="NL", day=NEW_YEAR),
    "a holiday in bulk, conflicts ignored": lambda firm: Holiday.objects.bulk_create(
        [Holiday(country="NL", day=NEW_YEAR, name="Nieuwjaar")], ignore_conflicts=True
    ),
    "a holiday in bulk, conflicts updated": lambda firm: Holiday.objects.bulk_create(
        [Holiday(country="IT", day=NEW_YEAR, name="Anno nuovo")],
        update_conflicts=True,
        update_fields=["name"],
        unique_fields=["country", "day"],
    ),
    "a holiday that is none": save("holiday", is_observed=False),
    "a holiday more, raw": raw(f"INSERT INTO {HOLIDAYS} VALUES ('IT', '2027-01-02', 'Ponte', true)"),
    "holidays gone, raw": raw("DELETE FROM bookings_holiday"),
    "a closure more": lambda firm: ClosureFactory(
        starts_at=CLOSED["ends_at"], ends_at=timezone.now().replace(year=2027)
    ),
    "a closure changed": lambda firm: Closure.objects.update(reason="Inventory"),
    "a closure gone": lambda firm: firm.closure.delete(),
    "a closure more, raw": raw(f"INSERT INTO {CLOSURES} VALUES ('2026-12-28 00:00', '2026-12-29 00:00', '')"),
    "closures gone, raw": raw("DELETE FROM bookings_closure"),
    "time off more": lambda firm: TimeOffFactory(agent=firm.agent, **CLOSED),
    "time off in bulk": lambda firm: TimeOff.objects.bulk_create([TimeOff(agent=firm.agent, **CLOSED)]),
    "time off moved": lambda firm: TimeOff.objects.update(**CLOSED),
    "time off gone": lambda firm: firm.time_off.delete(),
    "time off more, raw": raw(f"INSERT INTO {TIME_OFF} VALUES ({{firm.agent.pk}}, '2026-12-28', '2026-12-29', '')"),
    "time off gone, raw": raw("DELETE FROM bookings_timeoff"),
    "busy more": lambda firm: BusyTime.objects.bulk_create([BusyTime(agent=firm.agent, first_cell=1, end_cell=2)]),
    "busy for longer": lambda firm: BusyTime.objects.update(end_cell=6_000_024),
    "busy no more": lambda firm: firm.busy.delete(),
    "busy more, raw": raw(f"INSERT INTO {BUSY} VALUES ({{firm.agent.pk}}, 6000100, 6000112)"),
    "busy no more, raw": raw("DELETE FROM bookings_busytime"),
}
WRITES_ON_SQLITE = {
    "a holiday replaced": raw(f"INSERT OR REPLACE INTO {HOLIDAYS} VALUES ('IT', '2027-01-01', 'Anno nuovo', true)"),
    "hours replaced": raw(
        "REPLACE INTO bookings_workinghours (id, agent_id, weekday, opens, closes)"
        " VALUES ({firm.hours.pk}, {firm.agent.pk}, 6, '09:00', '12:00')"
    ),
}
WRITES_ON_POSTGRESQL = {
    "all hours gone at once": raw("TRUNCATE bookings_workinghours"),
    "all people gone at once": raw("TRUNCATE people_user CASCADE"),
    "closures copied": raw(
        f"INSERT INTO {CLOSURES} SELECT starts_at + '7 days', ends_at + '7 days', '' FROM bookings_closure"
    ),
}
ALL_WRITES = WRITES | (WRITES_ON_SQLITE if connection.vendor == "sqlite" else WRITES_ON_POSTGRESQL)


@pytest.mark.parametrize("write", ALL_WRITES.values(), ids=ALL_WRITES)
def test_the_next_question_sees_every_write(write, firm):
    before = Timetable.current()
    write(firm)
    assert Timetable.current() == Timetable.read() != before


@pytest.mark.parametrize("write", ALL_WRITES.values(), ids=ALL_WRITES)
def test_without_the_triggers_no_write_would_be_seen(write, firm, dropped):
    before = Timetable.current()
    write(firm)
    assert Timetable.current() == before != Timetable.read()


def test_what_is_kept_costs_one_query(firm, django_assert_num_queries):
    first = Timetable.current()
    with django_assert_num_queries(1):
        assert Timetable.current() is first


def test_signing_in_changes_nothing(firm):
    first = Timetable.current()
    firm.agent.user.last_login = timezone.now()
    firm.agent.user.save(update_fields=["last_login"])
    assert Timetable.current() is first


def test_without_a_version_nothing_is_kept(firm):
    TimetableVersion.objects.all().delete()
    before = Timetable.current()
    TimetableVersion.objects.all().delete()
    assert Timetable.current() == before
    assert Timetable.current() is not before


# -- transactions ------------------------------------------------------------------------------------------------------


class Undone(Exception):
    pass


@pytest.mark.parametrize("nested", [False, True], ids=["a transaction", "a savepoint"])
def test_what_is_rolled_back_was_never_there(nested, firm):
    before = Timetable.current()
    seen = []
    for name in ("Never", "Nor this"):  # the second may get the key of the first
        with pytest.raises(Undone), transaction.atomic():
            if nested:
                with pytest.raises(Undone), transaction.atomic():
                    seen.append(_add_and_look(firm, name))
                    raise Undone
                assert Timetable.current() == before
            else:
                seen.append(_add_and_look(firm, name))
            raise Undone
        assert Timetable.current() == Timetable.read() == before
    assert seen == ["Never", "Nor this"]


def _add_and_look(firm, name: str) -> str:
    HolidayFactory(country="NL", day=NEW_YEAR, name=name)
    return Timetable.current().holidays["NL"][NEW_YEAR]


@pytest.fixture
def elsewhere():
    """A connection of its own to the same database, as another process has."""
    other = connection.copy()
    yield other
    other.close()


def holidays() -> set[str]:
    return set(Timetable.current().holidays.get("IT", {}).values())


def add_holiday(day: int, on) -> None:
    run(f"INSERT INTO {HOLIDAYS} VALUES ('IT', %s, %s, true)", f"2027-01-{day:02}", f"Day {day}", on=on)


def test_a_write_of_another_process_is_seen_once_it_is_committed(firm, elsewhere):
    assert holidays() == {"Capodanno"}
    elsewhere.set_autocommit(False)
    add_holiday(2, on=elsewhere)
    assert holidays() == {"Capodanno"}
    elsewhere.commit()
    assert holidays() == {"Capodanno", "Day 2"}
    elsewhere.set_autocommit(True)


if connection.vendor == "postgresql":

    def test_writers_who_overlap_do_not_wait_and_are_both_seen(firm, elsewhere):
        run("SET lock_timeout = '30s'", on=elsewhere)
        with transaction.atomic():
            add_holiday(2, on=connection)
            assert holidays() == {"Capodanno", "Day 2"}
            add_holiday(3, on=elsewhere)
            assert holidays() == {"Capodanno", "Day 2", "Day 3"}
        assert holidays() == {"Capodanno", "Day 2", "Day 3"}

    @pytest.mark.parametrize("first_ends", [True, False], ids=["commits", "is rolled back"])
    def test_two_open_writers_see_their_own_and_leave_what_was_committed(first_ends, firm, elsewhere):
        elsewhere.set_autocommit(False)
        before = TimetableVersion.objects.get().token
        add_holiday(2, on=elsewhere)
        with transaction.atomic():
            add_holiday(3, on=connection)
            assert holidays() == {"Capodanno", "Day 3"}
            (elsewhere.commit if first_ends else elsewhere.rollback)()
            expected = {"Capodanno", "Day 3", *(["Day 2"] if first_ends else [])}
            assert holidays() == expected
        assert holidays() == expected
        assert before not in set(TimetableVersion.objects.values_list("token", flat=True)) or not first_ends
        elsewhere.set_autocommit(True)
        add_holiday(4, on=connection)
        assert TimetableVersion.objects.count() == 1
        assert holidays() == {*expected, "Day 4"}


# -- the triggers ------------------------------------------------------------------------------------------------------


def test_the_triggers_stand_after_migrate_and_the_check_is_silent():
    assert timetable_triggers.stand(connection)
    assert timetable_triggers.check_triggers(databases=["default"]) == []


def test_without_the_triggers_the_check_says_so(dropped):
    assert [message.id for message in timetable_triggers.check_triggers(databases=["default"])] == ["bookings.W003"]


def test_one_missing_trigger_is_noticed(created_again):
    if connection.vendor == "postgresql":
        run("DROP TRIGGER bookings_closure_in_timetable ON bookings_closure")
    else:
        run("DROP TRIGGER bookings_closure_delete_in_timetable")
    assert not timetable_triggers.stand(connection)


def test_a_trigger_that_is_switched_off_or_altered_is_noticed(created_again):
    if connection.vendor == "postgresql":
        run("ALTER TABLE bookings_closure DISABLE TRIGGER bookings_closure_in_timetable")
    else:
        run("DROP TRIGGER bookings_closure_delete_in_timetable")
        run("CREATE TRIGGER bookings_closure_delete_in_timetable AFTER DELETE ON bookings_closure BEGIN SELECT 1; END")
    assert not timetable_triggers.stand(connection)


@pytest.mark.parametrize("app", ["bookings", "people"])
def test_while_the_tables_may_be_altered_nothing_is_kept(app, firm, created_again):
    class Migration:
        app_label = app
        operations = (AlterField("agent", "languages", JSONField()),)

    Timetable.current()
    timetable_triggers.drop_before_migrate("default", plan=[(Migration, False)])
    run("DELETE FROM bookings_closure")
    assert Timetable.current().closures == []
    call_command("migrate", verbosity=0)
    assert timetable_triggers.stand(connection)
    assert Timetable.current() is Timetable.current()


def test_a_migration_of_another_app_leaves_the_triggers_standing():
    class Elsewhere:
        app_label = "sessions"

    timetable_triggers.drop_before_migrate("default", plan=[(Elsewhere, False)])
    assert timetable_triggers.stand(connection)
