"""Several sealers at once, on real connections."""

import threading

import pytest
from django.db import IntegrityError, connection

from supportportal.trail import operations
from supportportal.trail.models import Entry, Seal
from tests.factories import AccountFactory


@pytest.mark.django_db(transaction=True)
def test_rival_sealers_make_one_chain(at):
    operations.record_many("account.changed", [AccountFactory()] * 200, by=None, at=at)
    start = threading.Barrier(4)

    def work():
        try:
            start.wait()
            while Entry.objects.filter(seal=None).exists():
                operations.seal(at=at, limit=7)
        finally:
            connection.close()

    sealers = [threading.Thread(target=work) for _count in range(4)]
    for sealer in sealers:
        sealer.start()
    for sealer in sealers:
        sealer.join()
    assert Seal.objects.count() == 200
    assert list(operations.faults(at=at)) == []


@pytest.mark.django_db(transaction=True)
def test_no_entry_is_sealed_twice(at, monkeypatch):
    """What keeps rivals apart: a sealer that has not seen what another has just sealed is stopped by the database."""
    operations.record_many("account.changed", [AccountFactory()] * 3, by=None, at=at)
    settled, sealed = operations._settled(at), operations.seal(at=at)
    monkeypatch.setattr(operations, "_unsealed", lambda above: Entry.objects.filter(pk__gt=above).order_by("pk"))
    with pytest.raises(IntegrityError):
        operations._seal(settled, at, sealed)
