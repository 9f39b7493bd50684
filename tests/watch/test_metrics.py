"""The portal's numbers, counted by several processes at once."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Booking
from bookings.numbers import CONFLICTS
from bookings.operations import booking as operations
from bookings.refusals import SlotTaken
from complaints.models import Deadline
from supportportal.outbox.models import Message
from supportportal.watch import metrics, tallies
from tests.factories import BookingFactory, ClientFactory
from tests.factories_complaints import ComplaintFactory

COUNTING = """
import sys, time
from pathlib import Path
from django.conf import settings
settings.configure(TALLIES_ROOT=Path(sys.argv[1]))
from supportportal.watch import tallies
tallies.define("one", "two")
for _ in range(int(sys.argv[2])):
    tallies.add({"one": 1, "two": 5})
print("counted", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def fresh(settings, tmp_path, monkeypatch):
    settings.TALLIES_ROOT = tmp_path / "tallies"
    monkeypatch.setattr(tallies, "_own", None)


def numbers(text):
    """Every sample, by its name and labels."""
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


@pytest.fixture
def ask(client):
    def ask():
        return numbers(client.get("/metrics").content.decode())

    return ask


@pytest.mark.django_db
def test_requests_are_counted_by_status_and_time(client, ask):
    for path in ("/", "/nowhere", "/nowhere"):
        client.get(path)
    found = ask()
    assert found['portal_http_requests_total{status="2xx"}'] == 1
    assert found['portal_http_requests_total{status="4xx"}'] == 2
    assert found["portal_http_request_seconds_count"] == found['portal_http_request_seconds_bucket{le="+Inf"}'] == 3
    assert found["portal_http_request_seconds_sum"] > 0
    assert ask() == found  # whoever watches is not counted


@pytest.mark.parametrize(
    ("seconds", "bound"),
    [(0.0, "0.005"), (0.005, "0.005"), (0.0051, "0.01"), (10.0, "10.0"), (11.0, "+Inf")],
    ids=str,
)
@pytest.mark.django_db
def test_each_request_is_counted_from_its_own_bound_on(ask, seconds, bound):
    metrics.note_request(200, seconds)
    found = ask()
    bounds = [*map(str, metrics.BOUNDS), "+Inf"]
    counted = [one for one in bounds if found[f'portal_http_request_seconds_bucket{{le="{one}"}}']]
    assert counted[0] == bound
    assert counted == bounds[bounds.index(bound) :]


def test_processes_count_for_themselves_and_none_of_it_is_lost_when_they_die(tmp_path, monkeypatch):
    monkeypatch.setattr(tallies, "_names", ["one", "two"])
    monkeypatch.setattr(tallies, "_numbers", [0, 0])
    command = [sys.executable, "-c", COUNTING, str(tmp_path / "tallies")]
    running = [
        subprocess.Popen([*command, str(times)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) for times in (300, 700)
    ]
    for process in running:
        assert process.stdout.readline() == b"counted\n"
    assert tallies.totals() == {"one": 1000, "two": 5000}
    running[0].kill()
    running[0].communicate()
    for _ in range(3):  # the dead one is added once
        assert tallies.totals() == {"one": 1000, "two": 5000}
    assert len(list((tmp_path / "tallies").glob("*.tally"))) == 1
    running[1].communicate(b"")
    assert tallies.totals() == {"one": 1000, "two": 5000}
    assert not list((tmp_path / "tallies").glob("*.tally"))


def test_what_another_release_counted_is_left_alone(tmp_path, monkeypatch):
    tallies.add({metrics.REQUESTS + '{status="2xx"}': 4})
    monkeypatch.setattr(tallies, "_names", [*tallies._names, "something_new"])
    assert set(tallies.totals().values()) == {0}


def test_a_request_is_answered_where_nothing_can_be_counted(client, settings, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    settings.TALLIES_ROOT = tmp_path / "file" / "tallies"
    tallies._said = False
    assert [client.get("/healthz").status_code, client.get("/language/").status_code] == [200, 405]
    metrics.note_request(200, 1)
    assert caplog.text.count("Requests are not counted") == 1


@pytest.mark.django_db
def test_messages_are_counted_by_channel_and_state(ask):
    now = timezone.now()
    for number, (channel, state, waits) in enumerate(
        [("email", "planned", 0), ("email", "planned", 90), ("sms", "retrying", -90), ("sms", "sent", 0)]
    ):
        then = now - timedelta(seconds=waits)
        Message.objects.create(
            key=str(number),
            channel=channel,
            state=state,
            subject_id=1,
            due_at=then,
            try_at=then,
            created_at=then,
        )
    found = ask()
    assert found['portal_outbox_messages{channel="email",state="planned"}'] == 2
    assert found['portal_outbox_messages{channel="sms",state="retrying"}'] == 1
    assert found['portal_outbox_messages{channel="sms",state="planned"}'] == 0
    assert 90 <= found['portal_outbox_oldest_due_seconds{channel="email"}'] < 600
    assert found['portal_outbox_oldest_due_seconds{channel="sms"}'] == 0
    assert found["portal_jobs_ok"] == 0


@pytest.mark.django_db
def test_deadlines_are_counted_as_totals_alone(client, ask):
    now = timezone.now()
    complaint = ComplaintFactory()
    Deadline.objects.all().delete()
    for step, hours in (("acknowledge", -1), ("respond", 1), ("update", 2)):
        Deadline.objects.create(complaint=complaint, step=step, start_at=now, due_at=now + timedelta(hours=hours))
    found = ask()
    assert found['portal_complaint_deadlines{state="late"}'] == 1
    assert found['portal_complaint_deadlines{state="open"}'] == 2
    text = client.get("/metrics").content.decode()
    assert complaint.reference not in text
    assert complaint.name not in text


@pytest.mark.django_db
def test_a_time_that_was_just_taken_is_counted(ask):
    booked = BookingFactory()

    def book_it_too():
        copy = Booking.objects.get(pk=booked.pk)
        copy.pk, copy.reference, copy.form_key, copy.client = None, "XXXXXX", None, ClientFactory()
        copy.save(force_insert=True)

    with pytest.raises(SlotTaken):
        operations._write_slot(book_it_too)
    assert ask()[CONFLICTS.name] == 1


@pytest.mark.django_db
def test_what_is_written_is_what_prometheus_reads(client):
    text = client.get("/metrics").content.decode()
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("#"):
            assert line.split()[1] in ("HELP", "TYPE")
        else:
            assert float(line.rpartition(" ")[2]) >= 0
    assert metrics._labelled({"a": 'x"\\\n'}) == '{a="x\\"\\\\\\n"}'
