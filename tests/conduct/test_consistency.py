"""What managers learn from their decisions: counts, times, appeals, and the register of a quarter (R-9)."""

import csv
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from conduct import consistency
from conduct.consistency import Decisions, Period, Quarter
from conduct.models import Appeal, Category, Measure
from conduct.operations import deciding, effects
from supportportal.people.models import Gate, Role
from tests.factories import MONDAY_TEN, ClientFactory, FirmFactory, StaffFactory
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db
AT, ROME = MONDAY_TEN, ZoneInfo("Europe/Rome")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LANGUAGE, THREAT = Category.LANGUAGE, Category.THREAT
PAGES = ["consistency", "consistency_csv", "register", "register_csv"]


@pytest.fixture
def nadia():
    return StaffFactory(roles=["manager"], name="Nadia Haddad")


@pytest.fixture
def jonas():
    return StaffFactory(roles=["manager"], name="Jonas Weber")


@pytest.fixture
def read(nadia):
    """The tables, by code: name of each line → its cells."""

    def read(at=AT + 30 * DAY, since=None, *, by_quarter=False):
        decisions = Decisions(nadia, Period(since, at, ROME))
        found = consistency.tables(decisions, by_quarter=by_quarter)
        return {table.code: {str(line.name): line.cells for line in table.lines} for table in found}

    return read


def decide(by, *, after=HOUR, step=None, at=AT, **told):
    incident = make_incident(at=at, **told)
    return make_measure(step or limited(at + after), at=at + after, incident=incident, by=by)


def appeal(measure, outcome, by):
    """As ``appeals.decide`` leaves it."""
    said = {"decision": "Because.", "decided_by": by, "decided_at": AT + 5 * DAY} if outcome else {}
    Appeal.objects.create(measure=measure, reasons="Unfair.", lodged_at=AT + 2 * DAY, outcome=outcome, **said)
    if outcome == Appeal.Outcome.QUASHED:
        effects.end(measure, state=Measure.State.QUASHED, reasons="Wrong.", by=by, at=AT + 5 * DAY)


def warning():
    return deciding.Step(Measure.Kind.WARNING)


def test_a_measure_counts_in_each_category(nadia, read):
    decide(nadia, categories=(LANGUAGE, THREAT))
    decide(nadia, categories=(LANGUAGE,), step=warning())
    closed = make_incident(categories=(THREAT,))
    deciding.close(closed, "It was a misunderstanding.", by=nadia, at=AT + HOUR, seen=None)
    found = read()["categories"]
    kinds = ["warning", "limited"]  # those that occur
    assert set(found) == {str(LANGUAGE.label), str(THREAT.label)}
    language, threat = found[str(LANGUAGE.label)], found[str(THREAT.label)]
    assert (language[0], language[1 + kinds.index("warning")], language[1 + kinds.index("limited")]) == (2, 1, 1)
    assert (threat[0], threat[-1]) == (1, 1)


def test_by_manager_with_what_became_of_it(nadia, jonas, read):
    boss = StaffFactory(roles=[Role.SENIOR_MANAGER])
    for outcome in (Appeal.Outcome.QUASHED, Appeal.Outcome.VARIED, Appeal.Outcome.UPHELD, ""):
        appeal(decide(nadia), outcome, boss)
    decide(jonas, step=warning())
    found = read()
    assert {name: (cells[0], cells[-1]) for name, cells in found["managers"].items()} == {
        "Nadia Haddad": (4, "2 / 3"),
        "Jonas Weber": (1, "–"),
    }
    assert found["appeals"]["overturned, of those decided"] == ("67 %",)
    assert found["appeals"]["not decided yet"] == (1,)


def test_what_was_not_taken_counts_as_an_approval_alone(nadia, jonas, read):
    asked = [decide(nadia, step=limited(AT, days=90)) for _number in range(4)]
    deciding.approve(asked[0], by=jonas, at=AT + 3 * HOUR, seen=None)
    deciding.decline(asked[1], "Too long.", by=jonas, at=AT + 3 * HOUR, seen=None)
    deciding.withdraw(asked[2], by=nadia, at=AT + 3 * HOUR, seen=None)
    found = read()
    assert {name: cells[0] for name, cells in found["approvals"].items()} == {
        "asked for": 3,
        "approved": 1,
        "declined": 1,
        "waiting": 1,
    }
    assert found["managers"]["Nadia Haddad"][0] == 1


def test_the_time_until_something_was_taken(nadia, jonas, read):
    for hours in (1, 2, 30):
        decide(nadia, after=hours * HOUR, step=warning())
    long = decide(nadia, after=HOUR, step=limited(AT + HOUR, days=90))
    deciding.approve(long, by=jonas, at=AT + 5 * DAY, seen=None)
    closed = make_incident()
    deciding.close(closed, "Nothing happened.", by=nadia, at=AT + 4 * HOUR, seen=None)
    assert read()["times"] == {
        "written warning": (3, "2.0 h", "30.0 h"),
        "limited access": (1, "5.0 days", "5.0 days"),
        "closed without a measure": (1, "4.0 h", "4.0 h"),
        "all": (5, "4.0 h", "5.0 days"),
    }


def test_an_extension_is_no_second_answer(nadia, read):
    first = decide(nadia, step=limited(AT + HOUR, days=5))
    first.incident.refresh_from_db()
    longer = deciding.Step(Measure.Kind.LIMITED, [Gate.BOOKING], until=AT + 20 * DAY, extends=first)
    make_measure(longer, at=AT + 4 * DAY, incident=first.incident, by=nadia)
    assert read()["times"]["all"] == (1, "1.0 h", "1.0 h")
    assert read()["managers"]["Nadia Haddad"][0] == 2


@pytest.mark.parametrize(
    ("reported", "by_quarter", "name"),
    [
        (datetime(2026, 11, 30, 22, 30, tzinfo=UTC), False, "2026-11"),
        (datetime(2026, 11, 30, 23, 30, tzinfo=UTC), False, "2026-12"),  # past midnight in Rome
        (datetime(2026, 9, 30, 21, 30, tzinfo=UTC), True, "2026-Q3"),
        (datetime(2026, 9, 30, 22, 30, tzinfo=UTC), True, "2026-Q4"),  # summer time
    ],
)
def test_months_and_quarters_are_the_firms(read, reported, by_quarter, name):
    make_incident(at=reported)
    assert read(reported + DAY, by_quarter=by_quarter)["time"] == {name: (1, 0, 0)}


def test_a_period_holds_what_was_taken_in_it(nadia, read):
    decide(nadia, at=AT - 100 * DAY)
    decide(nadia)
    assert read(since=AT - 90 * DAY)["managers"]["Nadia Haddad"][0] == 1
    assert read()["managers"]["Nadia Haddad"][0] == 2


def test_nothing_to_count(read):
    assert all(lines == {} for lines in read().values())


def test_what_is_in_force_is_listed_by_its_end(nadia, jonas):
    client = ClientFactory(name="Zoraida Zampa")
    short, long = decide(nadia, step=limited(AT, days=3), client=client), decide(nadia, step=limited(AT, days=9))
    decide(nadia, step=warning())
    found = consistency.in_force(nadia, AT + 2 * DAY)
    assert found == [short, long]
    assert consistency.in_force(nadia, AT + 4 * DAY) == [long]
    table = consistency.in_force_table(found, ROME)
    assert table.lines[0].name == short.incident.reference
    assert "Zoraida" not in str(table)


# -- the register ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-Q4", Quarter(2026, 4)),
        *(
            (odd, None)
            for odd in ("", "2026", "2026-Q5", "2026-Q0", "²026-Q1", "1-Q1", "9999-Q1", "2026-Q1\x00", "x-Q1")
        ),
    ],
)
def test_a_quarter_by_its_name(text, found):
    assert Quarter.named(text) == found


def test_quarters_follow_each_other():
    first = Quarter(2026, 1)
    assert (str(first.before), str(first.after)) == ("2025-Q4", "2026-Q2")
    period = first.period(ROME)
    assert period.since == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert period.until == datetime(2026, 3, 31, 22, tzinfo=UTC)  # summer time


def test_the_register_holds_every_decision_in_order_and_names_no_client(nadia, jonas):
    client = ClientFactory(name="Zoraida Zampa")
    hurt = StaffFactory(name="Elisa Conti", roles=["agent"])
    second = decide(nadia, after=2 * DAY, step=limited(AT, days=90), client=client, reporter=hurt)
    deciding.approve(second, by=jonas, at=AT + 3 * DAY, seen=None)
    first = decide(nadia, client=client, reporter=hurt)
    closed = make_incident(client=client)
    deciding.close(closed, "Zoraida said sorry.", by=jonas, at=AT + 2 * HOUR, seen=None)
    table = consistency.register(Decisions(nadia, Quarter(2026, 4).period(ROME)))
    references = [first.incident.reference, closed.reference, second.incident.reference]
    assert [line.name for line in table.lines] == references
    assert {len(line.cells) for line in table.lines} == {len(table.columns) - 1}
    assert "Jonas Weber" in table.lines[2].cells
    for name in ("Zoraida", "Elisa", second.incident.words):
        assert name not in str(table)
    assert not consistency.register(Decisions(nadia, Quarter(2026, 3).period(ROME))).lines


# -- the pages ---------------------------------------------------------------------------------------------------------


def get(browser, person, page, query=""):
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    with time_machine.travel(AT + 10 * DAY, tick=False):
        return browser.get(reverse(f"admin:conduct_incident_{page}") + query)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.AGENT, 404), (Role.MANAGER, 200), (Role.SENIOR_MANAGER, 200), ("", 404)],
)
def test_who_gets_there(client, page, role, status):
    FirmFactory()
    person = StaffFactory(roles=[role] if role else [])
    assert get(client, person, page, "?table=managers").status_code == status


@pytest.mark.parametrize("code", ["time", "categories", "managers", "times", "approvals", "appeals", "in_force"])
def test_each_table_as_csv(client, nadia, jonas, code):
    FirmFactory()
    asked = decide(nadia, step=limited(AT, days=90))
    deciding.approve(asked, by=jonas, at=AT + 2 * HOUR, seen=None)
    appeal(decide(nadia), "", jonas)
    answer = get(client, nadia, "consistency_csv", f"?table={code}")
    rows = list(csv.reader(answer.content.decode().splitlines()))
    assert len(rows) > 1
    assert len({len(row) for row in rows}) == 1


def test_what_a_spreadsheet_would_run_is_harmless(client, nadia):
    FirmFactory()
    nadia.name = "=HYPERLINK(1)"
    nadia.save(update_fields=["name"])
    decide(nadia)
    for page in ("consistency_csv", "register_csv"):
        text = get(client, nadia, page, "?table=managers").content.decode()
        assert "'=HYPERLINK(1)" in text


@pytest.mark.parametrize("query", ["?table=odd", "", "?table=%C2%B2"])
def test_an_odd_table_is_not_found(client, nadia, query):
    FirmFactory()
    assert get(client, nadia, "consistency_csv", query).status_code == 404


@pytest.mark.parametrize("page", ["consistency", "register"])
@pytest.mark.parametrize("number", [1, 30])
def test_a_fixed_number_of_queries(client, nadia, jonas, django_assert_max_num_queries, page, number):
    FirmFactory()
    for _one in range(number):
        asked = decide(StaffFactory(roles=["manager"]), step=limited(AT, days=90))
        deciding.approve(asked, by=jonas, at=AT + 2 * HOUR, seen=None)
        appeal(asked, Appeal.Outcome.UPHELD, jonas)
    get(client, nadia, page)  # the first page of a session writes down that it is in use
    with time_machine.travel(AT + 10 * DAY, tick=False), django_assert_max_num_queries(26):
        answer = client.get(reverse(f"admin:conduct_incident_{page}"))
    assert answer.content.decode().count(asked.incident.reference) == 1
