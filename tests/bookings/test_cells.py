"""The database refuses overlapping sessions by itself, whatever path a write comes by (B-2).

Each way of writing is tried with the triggers standing, where it must fail, and with the triggers dropped, where
it must succeed: the negative control that shows it is the triggers that refuse.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, migrations, transaction
from django.db.models import IntegerField
from django.utils import timezone

from bookings import cells
from bookings.models import Booking, OccupiedCell
from supportportal.lattice import cell_at

from ..factories import AgentFactory, BookingFactory, ClientFactory, SessionTypeFactory

pytestmark = pytest.mark.django_db(transaction=True)

TEN = cell_at(datetime(2100, 1, 4, 10, tzinfo=UTC))
ELEVEN = TEN + 12


@pytest.fixture
def session_type():
    return SessionTypeFactory(minutes=30, buffer_before=10, buffer_after=15)


@pytest.fixture
def agent():
    return AgentFactory()


@pytest.fixture
def taken(session_type, agent):
    """10:00 to 10:30; the agent's buffers reach from 09:50 to 10:45."""
    return BookingFactory(session_type=session_type, agent=agent, first_cell=TEN)


@pytest.fixture
def other(session_type, agent, taken):
    """Another session of the same agent, an hour later."""
    return BookingFactory(session_type=session_type, agent=agent, first_cell=ELEVEN)


def copy_of(booking: Booking, **changes) -> Booking:
    """An unsaved session of another client at the same time."""
    fields = {field.attname: getattr(booking, field.attname) for field in Booking._meta.concrete_fields}
    for made_by_the_database in ("id", "starts_at", "ends_at"):
        del fields[made_by_the_database]
    fields |= {"reference": f"X{booking.pk}", "form_key": None, "client_id": ClientFactory().pk} | changes
    return Booking(**fields)


def run(sql: str, *parameters) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


COLUMNS = ", ".join(
    field.column for field in Booking._meta.concrete_fields if not field.generated and field.column != "id"
)


def insert(policy: str = "INSERT", more: str = ""):
    """Copies ``taken`` by raw SQL, for another client and under a new reference."""

    def write(taken: Booking, other: Booking) -> None:
        values = COLUMNS.replace("reference", "'RAW'").replace("client_id", str(ClientFactory().pk))
        run(
            f"{policy} INTO bookings_booking ({COLUMNS}) SELECT {values} FROM bookings_booking WHERE id = %s {more}",
            taken.pk,
        )

    return write


def update(assignment: str, policy: str = "UPDATE"):
    def write(taken: Booking, other: Booking) -> None:
        run(f"{policy} bookings_booking SET {assignment} WHERE id = {other.pk}".format(taken=taken))

    return write


def save_again(taken, other):
    other.first_cell = TEN
    other.save()


def revive(taken, other):
    called_off = copy_of(taken, state="cancelled", cancelled_at=timezone.now())
    called_off.save()
    run("UPDATE bookings_booking SET state = 'booked', cancelled_at = NULL WHERE id = %s", called_off.pk)


def change_agent(taken, other):
    elsewhere = copy_of(taken, agent_id=AgentFactory().pk)
    elsewhere.save()
    Booking.objects.filter(pk=elsewhere.pk).update(agent=taken.agent)


def change_client(taken, other):
    elsewhere = copy_of(taken, agent_id=AgentFactory().pk)
    elsewhere.save()
    Booking.objects.filter(pk=elsewhere.pk).update(client=taken.client)


WRITES = {
    "save": lambda taken, other: copy_of(taken).save(),
    "bulk_create": lambda taken, other: Booking.objects.bulk_create([copy_of(taken)]),
    "bulk_create ignoring conflicts": lambda taken, other: Booking.objects.bulk_create(
        [copy_of(taken)], ignore_conflicts=True
    ),
    "bulk_create updating conflicts": lambda taken, other: Booking.objects.bulk_create(
        [copy_of(taken)], update_conflicts=True, update_fields=["topic"], unique_fields=["reference"]
    ),
    "only the buffers meet": lambda taken, other: copy_of(taken, first_cell=TEN + 10).save(),
    "a longer one around it": lambda taken, other: copy_of(taken, first_cell=TEN - 6, cells=18, cells_after=0).save(),
    "same client, other agent": lambda taken, other: copy_of(
        taken, agent_id=AgentFactory().pk, client_id=taken.client_id, first_cell=TEN + 5
    ).save(),
    "the client is an agent at work": lambda taken, other: copy_of(
        taken, agent_id=AgentFactory().pk, client_id=taken.agent_id
    ).save(),
    "save of a moved one": save_again,
    "queryset update": lambda taken, other: Booking.objects.filter(pk=other.pk).update(first_cell=TEN),
    "bulk_update": lambda taken, other: Booking.objects.bulk_update(
        [Booking(pk=other.pk, first_cell=TEN + 3)], ["first_cell"]
    ),
    "another agent": change_agent,
    "another client": change_client,
    "a cancelled one revived": revive,
    "raw insert": insert(),
    "raw insert or do nothing": insert(more="ON CONFLICT DO NOTHING"),
    "raw update of the time": update("first_cell = {taken.first_cell}"),
    "raw update of the length": update("first_cell = first_cell - 12, cells = 6 + 12"),
    "raw update of a buffer": update("cells_before = 14"),
}
WRITES_ON_SQLITE = {
    "raw insert or ignore": insert("INSERT OR IGNORE"),
    "raw insert or replace": insert("INSERT OR REPLACE"),
    "raw insert or fail": insert("INSERT OR FAIL"),
    "raw replace": insert("REPLACE"),
    "raw update or ignore": update("first_cell = {taken.first_cell}", "UPDATE OR IGNORE"),
    "raw update or replace": update("first_cell = {taken.first_cell}", "UPDATE OR REPLACE"),
}
ALL_WRITES = WRITES | (WRITES_ON_SQLITE if connection.vendor == "sqlite" else {})


def overlaps() -> int:
    """Pairs of sessions that share a person and a time, found without any help of cells."""
    spans = []
    for booking in Booking.objects.live():
        spans.append((booking.agent_id, booking.first_cell - booking.cells_before,
                      booking.first_cell + booking.cells + booking.cells_after, booking.pk))  # fmt: skip
        spans.append((booking.client_id, booking.first_cell, booking.first_cell + booking.cells, booking.pk))
    return sum(
        1
        for number, (person, begins, ends, pk) in enumerate(spans)
        for person2, begins2, ends2, pk2 in spans[:number]
        if person == person2 and pk != pk2 and begins < ends2 and begins2 < ends
    )


@pytest.mark.parametrize("write", ALL_WRITES.values(), ids=ALL_WRITES)
def test_no_way_of_writing_makes_two_sessions_overlap(write, taken, other):
    before = set(OccupiedCell.objects.values_list("person", "cell", "booking"))
    with pytest.raises(IntegrityError), transaction.atomic():
        write(taken, other)
    assert overlaps() == 0
    assert set(OccupiedCell.objects.values_list("person", "cell", "booking")) >= before


@pytest.mark.parametrize("write", ALL_WRITES.values(), ids=ALL_WRITES)
def test_without_the_triggers_each_of_these_writes_makes_an_overlap(write, taken, other):
    cells.drop(connection)
    try:
        write(taken, other)
        assert overlaps() >= 1
    finally:
        Booking.objects.all().delete()
        cells.create(connection)


def owned(booking: Booking) -> tuple[set[int], set[int]]:
    rows = list(OccupiedCell.objects.filter(booking=booking).values_list("person", "cell"))
    return tuple({cell for person, cell in rows if person == of} for of in (booking.agent_id, booking.client_id))


def test_a_session_owns_the_agent_with_buffers_and_the_client_without(taken):
    assert owned(taken) == (set(range(TEN - 2, TEN + 9)), set(range(TEN, TEN + 6)))


def test_sessions_may_touch(taken):
    copy_of(taken, first_cell=TEN + 11).save()
    copy_of(taken, reference="EARLIER", first_cell=TEN - 11).save()
    copy_of(taken, reference="CLIENT", agent_id=AgentFactory().pk, client_id=taken.client_id, first_cell=TEN + 6).save()
    assert overlaps() == 0


def test_the_longest_session_owns_all_its_cells(taken):
    longest = copy_of(taken, first_cell=TEN + 500, cells=288 - 5)
    longest.save()
    assert [len(kept) for kept in owned(longest)] == [288, 283]


def test_moving_frees_the_old_cells_and_takes_the_new(taken):
    Booking.objects.filter(pk=taken.pk).update(first_cell=TEN + 1)
    taken.refresh_from_db()
    assert owned(taken) == (set(range(TEN - 1, TEN + 10)), set(range(TEN + 1, TEN + 7)))


def test_changing_agent_client_and_length_at_once_leaves_nothing_behind(taken):
    agent, client = AgentFactory(), ClientFactory()
    Booking.objects.filter(pk=taken.pk).update(agent=agent, client=client, cells=2, cells_before=0, cells_after=1)
    taken.refresh_from_db()
    assert owned(taken) == ({TEN, TEN + 1, TEN + 2}, {TEN, TEN + 1})
    assert OccupiedCell.objects.count() == 5


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda booking: booking.delete(), id="deleted"),
        pytest.param(lambda booking: run("DELETE FROM bookings_booking"), id="all deleted by raw SQL"),
        pytest.param(
            lambda booking: Booking.objects.update(state="cancelled", cancelled_at=timezone.now()), id="cancelled"
        ),
    ],
)
def test_a_session_that_ends_early_frees_its_cells(end, taken):
    end(taken)
    assert not OccupiedCell.objects.exists()
    copy_of(taken).save()


def test_a_change_of_words_leaves_the_cells_alone(taken):
    Booking.objects.filter(pk=taken.pk).update(topic="Something else")
    assert len(owned(taken)[0]) == 11


def test_a_refused_write_in_a_savepoint_leaves_the_transaction_usable(taken):
    with transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic():
            copy_of(taken).save()
        copy_of(taken, first_cell=ELEVEN).save()
    assert Booking.objects.count() == 2


# -- where the triggers come from --------------------------------------------------------------------------------------


@pytest.fixture
def created_again():
    yield
    cells.create(connection)


def test_the_triggers_stand_after_migrate_and_the_check_is_silent(taken):
    assert cells.stand(connection)
    assert cells.check_cells(databases=["default"]) == []


def test_without_the_triggers_the_check_says_so(created_again):
    cells.drop(connection)
    assert [message.id for message in cells.check_cells(databases=["default"])] == ["bookings.W001"]


def test_one_missing_or_altered_trigger_is_noticed(created_again):
    target = " ON bookings_booking" if connection.vendor == "postgresql" else ""
    run(f"DROP TRIGGER booking_moves_cells{target}")
    assert not cells.stand(connection)


def test_migrate_brings_the_triggers_back_with_the_cells_of_coming_sessions(taken):
    over = copy_of(taken, reference="OVER", first_cell=cell_at(timezone.now() - timedelta(days=3)))
    cells.drop(connection)
    over.save()
    late = copy_of(taken, first_cell=ELEVEN)
    late.save()
    Booking.objects.filter(pk=taken.pk).update(first_cell=TEN + 288)
    call_command("migrate", verbosity=0)
    assert cells.stand(connection)
    taken.refresh_from_db()
    assert owned(taken)[1] == set(range(TEN + 288, TEN + 294))
    assert owned(late)[1] == set(range(ELEVEN, ELEVEN + 6))
    assert owned(over) == (set(), set())


def test_an_overlap_written_while_the_triggers_were_gone_is_reported(taken):
    cells.drop(connection)
    twin = copy_of(taken)
    twin.save()
    cells.create(connection)
    (message,) = cells.check_cells(databases=["default"])
    assert message.id == "bookings.W002"
    assert cells.unguarded(connection) == [twin.pk]


def test_a_remade_booking_table_is_protected_again(taken, created_again):
    """SQLite alters a table by making it anew, which loses its triggers without a word."""
    if connection.vendor == "sqlite":
        with connection.schema_editor() as editor:
            cells.drop(connection)
            editor._remake_table(Booking)
        assert not cells.stand(connection)
    else:
        cells.drop(connection)
    call_command("migrate", verbosity=0)
    assert cells.stand(connection)
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_of(taken).save()


def test_a_migration_of_another_app_leaves_the_triggers_standing():
    class Elsewhere:
        app_label = "people"

    cells.drop_before_migrate("default", plan=[(Elsewhere, False)])
    assert cells.stand(connection)


@pytest.mark.parametrize(
    ("operation", "backwards", "stay"),
    [
        pytest.param(migrations.AddField("booking", "x", IntegerField(null=True)), False, True, id="a field more"),
        pytest.param(migrations.AddField("booking", "x", IntegerField(null=True)), True, False, id="a field less"),
        pytest.param(migrations.AlterField("booking", "topic", IntegerField()), False, False, id="a field altered"),
        pytest.param(migrations.RunSQL("SELECT 1"), False, False, id="whatever SQL does"),
    ],
)
def test_on_postgresql_what_only_adds_leaves_the_portal_protected(operation, backwards, stay, created_again):
    """The old release goes on booking while the new one's migrations run; SQLite has to make its tables anew."""

    class Migration:
        app_label = "bookings"
        operations = (operation,)

    cells.drop_before_migrate("default", plan=[(Migration, backwards)])
    assert cells.stand(connection) is (stay and connection.vendor == "postgresql")


def test_the_app_migrates_back_and_forth():
    call_command("migrate", "bookings", "zero", verbosity=0)
    call_command("migrate", verbosity=0)  # those that need it went back with it
    assert cells.stand(connection)
