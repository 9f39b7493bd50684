"""Senders killed with SIGKILL at random moments: no message is lost, and none doubled beyond what N-1 allows.

``STORM=full`` kills more than a thousand; otherwise fewer. Each protection has a control: without it, some are.
"""

import os
import random
import signal
import time
import traceback
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections
from django.utils import timezone

from supportportal.outbox import claiming, delivery, kinds, operations, outcomes, reconciling
from supportportal.outbox.gateways import twilio as twilio_gateway
from supportportal.outbox.kinds import Kind
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed
from supportportal.people.models import User
from tests.factories import FirmFactory, UserFactory
from tests.fakes.smtp import fake_smtp
from tests.fakes.web import FakeTwilio, fake_web
from tests.support.processes import die_with_parent, wait_until

FULL = os.environ.get("STORM") == "full"
MAILS, TEXTS = (12_000, 600) if FULL else (300, 60)
SENDERS = 3
STEPS = 20  # of messages sent between two kills, at most one part in so many; a whole chunk of mails may come between
LEAST_KILLS = {"email": 1000, "sms": 15} if FULL else {"email": 5, "sms": 5}
PATIENCE = 900 if FULL else 120  # seconds for what the last kills have left
# Seconds; the real ones are ten minutes, ten seconds and one minute, and keep the same order: what is in flight ends
# within half a lease, and nobody asks before it has.
LEASE, TIMEOUT, ASK_AFTER = 4.0, 1.0, 3.0
TEMPLATES = Path(__file__).parent.parent / "outbox" / "templates"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def short_leases(monkeypatch, settings):
    settings.OUTBOX_LEASE = LEASE
    settings.EMAIL_TIMEOUT = settings.SMS_TIMEOUT = TIMEOUT
    settings.SITE_URL = "https://portal.example"
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], TEMPLATES]}]
    monkeypatch.setattr(claiming, "claim_size", lambda timeout: claiming.LARGEST)
    monkeypatch.setattr(reconciling, "WAIT_FOR_REPORT", timedelta())
    monkeypatch.setattr(reconciling, "ASK_LEASE", timedelta(seconds=LEASE))
    monkeypatch.setattr(reconciling, "ASK_AGAIN", timedelta(seconds=0.5))
    monkeypatch.setattr(delivery, "ASK_AFTER", timedelta(seconds=ASK_AFTER))
    monkeypatch.setattr(outcomes.schedule, "PAUSES", [timedelta(seconds=0.1)] * 50)
    monkeypatch.setattr(outcomes.schedule, "SHORTEST", timedelta(seconds=0.05))
    monkeypatch.setattr(kinds, "_kinds", {**kinds._kinds, **{kind.code: kind for kind in _test_kinds()}})
    FirmFactory()


def _test_kinds():
    def context(message, person):
        return {"person": person, "instant": message.due_at, "link": f"https://portal.example/s/{message.pk:030}"}

    shared = {"subject_type": "people.user", "load": User.objects.in_bulk, "context": context}
    return [Kind("test_mail", "email", "Mail", **shared), Kind("test_sms", "sms", "Text", **shared)]


@pytest.fixture
def smtp(settings):
    with fake_smtp() as fake:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", fake.port
        yield fake


@pytest.fixture
def twilio(settings):
    with fake_web(FakeTwilio()) as fake:
        settings.OUTBOX_GATEWAYS = {"sms": "supportportal.outbox.gateways.twilio.TwilioGateway"}
        keys = {"ACCOUNT_SID": "AC1", "AUTH_TOKEN": "t", "FROM": "+15005550006", "MESSAGING_SERVICE_SID": ""}
        settings.TWILIO = {**keys, "API_URL": fake.url}
        yield fake


def owe(many, kind, begin=0):
    at = timezone.now()
    people = [UserFactory(phone="+393331234567", sms_consent_at=at) for _ in range(20)]
    numbers = range(begin, begin + many)
    operations.plan([Owed(kind, people[n % 20].pk, at, recipient=people[n % 20], copy=str(n)) for n in numbers], at=at)


# -- forked senders ----------------------------------------------------------------------------------------------------


class Senders:
    """A few processes that deliver without end; the grim one kills them, others take their place."""

    def __init__(self, channel):
        self.channel = channel
        self.pids: list[int] = []
        self.kills = 0

    def __enter__(self):
        while len(self.pids) < SENDERS:
            self.start()
        return self

    def __exit__(self, *_):
        for pid in self.pids:
            _end(pid)
        self.pids = []

    def start(self):
        connections.close_all()  # a connection must not be shared with a fork
        pid = os.fork()
        if pid == 0:
            try:
                die_with_parent()
                _deliver_for_ever(self.channel)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        self.pids.append(pid)

    def kill_one(self):
        victim = self.pids.pop(random.randrange(len(self.pids)))
        _end(victim)
        self.kills += 1
        self.start()


def _end(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _deliver_for_ever(channel):
    while True:
        delivery.deliver_due(channel, clock=timezone.now)
        reconciling.reconcile(clock=timezone.now)
        time.sleep(0.02)


def storm(channel, taken, many):
    """Kill senders at random moments until everything is settled; return how often.

    Kills follow the progress and not the clock, so that a slow machine sees as many of them as a quick one.
    """
    enough = taken() + many * 0.8
    with Senders(channel) as senders:
        while (before := taken()) < enough and not _all_settled():
            step = random.randint(1, min(15, max(2, many // STEPS)))
            _wait_for_progress(taken, before + step)
            senders.kill_one()
        wait_until(_all_settled, seconds=PATIENCE, what="everything to be sent")
    return senders.kills


def _wait_for_progress(taken, reached):
    end = time.monotonic() + 2 * LEASE
    while taken() < reached and time.monotonic() < end:  # no progress: all of them wait for a lease to end
        time.sleep(random.uniform(0.0005, 0.003))


def _all_settled():
    left = Message.objects.exclude(state__in=[Message.State.SENT, Message.State.FAILED]).count()
    connection.close()
    return left == 0


def states():
    return dict(Counter(Message.objects.values_list("state", flat=True)))


def test_mails_are_never_lost_and_repeated_only_under_their_own_message_id(smtp, capsys):
    owed = kills = 0
    while kills < LEAST_KILLS["email"]:  # how many mails a kill takes is the machine's to say
        owe(MAILS, "test_mail", begin=owed)
        owed += MAILS
        kills += storm("email", lambda: len(smtp.accepted), MAILS)
    counts = smtp.message_ids()
    repeated = sum(times - 1 for times in counts.values())
    with capsys.disabled():
        print(f"\n  {connection.vendor}: {kills} senders killed, {owed} mails, {repeated} of them again")
    assert states() == {"sent": owed}
    assert set(counts) == set(Message.objects.values_list("message_id", flat=True))
    assert repeated <= kills * claiming.LARGEST  # one chunk per kill at most
    assert max(counts.values()) <= 1 + kills


def test_text_messages_are_neither_lost_nor_doubled(twilio, monkeypatch):
    owe(TEXTS, "test_sms")
    kills = storm("sms", lambda: len(twilio.texts), TEXTS)
    assert states() == {"sent": TEXTS}
    assert Counter(text["body"] for text in twilio.texts).most_common(1)[0][1] == 1
    assert len(twilio.texts) == TEXTS
    assert kills >= LEAST_KILLS["sms"]


def test_text_messages_are_doubled_if_nobody_asks_the_provider(twilio, monkeypatch):
    monkeypatch.setattr(twilio_gateway.TwilioGateway, "find", lambda self, message: None)
    _hold_up_marks(monkeypatch)
    owe(TEXTS // 2, "test_sms")
    storm("sms", lambda: len(twilio.texts), TEXTS // 2)
    assert len(twilio.texts) > TEXTS // 2


def test_messages_are_lost_if_they_are_marked_before_they_are_sent(smtp, monkeypatch):
    fence = claiming.fence

    def mark_first(parcels, *, gateway, at):
        fenced = fence(parcels, gateway=gateway, at=at)
        outcomes.mark_sent([(parcel.message, "") for parcel in fenced], at=at)
        return fenced

    monkeypatch.setattr(claiming, "fence", mark_first)
    smtp.pace = 0.005  # the kills have to fall into a chunk, however quick the machine is
    owe(MAILS // 2, "test_mail")
    storm("email", lambda: len(smtp.accepted), MAILS // 2)
    assert len(smtp.message_ids()) < MAILS // 2


def test_mails_are_doubled_if_nothing_is_claimed(smtp, monkeypatch):
    def no_claim(channel, *, limit, at):
        found = list(Message.objects.to_send(channel, at).select_related("recipient")[:limit])
        for message in found:
            message.lease_until = at + claiming.lease()
        return found

    def no_fence(parcels, *, gateway, at):
        for parcel in parcels:
            parcel.message.message_id = claiming.rendering.message_id(parcel.message)
        return list(parcels)

    def mark(sent, *, at):
        Message.objects.filter(pk__in=[message.pk for message, _ in sent]).update(state=Message.State.SENT)

    monkeypatch.setattr(claiming, "claim", no_claim)
    monkeypatch.setattr(claiming, "fence", no_fence)
    monkeypatch.setattr(outcomes, "mark_sent", mark)
    smtp.pace = 0.005  # no sender may be through before the next one begins
    owe(MAILS // 4, "test_mail")
    with Senders("email"):
        wait_until(_all_settled, seconds=60, what="everything to be sent")
    assert sum(smtp.message_ids().values()) > MAILS // 4


def _hold_up_marks(monkeypatch):
    """Widen the gap between sending and marking, into which a kill has to fall."""
    mark = delivery._mark

    def late_mark(results, at):
        time.sleep(0.05)
        mark(results, at)

    monkeypatch.setattr(delivery, "_mark", late_mark)
