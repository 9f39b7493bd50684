"""``manage.py explain deadlines``: three clocks as JSON, from the seeded holidays of a country, without a database."""

import json

import pytest

from tests.support.explaining import explain, explain_apart

NOON = "T12:00:00+00:00"


def ask(*arguments):
    return json.loads(explain("deadlines", *arguments).stdout)


def test_what_has_not_happened_is_projected():
    assert ask("--country", "IT", "--arrived", "2026-03-28T12:00:00+01:00") == {
        "acknowledge": {"due_at": "2026-03-29T11:00:00Z"},  # 13:00 in Rome: the clocks went forward in between
        "update": {"day": "2026-04-01", "due_at": "2026-04-01T22:00:00Z", "projected": True},
        "respond": {"day": "2026-04-13", "due_at": "2026-04-13T22:00:00Z", "projected": True},
    }


def test_what_has_happened_is_counted_from():
    event = ["--acknowledged", f"2026-11-20{NOON}", "--updated", f"2026-11-23{NOON}"]
    assert ask("--country", "GB", "--arrived", f"2026-11-20{NOON}", *event) == {
        "acknowledge": {"due_at": "2026-11-21T12:00:00Z"},
        "update": {"day": "2026-11-25", "due_at": "2026-11-26T00:00:00Z", "projected": False},
        "respond": {"day": "2026-12-02", "due_at": "2026-12-03T00:00:00Z", "projected": False},
    }


def test_why_tells_every_day_from_the_event_on():
    event = f"2026-04-02{NOON}"
    told = ask("--country", "nl", "--arrived", event, "--acknowledged", event, "--why")["why"]["update"]
    assert [(one["day"][-2:], one["number"], one["why_not"]) for one in told] == [
        ("02", 0, ""),
        ("03", None, "Goede vrijdag"),
        ("04", None, "weekend"),
        ("05", None, "weekend"),
        ("06", None, "Tweede paasdag"),
        ("07", 1, ""),
        ("08", 2, ""),
        ("09", 3, ""),
    ]


def test_no_database_is_touched():
    arguments = ["deadlines", "--country", "IT", "--arrived", f"2026-11-20{NOON}"]
    done = explain_apart(*arguments, DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing")
    assert done.returncode == 0
    assert done.stdout == explain(*arguments).stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["--country", "IT"], "the following arguments are required: --arrived", id="no arrival"),
        pytest.param(["--arrived", f"2026-11-20{NOON}"], "the following arguments are required: --country", id="where"),
        pytest.param(
            ["--country", "XX", "--arrived", f"2026-11-20{NOON}"], "invalid choice: 'XX'", id="no such country"
        ),
        pytest.param(["--country", "IT", "--arrived", "2026-11-20T12:00:00"], "has no offset", id="no offset"),
        pytest.param(["--country", "IT", "--arrived", "soon"], "is not a time", id="not a time"),
        pytest.param(
            ["--country", "IT", "--arrived", f"2026-11-20{NOON}", "--acknowledged", f"2026-11-19{NOON}"],
            "was acknowledged before it arrived",
            id="acknowledged before it arrived",
        ),
        pytest.param(
            ["--country", "IT", "--arrived", f"2026-11-20{NOON}", "--updated", f"2026-11-19{NOON}"],
            "was updated before it arrived",
            id="updated before it arrived",
        ),
        pytest.param(["--country", "IT", "--arrived", f"9999-12-31{NOON}"], "Public holidays are known", id="too late"),
        pytest.param(
            ["--country", "IT", "--arrived", f"0001-01-01{NOON}"], "Public holidays are known", id="too early"
        ),
    ],
)
def test_wrong_input_is_one_sentence_and_status_2(arguments, sentence):
    done = explain("deadlines", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert sentence in done.stderr
