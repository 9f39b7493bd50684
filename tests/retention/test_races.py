"""Several runs at once, and a hold that comes in between."""

from datetime import timedelta

import pytest

from bookings.models import SurveyAnswer
from supportportal.retention import operations
from supportportal.retention.models import Forgotten
from supportportal.trail.models import Entry
from tests.factories import ClientFactory, FirmFactory, StaffFactory
from tests.support.racing import at_once

from .someone import NOW, THEN

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def surveys(settings, monkeypatch):
    settings.RETENTION = {"surveys": 365}
    monkeypatch.setattr(operations, "BATCH", 2)
    FirmFactory()
    client = ClientFactory()
    rows = [
        SurveyAnswer(client=client, quarter=f"20{number:02}-Q1", asked_at=THEN - timedelta(number), comment="Canary")
        for number in range(12)
    ]
    return SurveyAnswer.objects.bulk_create(rows)


def test_two_runs_at_once_let_go_of_each_row_once(surveys):
    def run():
        return operations.prune(NOW).get("surveys", 0)

    first, second = at_once(run, run)
    assert first + second == len(surveys) == Forgotten.objects.count()
    assert operations.prune(NOW) == {}
    assert not SurveyAnswer.objects.filter(comment="Canary").exists()
    assert sum(entry.facts["surveys"] for entry in Entry.objects.filter(verb="retention.pruned")) == len(surveys)


def test_a_run_that_was_stopped_is_taken_up_by_the_next(surveys, monkeypatch):
    real, done = operations.forget, []

    def dies(*args):
        if len(done) == 2:
            raise ConnectionError("the worker was killed")
        done.append(args)
        real(*args)

    monkeypatch.setattr(operations, "forget", dies)
    with pytest.raises(ConnectionError):
        operations.prune(NOW)
    assert Forgotten.objects.count() == 4 == SurveyAnswer.objects.filter(comment="[…]").count()
    monkeypatch.setattr(operations, "forget", real)
    assert operations.prune(NOW) == {"surveys": 8}
    told = Entry.objects.filter(verb="retention.pruned").order_by("pk")
    assert [entry.facts for entry in told] == [{"surveys": 4}, {"surveys": 8}]


def test_a_hold_placed_between_two_batches_keeps_the_rest(surveys, monkeypatch):
    real, owner = operations.forget, StaffFactory(roles=["owner"])

    def then_hold(*args):
        real(*args)
        operations.place_hold(surveys[0].client, "A claim", by=owner, at=NOW)

    monkeypatch.setattr(operations, "forget", then_hold)
    assert operations.prune(NOW) == {"surveys": 2}
