"""What is under way at the very instant at which somebody is anonymised: nothing of it stays with them."""

import threading

import pytest

from bookings.cells import cell_at
from bookings.models import Booking, Callback, Feedback, SurveyAnswer, WaitlistEntry
from bookings.operations import booking, calls, feedback, waiting
from complaints.models import Complaint
from complaints.operations import intake
from conduct.models import Incident
from supportportal.outbox.models import Message
from supportportal.people.models import Gate, User
from supportportal.retention import operations
from tests.factories import (
    AgentFactory,
    BookingFactory,
    ChannelFactory,
    ClientFactory,
    FirmFactory,
    SessionTypeFactory,
    StaffFactory,
)
from tests.factories_complaints import ToldFactory
from tests.factories_conduct import make_incident
from tests.support.racing import at_once

from .someone import DAY, NOW, THEN

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def anna():
    FirmFactory()
    return ClientFactory(name="Anna Canary", email="anna@canary.example")


@pytest.fixture
def session_type(anna):
    session_type = SessionTypeFactory(plans=[anna.account.plan])
    AgentFactory(office_hours=True, session_types=[session_type])
    return session_type


@pytest.fixture
def anonymised_while(anna, monkeypatch):
    """Let ``act`` begin while Anna, as it has seen her just before, is being anonymised; give what came of it."""
    real, owner = operations._forget_all_of, StaffFactory(roles=["owner"])
    gone, done = threading.Event(), threading.Event()

    def forget_slowly(*args):
        real(*args)
        gone.set()
        done.wait(0.3)  # whoever does not wait for the lock is through by then

    monkeypatch.setattr(operations, "_forget_all_of", forget_slowly)

    def race(act):
        def after_it_began():
            assert gone.wait(20)
            try:
                return act()
            finally:
                done.set()

        found = at_once(lambda: operations.forget_person(anna, by=owner, at=NOW), after_it_began)
        assert User.objects.get(pk=anna.pk).is_anonymised
        return found[1]

    return race


def test_a_complaint_is_taken_and_is_nobodys(anna, anonymised_while):
    told = ToldFactory(name=anna.name, email=anna.email)
    taken = anonymised_while(lambda: intake.lodge(told, at=NOW, client=anna))
    assert Complaint.objects.get() == taken and taken.client is None


def test_an_incident_is_not_reported(anna, anonymised_while):
    reporter = StaffFactory(roles=["agent"])
    refusal = anonymised_while(lambda: make_incident(client=anna, reporter=reporter, at=NOW))
    assert (refusal.code, Incident.objects.count()) == ("nobody_any_more", 0)


def test_a_session_is_not_booked(anna, session_type, anonymised_while):
    what = {"session_type": session_type, "first_cell": cell_at(NOW + 2 * DAY), "topic": "Canary"}
    refusal = anonymised_while(lambda: booking.book(client=anna, by=anna, at=NOW, **what))
    assert (refusal.access.code, Booking.objects.count()) == ("inactive", 0)


def test_a_call_is_not_asked_for(anna, anonymised_while):
    ChannelFactory(code="callback", plans=[anna.account.plan], gate=Gate.CALLBACK)
    words = {"number": "+39061234567", "contact": "Canary", "description": "Canary"}
    refusal = anonymised_while(lambda: calls.ask(anna, **words, by=anna, at=NOW))
    assert (refusal.access.code, Callback.objects.count()) == ("inactive", 0)


def test_nobody_waits(anna, session_type, anonymised_while):
    days = [(NOW + 2 * DAY).date()]
    refusal = anonymised_while(
        lambda: waiting.join_for_days(session_type, days, client=anna, topic="Canary", by=anna, at=NOW)
    )
    assert (refusal.access.code, WaitlistEntry.objects.count()) == ("inactive", 0)


def test_feedback_says_nothing(anna, anonymised_while):
    held = BookingFactory(client=anna, starts=THEN, state=Booking.State.ATTENDED, outcome_at=THEN + DAY)
    refusal = anonymised_while(lambda: feedback.give(held, rating=1, comment="Canary", at=NOW))
    assert "anonymised" in str(refusal) and not Feedback.objects.exists()


def test_a_survey_says_nothing(anna, anonymised_while):
    asked = SurveyAnswer.objects.create(client=anna, quarter="2029-Q4", asked_at=THEN)
    refusal = anonymised_while(lambda: feedback.answer(asked, rating=1, comment="Canary", at=NOW))
    asked.refresh_from_db()
    assert "anonymised" in str(refusal) and "Canary" not in asked.comment


def test_nobody_is_asked_in_a_survey(anna, anonymised_while, monkeypatch):
    """Whether the tick has found her before or not."""
    found = [anna]
    monkeypatch.setattr(feedback, "_is_due", lambda *given: True)
    monkeypatch.setattr(feedback, "_unasked", lambda *given: [found.pop()] if found else [])
    assert anonymised_while(lambda: feedback.ask_surveys(NOW)) == 0
    assert not SurveyAnswer.objects.exists() and not Message.objects.filter(kind="survey_asked").exists()
