"""A change of the calendar moves nothing by itself: what it would move is listed, and a manager decides (C-6)."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.apps import apps
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.models import Closure, Holiday
from complaints import refusals
from complaints.models import Complaint, Deadline, NamedStaff, Rebasing
from complaints.operations import clocks, letters, rebasing
from supportportal.people import roles
from supportportal.trail.models import Entry
from tests.factories import MONDAY_TEN, ClosureFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory, senior

pytestmark = pytest.mark.usefixtures("italy")
Step = Deadline.Step
TUESDAY = MONDAY_TEN + timedelta(days=1)
BOARD, PAGE = "/admin/complaints/complaint/", "/admin/complaints/complaint/rebasing/"


@pytest.fixture
def manager():
    return StaffFactory(roles=["manager"])


def untold(**told):
    """Acknowledged on Monday 23 November: update by Thursday 26, response by Monday 7 December; no letter said so."""
    complaint = ComplaintFactory(**told)
    clocks.happened(complaint, Step.ACKNOWLEDGE, when=MONDAY_TEN)
    complaint.deadlines.update(told_at=None)
    return complaint


@pytest.fixture
def complaint():
    return untold()


def clock(complaint, step):
    return Deadline.objects.select_related("complaint").get(complaint=complaint, step=step)


def holiday(day):
    return Holiday.objects.create(country="IT", day=day, name="New")


def found(user=None, at=TUESDAY):
    within = Complaint.objects.visible_to(user) if user else Complaint.objects.all()
    listed = [(one.deadline.step, one.before, one.after) for one in rebasing.affected(within, at=at)]
    assert rebasing.waiting(within, at=at) == len(listed)  # the board counts by a shorter way, and as many
    return listed


def rebase(complaint, step, by, **rest):
    return rebasing.rebase(clock(complaint, step), by=by, at=TUESDAY, **{"reason": "A new holiday.", **rest})


# -- what is listed ----------------------------------------------------------------------------------------------------


def test_nothing_is_listed_while_the_calendar_stands(complaint):
    assert found() == []


def test_a_holiday_lists_what_it_would_move_and_moves_nothing(complaint):
    holiday(date(2026, 11, 25))
    assert found() == [
        (Step.UPDATE, date(2026, 11, 26), date(2026, 11, 27)),
        (Step.RESPOND, date(2026, 12, 7), date(2026, 12, 9)),
    ]
    assert clock(complaint, Step.UPDATE).day == date(2026, 11, 26)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda: holiday(date(2026, 11, 28)), id="a holiday on a Saturday"),
        pytest.param(lambda: holiday(date(2026, 12, 30)), id="a holiday after all of it"),
        pytest.param(lambda: Holiday.objects.create(country="NL", day=date(2026, 11, 25), name="N"), id="elsewhere"),
        pytest.param(
            lambda: ClosureFactory(
                starts_at=datetime(2026, 11, 25, 8, tzinfo=UTC), ends_at=datetime(2026, 11, 25, 12, tzinfo=UTC)
            ),
            id="a closed morning",
        ),
    ],
)
def test_what_moves_nothing_lists_nothing(complaint, change):
    change()
    assert found() == []


def test_a_closure_lists_what_it_would_move(complaint):
    ClosureFactory(starts_at=datetime(2026, 11, 24, 23, tzinfo=UTC), ends_at=datetime(2026, 11, 25, 23, tzinfo=UTC))
    assert found()[0] == (Step.UPDATE, date(2026, 11, 26), date(2026, 11, 27))


def test_a_holiday_that_falls_away_lists_an_earlier_day(complaint):
    holiday(date(2026, 12, 1)).delete()
    Holiday.objects.filter(day=date(2026, 12, 8)).update(is_observed=False)
    clocks.happened(complaint, Step.UPDATE, when=TUESDAY + timedelta(days=3))
    assert found() == []  # counted with the calendar as it is
    Holiday.objects.filter(day=date(2026, 12, 8)).update(is_observed=True)
    assert found() == [(Step.RESPOND, date(2026, 12, 8), date(2026, 12, 9))]


def test_what_was_told_never_moves_later():
    complaint = ComplaintFactory()
    letters.has_gone(complaint.letters.get(), when=MONDAY_TEN)
    holiday(date(2026, 11, 25))
    assert found() == []
    Deadline.objects.update(told_at=None)  # the control
    assert len(found()) == 2


def test_what_was_told_stays_also_where_the_first_reply_was_late():
    complaint = ComplaintFactory()
    clocks.happened(complaint, Step.ACKNOWLEDGE, when=MONDAY_TEN + timedelta(hours=30))
    before = clock(complaint, Step.UPDATE).day
    holiday(date(2026, 11, 26))
    assert found() == []
    assert clock(complaint, Step.UPDATE).day == before
    Deadline.objects.update(told_at=None)  # the control
    assert [step for step, _before, _after in found()] == [Step.UPDATE, Step.RESPOND]


def test_what_was_told_may_come_sooner():
    complaint = ComplaintFactory(at=MONDAY_TEN + timedelta(days=7))
    letters.has_gone(complaint.letters.get(), when=MONDAY_TEN + timedelta(days=7))
    Holiday.objects.filter(day=date(2026, 12, 8)).delete()
    assert found(at=MONDAY_TEN + timedelta(days=8)) == [(Step.RESPOND, date(2026, 12, 15), date(2026, 12, 14))]


def test_what_is_met_or_missed_stays(complaint):
    holiday(date(2026, 11, 25))
    clocks.happened(complaint, Step.UPDATE, when=MONDAY_TEN + timedelta(hours=1))
    complaint.deadlines.filter(step=Step.RESPOND).update(told_at=None)
    assert Step.UPDATE not in [step for step, *_days in found()]
    other = untold()
    Holiday.objects.filter(day=date(2026, 11, 25)).delete()
    missed = clock(other, Step.UPDATE).due_at + timedelta(seconds=1)
    assert Step.UPDATE not in [step for step, *_days in found(at=missed)]


def test_what_is_missed_is_not_even_counted_anew(complaint, monkeypatch):
    holiday(date(2026, 11, 25))
    asked = []
    counted = rebasing._counted_anew
    monkeypatch.setattr(rebasing, "_counted_anew", lambda rows, *rest: asked.append(rows) or counted(rows, *rest))
    missed = clock(complaint, Step.RESPOND).due_at + timedelta(seconds=1)
    assert (found(at=missed), asked) == ([], [])
    assert found() and asked  # the control


def test_an_answer_to_an_appeal_moves_too(complaint):
    clocks.close(complaint)
    clocks.start_appeal(complaint, lodged_at=TUESDAY)
    holiday(date(2026, 11, 25))
    assert found() == [(Step.APPEAL, date(2026, 12, 9), date(2026, 12, 10))]


def test_it_takes_the_same_queries_for_one_and_for_thirty(complaint, django_assert_num_queries):
    holiday(date(2026, 11, 25))
    with django_assert_num_queries(4):
        rebasing.affected(Complaint.objects.all(), at=TUESDAY)
    for _ in range(29):
        untold()
    Deadline.objects.update(calendar_version="")
    with django_assert_num_queries(4):
        rebasing.affected(Complaint.objects.all(), at=TUESDAY)


# -- the decision ------------------------------------------------------------------------------------------------------


def test_rebasing_moves_the_deadline_and_keeps_who_why_and_when(complaint, manager):
    before = clock(complaint, Step.UPDATE).due_at
    holiday(date(2026, 11, 25))
    rebase(complaint, Step.UPDATE, manager, shown=date(2026, 11, 27))
    row = clock(complaint, Step.UPDATE)
    assert row.day == date(2026, 11, 27)
    assert ["2026-11-25", None, "New"] in row.explanation
    kept = Rebasing.objects.get(deadline=row)
    assert (kept.from_due_at, kept.to_due_at) == (before, row.due_at)
    assert (kept.reason, kept.by, kept.at) == ("A new holiday.", manager, TUESDAY)
    assert Entry.objects.filter(verb="deadline.rebased", subject_id=row.pk, by_id=manager.pk).exists()
    assert found() == []


def test_a_projected_response_goes_with_its_update(complaint, manager):
    holiday(date(2026, 11, 25))
    assert {one.deadline.step for one in rebase(complaint, Step.RESPOND, manager)} == {Step.UPDATE, Step.RESPOND}
    assert clock(complaint, Step.RESPOND).day == date(2026, 12, 9)


def test_a_response_that_is_counted_from_its_update_moves_alone(complaint, manager):
    clocks.happened(complaint, Step.UPDATE, when=MONDAY_TEN)
    holiday(date(2026, 11, 25))
    assert [one.deadline.step for one in rebase(complaint, Step.RESPOND, manager)] == [Step.RESPOND]
    assert clock(complaint, Step.RESPOND).day == date(2026, 12, 3)


def test_a_letter_that_came_back_does_not_change_what_is_counted_from(complaint, manager):
    clocks.reopen(complaint, Step.ACKNOWLEDGE, at=TUESDAY)
    holiday(date(2026, 11, 25))
    assert found()[0] == (Step.UPDATE, date(2026, 11, 26), date(2026, 11, 27))


@pytest.mark.parametrize(
    ("rest", "refusal"),
    [
        pytest.param({"reason": "  "}, refusals.NoReason, id="without a reason"),
        pytest.param({"shown": date(2026, 11, 30)}, refusals.Stale, id="the calendar has changed since it was shown"),
    ],
)
def test_refused(complaint, manager, rest, refusal):
    holiday(date(2026, 11, 25))
    with pytest.raises(refusal):
        rebase(complaint, Step.UPDATE, manager, **rest)
    assert clock(complaint, Step.UPDATE).day == date(2026, 11, 26)


def test_what_the_calendar_does_not_move_is_not_moved(complaint, manager):
    with pytest.raises(refusals.NotLawful):
        rebase(complaint, Step.UPDATE, manager)


def test_nobody_decides_about_a_case_that_they_may_not_see(complaint, manager):
    NamedStaff.objects.create(complaint=complaint, part="about", typed="M", person=manager)
    holiday(date(2026, 11, 25))
    with pytest.raises(refusals.NotYours):
        rebase(complaint, Step.UPDATE, manager)
    assert found(manager) == []


def test_a_fault_is_listed_and_cleared(manager):
    closure = ClosureFactory(starts_at=datetime(2026, 1, 1, tzinfo=UTC), ends_at=datetime(2029, 1, 1, tzinfo=UTC))
    complaint = ComplaintFactory()
    assert found() == [(Step.UPDATE, None, None), (Step.RESPOND, None, None)]
    with pytest.raises(refusals.NotLawful, match="no working day"):
        rebase(complaint, Step.UPDATE, manager)
    closure.delete()
    assert found() == [(Step.UPDATE, None, date(2026, 11, 27)), (Step.RESPOND, None, date(2026, 12, 9))]
    rebase(complaint, Step.UPDATE, manager)
    row = clock(complaint, Step.UPDATE)
    assert (row.day, row.fault, row.is_projected) == (date(2026, 11, 27), "", True)
    assert row.look_at is not None
    assert clock(complaint, Step.RESPOND).day == date(2026, 12, 9)
    assert Rebasing.objects.get(deadline=row).from_due_at is None


# -- the page ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(client, manager):
    client.force_login(manager)
    with time_machine.travel(TUESDAY, tick=False):
        yield client


def test_the_page_lists_and_decides(browser, complaint, manager):
    holiday(date(2026, 11, 25))
    text = browser.get(PAGE).content.decode()
    assert complaint.reference in text
    assert "Thursday 26 November" in text and "Friday 27 November" in text
    update = clock(complaint, Step.UPDATE)
    answer = browser.post(PAGE, {"deadline": [f"{update.pk}:2026-11-27"], "reason": "Patron saint."}, follow=True)
    assert "2 deadlines re-based." in answer.content.decode()
    assert clock(complaint, Step.UPDATE).day == date(2026, 11, 27)
    assert "The calendar moves no deadline" in answer.content.decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param({"reason": "Why not"}, "choose the deadlines", id="none chosen"),
        pytest.param({"deadline": ["{pk}:2026-11-27"]}, "This field is required", id="no reason"),
        pytest.param({"deadline": ["{pk}:2026-11-30"], "reason": "R"}, "since you opened the page", id="stale"),
        pytest.param({"deadline": ["x:y", "9999999999999999:2026-11-27"], "reason": "R"}, "would move", id="nonsense"),
    ],
)
def test_the_page_says_what_is_wrong_and_moves_nothing(browser, complaint, data, words):
    holiday(date(2026, 11, 25))
    pk = clock(complaint, Step.UPDATE).pk
    sent = {**data, "deadline": [one.format(pk=pk) for one in data.get("deadline", [])]}
    assert words in browser.post(PAGE, sent, follow=True).content.decode()
    assert clock(complaint, Step.UPDATE).day == date(2026, 11, 26)


def test_the_page_of_many_is_as_many_queries_as_of_one(browser, complaint):
    holiday(date(2026, 11, 25))
    browser.get(PAGE)
    with CaptureQueriesContext(connection) as one:
        browser.get(PAGE)
    for _ in range(15):
        untold()
    Deadline.objects.filter(step=Step.UPDATE).update(due_at=datetime(2026, 11, 26, 22, tzinfo=UTC))
    with CaptureQueriesContext(connection) as many:
        browser.get(PAGE)
    assert len(many) == len(one)


def test_the_page_is_for_managers(client):
    client.force_login(StaffFactory(roles=["agent"]))
    assert client.get(PAGE).status_code == 404


def test_the_page_keeps_to_the_gate(browser, manager):
    hidden = untold(about="staff")
    holiday(date(2026, 11, 25))
    assert hidden.reference not in browser.get(PAGE).content.decode()
    update = clock(hidden, Step.UPDATE)
    browser.post(PAGE, {"deadline": [f"{update.pk}:2026-11-27"], "reason": "R"})
    assert clock(hidden, Step.UPDATE).day == date(2026, 11, 26)


# -- after an edit in the admin ----------------------------------------------------------------------------------------


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_whoever_adds_a_holiday_is_told_what_it_would_move(browser, complaint):
    data = {"country": "IT", "day": "2026-11-25", "name": "Patron", "is_observed": "on"}
    told = said(browser.post(reverse("admin:bookings_holiday_add"), data))
    assert any("2 deadlines" in one and PAGE in one for one in told)


def test_whoever_adds_a_closure_is_told_what_it_would_move(browser, complaint):
    data = {
        "starts_at_0": "2026-11-25", "starts_at_1": "00:00", "ends_at_0": "2026-11-26", "ends_at_1": "00:00",
        "reason": "Moving",
    }  # fmt: skip
    told = said(browser.post(reverse("admin:bookings_closure_add"), data))
    assert Closure.objects.exists()
    assert any(PAGE in one for one in told)


def test_whoever_unticks_holidays_in_the_list_is_told_once(browser, manager):
    complaint = untold(at=MONDAY_TEN)
    row = Holiday.objects.get(day=date(2026, 12, 8))
    complaint.deadlines.filter(step=Step.UPDATE).delete()
    clocks.close(complaint)
    clocks.start_appeal(complaint, lodged_at=MONDAY_TEN + timedelta(days=8))
    data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(row.pk), "_save": "Save"}
    listed = reverse("admin:bookings_holiday_changelist") + "?day__year=2026&day__month=12&day__day=8"
    told = said(browser.post(listed, data))
    assert len([one for one in told if PAGE in one]) == 1


def test_whoever_deletes_a_holiday_is_told(browser):
    complaint = ComplaintFactory(at=MONDAY_TEN + timedelta(days=7))
    row = Holiday.objects.get(day=date(2026, 12, 8))
    told = said(browser.post(reverse("admin:bookings_holiday_delete", args=[row.pk]), {"post": "yes"}))
    assert any(PAGE in one for one in told), complaint


def test_an_edit_that_moves_nothing_says_nothing(browser, complaint):
    data = {"country": "IT", "day": "2027-05-14", "name": "Patron", "is_observed": "on"}
    assert not any(PAGE in one for one in said(browser.post(reverse("admin:bookings_holiday_add"), data)))


def test_an_edit_tells_nothing_of_cases_that_its_maker_may_not_see(browser):
    untold(about="staff")
    data = {"country": "IT", "day": "2026-11-25", "name": "Patron", "is_observed": "on"}
    assert not any(PAGE in one for one in said(browser.post(reverse("admin:bookings_holiday_add"), data)))


def test_senior_managers_see_those_too(client):
    client.force_login(senior())
    untold(about="staff")
    data = {"country": "IT", "day": "2026-11-25", "name": "Patron", "is_observed": "on"}
    with time_machine.travel(TUESDAY, tick=False):
        assert any(PAGE in one for one in said(client.post(reverse("admin:bookings_holiday_add"), data)))


# -- the board ---------------------------------------------------------------------------------------------------------


def test_the_board_leads_to_the_list_while_something_waits(client, complaint, manager):
    roles.sync_after_migrate(apps.get_app_config("complaints"), "default")
    client.force_login(manager)
    with time_machine.travel(TUESDAY, tick=False):
        assert PAGE not in client.get(BOARD).content.decode()
        holiday(date(2026, 11, 25))
        assert "would now move 2 deadlines" in client.get(BOARD).content.decode()
        rebase(complaint, Step.UPDATE, manager)
        assert PAGE not in client.get(BOARD).content.decode()


def test_nobody_is_told_on_the_board_of_cases_not_seen(client, manager):
    """The negative control."""
    roles.sync_after_migrate(apps.get_app_config("complaints"), "default")
    untold(about="staff")
    holiday(date(2026, 11, 25))
    with time_machine.travel(TUESDAY, tick=False):
        for person, told in ((manager, False), (senior(), True)):
            client.force_login(person)
            assert (PAGE in client.get(BOARD).content.decode()) is told


@pytest.mark.parametrize("number", [1, 30])
def test_what_waits_is_counted_in_as_many_queries_for_thirty(complaint, number):
    for _number in range(number - 1):
        untold()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert rebasing.waiting(Complaint.objects.all(), at=TUESDAY) == 0
    assert len(queries) == 4
