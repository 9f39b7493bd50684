"""Everything about a person, for that person alone, as one archive that no restriction closes (R-6)."""

import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from supportportal.people import operations, own_data, own_data_links
from supportportal.people.models import DataAccess, Gate
from supportportal.people.own_data import Coded, Fact, File, Part, Record, Section
from supportportal.trail import operations as trail
from supportportal.trail.models import Entry
from tests.factories import MONDAY_TEN, ClientFactory, RestrictionFactory, StaffFactory
from tests.support.own_data import assert_asks_the_same, holds, opened, said, unpacked

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
PAGE = "/profile/data/"


@pytest.fixture
def one_part(monkeypatch):
    """``one_part(*records)``: the only part there is."""

    def register(*records):
        def collect(person, at):
            yield Section("things", "Things", iter(records))

        part = Part("made_up", "Made up", "what a test says", collect)
        monkeypatch.setattr(own_data, "_parts", {"made_up": part})

    return register


def file(name, content=b"content"):
    return File(name, lambda: io.BytesIO(content))


# -- the archive -------------------------------------------------------------------------------------------------------


def test_each_part_is_a_file_for_machines_and_all_of_them_one_page(anna):
    files = opened(anna, AT)
    assert sorted(files) == sorted([*(f"data/{part.code}.json" for part in own_data.all_parts()), "index.html"])
    assert {"person", "sessions", "messages", "complaints"} <= {part.code for part in own_data.all_parts()}
    for part in own_data.all_parts():
        told = json.loads(files[f"data/{part.code}.json"])
        assert (told["part"], told["made_at"]) == (part.code, AT.isoformat())
        assert f'<section id="{part.code}">'.encode() in files["index.html"]


def test_values_are_told_to_machines_and_to_people(anna, one_part):
    facts = [
        Fact("text", "text", "<b>bold</b>"),
        Fact("none", "none", None),
        Fact("empty", "empty", ""),
        Fact("yes", "agreed", True),
        Fact("no", "refused", False),
        Fact("number", "number", 1234),
        Fact("amount", "amount", Decimal("12.50")),
        Fact("day", "day", date(2026, 3, 1)),
        Fact("at", "instant", datetime(2026, 3, 1, 11, tzinfo=UTC)),
        Fact("coded", "state", Coded("no_show", "not there")),
        Fact("list", "list", ["a", Coded("b", "B")]),
        Fact("inner", "inner", [Record("Title inside", [Fact("x", "x", 1)])]),
        Fact("files", "files", [file("scan.pdf", b"A scan")]),
    ]
    one_part(Record("One", facts), Record("Two", []))
    files = opened(anna, AT)
    first, second = said(files, "made_up", "things")
    assert second == {}
    assert first == {
        "text": "<b>bold</b>",
        "none": None,
        "empty": "",
        "yes": True,
        "no": False,
        "number": 1234,
        "amount": "12.50",
        "day": "2026-03-01",
        "at": "2026-03-01T11:00:00+00:00",
        "coded": "no_show",
        "list": ["a", "b"],
        "inner": [{"x": 1}],
        "files": ["files/made_up/0001-scan.pdf"],
    }
    assert files["files/made_up/0001-scan.pdf"] == b"A scan"
    page = files["index.html"].decode()
    assert "&lt;b&gt;bold&lt;/b&gt;" in page and "<b>bold" not in page
    shown = ["domenica 1 marzo 2026, 12:00", "12,50", "not there", "a, B", "Title inside", "sì", "no"]
    assert [one for one in shown if one not in page] == []
    assert 'href="files/made_up/0001-scan.pdf"' in page
    assert "None" not in page and "<script" not in page and ">Empty<" not in page


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("../../etc/passwd", "0001-passwd"),
        ("..\\..\\boot.ini", "0001-boot.ini"),
        ("/absolute.pdf", "0001-absolute.pdf"),
        ("a/../../b.pdf", "0001-b.pdf"),
        ("", "0001-file"),
        ("..", "0001-file"),
        (".pdf", "0001-pdf"),
        ("CON.txt", "0001-CON.txt"),
        ('we"ird<na>me?.pdf', "0001-we_ird_na_me.pdf"),
        ("a\u202efdp.exe", "0001-afdp.exe"),
        ("new\nline\0.pdf", "0001-newline.pdf"),
        ("x." + "y" * 300, "0001-x." + "y" * 10),
        ("z" * 300 + ".pdf", "0001-" + "z" * 96 + ".pdf"),
        ("bilancio è qui.pdf", "0001-bilancio è qui.pdf"),
    ],
    ids=ascii,
)
def test_no_name_leads_out_of_its_folder(anna, one_part, name, path):
    one_part(Record("", [Fact("files", "files", [file(name)])]))
    files = opened(anna, AT)
    assert sorted(files) == ["data/made_up.json", f"files/made_up/{path}", "index.html"]
    assert said(files, "made_up", "things") == [{"files": [f"files/made_up/{path}"]}]


def test_files_of_one_name_are_all_there(anna, one_part):
    one_part(Record("", [Fact("files", "files", [file("a.txt", b"1"), file("a.txt", b"2")])]))
    files = opened(anna, AT)
    assert [files[f"files/made_up/000{number}-a.txt"] for number in (1, 2)] == [b"1", b"2"]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "The data of"), ("it", "Tutti gli orari"), ("nl", "Alle tijden")]
)
def test_the_page_speaks_the_persons_language(anna, language, words):
    anna.language = language
    page = opened(anna, AT)["index.html"].decode()
    assert f'<html lang="{language}">' in page and words in page


def test_the_page_holds_no_script_and_loads_nothing(anna):
    page = opened(anna, AT)["index.html"].decode()
    assert "default-src 'none'" in page
    assert not [word for word in ("<script", "src=", "@import", "url(", "onclick") if word in page.replace("-src", "")]


def test_what_cannot_be_told_leaves_nothing_behind(anna, one_part, monkeypatch):
    made = []
    real = own_data_links.own_data_archive.TemporaryFile
    monkeypatch.setattr(own_data_links.own_data_archive, "TemporaryFile", lambda: made.append(real()) or made[-1])

    def broken():
        raise OSError("The storage is away.")

    one_part(Record("", [Fact("files", "files", [File("a.txt", broken)])]))
    with pytest.raises(OSError, match="away"):
        own_data_links.collect(anna, by=anna, at=AT)
    assert [one.closed for one in made] == [True] * 3
    assert DataAccess.objects.get(person=anna).made_since is None
    assert not Entry.objects.filter(verb="data.collected").exists()


def test_a_part_is_registered_once():
    (first, *_rest) = own_data.all_parts()
    own_data.register(first)
    with pytest.raises(ValueError, match="twice"):
        own_data.register(Part(first.code, "", "", first.collect))


# -- the person --------------------------------------------------------------------------------------------------------


def test_the_person_and_the_account(anna):
    anna.phone, anna.adjustments = "+390612345678", "Captions, please"
    anna.save()
    operations.give_sms_consent(anna, by=anna, at=AT)
    RestrictionFactory(user=anna, gates=[Gate.MAIL], notice="Mail is closed to you.")
    trail.record("person.changed", anna, by=StaffFactory(), at=AT, fields=["name"])
    files = opened(anna, AT)
    (person,) = said(files, "person", "person")
    assert (person["name"], person["email"], person["phone"]) == ("Anna Conti", "anna@example.org", "+390612345678")
    assert (person["adjustments"], person["sms_consent_at"]) == ("Captions, please", AT.isoformat())
    assert (person["account"], person["plan"]) == (anna.account.name, anna.account.plan.code)
    (sign_in,) = said(files, "person", "sign_in")
    assert sign_in == {"addresses": ["anna@example.org"], "password": True}
    (measure,) = said(files, "person", "restrictions")
    assert (measure["for"], measure["closes"], measure["notice"]) == ("person", ["mail"], "Mail is closed to you.")
    history = [(one["what"], one["by_you"]) for one in said(files, "person", "history")]
    assert history == [("sms.consented", True), ("person.changed", False)]


def test_nothing_that_opens_something(anna):
    assert not holds(opened(anna, AT), anna.password)


def test_a_measure_on_the_account_is_told_without_its_words(anna):
    RestrictionFactory(account=anna.account, user=None, notice="Bruno shouted at us.")
    files = opened(anna, AT)
    (measure,) = said(files, "person", "restrictions")
    assert (measure["for"], measure["notice"]) == ("account", "")
    assert not holds(files, "Bruno shouted")


def test_nobody_elses_data(anna):
    colleague = ClientFactory(account=anna.account, name="Canary Colleague", email="canary@example.org")
    stranger = ClientFactory(name="Canary Stranger", account__name="Canary Account")
    staff = StaffFactory(name="Canary Staff")
    RestrictionFactory(user=colleague, notice="Canary notice")
    operations.give_sms_consent(colleague, by=staff, at=AT)
    files = opened(anna, AT)
    assert not holds(files, "Canary") and not holds(files, "canary")
    for other, canary in [(colleague, "Canary notice"), (stranger, "Canary Account")]:
        assert set(holds(opened(other, AT), canary)) == {"index.html", "data/person.json"}


def test_as_many_questions_for_thirty_rows_as_for_one(anna):
    def make(count):
        for number in range(count):
            RestrictionFactory(user=anna, starts_at=AT - timedelta(days=number))
            trail.record("person.invited", anna, by=None, at=AT)

    assert_asks_the_same(anna, make, AT)


# -- the page ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(client, anna):
    client.force_login(anna, backend="django.contrib.auth.backends.ModelBackend")
    return anna


def test_the_page_says_what_is_in_it_and_makes_nothing(client, signed_in):
    page = client.get(PAGE)
    assert [str(part.says) in page.content.decode() for part in own_data.all_parts()]
    assert "no-store" in page["Cache-Control"]
    assert not Entry.objects.exists() and not DataAccess.objects.exists()


@pytest.mark.parametrize("where", ["/profile/", "/plan/"])
def test_it_is_linked_where_people_look(client, signed_in, where):
    assert f'href="{PAGE}"' in client.get(where).content.decode()


def test_a_press_downloads_it(client, signed_in):
    with time_machine.travel(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), tick=False):
        answer = client.post(PAGE)
    assert "index.html" in unpacked(b"".join(answer.streaming_content))
    assert answer["Content-Disposition"] == 'attachment; filename="data-2026-11-24.zip"'
    assert "no-store" in answer["Cache-Control"] and answer["X-Content-Type-Options"] == "nosniff"
    entry = Entry.objects.get()
    assert (entry.verb, entry.subject_id, entry.by, entry.facts) == (
        "data.collected",
        signed_in.pk,
        signed_in,
        {"way": "page"},
    )


def closed_every_gate(person):
    RestrictionFactory(user=person, gates=list(Gate.values), starts_at=AT - timedelta(days=900), ends_at=None,
                       review_on=date(2030, 1, 1))  # fmt: skip


def without_subscription(person):
    person.account.subscription = "ended"
    person.account.save()


def without_account(person):
    person.account = None
    person.save()


@pytest.mark.parametrize("how", [closed_every_gate, without_subscription, without_account])
def test_nothing_closes_it(client, signed_in, how):
    how(signed_in)
    assert client.get(PAGE).status_code == 200
    files = unpacked(b"".join(client.post(PAGE).streaming_content))
    assert said(files, "person", "person")[0]["email"] == signed_in.email


def test_it_is_for_whoever_is_signed_in_and_no_staff(client, firm):
    assert client.get(PAGE).status_code == client.post(PAGE).status_code == 302
    client.force_login(StaffFactory(roles=["owner"]))
    assert client.get(PAGE).status_code == client.post(PAGE).status_code == 404


def test_one_at_a_time(client, signed_in, at):
    access = DataAccess.objects.create(person=signed_in, made_since=at)
    with time_machine.travel(at + timedelta(minutes=1), tick=False):
        answer = client.post(PAGE)
        assert answer.status_code == 409
        assert answer.context["refusal"] in answer.content.decode()
    with time_machine.travel(at + own_data_links.MADE_WITHIN, tick=False):
        assert unpacked(b"".join(client.post(PAGE).streaming_content))
    access.refresh_from_db()
    assert access.made_since is None


def test_a_press_needs_the_page(anna):
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(anna, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.post(PAGE).status_code == 403
    assert reverse("people:own_data") == PAGE
