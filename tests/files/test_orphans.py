"""What nobody refers to is deleted after a day; what somebody refers to, or is about to, never."""

import threading
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction
from django.utils import timezone

from supportportal.files import intake, orphans
from supportportal.files.models import StoredFile, private_storage
from supportportal.people.models import Firm
from tests.factories import BookingFactory

from . import samples

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def now():
    """Contents bear the time of the machine."""
    return timezone.now()


def keep(at) -> StoredFile:
    return intake.accept(SimpleUploadedFile("report.pdf", samples.PDF), at)


def is_there(stored: StoredFile) -> tuple[bool, bool]:
    """Whether its row is there, and its content."""
    return StoredFile.objects.filter(pk=stored.pk).exists(), stored.content.storage.exists(stored.content.name)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("age", "kept"),
    [
        pytest.param(DAY - MINUTE, True, id="not yet a day"),
        pytest.param(DAY + MINUTE, False, id="a day"),
    ],
)
def test_an_orphan_goes_after_a_day(now, age, kept):
    orphan = keep(now)
    assert orphans.sweep(now + age) == (0 if kept else 1)
    assert is_there(orphan) == (kept, kept)


def as_logo(stored):
    Firm.objects.create(name="Meridian", logo=stored)


def with_a_session(stored):
    BookingFactory().files.add(stored)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attach", [as_logo, with_a_session], ids=["foreign key", "many-to-many"])
def test_what_is_referred_to_stays(now, attach):
    stored, orphan = keep(now), keep(now)
    attach(stored)
    assert orphans.sweep(now + 30 * DAY) == 1
    assert (is_there(stored), is_there(orphan)) == ((True, True), (False, False))


@pytest.mark.django_db(transaction=True)
def test_it_is_the_reference_that_keeps_it(now):
    """The negative control: the same file without its reference."""
    stored = keep(now)
    as_logo(stored)
    Firm.objects.update(logo=None)
    assert orphans.sweep(now + 30 * DAY) == 1
    assert is_there(stored) == (False, False)


def test_every_reference_in_the_project_counts():
    columns = {
        (model._meta.db_table, field.column)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if field.is_relation and field.related_model is StoredFile
    }
    assert {(one.related_model._meta.db_table, one.field.column) for one in orphans.references()} == columns
    assert len(columns) >= 2


def sweep_while_a_transaction_attaches(stored, at) -> list[int]:
    """Start a sweep between the writing of a reference and its commit."""
    swept: list[int] = []

    def sweep():
        try:
            swept.append(orphans.sweep(at))
        finally:
            connections.close_all()

    sweeping = threading.Thread(target=sweep)
    with transaction.atomic():
        as_logo(stored)
        sweeping.start()
        sweeping.join(0.5 if connection.vendor == "sqlite" else None)  # on SQLite it waits for us
    sweeping.join()
    return swept


@pytest.mark.django_db(transaction=True)
def test_what_is_being_attached_right_now_stays(now):
    stored = keep(now)
    assert sweep_while_a_transaction_attaches(stored, now + 30 * DAY) == [0]
    assert is_there(stored) == (True, True)
    assert Firm.objects.get().logo == stored


@pytest.mark.django_db(transaction=True)
def test_without_its_protection_the_race_loses_the_file(now, monkeypatch):
    """The negative control: the sweep looks before it has the database for itself, and nobody is kept from writing."""
    stored = keep(now)
    seen = list(orphans._orphans(now + 29 * DAY))
    monkeypatch.setattr(orphans, "_nobody_refers_meanwhile", lambda: True)
    if connection.vendor == "sqlite":
        monkeypatch.setattr(orphans, "_orphans", lambda before: StoredFile.objects.filter(pk__in=[o.pk for o in seen]))
    lost = False
    try:
        lost = sweep_while_a_transaction_attaches(stored, now + 30 * DAY) == [1]
    except Exception as refused:  # PostgreSQL finds at commit that the file is gone
        lost = "foreign key" in str(refused)
    assert lost
    assert is_there(stored) == (False, False)


@pytest.mark.django_db(transaction=True)
def test_content_without_a_row_goes_too(now):
    lost = keep(now)
    with transaction.atomic():
        rolled_back = keep(now)
        transaction.set_rollback(True)
    StoredFile.objects.filter(pk=lost.pk).delete()  # and then the process ended
    storage = private_storage()
    names = [lost.content.name, rolled_back.content.name]
    orphans.sweep(now + DAY - MINUTE)
    assert [storage.exists(name) for name in names] == [True, True]
    orphans.sweep(now + DAY + MINUTE)
    assert [storage.exists(name) for name in names] == [False, False]


@pytest.mark.django_db(transaction=True)
def test_what_other_apps_keep_there_stays(now):
    storage = private_storage()
    name = storage.save("mail/ab/" + "c" * 38, ContentFile(b"a mail"))
    orphans.sweep(now + 30 * DAY)
    assert storage.exists(name)


@pytest.mark.django_db(transaction=True)
def test_a_content_that_could_not_be_deleted_goes_the_next_time(now, monkeypatch):
    orphan = keep(now)
    monkeypatch.setattr(orphans, "_delete", lambda contents: None)
    assert orphans.sweep(now + DAY + MINUTE) == 1
    assert is_there(orphan) == (False, False)


@pytest.mark.django_db(transaction=True)
def test_many_go_in_one_tick(now, monkeypatch):
    monkeypatch.setattr(orphans, "BATCH", 2)
    for _ in range(5):
        keep(now)
    assert orphans.sweep(now + 2 * DAY) == 5
