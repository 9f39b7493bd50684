"""What prolongs a measure falls with it; and no mail promises as open what something else keeps closed (R-4, R-7)."""

from datetime import timedelta

import pytest

from bookings.models import Booking
from conduct import messages
from conduct.models import Approval, Measure
from conduct.operations import appeals, deciding, sessions
from conduct.operations.varying import Change
from conduct.refusals import BaseIsOver, NotLonger
from supportportal.outbox import rendering
from supportportal.outbox.models import Message
from supportportal.people.access import gate_is_open
from supportportal.people.models import Account, Firm, Gate
from tests.factories import MONDAY_TEN, BookingFactory, ClientFactory, FirmFactory, StaffFactory
from tests.factories_conduct import findings, limited, make_incident, make_measure

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
DAY = timedelta(days=1)
BOTH = [Gate.BOOKING, Gate.MAIL]
State = Measure.State
OPEN_AGAIN = "conduct_colleague_open"


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory()


def manager(**about):
    return StaffFactory(roles=["manager"], **about)


def measure_of(client, **step):
    return make_measure(limited(AT, **{"days": 20, "gates": BOTH, **step}), incident=make_incident(client=client))


def extended(measure, *, days=25, **step):
    step = {"gates": BOTH, "whole_account": measure.whole_account, **step}
    by, incident = manager(), measure.incident
    return deciding.decide(
        incident, findings(), limited(AT, days=days, extends=measure, **step), by=by, at=AT + DAY, seen=None
    )


def appealed(measure, outcome, change=None, at=AT + 2 * DAY):
    appeal = appeals.lodge(measure, reasons="No.", at=AT + DAY)
    return appeals.decide(appeal, outcome, "We looked at it.", change, by=manager(), at=at, seen=None)


def text_of(kind, **about):
    message = Message.objects.filter(kind=kind, **about).latest("pk")
    incident = messages.load([message.subject_id])[message.subject_id]
    return rendering.write(message, incident, firm=Firm.current()).text


def is_open(person, gate, at=AT + 3 * DAY):
    return bool(gate_is_open(person, gate, at))


MILDER = Change(None, [Gate.BOOKING])


@pytest.mark.parametrize(("outcome", "change"), [("quashed", None), ("varied", MILDER)], ids=["quashed", "varied"])
def test_what_prolongs_it_falls_with_it(outcome, change):
    client = ClientFactory()
    measure = measure_of(client)
    longer = extended(extended(measure), days=29)
    assert longer.state == State.TAKEN
    appealed(measure, outcome, change)
    longer.refresh_from_db()
    assert (longer.state, longer.ending_reason) == (State.LIFTED, "We looked at it.")
    assert longer.extends.state == State.LIFTED
    assert is_open(client, Gate.MAIL)
    assert is_open(client, Gate.BOOKING) is (outcome == "quashed")
    assert "What extended it has ended with it." in text_of("conduct_appeal_decided")


def test_an_appeal_that_changes_nothing_leaves_it():
    client = ClientFactory()
    measure = measure_of(client)
    longer = extended(measure)
    appealed(measure, "upheld")
    longer.refresh_from_db()
    assert longer.state == State.TAKEN
    assert not is_open(client, Gate.MAIL, AT + 22 * DAY)
    assert "What extended it" not in text_of("conduct_appeal_decided")


@pytest.mark.parametrize("how", ["quashed", "varied", "lifted"])
def test_a_proposal_to_prolong_it_is_withdrawn(how):
    measure = measure_of(ClientFactory())
    proposed = extended(measure, days=90)
    assert proposed.state == State.PROPOSED
    if how == "lifted":
        deciding.lift(measure, "Enough.", by=manager(), at=AT + 2 * DAY, seen=None)
    else:
        appealed(measure, how, MILDER if how == "varied" else None)
    proposed.refresh_from_db()
    assert proposed.state == State.WITHDRAWN
    assert not Approval.objects.exists()


def test_sessions_that_were_cancelled_for_the_extension_are_given_back():
    client = ClientFactory()
    session = BookingFactory(client=client, starts=AT + 9 * DAY, booked_at=AT - DAY)
    measure = measure_of(client)
    longer = extended(measure)
    sessions.choose(longer, session, "cancel", by=longer.decided_by, at=AT + DAY)
    appealed(measure, "quashed")
    session.refresh_from_db()
    assert session.state == Booking.State.BOOKED
    assert "Sessions that you have back" in text_of("conduct_appeal_decided")


# -- what the mails promise --------------------------------------------------------------------------------------------

STILL = "Still closed to you, for another reason:"


def account_of_two():
    client = ClientFactory()
    return client, ClientFactory(account=client.account)


def test_lifting_what_prolongs_tells_what_stays_closed():
    client, colleague = account_of_two()
    measure = measure_of(client, whole_account=True, gates=[Gate.BOOKING])
    longer = extended(measure)
    deciding.lift(longer, "Enough.", by=manager(), at=AT + 2 * DAY, seen=None)
    for person, text in ((client, text_of("conduct_lifted")), (colleague, text_of(OPEN_AGAIN, recipient=colleague))):
        assert (is_open(person, Gate.BOOKING), is_open(person, Gate.MAIL)) == (False, True)
        told = text.split(STILL)[1].split("\n\n")[0]
        assert str(Gate.BOOKING.label) in told and str(Gate.MAIL.label) not in told


def test_colleagues_to_whom_nothing_opens_hear_nothing():
    client, colleague = account_of_two()
    measure = measure_of(client, whole_account=True)
    deciding.lift(extended(measure), "Enough.", by=manager(), at=AT + 2 * DAY, seen=None)
    assert not is_open(colleague, Gate.BOOKING)
    assert not Message.objects.filter(kind=OPEN_AGAIN).exists()
    deciding.lift(measure, "Enough.", by=manager(), at=AT + 2 * DAY, seen=None)
    assert is_open(colleague, Gate.BOOKING)
    assert STILL not in text_of(OPEN_AGAIN, recipient=colleague)


def test_a_milder_decision_opens_only_what_nothing_else_closes():
    client = ClientFactory()
    measure_of(client, gates=[Gate.MAIL])
    appealed(measure_of(client), "varied", MILDER)
    text = text_of("conduct_appeal_decided")
    assert "Open to you again:" not in text
    assert str(Gate.MAIL.label) in text.split(STILL)[1].split("\n\n")[0]


def ended_by(client):
    measure = make_measure(deciding.Step(Measure.Kind.SUBSCRIPTION), incident=make_incident(client=client))
    deciding.approve(measure, by=manager(), at=AT, seen=None)
    return Measure.objects.get(pk=measure.pk)


def test_a_subscription_goes_on_when_nothing_else_ends_it():
    client, colleague = account_of_two()
    first, second = ended_by(client), ended_by(client)
    deciding.lift(second, "Enough.", by=manager(), at=AT + DAY, seen=None)
    assert Account.objects.get().subscription == Account.Subscription.ENDED
    assert "The subscription has still ended" in text_of("conduct_lifted")
    assert not Message.objects.filter(kind=OPEN_AGAIN).exists()
    deciding.lift(first, "Enough.", by=manager(), at=AT + 2 * DAY, seen=None)
    assert Account.objects.get().subscription == Account.Subscription.ACTIVE
    assert "The subscription has still ended" not in text_of("conduct_lifted")
    assert "goes on again" in text_of(OPEN_AGAIN, recipient=colleague)


# -- how long ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "days", "review", "is_longer"),
    [
        pytest.param("limited", 25, None, True, id="ends later"),
        pytest.param("limited", 20, None, False, id="ends at the same time"),
        pytest.param("limited", 25, 2, False, id="ends later, reviewed sooner"),
        pytest.param("limited", 25, 21, True, id="reviewed later, too"),
        pytest.param("permanent", None, 2, False, id="for good, reviewed sooner"),
        pytest.param("permanent", None, 21, True, id="for good, reviewed later"),
        pytest.param("permanent", None, None, True, id="for good, reviewed in a year"),
    ],
)
def test_an_extension_goes_on_after_what_it_extends(kind, days, review, is_longer):
    measure = measure_of(ClientFactory())
    step = deciding.Step(
        kind,
        BOTH,
        until=AT + days * DAY if days else None,
        review_on=(AT + review * DAY).date() if review else None,
        extends=measure,
    )
    act = {"by": manager(), "at": AT + DAY, "seen": None}
    if is_longer:
        made = deciding.decide(measure.incident, findings(), step, **act)
        assert made.extends == measure
        return
    with pytest.raises(NotLonger):
        deciding.decide(measure.incident, findings(), step, **act)
    assert not is_open(measure.incident.client, Gate.BOOKING, AT + 19 * DAY)


@pytest.mark.parametrize(
    ("after", "is_taken"),
    [
        pytest.param(timedelta(seconds=-1), True, id="a second before it ends"),
        pytest.param(timedelta(0), False, id="at its end"),
        pytest.param(10 * DAY, False, id="long after"),
    ],
)
def test_what_is_over_is_prolonged_by_no_late_answer(after, is_taken):
    """R-7: it has lapsed, since nobody extended it in time; the proposal can be declined and decided anew."""
    measure = measure_of(ClientFactory())
    proposal = extended(measure, days=60)
    assert proposal.state == State.PROPOSED
    at = measure.restriction.ends_at + after
    if is_taken:
        assert deciding.approve(proposal, by=manager(), at=at, seen=None).state == State.TAKEN
    else:
        with pytest.raises(BaseIsOver):
            deciding.approve(proposal, by=manager(), at=at, seen=None)
        assert deciding.decline(proposal, "Too late.", by=manager(), at=at, seen=None).state == State.DECLINED
