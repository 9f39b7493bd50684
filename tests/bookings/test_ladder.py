"""The ladder of no-shows (B-13): its edges as a table, and all of it against an independent, naive model."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings import rules
from bookings.rules import Policy
from tests.support.explaining import explain


def d(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        pytest.param("2026-08-31", 6, "2027-02-28", id="31 August to the end of February"),
        pytest.param("2027-08-31", 6, "2028-02-29", id="31 August to a leap day"),
        pytest.param("2028-02-29", 12, "2029-02-28", id="leap day to a year without one"),
        pytest.param("2028-02-29", 48, "2032-02-29", id="leap day to the next"),
        pytest.param("2026-11-21", 6, "2027-05-21", id="the same day"),
        pytest.param("2026-12-31", 6, "2027-06-30", id="31st to a month of 30 days"),
        pytest.param("2026-12-31", 12, "2027-12-31", id="a year from the last day"),
        pytest.param("2026-06-15", 6, "2026-12-15", id="December stays in its year"),
        pytest.param("2026-07-15", 6, "2027-01-15", id="January of the next"),
    ],
)
def test_months_are_calendar_months_with_the_day_clamped(day, months, later):
    assert rules.add_months(d(day), months) == d(later)


@pytest.mark.parametrize(
    ("strikes", "level", "free_from"),
    [
        pytest.param([], 0, None, id="none"),
        pytest.param(["2026-01-10"], 1, None, id="the first is a warning"),
        pytest.param(["2026-01-10", "2026-02-10"], 2, "2026-08-10", id="the second costs for six months"),
        pytest.param(["2026-01-10", "2027-01-10"], 2, "2027-07-10", id="exactly 12 months apart"),
        pytest.param(["2026-01-10", "2027-01-11"], 1, None, id="a day more starts anew"),
        pytest.param(["2028-02-29", "2029-02-28"], 2, "2029-08-28", id="leap day, exactly 12 months"),
        pytest.param(["2028-02-29", "2029-03-01"], 1, None, id="leap day, a day more"),
        pytest.param(["2027-02-28", "2028-02-28"], 2, "2028-08-28", id="28 February, exactly 12 months"),
        pytest.param(["2027-02-28", "2028-02-29"], 1, None, id="28 February to a leap day is a day more"),
        pytest.param(["2026-08-31", "2026-08-31"], 2, "2027-02-28", id="two on one day; six months from 31 August"),
        pytest.param(["2027-08-01", "2027-08-31"], 2, "2028-02-29", id="six months from 31 August in a leap year"),
        pytest.param(["2026-03-01", "2026-01-10", "2026-02-10"], 3, "2026-09-01", id="in any order"),
        pytest.param(
            ["2026-01-10", "2026-12-10", "2027-11-10"], 3, "2028-05-10", id="each within 12 months of the last"
        ),
        pytest.param(["2025-01-10", "2025-02-10", "2026-11-10"], 1, None, id="a long gap ends the run"),
        pytest.param(["2025-01-10", "2025-02-10", "2026-11-10", "2026-11-11"], 2, "2027-05-11", id="a second run"),
        pytest.param(
            ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"], 3, "2026-10-01", id="each further one is 3"
        ),
    ],
)
def test_what_strikes_lead_to(strikes, level, free_from):
    standing = rules.ladder(map(d, strikes))
    assert (standing.level, standing.free_from) == (level, free_from and d(free_from))


@pytest.mark.parametrize(
    ("attended", "free_from"),
    [
        pytest.param([], "2026-08-10", id="never attended"),
        pytest.param(["2026-01-20"], "2026-08-10", id="before the newest strike"),
        pytest.param(["2026-02-10"], "2026-08-10", id="on its date"),
        pytest.param(["2026-02-11"], None, id="after it"),
        pytest.param(["2026-02-11", "2026-01-20"], None, id="before and after, in any order"),
    ],
)
def test_a_session_attended_after_the_newest_strike_uses_the_sanction_up(attended, free_from):
    standing = rules.ladder([d("2026-01-10"), d("2026-02-10")], attended=map(d, attended))
    assert (standing.level, standing.free_from) == (2, free_from and d(free_from))


@pytest.mark.parametrize(
    ("starts", "costs"),
    [
        pytest.param("2026-02-11", True, id="the day after the strike"),
        pytest.param("2026-08-09", True, id="the day before free_from"),
        pytest.param("2026-08-10", False, id="on free_from"),
        pytest.param("2026-08-11", False, id="later"),
        pytest.param("2026-01-01", True, id="an earlier session that is still to come"),
    ],
)
def test_starts_before_free_from_cost(starts, costs):
    assert rules.ladder([d("2026-01-10"), d("2026-02-10")]).is_chargeable(d(starts)) is costs


def test_the_numbers_are_the_policys():
    policy = Policy(strike_months=1, sanction_months=2)
    assert rules.ladder([d("2026-01-31"), d("2026-02-28")], policy).free_from == d("2026-04-28")
    assert rules.ladder([d("2026-01-31"), d("2026-03-01")], policy).level == 1


def test_a_third_strike_renews_what_had_been_used_up():
    used_up = rules.ladder([d("2026-01-10"), d("2026-02-10")], attended=[d("2026-03-01")])
    renewed = rules.ladder([d("2026-01-10"), d("2026-02-10"), d("2026-04-01")], attended=[d("2026-03-01")])
    assert (used_up.free_from, renewed.level, renewed.free_from) == (None, 3, d("2026-10-01"))


# -- an independent model ----------------------------------------------------------------------------------------------


def naive_months_later(day: date, months: int) -> date:
    """Walks day by day: no arithmetic on years, no table of months' lengths."""
    year, month = day.year, day.month
    for _month in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    found = date(year, month, 1)
    while found.day < day.day and (found + timedelta(days=1)).month == month:
        found += timedelta(days=1)
    return found


def naive_ladder(strikes, attended, starts):
    """As a person would with a calendar and a sheet of paper."""
    level, free_from, last, remaining = 0, None, None, sorted(strikes)
    while remaining:
        day = remaining.pop(0)
        if last is None or day > naive_months_later(last, 12):
            level = 0
        level = level + 1 if level < 3 else 3
        free_from = naive_months_later(day, 6) if level > 1 else None
        last = day
    if last is not None and [one for one in attended if (one - last).days > 0]:
        free_from = None
    return level, free_from, free_from is not None and starts < free_from


near_edges = st.dates(date(2023, 1, 1), date(2029, 12, 31)) | st.sampled_from(
    [d(f"{year}-{day}") for year in range(2023, 2030) for day in ("02-28", "03-01", "08-30", "08-31", "12-31")]
    + [d("2024-02-29"), d("2028-02-29")]
)


@st.composite
def histories(draw):
    """Strikes whose gaps often are just about twelve months."""
    days = draw(st.lists(near_edges, max_size=3))
    for day in list(days):
        if draw(st.booleans()):
            days.append(naive_months_later(day, 12) + timedelta(days=draw(st.integers(-1, 1))))
    return draw(st.permutations(days)), draw(st.lists(near_edges, max_size=3)), draw(near_edges)


@given(histories())
def test_the_ladder_agrees_with_the_naive_model(history):
    strikes, attended, starts = history
    standing = rules.ladder(strikes, attended=attended)
    assert (standing.level, standing.free_from, standing.is_chargeable(starts)) == naive_ladder(
        strikes, attended, starts
    )


@given(histories())
def test_taking_strikes_back_in_any_order_leaves_nothing(history):
    strikes, attended, starts = history
    for number in range(len(strikes)):
        left = strikes[number + 1 :]
        standing = rules.ladder(left, attended=attended)
        assert (standing.level, standing.free_from, standing.is_chargeable(starts)) == naive_ladder(
            left, attended, starts
        )


# -- explain -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        pytest.param(
            ["--starts", "2026-11-24"], {"level": 0, "free_from": None, "chargeable": False}, id="without a strike"
        ),
        pytest.param(
            ["--strike", "2026-11-21", "--strike", "2026-02-10", "--starts", "2027-05-20"],
            {"level": 2, "free_from": "2027-05-21", "chargeable": True},
            id="two strikes in any order",
        ),
        pytest.param(
            ["--strike", "2026-02-10", "--strike", "2026-11-21", "--attended", "2026-11-22", "--starts", "2027-05-20"],
            {"level": 2, "free_from": None, "chargeable": False},
            id="used up",
        ),
    ],
)
def test_explain_ladder(arguments, answer):
    assert json.loads(explain("ladder", *arguments).stdout) == answer


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--strike", "2026-02-30", "--starts", "2026-11-24"], id="no such day"),
        pytest.param(["--strike", "20260210", "--starts", "2026-11-24"], id="another way of writing"),
        pytest.param(["--strike", "2026-02-10T10:00:00Z", "--starts", "2026-11-24"], id="an instant"),
        pytest.param(
            ["--strike", "9999-11-01", "--strike", "9999-12-01", "--starts", "2026-11-24"], id="beyond all dates"
        ),
        pytest.param(["--strike", "2026-02-10"], id="no start"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments):
    done = explain("ladder", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
