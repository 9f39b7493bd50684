"""After a client was anonymised, nothing of theirs is found in any column of the database, nor in any kept file."""

from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models

from supportportal.files import orphans
from supportportal.files.models import private_storage
from supportportal.people.models import User
from supportportal.retention import operations
from tests.factories import StaffFactory
from tests.support.own_data import holds, opened

from .someone import ADDRESS, CONTENT, DAY, NAME, NOW, PHONE, someone

pytestmark = pytest.mark.django_db(transaction=True)
CANARIES = ("canary", ADDRESS, NAME.lower(), PHONE)


def columns_that_hold(*wanted: str) -> dict[str, str]:
    """Every column of every table in which one of these stands, as text, with one that does."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            for field in model._meta.local_concrete_fields:
                if isinstance(field, models.CharField | models.TextField | models.JSONField | models.FileField):
                    cursor.execute(f'SELECT CAST("{field.column}" AS text) FROM "{model._meta.db_table}"')
                    texts = [row[0].lower() for row in cursor.fetchall() if row[0]]
                    held = [text for text in texts if any(one in text for one in wanted)]
                    if held:
                        found[f"{model._meta.label}.{field.name}"] = held[0]
    return found


def files_that_hold(wanted: str) -> list[str]:
    kept = (file for file in Path(private_storage().location).rglob("*") if file.is_file())
    return [file.name for file in kept if wanted.encode() in file.read_bytes()]


# Tables that refer to people and hold texts, but none of a client's: of staff, of the firm, or no more than codes. The
# trail's facts are searched all the same: what was done above stands in it.
UNTRIED = {"bookings.Agent", "bookings.SessionFeed", "outbox.Wording", "trail.Entry"}


def untried(tried) -> set[str]:
    """Tables that refer to people and hold texts, of which this test plants none. A new one has to be thought about."""
    tables = {column.rpartition(".")[0] for column in tried}
    return {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if any(field.related_model is User for field in model._meta.local_fields)
        and any(_is_text(field) for field in model._meta.local_fields)
    } - tables


def _is_text(field) -> bool:
    return isinstance(field, models.CharField | models.TextField | models.JSONField) and not field.choices


def test_nothing_of_an_anonymised_client_is_found():
    of_others = files_that_hold(CONTENT)  # mails of tests that were rolled back
    person, owner = someone(), StaffFactory(roles=["owner"])
    before = columns_that_hold(*CANARIES)
    assert len(before) > 60 and len(files_that_hold(CONTENT)) > len(of_others)  # the control: they can be found
    assert untried(before) == UNTRIED
    operations.forget_person(person, by=owner, at=NOW)
    orphans.sweep(at=NOW + DAY)
    assert columns_that_hold(*CANARIES) == {}
    assert set(files_that_hold(CONTENT)) <= set(of_others)
    gone = User.objects.get(pk=person.pk)
    archive = opened(gone, NOW)
    assert [holds(archive, one) for one in ("Canary", ADDRESS, NAME, PHONE)] == [[], [], [], []]
