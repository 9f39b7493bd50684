"""When a calendar says busy: by whose clock, how often, and what counts for nothing."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bookings import calendar_reader, private_events
from bookings.calendar_reader import Unreadable, busy_spans
from supportportal.lattice import cell_at
from tests.support.ics import calendar_of

ROME = ZoneInfo("Europe/Rome")
BEGINS, ENDS = datetime(2027, 3, 22, tzinfo=UTC), datetime(2027, 4, 5, tzinfo=UTC)
OWN = "@support.example.org"
NINE = ["UID:1", "DTSTART:20270322T090000Z", "DTEND:20270322T100000Z"]


def read(*events, zone=ROME, extra=()) -> list[tuple[str, str]]:
    spans = busy_spans(calendar_of(*events, extra=extra), zone=zone, begins=BEGINS, ends=ENDS, own=OWN)
    return [tuple(f"{datetime.fromtimestamp(edge, UTC):%m-%d %H:%M}" for edge in span) for span in spans]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([NINE], [("03-22 09:00", "03-22 10:00")], id="UTC"),
        pytest.param(
            [["UID:1", "DTSTART:20270322T090000", "DURATION:PT30M"]], [("03-22 08:00", "03-22 08:30")], id="floating"
        ),
        pytest.param(
            [["UID:1", "DTSTART;TZID=America/New_York:20270322T090000", "DURATION:PT1H"]],
            [("03-22 13:00", "03-22 14:00")],
            id="another zone",
        ),
        pytest.param(
            [["UID:1", "DTSTART;TZID=W. Europe Standard Time:20270322T090000", "DURATION:PT1H"]],
            [("03-22 08:00", "03-22 09:00")],
            id="a name of Windows",
        ),
        pytest.param(
            [["UID:1", "DTSTART;VALUE=DATE:20270323"]], [("03-22 23:00", "03-23 23:00")], id="a whole local day"
        ),
        pytest.param(
            [["UID:1", "DTSTART;VALUE=DATE:20270328", "DTEND;VALUE=DATE:20270329"]],
            [("03-27 23:00", "03-28 22:00")],
            id="a whole day of 23 hours",
        ),
        pytest.param(
            [["UID:1", "DTSTART;TZID=Europe/Rome:20270325T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5"]],
            [
                ("03-25 08:00", "03-25 09:00"),
                ("03-26 08:00", "03-26 09:00"),
                ("03-27 08:00", "03-27 09:00"),
                ("03-28 07:00", "03-28 08:00"),  # clocks went forward
                ("03-29 07:00", "03-29 08:00"),
            ],
            id="recurring across a clock change",
        ),
        pytest.param(
            [
                [
                    *["UID:1", "DTSTART:20200106T090000", "DTEND:20200106T100000", "RRULE:FREQ=WEEKLY;BYDAY=MO,TU"],
                    "EXDATE:20270322T090000",
                ],
                ["UID:1", "RECURRENCE-ID:20270323T090000", "DTSTART:20270323T150000", "DTEND:20270323T160000"],
                [
                    *["UID:1", "RECURRENCE-ID:20270329T090000", "DTSTART:20270329T090000", "DTEND:20270329T100000"],
                    "STATUS:CANCELLED",
                ],
            ],
            [("03-23 14:00", "03-23 15:00"), ("03-30 07:00", "03-30 08:00")],
            id="one left out, one moved, one cancelled",
        ),
        pytest.param(
            [["UID:1", "DTSTART:20270322T090000Z", "DURATION:PT1H", "RDATE:20270324T120000Z"]],
            [("03-22 09:00", "03-22 10:00"), ("03-24 12:00", "03-24 13:00")],
            id="once more",
        ),
        pytest.param([[*NINE, "TRANSP:TRANSPARENT"]], [], id="shown as free"),
        pytest.param([[*NINE, "X-MICROSOFT-CDO-BUSYSTATUS:FREE"]], [], id="shown as free by Outlook"),
        pytest.param([[*NINE, "STATUS:CANCELLED"]], [], id="cancelled"),
        pytest.param([[*NINE, "STATUS:TENTATIVE"]], [("03-22 09:00", "03-22 10:00")], id="tentative"),
        pytest.param([["UID:1", "DTSTART:20270322T090000Z", "DTEND:20270322T090000Z"]], [], id="without length"),
        pytest.param(
            [["UID:AB12CD34@Support.Example.ORG", *NINE[1:]]], [], id="a session of our own, which the portal knows"
        ),
        pytest.param(
            [NINE, ["UID:2", "DTSTART:20270322T093000Z", "DURATION:PT1H"]],
            [("03-22 09:00", "03-22 10:30")],
            id="merged",
        ),
        pytest.param(
            [["UID:1", "DTSTART:20270301T000000Z", "DTEND:20270501T000000Z"]],
            [("03-22 00:00", "04-05 00:00")],
            id="longer than the window",
        ),
        pytest.param([], [], id="empty"),
    ],
)
def test_when_it_says_busy(events, expected):
    assert read(*events) == expected


def test_the_agents_clock_decides_about_floating_times():
    event = ["UID:1", "DTSTART:20270322T090000", "DURATION:PT1H"]
    assert read(event, zone=ZoneInfo("Asia/Tokyo")) == [("03-22 00:00", "03-22 01:00")]


def test_a_server_may_publish_busy_times_alone():
    component = [
        "BEGIN:VFREEBUSY",
        "UID:1",
        "FREEBUSY;FBTYPE=BUSY:20270322T090000Z/PT1H",
        "FREEBUSY;FBTYPE=FREE:20270322T120000Z/PT1H",
        "FREEBUSY:20270323T090000Z/20270323T103000Z",
        "END:VFREEBUSY",
    ]
    assert read(extra=component) == [("03-22 09:00", "03-22 10:00"), ("03-23 09:00", "03-23 10:30")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(b"", "no_calendar", id="nothing"),
        pytest.param(b"<html>Sign in</html>", "no_calendar", id="a page"),
        pytest.param(calendar_of(NINE)[:-20], "no_calendar", id="cut off"),
        pytest.param(calendar_of([*NINE, "RRULE:FREQ=SECONDLY"]), "too_many", id="every second"),
        pytest.param(calendar_of([*NINE, "RRULE:FREQ=MINUTELY;INTERVAL=7"]), "too_many", id="every seven minutes"),
        pytest.param(calendar_of([*NINE, "RRULE:FREQ=DAILY", "RRULE:FREQ=SECONDLY"]), "too_many", id="a second rule"),
    ],
)
def test_what_cannot_be_read_is_said(text, why):
    with pytest.raises(Unreadable, match=why):
        busy_spans(text, zone=ROME, begins=BEGINS, ends=ENDS, own=OWN)


@pytest.mark.parametrize("limit", ["MOST_EVENTS", "MOST_OCCURRENCES"])
def test_there_is_a_limit_to_how_many(monkeypatch, limit):
    events = [["UID:1", "DTSTART:20270322T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"], [*NINE, "X-A:1"]]
    assert read(*events)  # negative control
    monkeypatch.setattr(calendar_reader, limit, 1)
    with pytest.raises(Unreadable, match="too_many"):
        read(*events)


# -- in a process of its own -------------------------------------------------------------------------------------------


def apart(text: bytes, **given):
    return private_events.busy_cells(text, zone="Europe/Rome", begins=BEGINS, ends=ENDS, own=OWN, **given)


def test_apart_it_gives_cells_rounded_outwards():
    first = cell_at(datetime(2027, 3, 22, 9, tzinfo=UTC))
    assert apart(calendar_of(NINE)) == {(first, first + 12)}
    assert apart(calendar_of(["UID:1", "DTSTART:20270322T090200Z", "DURATION:PT1H1M"])) == {(first, first + 13)}


@pytest.mark.parametrize(
    ("event", "why"),
    [
        pytest.param([*NINE, "RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"], "too_many", id="looks for a day for ever"),
        pytest.param(["UID:1", "DTSTART:garbage"], "no_calendar", id="a broken beginning"),
        pytest.param([*NINE, "RRULE:FREQ=SOMETIMES"], "no_calendar", id="a broken rule"),
        pytest.param(["UID:1", "DTSTART:00010101T000000Z", "DTEND:99991231T235959Z"], "no_calendar", id="all of time"),
    ],
)
def test_apart_nothing_holds_a_worker_up(event, why):
    limit = {"seconds": 2} if why == "too_many" else {}  # the others come to an end
    with pytest.raises(private_events.NotRead, match=why):
        apart(calendar_of(event), **limit)


def test_apart_too_much_memory_is_refused(monkeypatch):
    monkeypatch.setattr(private_events, "BYTES", 400 * 1024**2)
    assert apart(calendar_of(NINE))  # negative control: so much is enough for a small one
    hourly = ",".join(map(str, range(60)))
    with pytest.raises(private_events.NotRead, match="too_many"):
        rule = f"RRULE:FREQ=HOURLY;BYMINUTE={hourly};BYSECOND={hourly}"
        apart(calendar_of(["UID:1", "DTSTART:20270320T000000Z", "DURATION:PT1S", rule]), seconds=10)


def test_apart_it_knows_nothing_of_the_portal(monkeypatch, tmp_path):
    spy = tmp_path / "spy.py"
    spy.write_text("import json, os, sys; print(json.dumps({'busy': [], 'env': dict(os.environ), 'path': sys.path}))")
    monkeypatch.setenv("SECRET_KEY", "canary")
    monkeypatch.setattr(private_events, "READER", spy)
    seen = []
    monkeypatch.setattr(private_events.json, "loads", lambda text: seen.append(text) or {"busy": []})
    assert apart(calendar_of(NINE)) == set()
    assert b"canary" not in seen[0]
    assert b"/bookings" not in seen[0]
