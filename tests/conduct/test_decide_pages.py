"""The pages on which managers assess, decide and approve (R-2, R-3, R-5, R-7)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from bookings.models import Booking
from complaints.models import NamedStaff
from conduct.earlier import latest_change
from conduct.models import Appointment, Assessment, Incident, Measure
from conduct.operations import appeals, appointments, deciding, reporting, stopping
from conduct.rules import Grounds
from supportportal.people.models import Gate, User
from tests.factories import MONDAY_TEN, BookingFactory, ClientFactory, ClosureFactory, FirmFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
Kind, State = Measure.Kind, Measure.State


@pytest.fixture(autouse=True)
def monday():
    FirmFactory()
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def manager(client):
    manager = StaffFactory(roles=["manager"], name="Mara Manager")
    client.force_login(manager)
    return manager


def address(incident, page="conduct_incident_decide"):
    return reverse(f"admin:{page}", args=[incident.pk])


def typed(incident, kind=Kind.WARNING, press="preview", **fields):
    """What the form holds when a manager presses; a restriction of a week unless said otherwise."""
    said = {part.value: f"About {part.value}." for part in Grounds}
    step = {"until": "2026-11-29", "gates": [Gate.BOOKING]} if kind in (Kind.LIMITED, Kind.CORRESPONDENCE) else {}
    common = {"finding": "founded", "severity": "2", "kind": kind, "seen": incident.version, "press": press}
    return {**common, **said, **step, **fields}


def confirmed(client, url, given):
    """Press through the preview, as it is shown."""
    shown = client.post(url, given).context["shown"]
    return client.post(url, {**given, "press": "decide", "shown": shown.key})


def test_a_warning_is_previewed_and_then_decided(client, manager):
    incident = make_incident()
    url = address(incident)
    form = client.get(url)
    assert escape("You are all idiots.") in form.content.decode()
    preview = client.post(url, typed(incident))
    assert "written warning" in preview.content.decode().lower()
    assert Measure.objects.count() == Assessment.objects.count() == 0
    answer = confirmed(client, url, typed(incident))
    assert answer.status_code == 302
    measure = Measure.objects.get()
    assert (measure.state, measure.kind, measure.decided_by) == (State.TAKEN, Kind.WARNING, manager)
    assert Incident.objects.get().state == Incident.State.DECIDED


def test_the_form_is_prefilled_with_a_draft_made_of_the_report(client, manager):
    asked = make_incident(client=ClientFactory(language="it", adjustments="Needs captions."), account="He shouted.")
    reporting.ask_to_stop(asked, "Please stop.", by=asked.reporter, at=AT)
    asked.refresh_from_db()
    answer = client.get(address(asked))
    facts = answer.context["form"]["facts"].value()
    assert "“You are all idiots.”" in facts and "He shouted." in facts and "lunedì 23 novembre 2026" in facts
    assert "Asked to stop" in answer.context["form"]["earlier_steps"].value()
    shown = answer.content.decode()
    assert "Needs captions." in shown and "Please stop." in shown
    assert "reads Italian" in shown


def test_decisions_in_view_are_kept_with_the_assessment(client, manager):
    past = make_measure(deciding.Step(Kind.WARNING))
    own = make_incident()
    url = address(own)
    shown = client.get(url)
    assert [one.measure for one in shown.context["alike"]] == [past]
    assert past.incident.reference not in shown.content.decode()
    assert str(past.incident.client) not in shown.content.decode()
    confirmed(client, url, typed(own, precedents=f"{shown.context['in_view']},{past.pk},77777,x,²"))
    assert Measure.objects.get(incident=own).assessment.precedents == [past.pk]


def test_earlier_incidents_of_the_client_stand_beside(client, manager):
    past = make_measure(limited(AT))
    own = make_incident(client=past.incident.client)
    shown = client.get(address(own)).content.decode()
    assert past.incident.reference in shown and "Limited access, 30 days" in shown


@pytest.mark.parametrize("number", [1, 30])
def test_the_page_asks_as_often_for_thirty_decisions_as_for_one(client, manager, number, django_assert_max_num_queries):
    person = ClientFactory()
    for _each in range(number):
        make_measure(deciding.Step(Kind.WARNING))
        make_measure(deciding.Step(Kind.WARNING), incident=make_incident(client=person))
    url = address(make_incident(client=person))
    client.get(url)
    with django_assert_max_num_queries(30):
        client.get(url)


# -- what is refused ---------------------------------------------------------------------------------------------------

PART = "Please write this down."
WRONG = {
    **{f"without {part.value}": (Kind.LIMITED, {part.value: "  "}, part.value, PART) for part in Grounds},
    "a warning without facts": (Kind.WARNING, {"facts": ""}, "facts", PART),
    "a warning without reasons": (Kind.WARNING, {"reasons": ""}, "reasons", PART),
    "no finding": (Kind.WARNING, {"finding": ""}, "finding", "choose what you find"),
    "no severity": (Kind.WARNING, {"severity": ""}, "severity", "choose how grave"),
    "an odd severity": (Kind.WARNING, {"severity": "4"}, "severity", "valid choice"),
    "an odd step": ("exile", {}, "kind", "valid choice"),
    "no step": ("", {}, "kind", "choose the step"),
    "unfounded": (Kind.WARNING, {"finding": "unfounded"}, "kind", "close the incident"),
    "no end": (Kind.LIMITED, {"until": ""}, "until", "until when"),
    "no end of correspondence": (Kind.CORRESPONDENCE, {"until": ""}, "until", "until when"),
    "a past end": (Kind.LIMITED, {"until": "2026-11-22"}, "until", "in the future"),
    "an end a minute ago": (Kind.LIMITED, {"until": "2026-11-23", "until_clock": "10:59"}, "until", "in the future"),
    "a time without a day": (Kind.LIMITED, {"until": "", "until_clock": "10:59"}, "until", "the day, too"),
    "an odd day": (Kind.LIMITED, {"until": "2026-02-30"}, "until", "valid date"),
    "a day of another age": (Kind.LIMITED, {"until": "0001-01-01"}, "until", "greater than"),
    "nothing closed": (Kind.LIMITED, {"gates": []}, "gates", "what is closed"),
    "something unknown closed": (Kind.LIMITED, {"gates": ["complaint"]}, "gates", "valid choice"),
    "for good, nothing closed": (Kind.PERMANENT, {"gates": []}, "gates", "what is closed"),
    "review today": (Kind.LIMITED, {"review_on": "2026-11-23"}, "review_on", "in the future"),
    "review after the end": (Kind.LIMITED, {"review_on": "2026-12-01"}, "review_on", "not after the end"),
    "for good, review in the past": (
        Kind.PERMANENT,
        {"gates": [Gate.BOOKING], "review_on": "2026-01-01"},
        "review_on",
        "in the future",
    ),
    "nothing disclosed": (Kind.AUTHORITIES, {"disclosed": "", "disclosed_to": "The police"}, "disclosed", "to whom"),
    "disclosed to nobody": (Kind.AUTHORITIES, {"disclosed": "His words", "disclosed_to": ""}, "disclosed", "to whom"),
}


@pytest.mark.parametrize("press", ["preview", "decide"])
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(client, manager, wrong, press):
    kind, given, field, words = WRONG[wrong]
    incident = make_incident()
    told = {"proportion": "Nothing milder helps, I think.", **given}
    answer = client.post(address(incident), typed(incident, kind, press, **told))
    form = answer.context["form"]
    assert any(words in error for error in form.errors[field])
    if "proportion" not in given:
        assert "Nothing milder helps, I think." in answer.content.decode()
    assert not Measure.objects.exists() and Incident.objects.get().version == incident.version


def test_a_measure_against_staff_is_refused(client, manager):
    incident = make_incident()
    User.objects.filter(pk=incident.client_id).update(is_staff=True)
    answer = client.post(address(incident), typed(incident))
    assert "This person is staff" in answer.content.decode()
    assert not Measure.objects.exists()


def test_for_a_whole_account_there_has_to_be_one(client, manager):
    incident = make_incident()
    User.objects.filter(pk=incident.client_id).update(account=None)
    for kind, more in [(Kind.LIMITED, {"whole_account": "on"}), (Kind.SUBSCRIPTION, {})]:
        answer = client.post(address(incident), typed(incident, kind, **more))
        assert "belongs to no account" in answer.content.decode()


def test_whom_it_was_aimed_at_does_not_decide(client, manager):
    incident = make_incident(concerned=manager)
    answer = client.post(address(incident), typed(incident, facts="I was there."))
    assert "Another manager has to decide this." in answer.content.decode()
    assert "I was there." in answer.content.decode()


def test_on_a_stale_page_nothing_is_saved_and_what_was_typed_stays(client, manager):
    incident = make_incident()
    given = typed(incident, facts="My own facts.")
    preview = client.post(address(incident), given).context["shown"]
    make_measure(limited(AT), incident=incident, by=StaffFactory(roles=["manager"], name="Quick Colleague"))
    answer = client.post(address(incident), {**given, "press": "decide", "shown": preview.key})
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "My own facts." in shown and "Somebody else was quicker" in shown and "Quick Colleague" in shown
    assert Measure.objects.count() == 1


LATER = AT + timedelta(hours=1)


@pytest.mark.parametrize(
    ("what", "line"),
    [
        pytest.param("decided", "Decided: written warning", id="decided"),
        pytest.param("stopped", "All contact stopped", id="contact stopped"),
        pytest.param("appealed", "The client appealed", id="appealed"),
        pytest.param("given", "The appeal was given to somebody", id="appeal given to somebody"),
        pytest.param("appointed", "Outside reviewer appointed: Orla Outside", id="reviewer appointed"),
    ],
)
def test_the_last_change_is_the_last_of_all(what, line):
    owner, duty = StaffFactory(roles=["owner"]), StaffFactory(roles=["duty manager"])
    incident = make_incident(categories=("threat",), concerned=duty)
    if what == "stopped":
        stopping.stop_contact(incident, "He knows where we live.", hours=2, by=duty, at=LATER, seen=None)
    else:
        warning = deciding.Step(Kind.WARNING)
        measure = make_measure(warning, incident=incident, by=owner, at=AT if what != "decided" else LATER)
    if what in ("appealed", "given", "appointed"):
        appeal = appeals.lodge(measure, reasons="No.", at=LATER)
    if what == "given":
        other = StaffFactory(roles=["manager"])
        appeals.assign(appeal, other, by=other, at=LATER + timedelta(hours=1), seen=None)
    if what == "appointed":
        other = StaffFactory(roles=["agent"], name="Orla Outside")
        about = {"reason": "Nobody else.", "by": owner, "at": LATER + timedelta(hours=1)}
        appointments.appoint(measure, other, **about)
    assert latest_change(Incident.objects.get()).what.startswith(line)


@pytest.mark.parametrize("seen", ["", "x", "0", "9" * 30, None])
def test_a_form_without_the_version_it_showed_is_stale(client, manager, seen):
    incident = make_incident()
    given = typed(incident, seen=seen or "")
    assert client.post(address(incident), given).status_code == 409


def test_if_something_else_would_follow_by_now_it_is_shown_first(client, manager):
    """Between the preview and the press a second manager has come to be needed."""
    incident = make_incident()
    shown = client.post(address(incident), typed(incident)).context["shown"]
    assert shown.second == []
    ComplaintFactory(client=incident.client)
    answer = client.post(address(incident), typed(incident, press="decide", shown=shown.key))
    assert "Something else would follow by now" in answer.content.decode()
    assert "The rules ask for a second manager here." in answer.content.decode()
    assert not Measure.objects.exists()
    assert confirmed(client, address(incident), typed(incident)).status_code == 302
    assert Measure.objects.get().state == State.PROPOSED


def test_back_from_the_preview_everything_typed_is_there(client, manager):
    incident = make_incident()
    given = typed(incident, Kind.LIMITED, "change", facts="My own facts.", gates=[Gate.MAIL, Gate.WAITLIST])
    form = client.post(address(incident), given).context["form"]
    assert form["facts"].value() == "My own facts."
    assert form["gates"].value() == [Gate.MAIL, Gate.WAITLIST]
    assert not form.errors


# -- the end, by the firm's clock --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "day", "clock", "ends"),
    [
        pytest.param("2027-03-22", "2027-03-27", "", "2027-03-27T23:00Z", id="midnight before the spring change"),
        pytest.param("2027-03-22", "2027-03-28", "", "2027-03-28T22:00Z", id="midnight after the spring change"),
        pytest.param("2027-03-22", "2027-03-28", "01:59", "2027-03-28T00:59Z", id="just before the gap"),
        pytest.param("2027-03-22", "2027-03-28", "02:30", None, id="in the gap"),
        pytest.param("2027-03-22", "2027-03-28", "03:00", "2027-03-28T01:00Z", id="just after the gap"),
        pytest.param("2027-10-25", "2027-10-30", "", "2027-10-30T22:00Z", id="midnight before the autumn change"),
        pytest.param("2027-10-25", "2027-10-31", "", "2027-10-31T23:00Z", id="midnight after the autumn change"),
        pytest.param("2027-10-25", "2027-10-31", "02:30", "2027-10-31T00:30Z", id="an hour that comes twice"),
        pytest.param("2027-10-25", "2027-10-31", "03:00", "2027-10-31T02:00Z", id="after the hour that comes twice"),
    ],
)
def test_the_end_when_clocks_change(client, manager, now, day, clock, ends):
    at = datetime.fromisoformat(f"{now}T09:00+00:00")
    with time_machine.travel(at, tick=False):
        client.force_login(manager)
        incident = make_incident(at=at)
        given = typed(incident, Kind.LIMITED, until=day, until_clock=clock)
        if ends is None:
            answer = client.post(address(incident), given)
            assert "There is no such time on that day" in answer.content.decode()
            return
        confirmed(client, address(incident), given)
        measure = Measure.objects.get()
    assert measure.restriction.ends_at == datetime.fromisoformat(ends)


def test_an_hour_that_comes_twice_is_told_apart(client, manager):
    with time_machine.travel(datetime(2027, 10, 25, 9, tzinfo=UTC), tick=False):
        client.force_login(manager)
        incident = make_incident(at=timezone.now())
        given = typed(incident, Kind.LIMITED, until="2027-10-31", until_clock="02:30")
        assert "02:30 (UTC+2)" in client.post(address(incident), given).content.decode()


# -- the preview -------------------------------------------------------------------------------------------------------


def test_the_preview_names_colleagues_and_sessions(client, manager):
    incident = make_incident()
    colleague = ClientFactory(account=incident.client.account, name="Cora Colleague")
    BookingFactory(client=colleague, starts=AT + timedelta(days=2))
    alone = client.post(address(incident), typed(incident, Kind.LIMITED)).content.decode()
    whole = client.post(address(incident), typed(incident, Kind.LIMITED, whole_account="on")).content.decode()
    assert "Cora Colleague" not in alone
    assert "1: Cora Colleague" in whole and "Wed 25 Nov, 11:00" in whole


def test_the_preview_shows_the_notice_as_it_is_sent(client, manager):
    incident = make_incident(client=ClientFactory(language="nl"))
    given = typed(incident, Kind.LIMITED, facts="Zij riep “dom”.")
    shown = client.post(address(incident), given).context["shown"]
    assert "Zij riep “dom”." in shown.notice
    confirmed(client, address(incident), given)
    assert Measure.objects.get().notice == shown.notice


def test_for_good_the_review_is_in_a_year(client, manager):
    incident = make_incident()
    answer = client.post(address(incident), typed(incident, Kind.PERMANENT, gates=[Gate.MAIL]))
    assert "Tuesday 23 November 2027" in answer.content.decode()
    assert "It restricts for good." in answer.content.decode()


def test_after_deciding_the_sessions_are_asked_about(client, manager):
    incident = make_incident()
    BookingFactory(client=incident.client, starts=AT + timedelta(days=2))
    answer = confirmed(client, address(incident), typed(incident, Kind.LIMITED))
    measure = Measure.objects.get()
    assert answer.url == address(measure, "conduct_measure_sessions")


# -- approving ---------------------------------------------------------------------------------------------------------


def proposal(by=None, **fields):
    return make_measure(limited(AT, days=60), incident=make_incident(**fields), by=by)


def answered(client, measure, press, reasons="", **fields):
    given = {"press": press, "reasons": reasons, "seen": Incident.objects.get(pk=measure.incident_id).version}
    return client.post(address(measure, "conduct_measure_approve"), {**given, **fields})


def test_where_none_were_kept_todays_comparable_decisions_are_shown(client, manager):
    url = address(proposal(), "conduct_measure_approve")
    assert "No decision of this kind" in client.get(url).content.decode()
    make_measure(limited(AT, days=5))
    shown = client.get(url).content.decode()
    assert "None were kept with the assessment" in shown and "No decision of this kind" not in shown


def test_another_manager_approves(client, manager):
    measure = proposal()
    url = address(measure, "conduct_measure_approve")
    assert url in client.get(reverse("admin:index")).content.decode()
    assert url in client.get(reverse("admin:conduct_approvals")).content.decode()
    shown = client.get(url).content.decode()
    assert "Something about proportion." in shown and "It restricts for more than 30 days" in shown
    answered(client, measure, "approve")
    measure.refresh_from_db()
    assert (measure.state, measure.approval.by) == (State.TAKEN, manager)
    assert "Nothing waits for approval" in client.get(reverse("admin:conduct_approvals")).content.decode()
    assert client.get(url).status_code == 302


def test_after_a_no_it_is_decided_anew_from_the_former_assessment(client, manager):
    measure = proposal()
    refused = answered(client, measure, "decline")
    assert "Please give your reasons." in refused.context["form"].errors["reasons"]
    answered(client, measure, "decline", "Thirty days are enough.")
    measure.refresh_from_db()
    assert (measure.state, measure.incident.state) == (State.DECLINED, Incident.State.OPEN)
    form = client.get(address(measure.incident)).context["form"]
    assert form["proportion"].value() == "Something about proportion."
    assert (form["kind"].value(), form["gates"].value()) == (Kind.LIMITED, [Gate.BOOKING])
    assert (str(form["until"].value()), str(form["until_clock"].value())) == ("2027-01-22", "11:00:00")


@pytest.mark.parametrize("press", ["approve", "decline"])
def test_the_own_proposal_is_not_answered_but_withdrawn(client, manager, press):
    measure = proposal(by=manager)
    assert address(measure, "conduct_measure_approve") not in client.get(reverse("admin:index")).content.decode()
    answer = answered(client, measure, press, "It is right.")
    assert "Nobody approves their own decision" in answer.content.decode()
    assert "It is right." in answer.content.decode()
    answered(client, measure, "withdraw")
    measure.refresh_from_db()
    assert measure.state == State.WITHDRAWN


def test_a_colleague_does_not_withdraw_it(client, manager):
    measure = proposal()
    answered(client, measure, "withdraw")
    measure.refresh_from_db()
    assert measure.state == State.PROPOSED


def test_a_late_answer_is_marked(client, manager):
    proposal()
    assert "by Wed 25 Nov" in client.get(reverse("admin:conduct_approvals")).content.decode()
    with time_machine.travel(AT + timedelta(days=3), tick=False):
        client.force_login(manager)
        assert "late: was due Wed 25 Nov" in client.get(reverse("admin:conduct_approvals")).content.decode()


def test_an_answer_on_a_stale_page_keeps_what_was_typed(client, manager):
    measure = proposal()
    answer = answered(client, measure, "decline", "Too long.", seen=1)
    assert answer.status_code == 409 and "Too long." in answer.content.decode()


@pytest.mark.parametrize("page", ["conduct_approvals", "admin:index"])
def test_lists_ask_as_often_for_thirty_as_for_one(client, manager, page, django_assert_max_num_queries):
    url = reverse(page if ":" in page else f"admin:{page}")
    for _each in range(8):
        proposal()
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for _each in range(22):
        proposal()
    with django_assert_max_num_queries(len(few)):
        client.get(url)


# -- a calendar without working days -----------------------------------------------------------------------------------

NO_WORKDAY = "too few working days ahead"


@pytest.mark.parametrize("press", ["preview", "decide"])
def test_without_working_days_ahead_a_decision_is_refused_beside_the_form(client, manager, press):
    incident = make_incident()
    given = typed(incident, Kind.LIMITED)
    shown = client.post(address(incident), given).context["shown"]
    closed = ClosureFactory(starts_at=AT - timedelta(days=1), ends_at=AT + timedelta(days=900))
    answer = client.post(address(incident), {**given, "press": press, "shown": shown.key})
    assert answer.status_code == 200 and NO_WORKDAY in answer.content.decode()
    assert not Measure.objects.exists()
    closed.delete()  # the control
    client.post(address(incident), {**given, "press": "decide", "shown": shown.key})
    assert Measure.objects.get().appeal_by is not None


def test_without_working_days_ahead_an_approval_is_refused_beside_the_form(client, manager):
    measure = proposal()
    closed = ClosureFactory(starts_at=AT - timedelta(days=1), ends_at=AT + timedelta(days=900))
    assert client.get(address(measure, "conduct_measure_approve")).status_code == 200
    answer = answered(client, measure, "approve")
    assert answer.status_code == 200 and NO_WORKDAY in answer.content.decode()
    measure.refresh_from_db()
    assert measure.state == State.PROPOSED
    closed.delete()  # the control
    answered(client, measure, "approve")
    measure.refresh_from_db()
    assert measure.state == State.TAKEN


# -- lifting and extending ---------------------------------------------------------------------------------------------


def test_a_measure_is_lifted_with_reasons(client, manager):
    measure = make_measure(limited(AT))
    url = address(measure, "conduct_measure_lift")
    seen = Incident.objects.get().version
    assert "Please give your reasons." in client.post(url, {"seen": seen}).content.decode()
    client.post(url, {"seen": seen, "reasons": "We talked it over."})
    measure.refresh_from_db()
    assert (measure.state, measure.ending_reason) == (State.LIFTED, "We talked it over.")
    assert "ended already" in client.get(url).content.decode()


@pytest.mark.parametrize(
    ("kind", "is_offered"),
    [
        pytest.param(Kind.LIMITED, True, id="restriction"),
        pytest.param(Kind.SUBSCRIPTION, True, id="end of the subscription"),
        pytest.param(Kind.WARNING, False, id="warning, which closes nothing"),
    ],
)
def test_what_closes_something_can_be_lifted_from_the_page_of_the_case(client, manager, kind, is_offered):
    measure = make_measure(limited(AT) if kind == Kind.LIMITED else deciding.Step(kind))
    if measure.state == State.PROPOSED:
        deciding.approve(measure, by=manager, at=AT, seen=None)
    page = client.get(measure.incident.get_absolute_url()).content.decode()
    assert (address(measure, "conduct_measure_lift") in page) == is_offered


def test_an_extension_is_a_new_decision_with_grounds_of_its_own(client, manager):
    measure = make_measure(limited(AT, days=10))
    incident = Incident.objects.get()
    url = address(measure, "conduct_measure_extend")
    form = client.get(url).context["form"]
    assert form["facts"].value() == "Something about facts."
    assert not form["reasons"].value() and not form["proportion"].value() and not form["until"].value()
    bare = typed(incident, Kind.LIMITED, until="2026-12-20", reasons="")
    assert PART in client.post(url, bare).context["form"].errors["reasons"]
    shorter = typed(incident, Kind.LIMITED, until="2026-11-30")
    assert "end later than" in str(client.post(url, shorter).context["form"].errors["until"])
    confirmed(client, url, typed(incident, Kind.LIMITED, until="2026-12-20"))
    longer = Measure.objects.get(extends=measure)
    assert (longer.state, longer.appeal_by is not None) == (State.TAKEN, True)
    incident.refresh_from_db()
    url = address(longer, "conduct_measure_extend")
    confirmed(client, url, typed(incident, Kind.LIMITED, until="2026-12-25"))
    assert Measure.objects.get(extends=longer).second_needed == ["long"]


def test_what_has_ended_is_not_extended(client, manager):
    measure = make_measure(limited(AT, days=1))
    with time_machine.travel(AT + timedelta(days=2), tick=False):
        client.force_login(manager)
        assert client.get(address(measure, "conduct_measure_extend")).status_code == 302
        given = typed(Incident.objects.get(), Kind.LIMITED, until="2026-12-20")
        answer = client.post(address(measure, "conduct_measure_extend"), given)
        assert "decided or closed already" in answer.content.decode()


def test_after_a_decision_only_a_report_to_the_authorities_is_left(client, manager):
    measure = make_measure(limited(AT))
    answer = client.get(address(measure.incident))
    assert [option.data["value"] for option, _help in answer.context["steps"]] == [Kind.AUTHORITIES]


# -- who is let in -----------------------------------------------------------------------------------------------------

PAGES = ["incident_decide", "measure_approve", "measure_sessions", "measure_lift", "measure_extend"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", ["reporter", "agent", "client", "nobody"])
def test_pages_for_managers_are_there_for_nobody_else(client, page, who):
    agent = StaffFactory(roles=["agent"])
    measure = (
        proposal(reporter=agent) if page == "measure_approve" else make_measure(incident=make_incident(reporter=agent))
    )
    people = {"reporter": agent, "agent": StaffFactory(roles=["agent"]), "client": measure.incident.client}
    if who in people:
        client.force_login(people[who])
    about = measure.incident if page == "incident_decide" else measure
    url = address(about, f"conduct_{page}")
    expected = 404 if who in ("reporter", "agent") else 302
    assert client.get(url).status_code == expected
    assert client.post(url, {"press": "approve", "reasons": "Yes."}).status_code == expected
    listed = client.get(reverse("admin:conduct_approvals"))
    assert listed.status_code == expected


def test_an_outside_reviewer_approves_the_one_case(client):
    measure, other = proposal(), proposal()
    outsider = StaffFactory()
    by = StaffFactory(roles=["owner"])
    Appointment.objects.create(
        measure=measure, person=outsider, appointed_by=by, appointed_at=AT, reason="Nobody else."
    )
    client.force_login(outsider)
    assert (
        address(measure, "conduct_measure_approve") in client.get(reverse("admin:conduct_approvals")).content.decode()
    )
    assert client.get(address(other, "conduct_measure_approve")).status_code == 404
    answered(client, measure, "approve")
    measure.refresh_from_db()
    assert measure.state == State.TAKEN


def test_no_page_changes_for_a_manager_whom_an_open_complaint_names(client, manager):
    """Pages are the same to the byte; the press is refused in words that fit other causes too (C-8, R-7b)."""
    waiting, in_force = proposal(), make_measure(limited(AT))
    undecided = make_incident(client=in_force.incident.client)
    BookingFactory(client=in_force.incident.client, starts=AT + timedelta(days=2))
    pages = [
        reverse("admin:index"),
        reverse("admin:conduct_approvals"),
        address(undecided),
        address(waiting, "conduct_measure_approve"),
        *(address(in_force, f"conduct_measure_{page}") for page in ("sessions", "lift", "extend")),
        reverse("admin:people_user_change", args=[in_force.incident.client_id]),
    ]
    before = [changeless(client.get(page)) for page in pages]
    for person in (waiting.incident.client, in_force.incident.client):
        complaint = ComplaintFactory(client=person)
        NamedStaff.objects.create(complaint=complaint, part="about", typed="Mara", person=manager)
    assert [changeless(client.get(page)) for page in pages] == before
    neutral = "Another manager has to decide this."
    refused = [
        client.post(address(undecided), typed(undecided)),
        answered(client, waiting, "approve"),
        client.post(pages[4], {f"choice-{Booking.objects.get().pk}": "keep"}),
        client.post(pages[5], {"seen": Incident.objects.get(pk=in_force.incident_id).version, "reasons": "No."}),
        client.post(pages[6], typed(Incident.objects.get(pk=in_force.incident_id), Kind.LIMITED, until="2027-01-20")),
    ]
    assert [neutral in answer.content.decode() for answer in refused] == [True] * 5
    assert all("complaint" not in str(answer.context["form"].errors) for answer in refused)


def changeless(answer):
    assert answer.status_code == 200
    return re.sub(r'(?<=")[A-Za-z0-9]{64}(?=")', "", answer.content.decode())


# -- on the client's page ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["agent", "manager"])
def test_what_is_closed_stands_on_the_clients_page_and_why_for_managers(client, role):
    measure = make_measure(limited(AT))
    client.force_login(StaffFactory(roles=[role]))
    shown = client.get(reverse("admin:people_user_change", args=[measure.incident.client_id])).content.decode()
    assert "Booking sessions" in shown and "closed until" in shown
    assert (measure.incident.reference in shown) is (role == "manager")
    assert ("Limited access" in shown) is (role == "manager")
    other = client.get(reverse("admin:people_user_change", args=[ClientFactory().pk])).content.decode()
    assert "closed until" not in other


def test_a_measure_for_the_account_stands_on_a_colleagues_page(client, manager):
    measure = make_measure(limited(AT, whole_account=True))
    colleague = ClientFactory(account=measure.incident.client.account)
    shown = client.get(reverse("admin:people_user_change", args=[colleague.pk])).content.decode()
    assert measure.incident.reference in shown and "the whole account" in shown


def test_a_step_that_is_not_next_is_refused(client, manager):
    measure = make_measure(limited(AT))
    answer = client.post(address(measure.incident), typed(Incident.objects.get()))
    assert "This case is decided or closed already" in answer.content.decode()
    answer = client.post(address(measure, "conduct_measure_extend"), typed(Incident.objects.get()))
    assert "This case is decided or closed already" in answer.content.decode()
