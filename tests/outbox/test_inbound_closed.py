"""Mail of whoever may not write: kept aside, answered once with the notice, and never kept from a complaint (R-9a)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from supportportal.outbox import inbound, mails, rendering
from supportportal.outbox.inbound import Handler, Outcome
from supportportal.outbox.models import Inbound, Message
from supportportal.people.models import Firm, Gate, User
from tests.factories import AccountFactory, RestrictionFactory, UserFactory

from .helpers import NOON
from .test_inbound import KNOWN, answers, reply_to, sent, take
from .test_mails import eml

pytestmark = pytest.mark.django_db
State = Inbound.State
NOTICE = "Mail is closed until Monday."
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _domain(settings, firm):
    settings.INBOUND_DOMAIN = "in.meridian.example"


def close(person=None, **rest):
    on = rest if "account" in rest else {"user": person, **rest}
    return RestrictionFactory(**{"gates": [Gate.MAIL.value], "starts_at": NOON, "notice": NOTICE, **on})


def written(message: Message) -> rendering.Parcel:
    return rendering.write(message, Inbound.objects.get(pk=message.subject_id), firm=Firm.current())


def test_however_much_is_written_the_notice_is_told_once(person):
    close(person)
    states = [take(eml(f"Mail {number}", From=KNOWN), at=NOON + number * DAY).state for number in range(6)]
    assert states == [State.REFUSED] * 6
    assert len(answers()) == 1


def test_each_new_restriction_is_told_once(person):
    close(person)
    take(eml("1", From=KNOWN))
    close(person, ends_at=NOON + 30 * DAY, notice="Closed for longer.")
    take(eml("2", From=KNOWN))
    take(eml("3", From=KNOWN))
    first, second = answers()
    assert NOTICE in written(first).text and "Closed for longer." in written(second).text


def test_a_measure_for_the_account_is_told_once_to_each_person(person):
    account = AccountFactory()
    User.objects.filter(pk=person.pk).update(account=account)
    other = UserFactory(account=account, email="marco@client.example")
    close(account=account)
    for sender in (KNOWN, other.email, KNOWN, other.email):
        take(eml(f"From {sender}", From=sender, Message_ID=f"<{Inbound.objects.count()}@x>"))
    assert len(answers()) == len(answers(other.email)) == 1


def test_an_answer_of_the_same_day_about_something_else_does_not_count(person):
    take(eml("Hello", From=KNOWN), at=NOON - timedelta(hours=1))
    close(person)
    take(eml("Hello again", From=KNOWN))
    assert [one.kind for one in answers()] == ["mail_unmatched", "mail_closed"]


def test_the_answer_says_what_stays_open_and_how(person, settings):
    close(person)
    take(eml("Hello", From=KNOWN))
    (answer,) = answers()
    parcel = written(answer)
    for text in (parcel.text, parcel.html):
        assert NOTICE in text and "What stays open to you:" in text
        assert settings.SITE_URL + reverse("complaints:complain") in text
        assert settings.SITE_URL + reverse("bookings:sessions") in text
        assert "Write to" not in text


@pytest.mark.parametrize(
    ("at", "state"),
    [
        pytest.param(-SECOND, State.REFUSED, id="the second before"),
        pytest.param(timedelta(0), State.WAITING, id="at its end"),
        pytest.param(SECOND, State.WAITING, id="the second after"),
    ],
)
def test_it_ends_by_itself_to_the_second(person, at, state):
    one = close(person)
    assert take(reply_to(sent(person)), at=one.ends_at + at).state == state


def test_it_meets_a_mail_that_was_on_its_way(person):
    mail = take(reply_to(sent(person)), at=NOON - timedelta(hours=1), handle=False)
    close(person)
    assert inbound.handle(mail.pk, at=NOON).state == State.REFUSED


@pytest.mark.parametrize(
    ("verdict", "is_answered"),
    [
        pytest.param("none", True, id="not confirmed"),
        pytest.param("fail", False, id="forged, or badly set up"),
    ],
)
def test_nobody_gets_round_it_by_a_mail_that_cannot_be_confirmed(person, verdict, is_answered):
    close(person)
    kept = take(reply_to(sent(person)), verdict=verdict)
    assert (kept.state, kept.person) == (State.REFUSED, None)
    assert bool(answers()) is is_answered


@pytest.mark.parametrize("verdict", ["pass", "none", "fail"])
def test_the_control_without_a_restriction_it_reaches_staff(person, verdict):
    close(UserFactory())
    assert take(reply_to(sent(person)), verdict=verdict).state == State.WAITING


def test_machines_are_not_told(person):
    close(person)
    assert take(eml("Away", From=KNOWN, Auto_Submitted="auto-replied")).state == State.AUTOMATIC
    assert answers() == []


@pytest.mark.parametrize(("never_closed", "state"), [(True, State.HANDLED), (False, State.REFUSED)])
def test_only_a_way_that_is_never_closed_gets_through(person, monkeypatch, never_closed, state):
    handler = Handler("all", lambda mail: True, lambda mail, at: Outcome(State.HANDLED), never_closed=never_closed)
    monkeypatch.setattr(inbound, "_handlers", {"all": handler})
    close(person)
    assert take(eml("Complaint", From=KNOWN)).state == state


def test_other_gates_leave_mail_alone(person):
    close(person, gates=[Gate.BOOKING.value, Gate.WAITLIST.value, Gate.CALLBACK.value])
    assert take(reply_to(sent(person))).state == State.WAITING


def test_what_was_kept_aside_can_be_put_before_staff_later(person):
    close(person)
    kept = take(eml("Hello", From=KNOWN))
    inbound.put_back(kept, by=UserFactory(is_staff=True), at=NOON + DAY)
    kept.refresh_from_db()
    assert kept.state == State.WAITING
    assert mails.read(eml("Hello", From=KNOWN)).text == kept.text
