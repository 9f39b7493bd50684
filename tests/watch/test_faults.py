"""What breaks around the portal: each is said in a plain sentence, and nothing that is owed is lost."""

import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.urls import reverse
from django.utils.html import strip_tags

from bookings.models import Booking
from supportportal import room
from supportportal.files import intake
from supportportal.files.models import StoredFile
from supportportal.lattice import cell_at
from supportportal.outbox import claiming, delivery, operations, reconciling, troubles
from supportportal.outbox.models import Gateway, Message
from supportportal.outbox.notices import NOBODY
from supportportal.outbox.operations import Owed
from tests.factories import AgentFactory, ClientFactory, FirmFactory, SessionTypeFactory
from tests.fakes.smtp import fake_smtp
from tests.files import samples
from tests.support.certificates import make, serving
from tests.support.full import full_database
from tests.support.tls import tls_smtp

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
STARTS = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MEGABYTE = 1024 * 1024
MAILS = 60  # several pages of a table
LONG = "It took long to write. " * 170  # more than a page


class Clock:
    def __init__(self, at=NOW):
        self.at = at

    def __call__(self):
        return self.at


@pytest.fixture
def friday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def booking_form(client, db, friday):
    """``booking_form(**more)``: post the form of a session that can be booked."""
    FirmFactory()
    person = ClientFactory(phone="+390612345678")
    session_type = SessionTypeFactory(plans=[person.account.plan])
    AgentFactory(session_types=[session_type], office_hours=True)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    there = reverse("bookings:details", args=[session_type.slug])
    told = {"start": cell_at(STARTS), "form_key": "one", "topic": "The year's end", "details": LONG}
    return lambda **more: client.post(there, {**told, **more})


@pytest.fixture
def smtp(settings):
    with fake_smtp() as fake:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", fake.port
        yield fake


def owe(number=1, at=NOW):
    one = {"language": "en", "time_zone": "UTC"}
    operations.plan([Owed("account_access", NOBODY, at, address=f"p{number}@client.example", **one)], at=at)


# -- no room -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_full_database_books_nothing_and_says_so(client, booking_form, caplog):
    with full_database("bookings_booking"):
        answer = booking_form()
        page = strip_tags(answer.content.decode())
        assert answer.status_code == 503
        assert "Our storage is full. Nothing was changed" in page
        assert answer["X-Request-ID"] in page
        assert not Booking.objects.exists()
        assert not Message.objects.exists()
    assert "The disk or the database is full" in caplog.text
    assert booking_form().status_code == 302  # the same form, as soon as there is room
    assert Booking.objects.get().topic == "The year's end"


@pytest.mark.django_db(transaction=True)
def test_a_full_database_sends_nothing_and_loses_nothing(smtp):
    FirmFactory()
    for number in range(MAILS):
        owe(number)
    clock = Clock()
    with full_database("outbox_message"):
        with pytest.raises(OperationalError) as refused:
            delivery.deliver_due("email", clock=clock)
        assert room.is_used_up(refused.value)
        assert smtp.accepted == []
        # On SQLite a claim may still have found room in the rows' own pages; what it took falls back with its lease.
        assert set(Message.objects.values_list("state", "handed_at")) <= {("planned", None), ("sending", None)}
    clock.at += claiming.lease() + timedelta(seconds=1)
    reconciling.reconcile(clock=clock)
    for _ in range(3):
        delivery.deliver_due("email", clock=clock)
    assert (len(smtp.message_ids()), len(smtp.accepted)) == (MAILS, MAILS)
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


@pytest.fixture
def small_files(settings, tmp_path):
    """No file may grow beyond a limit, as where a disk is full; the database of the test still may."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    settings.FILES_MAX_BYTES = 200 * MEGABYTE
    name = Path(connection.settings_dict["NAME"])
    beside = [name, name.with_name(f"{name.name}-wal")] if connection.vendor == "sqlite" else []
    limit = 8 * MEGABYTE + max((file.stat().st_size for file in beside if file.exists()), default=0)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    there = kept()
    yield SimpleNamespace(limit=limit, left=lambda: [*(kept() - there), *tmp_path.rglob("*")])
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def kept():
    return {file for file in configured.PRIVATE_FILES_ROOT.rglob("*") if file.is_file()}


def big(small_files):
    return SimpleUploadedFile("scan.pdf", samples.PDF.ljust(small_files.limit + MEGABYTE), "application/pdf")


@pytest.mark.parametrize("way", ["through memory", "through a temporary file"])
def test_a_file_without_room_is_said_beside_the_field_and_the_rest_is_kept(booking_form, small_files, settings, way):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 200 * MEGABYTE if way == "through memory" else MEGABYTE
    answer = booking_form(file=big(small_files))
    page = strip_tags(answer.content.decode())
    assert answer.status_code == 200
    assert "“scan.pdf” could not be kept: our storage is full." in page
    assert "It took long to write." in page
    assert answer.context["form"].errors.keys() == {"file"}
    assert (small_files.left(), StoredFile.objects.count(), Booking.objects.count()) == ([], 0, 0)
    assert booking_form().status_code == 302
    assert Booking.objects.get().details == LONG.strip()


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["accept", "keep"])
def test_of_a_file_that_finds_no_room_on_its_way_nothing_is_left(small_files, verb):
    content = samples.PDF.ljust(small_files.limit + MEGABYTE)
    with pytest.raises(intake.NoRoom):
        if verb == "accept":
            intake.accept(SimpleUploadedFile("a.pdf", content), NOW)
        else:
            intake.keep("a.pdf", "application/pdf", content, NOW)
    assert (small_files.left(), StoredFile.objects.count()) == ([], 0)


def test_a_file_that_has_room_is_taken(booking_form, small_files):
    assert booking_form(file=SimpleUploadedFile("a.pdf", samples.PDF)).status_code == 302
    assert len(small_files.left()) == 1


def test_room_that_is_gone_between_question_and_answer_changes_nothing(
    booking_form, small_files, settings, monkeypatch
):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 200 * MEGABYTE
    monkeypatch.setattr(intake, "require_room", lambda upload: None)
    answer = booking_form(file=big(small_files))
    assert answer.status_code == 503
    assert "Nothing was changed" in answer.content.decode()
    assert not Booking.objects.exists()


def test_the_portal_reads_large_uploads_by_its_own_handler():
    assert configured.FILE_UPLOAD_HANDLERS[-1] == "supportportal.files.uploads.SpoolingUploadHandler"


# -- the clock ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_clock_set_back_an_hour_delays_and_loses_nothing(smtp):
    FirmFactory()
    owe()
    clock = Clock()
    claiming.claim("email", limit=1, at=clock())  # by a sender that dies
    clock.at -= timedelta(hours=1)
    for _ in range(3):
        reconciling.reconcile(clock=clock)
        delivery.deliver_due("email", clock=clock)
        assert smtp.accepted == []
        assert Message.objects.get().state == "sending"
        clock.at += timedelta(minutes=25)
    clock.at = NOW + claiming.lease()
    reconciling.reconcile(clock=clock)
    delivery.deliver_due("email", clock=clock)
    assert (smtp.recipients, Message.objects.get().state) == (["p1@client.example"], "sent")


# -- the provider ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_expired_certificate_stops_the_channel_with_the_reason_and_loses_nothing(
    settings, smtp, monkeypatch, tmp_path
):
    FirmFactory()
    owe()
    clock, good = Clock(), settings.EMAIL_PORT
    file = make(tmp_path, ends_in=timedelta(days=-1))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with tls_smtp(serving(file)) as port:
        settings.EMAIL_PORT, settings.EMAIL_USE_TLS = port, True
        delivery.deliver_due("email", clock=clock)
    note = "the provider's certificate cannot be trusted: certificate has expired"
    assert Gateway.objects.get().note == note
    message = Message.objects.get()
    assert (message.state, message.attempts, message.note) == ("retrying", 0, note)
    (told,) = [one for one in troubles.found(clock()) if one.code == "outbox.paused"]
    assert "the provider's certificate cannot be trusted." in told.text
    settings.EMAIL_PORT, settings.EMAIL_USE_TLS = good, False  # as if it were renewed
    clock.at += timedelta(minutes=6)
    delivery.deliver_due("email", clock=clock)
    assert (smtp.recipients, Message.objects.get().state) == (["p1@client.example"], "sent")
