"""Comparable past decisions beside the case: like cases alike, without names (R-3)."""

from datetime import timedelta

import pytest

from conduct import precedents
from conduct.models import Appeal, Category, Measure
from conduct.operations import deciding
from tests.factories import MONDAY_TEN, ClientFactory, StaffFactory
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
DAY = timedelta(days=1)
ROLES = 1  # what the gate asks first
LANGUAGE, THREAT, PERSONAL = Category.LANGUAGE, Category.THREAT, Category.PERSONAL


def past(*categories, severity=2, ago=10, step=None, **fields):
    at = AT - ago * DAY
    incident = make_incident(at=at, categories=categories or (LANGUAGE,), **fields)
    return make_measure(step or deciding.Step(Measure.Kind.WARNING), incident=incident, at=at, severity=severity)


def reader():
    return StaffFactory(roles=["manager"])


def found(severity=2, *, categories=(LANGUAGE, THREAT)):
    incident = make_incident(categories=categories)
    return [one.measure for one in precedents.comparable(incident, severity, reader(), AT)]


def test_the_closest_come_first_and_then_the_latest():
    graver = past(LANGUAGE, THREAT, severity=3, ago=1)
    old_both, new_one, new_both = past(LANGUAGE, THREAT, ago=9), past(THREAT, ago=1), past(LANGUAGE, THREAT, ago=3)
    assert found() == [new_both, old_both, new_one, graver]


@pytest.mark.parametrize(
    ("severity", "chosen", "is_shown"),
    [(1, 1, True), (2, 1, True), (3, 1, False), (1, 3, False), (3, None, True), (1, None, True)],
)
def test_a_like_severity(severity, chosen, is_shown):
    past(severity=severity)
    assert bool(found(chosen)) is is_shown


def test_other_kinds_of_incident_are_not_compared():
    past(PERSONAL)
    past(Category.TEAM)
    assert found() == []


def test_only_what_was_decided_counts():
    waiting = past(step=limited(AT, days=60))
    assert waiting.state == Measure.State.PROPOSED
    assert found() == []


def test_the_clients_own_past_stands_elsewhere():
    client = ClientFactory()
    past(client=client)
    assert precedents.comparable(make_incident(client=client), 2, reader(), AT) == []


def test_what_is_shown_of_each():
    measure = past(step=limited(AT - 10 * DAY, days=14))
    row = precedents.comparable(make_incident(), 2, reader(), AT)[0]
    assert (row.step, row.length, row.severity, row.outcome, row.appeal) == (
        "limited access",
        "14 days",
        "serious",
        "in force",
        "",
    )
    assert row.categories == ["aggressive, offensive or vulgar language"]
    later = precedents.comparable(make_incident(), 2, reader(), AT + 5 * DAY)[0]
    assert later.outcome == "ended by itself"
    by = StaffFactory(roles=["manager"])
    decided = {"outcome": "quashed", "decision": "It was not so.", "decided_by": by, "decided_at": AT}
    Appeal.objects.create(measure=measure, reasons="No.", lodged_at=AT, **decided)
    deciding.lift(measure, "It was not so.", by=by, at=AT, seen=None)
    row = precedents.comparable(make_incident(), 2, reader(), AT)[0]
    assert (row.outcome, row.appeal) == ("lifted", "the measure is withdrawn")


@pytest.mark.parametrize("number", [1, 30, 40])
def test_one_query_for_however_many(number, django_assert_num_queries):
    incident, manager = make_incident(), reader()
    for _each in range(number):
        past()
    with django_assert_num_queries(1 + ROLES):
        rows = precedents.comparable(incident, 2, manager, AT)
        shown = [(row.categories, row.severity, row.step, row.length, row.outcome, row.appeal) for row in rows]
    assert len(shown) == min(number, precedents.MOST)


def test_what_was_in_view_comes_back_in_its_order(django_assert_num_queries):
    manager = reader()
    one, two, three = (past(ago=ago) for ago in (3, 2, 1))
    with django_assert_num_queries(1 + ROLES):
        rows = precedents.in_view([two.pk, 999_999, one.pk, three.pk], manager, AT)
    assert [row.measure for row in rows] == [two, one, three]


def test_only_real_decisions_on_others_are_kept_as_in_view():
    incident = make_incident()
    other, own = past(), past(client=incident.client)
    waiting = past(step=limited(AT, days=60))
    assert precedents.kept([own.pk, 999_999, other.pk, waiting.pk, other.pk], incident, reader()) == [other.pk]
