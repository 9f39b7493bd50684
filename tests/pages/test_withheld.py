"""What is answered in place of a file that is not given out, wherever it hangs; and who may release or delete it."""

import logging
import re
import uuid
from datetime import timedelta
from email.message import EmailMessage

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from complaints import casefile
from complaints.models import Complaint, NamedStaff
from conduct.operations import appeals
from supportportal.files import screening
from supportportal.files.intake import accept
from supportportal.files.models import StoredFile
from supportportal.outbox import inbound, mails
from supportportal.pages import withheld_views
from supportportal.trail.models import Entry
from supportportal.trail.visibility import visible_to
from tests.complaints.test_gate import CHANGES
from tests.factories import MONDAY_TEN, BookingFactory, ClientFactory, FirmFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import make_incident, make_measure
from tests.fakes.clamd import EICAR, FOUND, fake_clamd
from tests.fakes.serving import Mode
from tests.files import pictures
from tests.support.own_data import opened, unpacked

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
NAME = "canary-of-the-client.txt"
STATUS = {"waiting": 409, "withheld": 403, "deleted": 410, "clean": 200}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory()


@pytest.fixture
def fake(settings):
    with fake_clamd() as made:
        settings.CLAMD_URL = made.url
        yield made


@pytest.fixture
def owner():
    return StaffFactory(roles=["owner"])


def browser_of(person) -> Client:
    browser = Client()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def tick() -> None:
    screening.screen_due(clock=lambda: AT)


def taken(content: bytes = EICAR) -> StoredFile:
    return accept(SimpleUploadedFile(NAME, content), AT)


# -- wherever a file hangs ---------------------------------------------------------------------------------------------


def of_complaint():
    one = ComplaintFactory(files=[taken()]).evidence.get()
    return one.file, reverse("admin:complaints_complaint_evidence", args=[one.complaint_id, one.pk])


def of_incident():
    incident = make_incident(files=[taken()])
    file = incident.files.get()
    return file, reverse("admin:conduct_incident_file", args=[incident.pk, file.pk])


def of_appeal():
    appeal = appeals.lodge(make_measure(), reasons="It did not happen so.", files=[taken()], at=AT)
    file = appeal.files.get()
    return file, reverse("admin:conduct_appeal_file", args=[appeal.pk, file.pk])


def of_booking():
    booking, file = BookingFactory(), taken()
    booking.files.add(file)
    return file, reverse("bookings:file", args=[booking.reference, file.pk])


def of_mail():
    letter = EmailMessage()
    letter["From"], letter["Subject"] = "zoe@client.example", "Files"
    letter.set_content("Words")
    letter.add_attachment(EICAR, maintype="text", subtype="plain", filename=NAME)
    raw = letter.as_bytes()
    mail = inbound.receive(raw, mails.read(raw), gateway="test", verdict="pass", at=AT)
    return mail, reverse("admin:outbox_inbound_file", args=[mail.pk, 0])


HOLDERS = [of_complaint, of_incident, of_appeal, of_booking, of_mail]


@pytest.mark.parametrize("make", HOLDERS, ids=lambda make: make.__name__)
def test_it_is_given_to_nobody_and_nothing_is_said_of_taking_it_out(settings, owner, make):
    settings.CLAMD_URL = "tcp://127.0.0.1"
    (file, path), browser = make(), browser_of(owner)
    opened_before = Entry.objects.filter(verb__endswith="opened").count()
    for state, status in STATUS.items():  # the last one is the control
        type(file).objects.update(screening=state)
        answer = browser.get(path)
        assert answer.status_code == status, state
        has_opened = Entry.objects.filter(verb__endswith="opened").count() > opened_before
        assert has_opened <= (state == "clean")
        b"".join(answer)  # which closes the file


@pytest.mark.parametrize("make", HOLDERS, ids=lambda make: make.__name__)
def test_the_pages_that_name_it_say_so(settings, owner, make):
    settings.CLAMD_URL = "tcp://127.0.0.1"
    (file, path), browser = make(), browser_of(owner)
    page = re.sub(r"(evidence|files?)/\d+/$", "", path)
    if "incident" in path or "appeal" in path or "complaints" in path or "inbound" in path:
        page += "change/"
    said = {}
    for state in ("waiting", "withheld", "clean"):
        type(file).objects.update(screening=state, virus=FOUND if state == "withheld" else "")
        said[state] = browser.get(page).content.decode()
    assert "being checked for viruses" in said["waiting"]
    assert f"withheld: {FOUND}" in said["withheld"]
    assert "being checked" not in said["clean"] and "withheld" not in said["clean"]


def test_a_client_is_told_without_the_buttons(settings):
    settings.CLAMD_URL = "tcp://127.0.0.1"
    booking, file = BookingFactory(), taken()
    booking.files.add(file)
    browser, path = browser_of(booking.client), reverse("bookings:file", args=[booking.reference, file.pk])
    page = browser.get(path)
    assert (page.status_code, page["Retry-After"]) == (409, "60")
    assert "This file is being checked" in page.content.decode()
    StoredFile.objects.update(screening="withheld", virus=FOUND)
    page = browser.get(path).content.decode()
    assert "This file is withheld" in page
    assert FOUND not in page and "token" not in re.sub("csrfmiddlewaretoken|csrf-?token", "", page)


@pytest.mark.parametrize(("language", "said"), [("it", "viene controllato"), ("nl", "wordt gecontroleerd")])
def test_it_speaks_the_readers_language(settings, language, said):
    settings.CLAMD_URL = "tcp://127.0.0.1"
    _file, path = of_incident()
    page = browser_of(StaffFactory(roles=["owner"], language=language)).get(path).content.decode()
    assert said in page


def test_an_incident_has_who_decided(settings, owner):
    settings.CLAMD_URL = "tcp://127.0.0.1"
    (file, path), browser = of_incident(), browser_of(owner)
    browser.post(reverse("file_decide"), {"token": token_in(browser.get(path)), "press": "release"})
    page = browser.get(re.sub(r"file/\d+/$", "change/", path)).content.decode()
    assert re.search(rf"Withheld file released.*{file.name}", page, re.DOTALL)


# -- a complaint, from the form to the answer --------------------------------------------------------------------------


def complain(*uploads) -> Complaint:
    told = {"summary": "It stops.", "name": "Anna Neri", "email": "anna@example.org", "country": "IT"}
    sent = told | {"form_key": str(uuid.uuid4()), "files": list(uploads)}
    assert Client().post("/complaint/", sent).status_code == 302
    return Complaint.objects.get()


@pytest.mark.parametrize("mode", [Mode.ACCEPT, Mode.HANG, Mode.RESET])
def test_a_complaint_is_taken_whatever_its_files_hold_and_the_scanner_does(fake, owner, mode):
    fake.mode = mode
    complaint = complain(SimpleUploadedFile(NAME, EICAR), SimpleUploadedFile("photo.jpg", pictures.JPEG))
    assert fake.scanned == []  # no page waits for it
    assert [one.file.screening for one in complaint.evidence.all()] == ["waiting", "waiting"]
    fake.mode = Mode.ACCEPT
    tick()
    tick()
    browser, rows = browser_of(owner), complaint.evidence.order_by("pk")
    addresses = [reverse("admin:complaints_complaint_evidence", args=[complaint.pk, one.pk]) for one in rows]
    answers = [browser.get(path) for path in addresses]
    assert [answer.status_code for answer in answers] == [403, 200]
    assert b"".join(answers[1].streaming_content).startswith(b"\xff\xd8")
    assert not [chunk for answer in answers for chunk in answer if EICAR in chunk]


def test_a_copy_is_not_given_out_while_its_original_is_not(fake, owner):
    complaint = complain(SimpleUploadedFile("photo.jpg", pictures.JPEG))
    tick()
    one = complaint.evidence.get()
    assert one.shown.is_given_out
    StoredFile.objects.filter(pk=one.file_id).update(screening="withheld")
    path = reverse("admin:complaints_complaint_evidence", args=[complaint.pk, one.pk])
    assert browser_of(owner).get(path).status_code == 403
    assert browser_of(owner).post(f"{path}original/").status_code == 403


def test_archives_name_it_with_the_reason(fake):
    person = ClientFactory()
    complaint = ComplaintFactory(client=person, files=[taken(), taken(b"what I saw")])
    tick()
    files = opened(person, AT)
    data = files["data/complaints.json"].decode()
    assert f"withheld: {NAME}" in data and f"{NAME} (withheld: {FOUND})" in files["index.html"].decode()
    assert [content for content in files.values() if EICAR in content] == []
    assert b"what I saw" in files.values()  # the control
    exported = unpacked(casefile.build(complaint, AT))
    assert f",withheld: {FOUND}\r\n" in exported[f"{complaint.reference}/evidence.csv"].decode()
    assert f"{NAME} (withheld: {FOUND})" in exported[f"{complaint.reference}/case.html"].decode()


def test_the_log_has_no_name_of_it(fake, owner, caplog):
    caplog.set_level(logging.DEBUG)
    complaint = complain(SimpleUploadedFile(NAME, EICAR))
    fake.mode = Mode.RESET
    tick()
    fake.mode = Mode.ACCEPT
    screening.screen_due(clock=lambda: AT + timedelta(minutes=1))
    one = complaint.evidence.get()
    browser_of(owner).get(reverse("admin:complaints_complaint_evidence", args=[complaint.pk, one.pk]))
    assert FOUND in caplog.text
    assert "canary-of-the-client" not in caplog.text


# -- decided -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def withheld(settings):
    settings.CLAMD_URL = "tcp://127.0.0.1"
    _file, path = of_complaint()
    StoredFile.objects.update(screening="withheld", virus=FOUND)
    return path


def the_file() -> StoredFile:
    return StoredFile.objects.get(name=NAME)


def token_in(page) -> str:
    return re.search(r'name="token" value="([^"]+)"', page.content.decode()).group(1)


@pytest.mark.parametrize(("press", "status", "verb"), [("release", 200, "released"), ("delete", 410, "deleted")])
@pytest.mark.parametrize("who", [{"roles": ["owner"]}, {"is_superuser": True}], ids=["owner", "superuser"])
def test_an_owner_decides_and_the_case_has_it(withheld, who, press, status, verb):
    browser = browser_of(person := StaffFactory(**who))
    complaint = Complaint.objects.get()
    answer = browser.post(reverse("file_decide"), {"token": token_in(browser.get(withheld)), "press": press})
    assert answer.url == complaint.get_absolute_url()
    answer = browser.get(withheld)
    assert answer.status_code == status
    b"".join(answer)  # which closes the file
    assert f"Withheld file {verb}" in browser.get(complaint.get_absolute_url()).content.decode()
    entry = Entry.objects.get(verb=f"file.{verb}")
    assert (entry.subject_type, entry.subject_id, entry.by) == ("complaints.complaint", complaint.pk, person)


def test_other_staff_see_why_and_cannot_decide(withheld, owner):
    token = token_in(browser_of(owner).get(withheld))
    senior = browser_of(StaffFactory(roles=["senior manager"]))
    page = senior.get(withheld).content.decode()
    assert FOUND in page and "ask an owner" in page and 'name="token"' not in page
    assert senior.post(reverse("file_decide"), {"token": token, "press": "release"}).status_code == 403
    assert the_file().screening == "withheld"


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        pytest.param(lambda token: {"token": token}, 404, id="no press"),
        pytest.param(lambda token: {"token": token + "x", "press": "release"}, 404, id="forged"),
        pytest.param(lambda token: {"press": "release"}, 404, id="none"),
    ],
)
def test_a_press_from_nowhere_changes_nothing(withheld, owner, spoil, status):
    browser = browser_of(owner)
    assert browser.post(reverse("file_decide"), spoil(token_in(browser.get(withheld)))).status_code == status
    assert the_file().screening == "withheld"


def test_the_page_of_another_or_of_long_ago_is_of_no_use(withheld, owner, clock):
    token = token_in(browser_of(owner).get(withheld))
    sent = {"token": token, "press": "release"}
    assert browser_of(StaffFactory(roles=["owner"])).post(reverse("file_decide"), sent).status_code == 404
    clock.shift(withheld_views.WORKS_FOR + 1)
    assert browser_of(owner).post(reverse("file_decide"), sent).status_code == 404
    assert the_file().screening == "withheld"


def test_what_became_something_else_meanwhile_is_left_alone(withheld, owner):
    browser = browser_of(owner)
    sent = {"token": token_in(browser.get(withheld)), "press": "release"}
    StoredFile.objects.update(virus="Another")
    page = browser.post(reverse("file_decide"), sent, follow=True).content.decode()
    assert "nothing was changed" in page
    assert the_file().screening == "withheld"


def test_a_mail_is_released_but_its_files_stay_in_it(settings, owner):
    settings.CLAMD_URL = "tcp://127.0.0.1"
    mail, path = of_mail()
    browser = browser_of(owner)
    sent = {"token": token_in(browser.get(path))}
    assert browser.post(reverse("file_decide"), sent | {"press": "delete"}).status_code == 404
    assert browser.post(reverse("file_decide"), sent | {"press": "release"}).status_code == 302
    mail.refresh_from_db()
    assert mail.is_given_out


# -- the person complained about (C-8) ---------------------------------------------------------------------------------


def test_whoever_is_complained_about_learns_nothing_of_it(withheld, owner):
    """An owner, even: no page, no trace, and the address answers as for a file that does not exist."""
    named = StaffFactory(roles=["owner"], is_superuser=True, name="Nadia Haddad")
    browser = browser_of(owner)
    browser.post(reverse("file_decide"), {"token": token_in(browser.get(withheld)), "press": "release"})
    StoredFile.objects.update(screening="withheld")
    complaint = Complaint.objects.get()
    entries = Entry.objects.filter(verb="file.released")
    assert visible_to(entries, named).exists()  # the control: an owner nobody complained about
    NamedStaff.objects.create(complaint=complaint, part=NamedStaff.Part.ABOUT, typed="Nadia", person=named)
    assert not visible_to(entries, named).exists()
    nowhere = reverse("admin:complaints_complaint_evidence", args=[complaint.pk + 1000, 1])
    said = {path: browser_of(named).get(path) for path in (withheld, nowhere)}
    assert [answer.status_code for answer in said.values()] == [404, 404]
    plain = {CHANGES.sub("", answer.content.decode()).replace(path, "") for path, answer in said.items()}
    assert len(plain) == 1
