"""Reports on complaints: what they count, for whom, and as CSV (C-13)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from complaints import board, reports
from complaints.models import Complaint, Remedy
from complaints.operations import appeals
from supportportal.people import roles

from ..factories import MONDAY_TEN
from ..factories_complaints import ComplaintFactory, decided, letter_that_went

NOW = MONDAY_TEN
HOURS = [timedelta(hours=n) for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)]


@pytest.fixture
def read(anna):
    """The tables that a reader gets, by code: name of each line → its cells."""

    def read(reader=anna, since=None):
        scope = board.Scope(reader, NOW, NOW + timedelta(hours=14))
        found = reports.tables(scope, reports.Period(since, NOW, ZoneInfo("Europe/Rome")))
        return {table.code: {str(line.name): line.cells for line in table.lines} for table in found}

    return read


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [
        pytest.param(HOURS, 0.5, HOURS[4], id="median of ten"),
        pytest.param(HOURS, 0.9, HOURS[8], id="nine of ten"),
        pytest.param(HOURS[:3], 0.5, HOURS[1], id="median of three"),
        pytest.param(HOURS[:3], 0.9, HOURS[2], id="nine tenths of three"),
        pytest.param(HOURS[:1], 0.5, HOURS[0], id="one alone"),
    ],
)
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values, share, found):
    assert reports.percentile(values, share) == found


def test_deadlines_kept_are_counted_by_month_and_step(read):
    kept, missed = ComplaintFactory(at=NOW - timedelta(days=5)), ComplaintFactory(at=NOW - timedelta(days=5))
    ComplaintFactory(at=NOW - timedelta(days=3))  # not acknowledged yet, and late
    ComplaintFactory(at=NOW - timedelta(hours=1))  # not due yet
    letter_that_went(kept.letters.get(), NOW - timedelta(days=5))
    letter_that_went(missed.letters.get(), NOW - timedelta(days=3))
    assert read()["kept"]["2026-11 acknowledgement"] == (1, 2, "33 %")


def test_the_time_to_each_step_is_counted_from_arrival(read):
    for hours in (1, 2, 30):
        complaint = ComplaintFactory(at=NOW - timedelta(days=5))
        letter_that_went(complaint.letters.get(), NOW - timedelta(days=5) + timedelta(hours=hours))
    assert read()["times"]["acknowledgement"] == (3, "2.0 h", "30.0 h")


def test_what_became_of_complaints_is_counted(read, anna):
    decided(ComplaintFactory(about="data", at=NOW - timedelta(days=8)), by=anna, at=NOW - timedelta(days=6))
    upheld = decided(
        ComplaintFactory(at=NOW - timedelta(days=8)), by=anna, at=NOW - timedelta(days=6), outcome="upheld"
    )
    Complaint.objects.filter(pk=upheld.pk).update(root_cause="Staffing")
    appeals.lodge(upheld, reasons="Not enough", at=NOW)
    Remedy.objects.create(complaint=upheld, text="A call", due_on=NOW.date() - timedelta(days=1))
    found = read()
    assert found["subjects"] == {"my personal data": (1,), "the service": (1,)}
    assert found["outcomes"] == {"not upheld": (1,), "upheld": (1,)}
    assert found["causes"] == {"Staffing": (1,)}
    assert found["appeals"] == {"open": (1,)}
    assert found["remedies"]["overdue"] == (1,)
    assert found["workload"] == {"nobody yet": (1, 0, 0), "Anna Rossi": (0, 0, 2)}


@pytest.mark.parametrize(
    ("days", "name"), [(0, "less than a day"), (1, "1 to 3 days"), (3, "3 to 7 days"), (31, "more than 30 days")]
)
def test_open_ones_are_counted_by_age(read, days, name):
    ComplaintFactory(at=NOW - timedelta(days=days, minutes=1))
    ages = read()["ages"]
    assert ages[name] == (1,)
    assert sum(number for (number,) in ages.values()) == 1


def test_only_what_the_reader_may_see_is_counted(read, mark, anna):
    ComplaintFactory(about="staff")
    ComplaintFactory(complained_about=anna.name)
    ComplaintFactory()
    assert read(mark)["subjects"] == {"the service": (1,)}
    assert read(anna)["subjects"] == {"a member of staff": (1,), "the service": (1,)}


def test_older_complaints_are_left_out(read):
    ComplaintFactory(at=NOW - timedelta(days=100))
    assert read(since=NOW - timedelta(days=90))["subjects"] == {}
    assert read()["subjects"] == {"the service": (1,)}


@pytest.fixture
def enter(client, anna):
    roles.sync_after_migrate(apps.get_app_config("complaints"), "default")
    client.force_login(anna)
    with time_machine.travel(NOW, tick=False):
        yield client


def test_the_csv_runs_nothing(enter, anna):
    complaint = decided(ComplaintFactory(at=NOW - timedelta(days=8)), by=anna, at=NOW - timedelta(days=6))
    Complaint.objects.filter(pk=complaint.pk).update(root_cause="=HYPERLINK(0)")
    answer = enter.get(reverse("admin:complaints_complaint_reports_csv"), {"table": "causes"})
    assert answer.content.decode().splitlines() == ["Root cause,Complaints", "'=HYPERLINK(0),1"]
    assert answer["Content-Disposition"] == 'attachment; filename="complaints-causes.csv"'


@pytest.mark.parametrize("asked", [{"table": "nonsense"}, {}], ids=["unknown", "none"])
def test_a_table_that_is_none_is_no_such_page(enter, asked):
    assert enter.get(reverse("admin:complaints_complaint_reports_csv"), asked).status_code == 404


def test_the_reports_ask_as_much_for_many_as_for_few(enter, anna):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert enter.get(reverse("admin:complaints_complaint_reports"), {"days": "x"}).status_code == 200
        return len(found)

    decided(ComplaintFactory(at=NOW - timedelta(days=8)), by=anna, at=NOW - timedelta(days=6))
    queries()
    before = queries()
    for _n in range(8):
        decided(ComplaintFactory(at=NOW - timedelta(days=8)), by=anna, at=NOW - timedelta(days=6))
    assert queries() == before


def test_whoever_is_no_manager_has_no_reports(enter, mario):
    enter.force_login(mario)
    assert enter.get(reverse("admin:complaints_complaint_reports")).status_code == 404
