"""What belongs to an incident whose complaint is closed to a manager is closed too, on every way (C-8)."""

from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from complaints.models import NamedStaff
from conduct import panels_client, precedents
from conduct.models import Appeal
from conduct.operations import appeals, deciding, sessions
from supportportal.files.intake import accept
from supportportal.outbox import inbound as mail_in
from supportportal.outbox.models import Inbound, Message
from supportportal.people import roles
from tests.factories import MONDAY_TEN, BookingFactory, ClientFactory, FirmFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import limited, make_incident, make_measure, suspend_late
from tests.files import samples

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def now():
    FirmFactory()
    for app in ("conduct", "people", "bookings", "outbox", "trail", "complaints"):
        roles.sync_after_migrate(apps.get_app_config(app), "default")
    with time_machine.travel(AT + DAY, tick=False) as clock:
        yield clock


@pytest.fixture
def named():
    """A manager whom the complaint names; so is a superuser no exception."""
    return StaffFactory(roles=["manager"], name="Mark Named", is_superuser=True)


@pytest.fixture
def senior():
    return StaffFactory(roles=["senior manager"])


@pytest.fixture
def second():
    return StaffFactory(roles=["senior manager"])


@pytest.fixture
def hidden(named, senior, second):
    """A measure for an incident that belongs to a complaint about the named manager."""
    person = ClientFactory(name="Carlo Hidden")
    complaint = ComplaintFactory(client=person)
    complaint.named.create(part=NamedStaff.Part.ABOUT, typed="Mark", person=named)
    incident = make_incident(client=person, reporter=senior, concerned=StaffFactory(), complaint=complaint)
    measure = make_measure(limited(AT, days=100), incident=incident, by=senior, at=AT)
    return deciding.approve(measure, by=second, at=AT, seen=None)


@pytest.fixture
def appeal(hidden):
    made = appeals.lodge(hidden, reasons="It was not me.", at=AT + DAY)
    made.files.add(accept(SimpleUploadedFile("a.pdf", samples.PDF), AT))
    return made


@pytest.mark.parametrize(
    "name",
    ["conduct_appeal_change", "conduct_appeal_file", "conduct_appeal_act", "conduct_appeal_enter"],
)
def test_an_appeals_pages_are_not_there(client, named, senior, appeal, name):
    args = {
        "conduct_appeal_change": [appeal.pk],
        "conduct_appeal_file": [appeal.pk, appeal.files.get().pk],
        "conduct_appeal_act": [appeal.pk, "take"],
        "conduct_appeal_enter": [appeal.measure_id],
    }[name]
    ask = client.post if name == "conduct_appeal_act" else client.get
    client.force_login(named)
    assert ask(reverse(f"admin:{name}", args=args)).status_code == 404
    client.force_login(senior)
    answer = ask(reverse(f"admin:{name}", args=args))
    answer.close()
    assert answer.status_code != 404


def test_nor_is_it_in_a_list_or_on_the_first_page(client, rf, named, senior, appeal):
    assert not Appeal.objects.visible_to(named).exists()
    for person, found in ((named, []), (senior, [appeal])):
        client.force_login(person)
        assert list(client.get(reverse("admin:conduct_appeal_changelist")).context["page"]) == found
        request = rf.get("/")
        request.user = person
        shown = panels_client._appeals(request, AT + DAY) or {"appeals": []}
        assert shown["appeals"] == found


def test_nor_is_its_measure_among_comparable_decisions(named, senior, hidden):
    other = make_incident()
    for person, found in ((named, []), (senior, [hidden])):
        assert [one.measure for one in precedents.comparable(other, None, person, AT)] == found
        assert [one.measure for one in precedents.in_view([hidden.pk], person, AT)] == found
        assert precedents.kept([hidden.pk], other, person) == [one.pk for one in found]


def test_nor_are_its_sessions_on_the_first_page(named, senior, hidden):
    booking = BookingFactory(client=hidden.incident.client, starts=AT + 5 * DAY, booked_at=AT - DAY)
    assert sessions.undecided(AT + DAY, named) == []
    assert sessions.undecided(AT + DAY, senior) == [(hidden, [booking])]


def test_nor_is_it_offered_for_a_mail_of_its_client(named, senior, hidden):
    mail = Inbound(pk=1, person=hidden.incident.client, arrived_at=AT)
    for person, is_offered in ((named, False), (senior, True)):
        offered = [one.url for one in mail_in.offers(mail, person)]
        assert any(f"measures/{hidden.pk}/enter" in url for url in offered) == is_offered


def test_nor_is_anybody_told_that_it_was_suspended(named, senior, second, appeal):
    assert suspend_late(AT + 40 * DAY) == 1
    told = Message.objects.filter(kind="conduct_suspended_staff")
    assert {one.recipient for one in told} == {senior, second}
