"""The notice by post, where no mail tells the client: printed, noted as posted, and it counts as told (R-4, R-7)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from conduct import appeal_time
from conduct.models import Incident, Measure
from conduct.operations import appeals, deciding, telling
from conduct.refusals import ConductRefused, NoAddress, NotLawful, PostedBefore, PostedOutOfTime
from supportportal.outbox import kinds
from supportportal.outbox.models import Message
from supportportal.people.models import Gate
from supportportal.trail.models import Entry
from tests.factories import MONDAY_TEN, ClientFactory, FirmFactory, StaffFactory
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WHERE = "Rosa Bianchi\nVia Roma 1\n16121 Genova"


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory()


@pytest.fixture
def manager(client):
    manager = StaffFactory(roles=["manager"], name="Mara Manager")
    client.force_login(manager)
    return manager


@pytest.fixture
def measure():
    """One whose mail came back."""
    measure = make_measure(limited(AT), incident=make_incident(client=ClientFactory(language="it")))
    came_back(measure)
    return Measure.objects.get(pk=measure.pk)


def came_back(measure):
    mail = Message.objects.get(kind="conduct_notice", data__measure=measure.pk)
    Message.objects.filter(pk=mail.pk).update(state="failed", sent_at=AT)
    kinds.get("conduct_notice").on_outcome(Message.objects.get(pk=mail.pk), "bounced", AT)


def posted(measure, manager, *, when=AT + DAY, at=AT + 2 * DAY, where=WHERE):
    return telling.post(measure, posted_at=when, posted_to=where, by=manager, at=at)


def address(measure, page="post"):
    return reverse(f"admin:conduct_measure_{page}", args=[measure.pk])


def test_a_posted_notice_counts_as_told_and_the_time_to_appeal_runs(measure, manager):
    assert (measure.told_at, appeal_time.last_day(measure)) == (None, None)
    measure = posted(measure, manager, when=AT + 9 * DAY, at=AT + 9 * DAY)
    assert measure.told_at == measure.posted_at == AT + 9 * DAY
    assert appeal_time.last_day(measure) > measure.appeal_by
    entry = Entry.objects.get(verb="measure.posted")
    assert (entry.by_id, entry.facts["measure"]) == (manager.pk, measure.pk)
    assert "Roma" not in str(entry.facts)


@pytest.mark.parametrize(
    ("when", "where", "refusal"),
    [
        pytest.param(AT - timedelta(seconds=1), WHERE, PostedOutOfTime, id="before the decision"),
        pytest.param(AT, WHERE, None, id="at the decision"),
        pytest.param(AT + 2 * DAY, WHERE, None, id="just now"),
        pytest.param(AT + 2 * DAY + timedelta(seconds=1), WHERE, PostedOutOfTime, id="later than now"),
        pytest.param(AT + DAY, " \n ", NoAddress, id="to nobody knows where"),
    ],
)
def test_the_posting_lies_between_the_decision_and_now(measure, manager, when, where, refusal):
    if refusal is None:
        assert posted(measure, manager, when=when, where=where).told_at == when
        return
    with pytest.raises(refusal):
        posted(measure, manager, when=when, where=where)
    measure.refresh_from_db()
    assert (measure.told_at, measure.posted_at, measure.posted_by) == (None, None, None)


def test_it_is_posted_once(measure, manager):
    posted(measure, manager)
    with pytest.raises(PostedBefore):
        posted(measure, manager, when=AT + 2 * DAY)


def test_a_client_who_was_told_by_mail_is_not_told_by_post(manager):
    measure = make_measure(limited(AT))
    Message.objects.filter(kind="conduct_notice").update(state="sent", sent_at=AT)
    telling.heard(measure.pk)
    with pytest.raises(NotLawful):
        posted(measure, manager)


@pytest.mark.parametrize("state", ["proposed", "quashed"])
def test_what_is_not_in_force_or_withdrawn_is_not_posted(measure, manager, state):
    if state == "proposed":
        measure = make_measure(limited(AT, days=60))
    else:
        appeal = appeals.lodge(measure, reasons="No.", at=AT)
        appeals.decide(appeal, "quashed", "Yes.", by=manager, at=AT, seen=None)
    with pytest.raises(ConductRefused):
        posted(measure, manager)


def test_a_lifted_measure_can_still_be_told(measure, manager):
    deciding.lift(measure, "Enough.", by=manager, at=AT + HOUR, seen=None)
    assert posted(measure, manager).told_at == AT + DAY


def test_a_mail_that_comes_back_later_leaves_the_letter(measure, manager):
    posted(measure, manager)
    came_back(measure)
    measure.refresh_from_db()
    assert measure.told_at == AT + DAY
    Measure.objects.update(posted_at=None, posted_by=None, posted_to="")  # the control
    came_back(measure)
    measure.refresh_from_db()
    assert measure.told_at is None


def test_an_earlier_mail_that_went_after_all_counts_first(measure, manager):
    posted(measure, manager)
    Message.objects.filter(kind="conduct_notice").update(state="delivered", sent_at=AT + HOUR)
    telling.heard(measure.pk)
    measure.refresh_from_db()
    assert measure.told_at == AT + HOUR


# -- its pages ---------------------------------------------------------------------------------------------------------


def test_a_manager_prints_posts_and_notes_it(client, manager, measure):
    with time_machine.travel(AT + DAY, tick=False):
        client.force_login(manager)
        case = client.get(measure.incident.get_absolute_url()).content.decode()
        assert "Send the notice by post" in case and address(measure) in case
        page = client.get(address(measure))
        assert page.context["may_be_posted"]
        letter = client.post(address(measure, "print"), {"posted_to": WHERE}).content.decode()
        assert "Via Roma 1" in letter and 'lang="it"' in letter and "/m/" in letter
        for line in measure.notice.splitlines()[:3]:
            assert line in letter
        seen = Incident.objects.get().version
        given = {"seen": seen, "posted_to": WHERE, "posted_on": "2026-11-24", "posted_clock": ""}
        answer = client.post(address(measure), given)
        assert answer.status_code == 302, answer.context["form"].errors
        measure.refresh_from_db()
        assert measure.told_at == AT + DAY
        case = client.get(measure.incident.get_absolute_url()).content.decode()
        assert "Send the notice by post" not in case and "Notice posted" in case
        again = client.get(address(measure)).content.decode()
        assert "Mara Manager" in again and "It is posted" not in again
        assert "Via Roma 1" in client.get(address(measure, "print")).content.decode()


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"posted_on": "2026-11-25"}, "posted_on", "cannot be before"),
        ({"posted_on": "2026-11-22"}, "posted_on", "cannot be before"),
        ({"posted_on": "2026-11-24", "posted_to": ""}, "posted_to", "where it was posted to"),
        ({"posted_on": ""}, "posted_on", "required"),
    ],
    ids=["tomorrow", "before the decision", "no address", "no day"],
)
def test_what_is_refused_stands_beside_the_form(client, manager, measure, given, field, said):
    with time_machine.travel(AT + DAY, tick=False):
        client.force_login(manager)
        seen = Incident.objects.get().version
        answer = client.post(address(measure), {"seen": seen, "posted_to": WHERE, **given})
    assert said in str(answer.context["form"].errors[field])


def test_a_stale_page_keeps_what_was_typed(client, manager, measure):
    with time_machine.travel(AT + DAY, tick=False):
        client.force_login(manager)
        answer = client.post(address(measure), {"seen": 1, "posted_to": WHERE, "posted_on": "2026-11-24"})
    assert answer.status_code == 409 and "Via Roma 1" in answer.content.decode()


def test_a_letter_names_the_client_where_no_address_was_typed(client, manager):
    measure = make_measure(limited(AT, gates=[Gate.MAIL]), incident=make_incident(client=ClientFactory(name="Ann B")))
    assert "<address>Ann B" in client.get(address(measure, "print")).content.decode()


def test_the_appeal_day_told_is_never_moved_forward(measure, manager):
    measure = posted(measure, manager, when=AT, at=AT)
    assert appeal_time.last_day(measure) >= measure.appeal_by >= date(2026, 12, 1)
