"""A manager decides one incident, another approves where that is asked for (R-3, R-7b)."""

from datetime import timedelta

import pytest

from complaints.models import NamedStaff
from complaints.operations import closing
from conduct import messages
from conduct.models import Approval, Assessment, Incident, Measure
from conduct.operations import deciding, reporting
from conduct.refusals import EndsInPast, NotForYou, NotYours, OwnProposal, Stale
from conduct.rules import Second
from supportportal.files.intake import keep
from supportportal.outbox.models import Message
from supportportal.people.access import gate_is_open
from supportportal.people.models import Gate
from tests.factories import MONDAY_TEN, ClientFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import findings, limited, make_incident, make_measure

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
Kind, State = Measure.Kind, Measure.State


def test_thirty_days_are_taken_at_once():
    measure = make_measure(limited(AT, days=30))
    assert measure.state == Measure.State.TAKEN
    assert Incident.objects.get().state == Incident.State.DECIDED
    assert not gate_is_open(measure.incident.client, Gate.BOOKING, AT)
    assert gate_is_open(measure.incident.client, Gate.MAIL, AT)
    assert gate_is_open(measure.incident.client, Gate.BOOKING, AT + timedelta(days=30))


def test_more_than_thirty_days_wait_for_another_manager():
    measure = make_measure(limited(AT, days=31))
    assert measure.state == Measure.State.PROPOSED
    assert gate_is_open(measure.incident.client, Gate.BOOKING, AT)
    second = StaffFactory(roles=["manager"])
    deciding.approve(measure, by=second, at=AT + timedelta(hours=1), seen=None)
    measure.refresh_from_db()
    assert measure.state == Measure.State.TAKEN
    assert not gate_is_open(measure.incident.client, Gate.BOOKING, AT + timedelta(hours=1))


def test_a_warning_closes_nothing():
    incident = make_incident()
    measure = make_measure(deciding.Step(Measure.Kind.WARNING), incident=incident)
    assert measure.restriction is None
    assert all(gate_is_open(incident.client, gate, AT) for gate in Gate.values)
    assert "written warning" in measure.notice


def account_of_two(**about):
    client = ClientFactory()
    return client, ClientFactory(account=client.account, **about)


def mails_to(person):
    return [one.kind for one in Message.objects.filter(recipient=person)]


@pytest.mark.parametrize("kind", [Kind.WARNING, Kind.AUTHORITIES])
def test_what_closes_nothing_reaches_no_colleague(kind):
    client, colleague = account_of_two()
    told = {"disclosed": "The words.", "disclosed_to": "The police."} if kind == Kind.AUTHORITIES else {}
    measure = make_measure(deciding.Step(kind, whole_account=True, **told), incident=make_incident(client=client))
    if measure.second_needed:
        deciding.approve(measure, by=StaffFactory(roles=["manager"]), at=AT, seen=None)
    assert Measure.objects.get().state == State.TAKEN
    assert not Measure.objects.get().whole_account
    assert mails_to(colleague) == []


def test_nothing_is_asked_of_an_account_for_what_closes_nothing():
    incident = make_incident(client=ClientFactory(account=None))
    assert make_measure(deciding.Step(Kind.WARNING, whole_account=True), incident=incident).state == State.TAKEN


@pytest.mark.parametrize("kind", [Kind.WARNING, Kind.LIMITED, Kind.SUBSCRIPTION])
def test_colleagues_are_told_of_what_reaches_them(kind):
    """Also for what was kept before: a warning that says it is for the whole account tells colleagues nothing."""
    client, colleague = account_of_two()
    step = limited(AT) if kind == Kind.LIMITED else deciding.Step(kind)
    measure = make_measure(step, incident=make_incident(client=client))
    measure.whole_account = True
    owed = [one for one in messages.owed_for_notice(measure, at=AT) if one.kind == messages.COLLEAGUE]
    assert [one.recipient for one in owed] == ([] if kind == Kind.WARNING else [colleague])


# -- who has to approve (R-3, R-7b) ------------------------------------------------------------------------------------

SECOND = timedelta(seconds=1)
STEPS = {
    "warning": (Kind.WARNING, None),
    "no correspondence for 30 days": (Kind.CORRESPONDENCE, timedelta(days=30)),
    "no correspondence for a second more": (Kind.CORRESPONDENCE, timedelta(days=30) + SECOND),
    "limited for a day": (Kind.LIMITED, timedelta(days=1)),
    "limited for 30 days": (Kind.LIMITED, timedelta(days=30)),
    "limited for a second more": (Kind.LIMITED, timedelta(days=30) + SECOND),
    "limited for a year": (Kind.LIMITED, timedelta(days=365)),
    "limited for good": (Kind.PERMANENT, None),
    "end of the subscription": (Kind.SUBSCRIPTION, None),
    "report to the authorities": (Kind.AUTHORITIES, None),
}
ALONE = {"warning", "no correspondence for 30 days", "limited for a day", "limited for 30 days"}


def a_step(name):
    kind, length = STEPS[name]
    gates = [Gate.BOOKING] if kind in Measure.RESTRICTING else []
    told = {"disclosed": "The words.", "disclosed_to": "The police."} if kind == Kind.AUTHORITIES else {}
    return deciding.Step(kind, gates, until=AT + length if length else None, **told)


@pytest.mark.parametrize("complains", [False, True], ids=["no complaint", "open complaint"])
@pytest.mark.parametrize("name", STEPS)
def test_who_has_to_approve(name, complains):
    incident = make_incident()
    if complains:
        ComplaintFactory(client=incident.client)
    measure = make_measure(a_step(name), incident=incident)
    alone = name in ALONE and not complains
    assert measure.state == (State.TAKEN if alone else State.PROPOSED)
    assert (Second.COMPLAINT in measure.second_needed) is complains
    assert bool(set(measure.second_needed) - {Second.COMPLAINT}) is (name not in ALONE)


@pytest.mark.parametrize("state", ["withdrawn", "not_a_complaint"])
def test_a_complaint_that_is_closed_asks_for_nobody(state):
    incident = make_incident()
    complaint = ComplaintFactory(client=incident.client)
    senior = StaffFactory(roles=["senior manager"])
    closing.close(complaint, state, reason="Said so.", by=senior, at=AT, seen=None)
    assert make_measure(deciding.Step(Kind.WARNING), incident=incident).state == State.TAKEN


def test_many_short_extensions_add_up():
    manager = StaffFactory(roles=["manager"])
    again, at = make_measure(limited(AT, days=14), by=manager), AT
    for days in (20, 27, 30):
        at += timedelta(days=5)
        step = deciding.Step(Kind.LIMITED, [Gate.BOOKING], until=AT + timedelta(days=days), extends=again)
        again = make_measure(step, incident=Incident.objects.get(), by=manager, at=at)
        assert (again.state, again.second_needed) == (State.TAKEN, [])
    longer = deciding.Step(Kind.LIMITED, [Gate.BOOKING], until=AT + timedelta(days=30) + SECOND, extends=again)
    last = make_measure(longer, incident=Incident.objects.get(), by=manager, at=at)
    assert (last.state, last.second_needed) == (State.PROPOSED, [Second.LONG])


def test_measures_for_different_incidents_do_not_add_up():
    client = ClientFactory()
    for day in (0, 25, 50):
        at = AT + timedelta(days=day)
        measure = make_measure(limited(at, days=30), incident=make_incident(client=client, at=at), at=at)
        assert measure.state == State.TAKEN


@pytest.mark.parametrize(
    ("part", "state", "refused"),
    [
        pytest.param("about", None, True, id="named"),
        pytest.param("mentioned", None, True, id="mentioned"),
        pytest.param("cleared", None, False, id="cleared"),
        pytest.param("about", "withdrawn", False, id="named in a closed one"),
        pytest.param("", None, False, id="not named"),
    ],
)
def test_nobody_named_in_an_open_complaint_decides_or_approves(part, state, refused):
    incident, manager = make_incident(), StaffFactory(roles=["manager"])
    complaint = ComplaintFactory(client=incident.client)
    if part:
        NamedStaff.objects.create(complaint=complaint, part=part, typed="M", person=manager)
    if state:
        senior = StaffFactory(roles=["senior manager"])
        closing.close(complaint, state, reason="Said so.", by=senior, at=AT, seen=None)
    proposal = make_measure(limited(AT, days=60), incident=make_incident(client=incident.client))
    tries = [
        lambda: make_measure(deciding.Step(Kind.WARNING), incident=incident, by=manager),
        lambda: deciding.approve(proposal, by=manager, at=AT, seen=None),
    ]
    for attempt in tries:
        if refused:
            with pytest.raises(NotForYou):
                attempt()
        else:
            attempt()


@pytest.mark.parametrize("role", ["agent", "manager", "duty manager", "senior manager", "owner", "deputy"])
def test_which_roles_decide(role):
    incident, by = make_incident(), StaffFactory(roles=[role])
    if role == "agent":
        with pytest.raises(NotYours):
            make_measure(incident=incident, by=by)
    else:
        assert make_measure(incident=incident, by=by).decided_by == by


def test_the_reporter_with_the_role_decides_but_not_whom_it_was_aimed_at():
    manager = StaffFactory(roles=["manager"])
    with pytest.raises(NotForYou):
        make_measure(incident=make_incident(reporter=manager), by=manager)
    other = make_incident(reporter=manager, concerned=StaffFactory(roles=["agent"]))
    assert make_measure(incident=other, by=manager).state == State.TAKEN


@pytest.mark.parametrize("answer", ["approve", "decline"])
def test_nobody_answers_their_own_proposal(answer):
    manager = StaffFactory(roles=["manager"])
    proposal = make_measure(limited(AT, days=60), by=manager)
    with pytest.raises(OwnProposal):
        getattr(deciding, answer)(proposal, "Yes.", by=manager, at=AT, seen=None)
    assert Measure.objects.get().state == State.PROPOSED


def test_an_end_that_comes_before_the_answer_is_refused():
    proposal = make_measure(limited(AT, days=60))
    with pytest.raises(EndsInPast):
        deciding.approve(proposal, by=StaffFactory(roles=["manager"]), at=AT + timedelta(days=60), seen=None)
    assert Measure.objects.get().state == State.PROPOSED


def test_of_two_managers_at_once_one_decides():
    incident = make_incident()
    seen = incident.version
    deciding.decide(incident, findings(), limited(AT), by=StaffFactory(roles=["manager"]), at=AT, seen=seen)
    with pytest.raises(Stale):
        warning = deciding.Step(Kind.WARNING)
        deciding.decide(incident, findings(), warning, by=StaffFactory(roles=["manager"]), at=AT, seen=seen)
    assert Measure.objects.get().kind == Kind.LIMITED


def test_weighing_keeps_nothing_and_says_what_deciding_makes():
    incident, manager = make_incident(), StaffFactory(roles=["manager"])
    weighed = deciding.weigh(incident, findings(), limited(AT, days=60), by=manager, at=AT)
    assert not (Measure.objects.exists() or Assessment.objects.exists() or Approval.objects.exists())
    made = make_measure(limited(AT, days=60), incident=incident, by=manager)
    for name in ["kind", "gates", "until", "review_on", "second_needed", "whole_account"]:
        assert getattr(weighed, name) == getattr(made, name)


def test_the_evidence_is_frozen_with_the_files_of_the_clients_answers():
    """What was known stays readable as it was (R-9a)."""
    incident = make_incident()
    paper = keep("mine.txt", "text/plain", b"My side of it", AT)
    reporting.hear(incident, "I was provoked.", files=[paper], at=AT)
    incident.refresh_from_db()
    assessment = make_measure(incident=incident).assessment
    (answer,) = assessment.exhibits["answers"]
    assert answer["text"] == "I was provoked."
    assert answer["files"] == [{"file": paper.pk, "name": "mine.txt", "sha256": paper.sha256}]
    assert list(assessment.files.all()) == [paper]
