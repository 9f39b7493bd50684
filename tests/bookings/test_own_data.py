"""What of sessions, strikes, fees, waiting, calls, feedback and terms is in a person's own data, and what is not."""

from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bookings import messages_firm
from bookings.models import (
    CallAttempt,
    Callback,
    CallbackAddition,
    Fee,
    Feedback,
    Offer,
    StrikeReview,
    SupportDecision,
    SurveyAnswer,
    WaitlistEntry,
)
from bookings.own_data import TO_AGENTS
from supportportal.files.intake import accept
from supportportal.lattice import cell_at
from supportportal.outbox import operations as outbox
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed
from supportportal.people import own_data
from tests.factories import (
    MONDAY_TEN,
    AgentFactory,
    BookingFactory,
    ClientFactory,
    FirmFactory,
    StaffFactory,
    StrikeFactory,
    TermsAcceptanceFactory,
)
from tests.support.own_data import assert_asks_the_same, holds, opened, said

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN + timedelta(days=1)
HOUR = timedelta(hours=1)
NUMBERS = count()


@pytest.fixture
def person():
    FirmFactory()
    return ClientFactory(name="Anna Conti")


@pytest.fixture
def staff():
    return StaffFactory(name="Elisa Marchetti")


@pytest.fixture
def colleague(person):
    return ClientFactory(name="Canary Colleague", email="canary@example.org", account=person.account)


def attended(person, **fields):
    return BookingFactory(client=person, state="attended", outcome_at=MONDAY_TEN + HOUR, **fields)


def everything_of(person, staff, starts=MONDAY_TEN, words="Canary"):
    """One row of each kind, each text with ``words``."""
    booking = attended(
        person,
        starts=starts,
        topic=f"{words} topic",
        details=f"{words} details",
        summary=f"{words} summary",
        notes=f"{words} notes",
        outcome_reason=f"{words} outcome",
    )
    booking.files.add(accept(SimpleUploadedFile("plan.txt", f"{words} file".encode()), AT))
    Feedback.objects.create(booking=booking, rating=4, comment=f"{words} feedback", given_at=AT)
    strike = StrikeFactory(
        client=person, starts=starts - timedelta(days=30), taken_back="waived", taken_back_at=AT,
        taken_back_reason=f"{words} taken back",
    )  # fmt: skip
    StrikeReview.objects.create(strike=strike, asked_at=AT, text=f"{words} review", answer=f"{words} answer")
    SupportDecision.objects.create(
        strike=strike, decision="reduced", reason=f"{words} decision", decided_at=AT, decided_by=staff
    )
    Fee.objects.create(
        booking=booking, client=person, account=person.account, state="owed", net=Decimal("50.00"), vat_rate=22,
        currency="EUR", asked_at=AT, accepted_at=AT, accepted_by=person, reason=f"{words} fee",
    )  # fmt: skip
    entry = WaitlistEntry.objects.create(
        client=person, session_type=booking.session_type, days=["2026-11-30"], topic=f"{words} waiting", joined_at=AT
    )
    Offer.objects.create(
        entry=entry, agent=booking.agent, first_cell=cell_at(starts), freed=f"{words}:1", state="expired",
        offered_at=AT, until=AT + 2 * HOUR,
    )  # fmt: skip
    call = Callback.objects.create(
        client=person, number="+390612345678", contact=f"{words} contact", description=f"{words} description",
        requested_at=AT, state="done", closed_at=AT, note=f"{words} outcome of the call", claimed_by=staff,
    )  # fmt: skip
    CallbackAddition.objects.create(callback=call, text=f"{words} addition", source="form", at=AT)
    CallAttempt.objects.create(callback=call, by=staff, at=AT, result="answered", note=f"{words} attempt")
    number = next(NUMBERS)
    SurveyAnswer.objects.create(
        client=person, quarter=f"2026-{number}", asked_at=AT, rating=5, comment=f"{words} survey", given_at=AT
    )
    TermsAcceptanceFactory(user=person, terms__version=f"{words} terms {number}")
    return booking


WORDS = [
    *("topic", "details", "summary", "notes", "outcome", "feedback", "taken back", "review", "answer", "decision"),
    *("fee", "waiting", "contact", "description", "outcome of the call", "addition", "attempt", "survey", "terms"),
]


def test_all_of_it_is_there_for_people_and_for_machines(person, staff):
    everything_of(person, staff, words="Mine")
    files = opened(person, AT)
    for words in WORDS:
        assert set(holds(files, f"Mine {words}")) == {"index.html", "data/sessions.json"}, words
    (name,) = holds(files, "Mine file")
    assert name == "files/sessions/0001-plan.txt"


def test_nobody_elses_is_there(person, colleague, staff):
    everything_of(colleague, staff)
    everything_of(ClientFactory(name="Canary Stranger"), staff, starts=MONDAY_TEN + 5 * HOUR)
    everything_of(person, staff, starts=MONDAY_TEN + 10 * HOUR, words="Mine")
    assert not holds(opened(person, AT), "Canary")
    assert holds(opened(colleague, AT), "Canary topic")


def test_a_session_tells_who_did_what_without_names(person, colleague, staff):
    agent = AgentFactory(user__name="Luca Greco", video_link="https://video.example/canary-room")
    BookingFactory(client=person, agent=agent, booked_by=colleague)
    cancelled = {"state": "cancelled", "cancelled_at": AT, "cancelled_by": staff, "cancel_reason": "firm"}
    BookingFactory(client=person, agent=agent, starts=MONDAY_TEN + HOUR, **cancelled)
    files = opened(person, AT)
    first, second = said(files, "sessions", "sessions")
    assert (first["agent"], first["booked_by"], first["cancelled_by"]) == ("Luca Greco", "colleague", None)
    assert (second["booked_by"], second["cancelled_by"], second["cancel_reason"]) == ("you", "us", "firm")
    assert [holds(files, one) for one in ("Canary", "Elisa Marchetti", "canary-room")] == [[], [], []]


def test_our_notes_name_nobody_else(person, colleague, staff):
    attended(person, notes="Elisa Marchetti and Canary Colleague say that Anna Conti was early.")
    files = opened(person, AT)
    (session,) = said(files, "sessions", "sessions")
    assert session["notes"] == "[…] and […] say that Anna Conti was early."


def test_what_a_coordinator_booked_for_a_colleague_is_the_colleagues(person, colleague):
    booking = BookingFactory(client=colleague, booked_by=person, topic="Canary topic", details="Canary details")
    files = opened(person, AT)
    (act,) = said(files, "sessions", "booked_for_colleagues")
    assert (act["reference"], set(act)) == (booking.reference, {"session_type", "reference", "booked_at"})
    assert said(files, "sessions", "sessions") == [] and not holds(files, "Canary")
    assert holds(opened(colleague, AT), "Canary topic")


def test_a_session_given_to_a_colleague_is_the_colleagues(person, colleague):
    attended(colleague, booked_by=person, summary="Canary summary")
    assert not holds(opened(person, AT), "Canary")


def told(kind, booking, to, *, text, copy=""):
    owed = Owed(kind, booking.pk, AT, recipient=to, copy=copy)
    outbox.plan([owed], at=AT)
    Message.objects.filter(key=owed.key).update(state="sent", sent_at=AT, text=text, subject=text)


def test_copies_to_a_coordinator_are_listed_without_their_words(person, colleague):
    booking = BookingFactory(client=colleague, booked_by=person)
    told("booking_confirmed", booking, person, copy=messages_firm.COPY, text="Canary copy")
    told("fee_asked", booking, person, copy=messages_firm.COPY, text="Canary fee")
    told("booking_confirmed", BookingFactory(client=person), person, text="Yours")
    files = opened(person, AT)
    assert [one.get("text") for one in said(files, "messages", "sent")] == [None, None, "Yours"]
    assert not holds(files, "Canary")


@pytest.mark.parametrize("kind", TO_AGENTS)
def test_what_somebody_was_told_as_an_agent_is_left_out(person, kind):
    told(kind, BookingFactory(), person, text="Canary client")
    files = opened(person, AT)
    assert said(files, "messages", "sent") == [] and not holds(files, "Canary")


def test_the_kinds_that_agents_get():
    assert set(TO_AGENTS) == {"agent_booked", "agent_moved", "agent_cancelled", "agent_restored", "agent_attendee"}


def test_as_many_questions_for_thirty_as_for_one(person, staff):
    days = count(100)

    def make(number):
        for _one in range(number):
            everything_of(person, staff, starts=MONDAY_TEN + timedelta(days=next(days)))

    assert_asks_the_same(person, make, AT)
    assert len(said(opened(person, AT), "sessions", "surveys")) == 30


@pytest.mark.django_db(transaction=True)
def test_all_rows_are_there_however_few_are_read_at_a_time(staff, monkeypatch):
    """In no transaction, as in life: each cursor has to outlive the questions asked meanwhile."""
    monkeypatch.setattr(own_data, "BATCH", 2)
    FirmFactory()
    person = ClientFactory()
    for day in range(5):
        everything_of(person, staff, starts=MONDAY_TEN + timedelta(days=40 * day))
    files = opened(person, AT)
    sections = ("sessions", "strikes", "fees", "waiting", "calls", "surveys", "terms")
    assert [len(said(files, "sessions", section)) for section in sections] == [10, 5, 5, 5, 5, 5, 5]
    assert len([name for name in files if name.startswith("files/")]) == 5
