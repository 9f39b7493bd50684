"""The public form: open to everybody, forgiving, and nothing that was typed or handed in is lost (C-1, C-2, R-6)."""

import re
import uuid
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from bookings.models import Holiday
from complaints.forms import LONGEST
from complaints.models import Complaint, Evidence
from complaints.operations import evidence
from complaints.policy import POLICY
from supportportal.files.models import StoredFile
from supportportal.outbox.models import Message
from supportportal.people.models import Account, Gate
from tests.factories import MONDAY_TEN, ClientFactory, FirmFactory, RestrictionFactory, StaffFactory
from tests.files import pictures, samples

pytestmark = pytest.mark.django_db
FORM = "/complaint/"
FRIDAY = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def friday():
    with time_machine.travel(FRIDAY, tick=False):
        yield


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory(country="IT", contact_phone="+39 06 555")


def typed(**values) -> dict:
    told = {"summary": "The export stops half-way.", "name": "Anna Neri", "email": "anna@example.org", "country": "IT"}
    return told | {"form_key": str(uuid.uuid4()), **values}


def upload(name: str = "photo.jpg", content: bytes = pictures.JPEG) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def kept_in(page) -> str:
    return re.search(r'name="kept_files" value="([^"]+)"', page.content.decode()).group(1)


def errors_of(page) -> dict:
    return {name: [str(error) for error in errors] for name, errors in page.context["form"].errors.items()}


# -- what it says ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "days"),
    [
        ("en", ["by Wednesday 25 November", "by Friday 4 December", "Saturday 21 November, 11:00, Rome time"]),
        ("it", ["mercoledì 25 novembre", "venerdì 4 dicembre", "sabato 21 novembre, 11:00, ora di Roma"]),
        ("nl", ["woensdag 25 november", "vrijdag 4 december", "zaterdag 21 november, 11:00, tijd in Rome"]),
    ],
    ids=["en", "it", "nl"],
)
def test_it_says_by_when_in_the_readers_language_and_the_desks_zone(client, language, days):
    page = client.get(FORM, headers={"accept-language": language}).content.decode()
    words = re.sub(r"<[^>]+>", "", page)
    assert all(day in words for day in days)


def test_a_mistake_in_the_calendar_blocks_nobody(client, monkeypatch):
    monkeypatch.setattr("complaints.calendars.POLICY", type(POLICY)(desk_hours=()))
    page = client.get(FORM)
    assert "the first reply says by when" in page.content.decode()
    assert client.post(FORM, typed()).status_code == 302
    assert Complaint.objects.count() == 1


def test_only_three_things_are_asked_for(client):
    page = client.post(FORM, {})
    assert set(errors_of(page)) == {"summary", "name", "email", "country"}
    page = client.get(FORM).content.decode()
    assert '<details class="more">' in page


@pytest.mark.parametrize("given", ["email", "postal_address"])
def test_one_way_to_answer_is_enough(client, given):
    values = typed(email="", postal_address="") | {given: {"email": "a@example.org"}.get(given, "Via Roma 1\nRoma")}
    assert client.post(FORM, values).status_code == 302


def test_no_way_to_answer_is_not(client):
    assert "email" in errors_of(client.post(FORM, typed(email="", postal_address="  ")))


@pytest.mark.parametrize(
    ("country", "authority"),
    [("NL", "Autoriteit Persoonsgegevens"), ("GB", "Information Commissioner"), ("BR", "European Data Protection")],
)
def test_the_authority_follows_the_country_once_posted_or_asked_for(client, country, authority):
    assert "Garante per la protezione" in client.get(FORM).content.decode()
    for page in (
        client.post(FORM, typed(name="", country=country)),
        client.get(FORM, {"country": country}, headers={"hx-request": "true"}),
    ):
        assert authority in page.content.decode()
        assert "Garante per la protezione" not in page.content.decode()


def test_htmx_gets_the_authority_alone(client):
    page = client.get(FORM, {"country": "NL"}, headers={"hx-request": "true"}).content.decode()
    assert "<form" not in page


def test_it_says_who_helps_those_who_cannot_write(client):
    page = client.get(FORM).content.decode()
    assert "help@meridian.example" in page
    assert "+39 06 555" in page


# -- who may -----------------------------------------------------------------------------------------------------------


def everybody():
    restricted = ClientFactory()
    RestrictionFactory(user=restricted, gates=[gate.value for gate in Gate], starts_at=MONDAY_TEN.replace(year=2025))
    former = ClientFactory()
    Account.objects.filter(pk=former.account.pk).update(subscription="ended")
    return {"nobody": None, "restricted": restricted, "former": former, "staff": StaffFactory(roles=["agent"])}


@pytest.mark.parametrize("who", ["nobody", "restricted", "former", "staff"])
def test_everybody_can_complain(client, who):
    person = everybody()[who]
    if person:
        client.force_login(person)
    assert client.get(FORM).status_code == 200
    assert client.post(FORM, typed(), follow=True).status_code == 200
    assert Complaint.objects.get().client == (person if who in ("restricted", "former") else None)


@pytest.mark.parametrize("page", ["home", "people:plan", "account_login"])
def test_the_way_there_stands_on_every_page(client, page):
    if page != "account_login":
        client.force_login(ClientFactory())
    assert f'href="{FORM}"' in client.get(reverse(page)).content.decode()


# -- taken -------------------------------------------------------------------------------------------------------------


def test_it_is_taken_and_acknowledged(client):
    answer = client.post(FORM, typed(files=[upload()]), follow=True)
    assert "We have your complaint" in answer.content.decode()
    complaint = Complaint.objects.get()
    assert (complaint.language, complaint.arrived_at) == ("en", FRIDAY)
    assert complaint.evidence.get().shown is not None
    assert Message.objects.filter(kind="complaint_letter", subject_id=complaint.pk).count() == 1


def test_sent_twice_it_is_one(client):
    values = typed()
    first = client.post(FORM, values | {"files": [upload()]})
    second = client.post(FORM, values | {"files": [upload()]})
    assert first.url == second.url
    assert (Complaint.objects.count(), Evidence.objects.count()) == (1, 1)


def test_two_forms_are_two_complaints(client):
    """The negative control."""
    client.post(FORM, typed())
    client.post(FORM, typed())
    assert Complaint.objects.count() == 2


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"summary": "x" * 10_000}, id="ten thousand characters"),
        pytest.param({"summary": "x" * LONGEST}, id="as long as it can be"),
        pytest.param({"summary": "It\x00 failed\x07\x1b[31m\u202e again"}, id="control characters"),
        pytest.param({"summary": "🦆" * 500, "name": "Zoë 王 Ñandú"}, id="all scripts"),
        pytest.param({"occasions": "0001-01-01, 31.12.9999, 30 February"}, id="odd dates"),
        pytest.param({"form_key": "not a key"}, id="a broken form key"),
        pytest.param({"form_key": ""}, id="no form key"),
        pytest.param({"complained_about": "\n,;;\n" * 100}, id="separators for names"),
        pytest.param({"complained_about": "A" * 2000}, id="a name of two thousand letters"),
        pytest.param({"numbers": "<script>alert(1)</script>"}, id="markup"),
    ],
)
def test_it_is_taken(client, values):
    assert client.post(FORM, typed(**values)).status_code == 302
    page = client.get(client.post(FORM, typed(**values)).url)
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"summary": "x" * (LONGEST + 1)}, "summary", id="too long"),
        pytest.param({"name": "A\x00nna"}, "name", id="NUL in a name"),
        pytest.param({"name": "A\u202enna"}, "name", id="a name written backwards"),
        pytest.param({"email": "no address"}, "email", id="no address"),
        pytest.param({"email": "a" * 400 + "@example.org"}, "email", id="a long address"),
        pytest.param({"country": "XX"}, "country", id="no such country"),
        pytest.param({"about": "nothing"}, "about", id="no such subject"),
        pytest.param({"postal_address": "x" * 501}, "postal_address", id="a long postal address"),
    ],
)
def test_it_says_what_is_wrong_and_keeps_the_rest(client, values, field):
    page = client.post(FORM, typed(wish="Call me back.", **values))
    assert list(errors_of(page)) == [field]
    assert page.status_code == 200
    assert "Call me back." in page.content.decode()
    assert '<details class="more" open>' in page.content.decode()
    assert not Complaint.objects.exists()


def test_how_much_too_long_is_said(client):
    (error,) = errors_of(client.post(FORM, typed(summary="x" * (LONGEST + 5))))["summary"]
    assert "20000" in error
    assert "20005" in error
    assert "maxlength" not in str(client.get(FORM).context["form"]["summary"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("a.exe", b"MZ\0\0", id="a program"),
        pytest.param("a.png", b"<svg onload=x>", id="markup as a picture"),
        pytest.param("a.pdf", samples.PNG, id="a picture as a PDF"),
        pytest.param("a.docx", samples.archive({"[Content_Types].xml": b"x" * 200_000_000}), id="a bomb"),
        pytest.param("empty.txt", b"", id="empty"),
        pytest.param("../../etc/\u202epasswd.exe", b"MZ\0\0", id="an odd name"),
        pytest.param("huge.png", samples.png(40_000, 40_000), id="too many pixels"),
    ],
)
def test_a_bad_file_is_named_and_the_good_one_beside_it_stays(client, name, content):
    page = client.post(FORM, typed(files=[upload(), upload(name, content)]))
    assert list(errors_of(page)) == ["files"]
    assert [one.name for one in page.context["form"].files_so_far] == ["photo.jpg"]
    page = client.post(FORM, typed(kept_files=kept_in(page)))
    assert [one.file.name for one in Complaint.objects.get().evidence.all()] == ["photo.jpg"]


def test_files_are_kept_when_something_else_is_wrong(client):
    page = client.post(FORM, typed(name="", files=[upload()]))
    page = client.post(FORM, typed(name="", files=[upload("note.txt", b"x")], kept_files=kept_in(page)))
    assert "photo.jpg" in page.content.decode()
    assert "note.txt" in page.content.decode()
    client.post(FORM, typed(kept_files=kept_in(page)))
    assert Complaint.objects.get().evidence.count() == 2


def test_a_kept_file_can_be_left_out(client):
    page = client.post(FORM, typed(name="", files=[upload(), upload("note.txt", b"x")]))
    photo = StoredFile.objects.get(name="photo.jpg")
    client.post(FORM, typed(kept_files=kept_in(page), drop=[photo.pk]))
    assert [one.file.name for one in Complaint.objects.get().evidence.all()] == ["note.txt"]


def test_too_many_together_is_said_beside_the_field_and_what_was_kept_stays(client, monkeypatch):
    monkeypatch.setattr(evidence, "POLICY", type(POLICY)(evidence_files=2))
    page = client.post(FORM, typed(name="", files=[upload()]))
    more = [upload(f"{number}.txt", b"%d" % number) for number in range(2)]
    page = client.post(FORM, typed(files=more, kept_files=kept_in(page)))
    assert list(errors_of(page)) == ["files"]
    assert [one.name for one in page.context["form"].files_so_far] == ["photo.jpg"]
    assert client.post(FORM, typed(kept_files=kept_in(page))).status_code == 302


@pytest.mark.parametrize("token", ["forged", "WzFd:1abc:xyz", "\x00"], ids=["words", "a forged list", "NUL"])
def test_a_forged_list_of_files_gives_nothing_away(client, token):
    StoredFile.objects.create(name="secret.txt", content="aa/bb", size=1, sha256="x", uploaded_at=FRIDAY)
    page = client.post(FORM, typed(kept_files=token))
    assert "secret.txt" not in page.content.decode()
    assert not Evidence.objects.exists()


def test_files_of_one_complaint_cannot_be_handed_in_with_another(client):
    page = client.post(FORM, typed(name="", files=[upload()]))
    kept = kept_in(page)
    client.post(FORM, typed(kept_files=kept))
    assert client.post(FORM, typed(kept_files=kept)).status_code == 302
    assert Evidence.objects.count() == 1


# -- files with a script -----------------------------------------------------------------------------------------------


def test_files_can_come_before_the_rest(client):
    page = client.post(reverse("complaints:files"), {"files": [upload()]}, headers={"hx-request": "true"})
    assert "<form" not in page.content.decode()
    page = client.post(reverse("complaints:files"), {"files": [upload("a.exe", b"MZ")], "kept_files": kept_in(page)})
    assert "photo.jpg" in page.content.decode()
    assert "a_exe" in page.content.decode() or "a.exe" in page.content.decode()
    client.post(FORM, typed(kept_files=kept_in(page)))
    assert Complaint.objects.get().evidence.get().file.name == "photo.jpg"


# -- a page that was open for too long ---------------------------------------------------------------------------------


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


def test_a_signed_in_page_that_expired_keeps_everything_and_asks_once_more(browser):
    browser.force_login(ClientFactory())
    page = browser.post(FORM, typed(wish="Call me back.", files=[upload()]))
    assert page.status_code == 200
    assert "Nothing is lost" in page.content.decode()
    assert "Call me back." in page.content.decode()
    assert not Complaint.objects.exists()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode()).group(1)
    assert browser.post(FORM, typed(kept_files=kept_in(page), csrfmiddlewaretoken=token)).status_code == 302
    assert Complaint.objects.get().evidence.count() == 1


def test_a_browser_without_cookies_can_complain(browser):
    assert browser.post(FORM, typed()).status_code == 302
    assert Complaint.objects.get().client is None


def test_another_site_cannot_complain_in_a_visitors_place(browser):
    page = browser.post(FORM, typed(), headers={"sec-fetch-site": "cross-site"})
    assert page.status_code == 200
    assert not Complaint.objects.exists()


def test_more_files_than_any_browser_sends_are_no_error_of_ours(client):
    many = [upload(f"{number}.txt", b"x") for number in range(101)]
    assert client.post(FORM, typed(files=many)).status_code == 400


def test_holidays_count(client):
    day = date(2026, 11, 25)
    Holiday.objects.create(country="IT", day=day, name="Made up", is_observed=True)
    assert "Thursday 26 November" in client.get(FORM).content.decode()
