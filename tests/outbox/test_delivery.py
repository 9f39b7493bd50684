"""The straight way, over a real SMTP connection, and every reason not to send."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from supportportal.outbox import claiming, delivery, operations, schedule
from supportportal.outbox.kinds import Attachment
from supportportal.outbox.models import Message
from tests.factories import UserFactory

from .helpers import ICS, LINK, NOON, fresh, owe, state_of

pytestmark = pytest.mark.django_db
State = Message.State


def deliver(clock, channel="email"):
    delivery.deliver_due(channel, clock=clock)


def test_a_due_message_arrives(person, smtp, clock):
    message = owe(person)
    deliver(clock)
    (mail,) = smtp.parsed()
    assert (mail["To"], mail["Subject"]) == ("zoe@client.example", "Hello Zoë D'Angelo")
    assert mail["From"] == "Meridian Books <help@meridian.example>"
    assert mail["Reply-To"] == "help@meridian.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == fresh(message).message_id
    assert (state_of(message), fresh(message).sent_at, fresh(message).attempts) == (State.SENT, NOON, 1)


def test_it_has_text_and_html_with_links_spelled_out(person, smtp, clock):
    owe(person)
    deliver(clock)
    (mail,) = smtp.parsed()
    text, html = (mail.get_body(preferencelist=(kind,)).get_content() for kind in ("plain", "html"))
    assert "Dear Zoë D'Angelo" in text  # nothing escaped
    assert "Dear Zoë D&#x27;Angelo" in html
    assert f"Change:\r\n{LINK}" in text
    assert html.count(LINK) == 3  # the button, and its address below
    assert "help@meridian.example or call +39 02 5550 1234" in text


def test_it_is_written_in_the_recipients_zone_and_language(firm, smtp, clock):
    for language, zone in [("it", "America/New_York"), ("nl", "Europe/Amsterdam")]:
        owe(UserFactory(language=language, time_zone=zone, email=f"{language}@client.example"))
    deliver(clock)
    texts = {mail["To"]: mail.get_body(preferencelist=("plain",)).get_content() for mail in smtp.parsed()}
    assert "24 Novembre 2026, 06:00 EST" in texts["it@client.example"]
    assert "24 november 2026, 12:00 CET" in texts["nl@client.example"]


def test_a_copy_is_kept_without_keys(person, smtp, clock):
    message = owe(person)
    deliver(clock)
    kept = fresh(message)
    assert (kept.sent_to, kept.subject) == ("zoe@client.example", "Hello Zoë D'Angelo")
    assert "/s/…/change/" in kept.text
    assert LINK not in kept.text + kept.html


def test_codes_are_blanked_and_dropped_once_sent(person, smtp, clock):
    message = owe(person, "test_secret", data={"code": "845120", "other": 1})
    deliver(clock)
    (mail,) = smtp.parsed()
    assert mail["Subject"] == "Your code is 845120"
    kept = fresh(message)
    assert (kept.subject, kept.data) == ("Your code is …", {"other": 1})
    assert "845120" not in kept.text + kept.html


def test_a_calendar_entry_is_the_last_alternative_and_a_file(person, smtp, clock, answers):
    answers.attachments = [Attachment("session.ics", ICS, "text/calendar; method=REQUEST; charset=utf-8", True)]
    owe(person)
    deliver(clock)
    (mail,) = smtp.parsed()
    *_, alternative = next(
        part for part in mail.walk() if part.get_content_type() == "multipart/alternative"
    ).iter_parts()
    (file,) = mail.iter_attachments()
    for part in (alternative, file):
        assert part["Content-Type"].params["method"] == "REQUEST"
        assert str(part["Content-Type"]).count("charset") == 1
        assert part.get_content().replace("\r\n", "\n") == ICS.decode().replace("\r\n", "\n")
    assert file.get_filename() == "session.ics"


def test_addresses_and_names_cannot_add_headers(firm, smtp, clock):
    owe(UserFactory(name="Eve\r\nBcc: all@client.example", email="eve@client.example"))
    deliver(clock)
    (mail,) = smtp.parsed()
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hello Eve Bcc: all@client.example"


def test_everything_due_leaves_over_one_connection(person, smtp, clock):
    messages = [owe(person) for _ in range(claiming.LARGEST + 5)]
    deliver(clock)
    assert len(smtp.accepted) == len(messages)
    assert smtp.connections == 1


def test_a_claim_costs_the_same_queries_however_many_it_holds(firm, smtp, clock):
    counts = []
    for many in (1, 20):
        for _ in range(many):
            owe(UserFactory())
        with CaptureQueriesContext(connection) as captured:
            deliver(clock)
        counts.append(sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in captured))
    assert counts[0] == counts[1]


def test_a_claim_takes_what_is_urgent_first_and_no_more_than_asked_in_three_statements(firm, django_assert_num_queries):
    one, urgent, later = (owe(UserFactory()) for _ in range(3))
    Message.objects.filter(pk=urgent.pk).update(urgent=True)
    with django_assert_num_queries(3):
        claimed = claiming.claim("email", limit=2, at=NOON)
    assert [message.pk for message in claimed] == [urgent.pk, one.pk]
    assert {(message.state, message.attempts, message.lease_until) for message in claimed} == {
        (State.SENDING, 1, NOON + claiming.lease())
    }
    assert state_of(later) == State.PLANNED


# -- reasons not to send -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "state"),
    [
        pytest.param(timedelta(seconds=-1), State.SENT, id="one second before"),
        pytest.param(timedelta(), State.SKIPPED, id="at that instant"),
        pytest.param(timedelta(hours=3), State.SKIPPED, id="after a long downtime"),
    ],
)
def test_a_message_is_of_no_use_from_useful_until_on(person, smtp, clock, late, state):
    message = owe(person, useful_until=NOON + timedelta(hours=1))
    clock.at = message.useful_until + late
    deliver(clock)
    assert state_of(message) == state
    assert len(smtp.accepted) == (state == State.SENT)


def test_the_reason_of_a_late_one_is_told(person, smtp, clock):
    message = owe(person, useful_until=NOON)
    deliver(clock)
    assert fresh(message).note == "too late to be of use"


def test_after_downtime_the_older_of_two_reminders_is_skipped_and_one_arrives(person, smtp, clock):
    due_1h = NOON + timedelta(hours=23)
    day_before = owe(person, useful_until=due_1h)
    hour_before = owe(person, at=due_1h, useful_until=NOON + timedelta(hours=24))
    clock.at = due_1h + timedelta(minutes=10)
    deliver(clock)
    assert (state_of(day_before), state_of(hour_before)) == (State.SKIPPED, State.SENT)


def test_the_kind_is_asked_right_before_sending(person, smtp, clock, answers):
    message = owe(person)
    answers.not_due = "the session was cancelled"
    deliver(clock)
    assert (state_of(message), fresh(message).note) == (State.SKIPPED, "the session was cancelled")
    assert smtp.accepted == []


def test_what_is_about_nothing_is_skipped(person, smtp, clock):
    message = owe(person, subject_id=987_654)
    deliver(clock)
    assert (state_of(message), fresh(message).note) == (State.SKIPPED, "what it was about no longer exists")


def test_the_address_is_the_one_of_the_hour_of_sending(person, smtp, clock):
    owe(person)
    person.email = "moved@client.example"
    person.save(update_fields=["email"])
    deliver(clock)
    assert smtp.recipients == ["moved@client.example"]


def test_what_was_voided_while_it_was_sent_is_not_tried_again(person, smtp, clock):
    message = owe(person)
    (claimed,) = claiming.claim("email", limit=1, at=clock())
    operations.void("people.user", person.pk, below_version=2)
    claiming.release([claimed], "the provider is down", at=clock())
    deliver(clock)
    assert state_of(message) == State.VOID
    assert smtp.accepted == []


@pytest.mark.parametrize("broken", ["template", "load"])
def test_a_poisoned_message_is_parked_after_its_tries_and_stops_no_other(firm, person, smtp, clock, answers, broken):
    other = UserFactory()
    poison = owe(other, "test_poison" if broken == "template" else "test_mail")
    answers.hidden = {other.pk} if broken == "load" else set()
    fine = [owe(person), owe(person, at=NOON - timedelta(hours=1))]
    deliver(clock)
    assert state_of(poison) == State.RETRYING
    assert [state_of(message) for message in fine] == [State.SENT, State.SENT]
    deliver_each_try(clock, poison)
    parked = fresh(poison)
    assert (parked.state, parked.attempts) == (State.FAILED, len(schedule.PAUSES) + 1)
    assert parked.note.startswith("could not be written")
    assert timedelta(hours=20) < clock() - NOON < timedelta(hours=30)
    assert len(smtp.accepted) == 2


def test_a_message_that_can_be_written_again_is_sent(firm, person, smtp, clock, answers):
    message = owe(person)
    answers.hidden = {person.pk}
    deliver(clock)
    answers.hidden = set()
    deliver_each_try(clock, message)
    assert (state_of(message), len(smtp.accepted)) == (State.SENT, 1)


def test_a_kind_that_no_app_knows_is_parked(person, smtp, clock):
    message = owe(person)
    Message.objects.filter(pk=message.pk).update(kind="of_an_app_that_is_gone")
    deliver(clock)
    deliver_each_try(clock, message)
    assert state_of(message) == State.FAILED


def deliver_each_try(clock, message):
    while state_of(message) == State.RETRYING:
        clock.at = fresh(message).try_at
        deliver(clock)


# -- claims and fences -------------------------------------------------------------------------------------------------


@pytest.fixture
def frozen_sender(person, smtp, clock, monkeypatch):
    """A sender that stands still between writing and fencing until its lease is over and another has sent."""
    message = owe(person)
    fence = claiming.fence

    def late_fence(parcels, *, gateway, at):
        monkeypatch.setattr(claiming, "fence", fence)
        clock.advance(seconds=claiming.lease().total_seconds() + 1)
        from supportportal.outbox import reconciling

        reconciling.expire_leases(at=clock())
        deliver(clock)
        return fence(parcels, gateway=gateway, at=clock())

    monkeypatch.setattr(claiming, "fence", late_fence)
    return message


def test_a_sender_that_froze_sends_nothing_after_its_lease(frozen_sender, smtp, clock):
    deliver(clock)
    assert len(smtp.accepted) == 1
    assert state_of(frozen_sender) == State.SENT


def test_without_the_fence_it_would_send_twice(frozen_sender, smtp, clock, monkeypatch):
    unfenced = claiming.fence  # the late one

    def no_fence(parcels, *, gateway, at):
        unfenced(parcels, gateway=gateway, at=at)
        clock.at = NOON  # nor does the sender look at the clock
        return list(parcels)

    monkeypatch.setattr(claiming, "fence", no_fence)
    deliver(clock)
    assert len(smtp.accepted) == 2


def test_a_slow_provider_never_carries_a_sender_out_of_its_lease(person, smtp, clock, monkeypatch):
    from supportportal.outbox.gateways.email import EmailGateway

    send = EmailGateway.send

    def slow_send(self, parcel, *, at):
        clock.advance(seconds=100)
        return send(self, parcel, at=at)

    monkeypatch.setattr(EmailGateway, "send", slow_send)
    messages = [owe(person) for _ in range(10)]
    deliver(clock)
    states = [state_of(message) for message in messages]
    assert (states.count(State.SENT), states.count(State.RETRYING)) == (3, 7)
    assert {fresh(message).attempts for message in messages} == {0, 1}
