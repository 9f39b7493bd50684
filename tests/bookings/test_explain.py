"""``manage.py explain``: the rules answer as JSON, without a database, and bad input is one line and status 2."""

import json

import pytest

from tests.support.explaining import explain, explain_apart

BOOKED = ["reminders", "--booked", "2026-11-23T10:30:00+01:00", "--starts"]


def test_reminders_are_told_with_their_times():
    done = explain(*BOOKED, "2026-11-24T10:30:00+01:00")
    assert json.loads(done.stdout) == [
        {
            "kind": "reminder_24h",
            "channel": "email",
            "due_at": "2026-11-23T09:30:00Z",
            "useful_until": "2026-11-24T08:30:00Z",
        },
        {
            "kind": "reminder_1h",
            "channel": "email",
            "due_at": "2026-11-24T08:30:00Z",
            "useful_until": "2026-11-24T09:30:00Z",
        },
        {
            "kind": "reminder_30m",
            "channel": "sms",
            "due_at": "2026-11-24T09:00:00Z",
            "useful_until": "2026-11-24T09:30:00Z",
        },
    ]


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        pytest.param("2026-11-23T10:30:00+01:00", {"notice_seconds": 86400, "free": True}, id="exactly 24 hours"),
        pytest.param("2026-11-23T10:30:01+01:00", {"notice_seconds": 86399, "free": False}, id="one second less"),
        pytest.param("2026-11-24T10:31:00+01:00", {"notice_seconds": -60, "free": False}, id="after the start"),
    ],
)
def test_notice_is_told_in_seconds(at, answer):
    done = explain("notice", "--starts", "2026-11-24T10:30:00+01:00", "--at", at)
    assert json.loads(done.stdout) == answer


def test_no_database_is_touched():
    starts = "2026-11-24T10:30:00Z"
    done = explain_apart(*BOOKED, starts, DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing")
    assert done.returncode == 0
    assert done.stdout == explain(*BOOKED, starts).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([*BOOKED, "2026-11-24T10:30:00"], id="no offset"),
        pytest.param([*BOOKED, "2026-11-24"], id="a date"),
        pytest.param([*BOOKED, "tomorrow"], id="not a time"),
        pytest.param([*BOOKED, "0001-01-01T00:00:00+10:00"], id="before all time"),
        pytest.param([*BOOKED, "0001-01-01T00:00:00Z"], id="a reminder before all time"),
        pytest.param(["reminders"], id="missing"),
        pytest.param(["weather"], id="no such topic"),
        pytest.param([], id="no topic"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments):
    done = explain(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
