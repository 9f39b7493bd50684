"""Reporting an incident from the staff's pages (R-1, R-1a)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bookings.models import Callback
from conduct.models import FollowUp, Incident
from conduct.refusals import AnotherClient
from supportportal.files.models import StoredFile
from supportportal.lattice import cell_at
from tests.factories import MONDAY_TEN, BookingFactory, ClientFactory, FirmFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import make_incident
from tests.files import samples

pytestmark = pytest.mark.django_db
NOW = MONDAY_TEN + timedelta(hours=1)
ADD = "admin:conduct_incident_add"


@pytest.fixture(autouse=True)
def now():
    FirmFactory()
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def reporter():
    return StaffFactory(name="Mario Bianchi", roles=["agent"])


@pytest.fixture
def somebody():
    return ClientFactory(name="Carlo Verdi")


def a_callback():
    return Callback.objects.create(
        client=ClientFactory(), number="+39061234567", contact="Ada", description="Invoices.", requested_at=MONDAY_TEN
    )


def told(whom, by, **changed):
    """What the form sends: ``changed`` replaces or, with None, leaves out."""
    values = {
        "client": whom.pk,
        "happened_at": "2026-11-23T11:30",
        "channel": "session",
        "categories": ["language", "threat"],
        "words": "You are all idiots.",
        "account": "He shouted.",
        "effect": "",
        "concerned": by.pk,
        "acceptable": "no",
        "form_key": str(uuid4()),
        **changed,
    }
    return {name: value for name, value in values.items() if value is not None}


@pytest.fixture
def report(client, reporter, somebody):
    client.force_login(reporter)

    def report(query="", **changed):
        return client.post(f"{reverse(ADD)}{query}", told(somebody, reporter, **changed))

    return report


def test_what_is_reported_is_an_incident_and_a_talk_is_owed(report, reporter, somebody):
    answer = report()
    incident = Incident.objects.get()
    assert answer.url == reverse("admin:conduct_incident_change", args=[incident.pk])
    assert (incident.client, incident.reporter, incident.concerned) == (somebody, reporter, reporter)
    assert incident.happened_at == datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    assert incident.categories == ["language", "threat"]
    assert FollowUp.objects.get().person == reporter


def test_the_form_opens_with_the_reporter_as_whom_it_was_aimed_at(client, reporter):
    client.force_login(reporter)
    form = client.get(reverse(ADD)).context["form"]
    assert form["concerned"].value() == reporter.pk
    assert str(form["happened_at"].value()) == "2026-11-23 12:00:00"
    assert "complaint" not in dict(form.fields["channel"].choices)


ORIGINS = {
    "a session": lambda: ("booking", BookingFactory(first_cell=cell_at(MONDAY_TEN))),
    "a session to come": lambda: ("booking", BookingFactory(first_cell=cell_at(NOW) + 288)),
    "a callback": lambda: ("callback", a_callback()),
    "a client": lambda: ("client", ClientFactory()),
}


@pytest.mark.parametrize(
    ("origin", "channel", "when"),
    [
        ("a session", "session", "2026-11-23 11:00:00"),
        ("a session to come", "session", "2026-11-23 12:00:00"),
        ("a callback", "callback", "2026-11-23 12:00:00"),
        ("a client", "session", "2026-11-23 12:00:00"),
    ],
)
def test_it_is_filled_in_from_where_it_came(client, reporter, origin, channel, when):
    name, row = ORIGINS[origin]()
    client.force_login(reporter)
    address = f"{reverse(ADD)}?{name}={row.pk}"
    form = client.get(address).context["form"]
    whom = row if name == "client" else row.client
    assert (form["client"].value(), form["channel"].value()) == (whom.pk, channel)
    assert str(form["happened_at"].value()) == when
    client.post(address, told(whom, reporter))
    incident = Incident.objects.get()
    assert name == "client" or getattr(incident, name) == row


def test_from_a_complaint_for_whoever_may_see_it(client, reporter, somebody):
    complaint = ComplaintFactory(client=somebody)
    address = f"{reverse(ADD)}?complaint={complaint.pk}"
    client.force_login(reporter)
    assert client.get(address).status_code == 404
    assert client.post(address, told(somebody, reporter)).status_code == 404
    senior = StaffFactory(roles=["senior manager"])
    client.force_login(senior)
    assert client.get(address).context["form"]["channel"].value() == "complaint"
    client.post(address, told(somebody, senior, channel="complaint"))
    assert Incident.objects.get().complaint == complaint


@pytest.mark.parametrize("query", ["?booking=1", "?client=²", "?client=" + "9" * 40, "?callback=-1", "?complaint=x"])
def test_a_report_about_nothing_that_is_there(client, reporter, query):
    client.force_login(reporter)
    assert client.get(reverse(ADD) + query).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"client": "0"}, "client", id="no client"),
        pytest.param({"categories": None}, "categories", id="no category"),
        pytest.param({"categories": "nonsense"}, "categories", id="a category that is none"),
        pytest.param({"words": "  \x00 "}, "words", id="no words"),
        pytest.param({"acceptable": None}, "acceptable", id="the question left open"),
        pytest.param({"happened_at": "2026-11-23T12:01"}, "happened_at", id="in the future"),
        pytest.param({"happened_at": "0001-01-01T00:00"}, "happened_at", id="at the beginning of time"),
        pytest.param({"happened_at": "9999-12-31T23:59"}, "happened_at", id="at the end of time"),
        pytest.param({"happened_at": "yesterday"}, "happened_at", id="no time"),
        pytest.param({"channel": "pigeon"}, "channel", id="a channel that is none"),
        pytest.param({"channel": "complaint"}, "channel", id="a complaint that nobody named"),
        pytest.param({"concerned": "0"}, "concerned", id="aimed at nobody"),
        pytest.param({"form_key": "odd"}, "form_key", id="an odd key"),
        pytest.param({"words": "x" * 20_001}, "words", id="too long"),
    ],
)
def test_what_is_not_whole_is_not_taken_and_not_lost(report, changed, field):
    answer = report(**changed)
    assert field in answer.context["form"].errors
    assert "He shouted." in answer.content.decode()
    assert not Incident.objects.exists()


def test_an_incident_is_about_a_client(client, reporter):
    colleague = StaffFactory()
    client.force_login(reporter)
    answer = client.post(reverse(ADD), told(colleague, reporter))
    assert "This person is staff." in str(answer.context["form"].errors["client"])


def test_what_would_be_acceptable_as_a_complaint_is_none(report):
    answer = report(acceptable="yes")
    html = answer.content.decode()
    assert "acceptable" in answer.context["form"].errors
    assert reverse("admin:complaints_complaint_add") in html
    assert "You are all idiots." in html
    assert not Incident.objects.exists()


def test_control_characters_are_left_out(report):
    report(words="You\x00 are\x07 idiots.", account="He\x1b shouted.")
    incident = Incident.objects.get()
    assert (incident.words, incident.account) == ("You are idiots.", "He shouted.")


def test_pressed_twice_it_is_one_report(report):
    key = str(uuid4())
    addresses = {report(form_key=key).url for _time in range(2)}
    assert (Incident.objects.count(), len(addresses)) == (1, 1)


def test_somebody_elses_key_is_no_double_submit(report, client, somebody):
    key = str(uuid4())
    report(form_key=key)
    other = StaffFactory(roles=["agent"])
    client.force_login(other)
    client.post(reverse(ADD), told(somebody, other, form_key=key))
    assert Incident.objects.count() == 2


def test_evidence_is_kept_while_something_else_is_wrong(report):
    answer = report(words="", files=SimpleUploadedFile("screen.pdf", samples.PDF))
    kept = answer.context["form"]["kept_files"].value()
    assert "screen.pdf" in answer.content.decode()
    report(kept_files=kept, files=SimpleUploadedFile("second.pdf", samples.PDF))
    assert [file.name for file in Incident.objects.get().files.order_by("pk")] == ["screen.pdf", "second.pdf"]


def test_nobody_takes_files_that_are_not_theirs(report, client, somebody):
    kept = report(words="", files=SimpleUploadedFile("screen.pdf", samples.PDF)).context["form"]["kept_files"].value()
    other = StaffFactory(roles=["agent"])
    client.force_login(other)
    answer = client.post(reverse(ADD), told(somebody, other, kept_files=kept))
    assert "files" in answer.context["form"].errors
    assert not Incident.objects.exists()


def test_files_belong_to_one_report(report):
    kept = report(words="", files=SimpleUploadedFile("screen.pdf", samples.PDF)).context["form"]["kept_files"].value()
    for _time in range(2):
        report(kept_files=kept)
    assert [incident.files.count() for incident in Incident.objects.order_by("pk")] == [1, 0]


def test_a_program_is_no_evidence(report):
    answer = report(files=SimpleUploadedFile("screen.exe", b"MZ\0\0"))
    assert "files" in answer.context["form"].errors
    assert not StoredFile.objects.exists()


def test_clients_and_strangers_do_not_report(client, somebody):
    assert client.get(reverse(ADD)).status_code == 302
    client.force_login(somebody)
    assert client.get(reverse(ADD)).status_code == 302
    assert client.post(reverse(ADD), told(somebody, somebody)).status_code == 302
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("page", "name", "make"),
    [
        ("bookings_booking", "booking", BookingFactory),
        ("bookings_callback", "callback", a_callback),
        ("people_user", "client", ClientFactory),
        ("complaints_complaint", "complaint", ComplaintFactory),
    ],
)
def test_it_is_one_click_away(client, page, name, make):
    row = make()
    client.force_login(StaffFactory(is_superuser=True))
    html = client.get(reverse(f"admin:{page}_change", args=[row.pk])).content.decode()
    assert f'{reverse(ADD)}?{name}={row.pk}"' in html


def test_nothing_is_reported_about_a_colleague(client):
    colleague = StaffFactory()
    client.force_login(StaffFactory(is_superuser=True))
    html = client.get(reverse("admin:people_user_change", args=[colleague.pk])).content.decode()
    assert f"{reverse(ADD)}?" not in html


def test_the_first_page_leads_to_it(client):
    client.force_login(StaffFactory(roles=["agent"]))
    html = client.get(reverse("admin:index")).content.decode()
    assert f'href="{reverse(ADD)}"' in html
    assert f'href="{reverse("admin:conduct_incident_changelist")}"' in html


# -- what it belongs to ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["booking", "complaint"])
@pytest.mark.parametrize("is_theirs", [True, False], ids=["of the client", "of another client"])
def test_a_report_belongs_only_to_what_is_the_clients_own(origin, is_theirs):
    person = ClientFactory()
    whose = person if is_theirs else ClientFactory()
    made = BookingFactory(client=whose) if origin == "booking" else ComplaintFactory(client=whose)
    about = {"client": person, "reporter": StaffFactory(roles=["manager"]), origin: made}
    if is_theirs:
        assert getattr(make_incident(**about), origin) == made
        return
    with pytest.raises(AnotherClient):
        make_incident(**about)
    assert not Incident.objects.exists()


def test_of_a_complaint_that_nobody_has_matched_to_a_client_anybody_can_be_reported():
    complaint = ComplaintFactory(client=None, email="who@example.org")
    about = {"client": ClientFactory(), "reporter": StaffFactory(roles=["manager"])}
    assert make_incident(**about, complaint=complaint).complaint == complaint


def test_another_client_is_refused_beside_the_field(client):
    reporter = StaffFactory(roles=["agent"])
    client.force_login(reporter)
    booking = BookingFactory(agent__user=reporter)
    other = ClientFactory()
    answer = client.post(f"{reverse(ADD)}?booking={booking.pk}", told(reporter, reporter, client=other.pk))
    assert answer.status_code == 200
    assert answer.context["form"].errors.get("client")
    assert not Incident.objects.exists()
