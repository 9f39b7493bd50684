"""Nobody complained about can learn anything of it, on any page of the portal (C-8)."""

import re

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from complaints import messages
from complaints.models import Complaint, NamedStaff, Note, Point, Remedy, Reply
from complaints.operations import intake
from supportportal import links
from supportportal.files.intake import accept
from supportportal.outbox.models import Message
from supportportal.people.models import Role
from supportportal.trail.models import Entry
from supportportal.trail.visibility import visible_to
from tests.factories import ClientFactory, FirmFactory, StaffFactory
from tests.support.pages import address, pages

pytestmark = pytest.mark.django_db

CANARIES = ["Zoraida", "zoraida", "zanzibar", "quokka"]  # the complainant, what they wrote, what was written about it
# Made anew for each visit.
UNTRIED = {"demo:refresh", "demo:sign_in_as", "metrics", "mfa_activate_totp", "mfa_add_webauthn", "people:sign_ins"}
SEES = ["senior", "owner", "superuser"]
KEPT_OUT = ["client", "agent", "named agent", "manager", "named manager", "named senior", "named superuser"]
CHANGES = re.compile(r'(?<=")([A-Za-z0-9]{64}|[0-9a-f-]{36})(?=")')  # CSRF tokens and forms' keys


def staff(role: str, **fields):
    made = StaffFactory(**fields)
    if role:
        made.groups.add(Group.objects.get_or_create(name=role)[0])
    return made


@pytest.fixture
def cast(db):
    """Everybody: ``named`` ones are complained about."""
    FirmFactory()
    return {
        "nobody": None,
        "client": ClientFactory(),
        "agent": staff(Role.AGENT),
        "named agent": staff(Role.AGENT, name="Nadia Haddad"),
        "manager": staff(Role.MANAGER),
        "named manager": staff(Role.MANAGER, name="Nadia Haddad"),
        "senior": staff(Role.SENIOR_MANAGER),
        "named senior": staff(Role.SENIOR_MANAGER, name="Nadia Haddad"),
        "owner": staff(Role.OWNER),
        "superuser": staff("", is_superuser=True),
        "named superuser": staff("", is_superuser=True, name="Nadia Haddad"),
    }


def complain(cast, at, *, matched: bool) -> Complaint:
    told = intake.Told(
        name="Zoraida Complainant",
        email="zoraida@example.com",
        country="IT",
        summary="Mrs Haddad promised a zanzibar.",
        complained_about="Nadia",
    )
    file = accept(SimpleUploadedFile("zanzibar.txt", b"zanzibar"), at)
    complaint = intake.lodge(told, files=[file], at=at)
    if matched:
        complaint.named.filter(part=NamedStaff.Part.MENTIONED).delete()
        for who, one in cast.items():
            if who.startswith("named"):
                NamedStaff.objects.create(complaint=complaint, part=NamedStaff.Part.ABOUT, typed="Nadia", person=one)
    Note.objects.create(complaint=complaint, text="quokka note", by=cast["senior"], at=at)
    Point.objects.create(complaint=complaint, number=1, text="quokka point")
    Remedy.objects.create(complaint=complaint, text="quokka remedy")
    Reply.objects.create(complaint=complaint, source=Reply.Source.PAGE, text="quokka reply", arrived_at=at)
    return complaint


def values_of(complaint: Complaint | None) -> dict:
    """Arguments for every page; those of this app, of messages and of the trail point at the complaint."""
    if complaint is None:
        return {}
    rows = {
        "complaint": complaint,
        "letter": complaint.letters.first(),
        "evidence": complaint.evidence.first(),
        "point": complaint.points.first(),
        "remedy": complaint.remedies.first(),
        "note": complaint.notes.first(),
        "reply": complaint.replies.first(),
        "named": complaint.named.first(),
        "message": Message.objects.about(messages.SUBJECT_TYPE, complaint.pk).first(),
        "entry": Entry.objects.filter(subject_type=messages.SUBJECT_TYPE).first(),
    }
    values: dict = {}
    for name, pattern in pages():
        of_page = next((row for key, row in rows.items() if f"_{key}_" in f"{pattern.name}_"), None)
        for key in pattern.pattern.converters:
            row = rows.get(key.removesuffix("_pk").removesuffix("_id"), of_page)
            if row is not None:
                values[name, key] = row.pk
    return values


def answers(person, complaint: Complaint | None):
    """What each page answers to this person, by its name and address; lists of the admin also when searched."""
    browser = Client(raise_request_exception=False)
    if person is not None:
        browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    values = values_of(complaint)
    for name, pattern in sorted(dict(pages()).items()):
        path = address(name, pattern, values)
        if path is None or name in UNTRIED or name.startswith("anymail"):
            continue
        for query in ["", "?q=Complainant"] if name.endswith("_changelist") else [""]:
            answer = browser.get(path + query)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            yield name, path + query, CHANGES.sub("", content.decode("utf-8", "replace"))


def shows_it(person, complaint) -> set[str]:
    canaries = [*CANARIES, complaint.reference]
    return {name for name, _path, text in answers(person, complaint) if any(canary in text for canary in canaries)}


@pytest.mark.parametrize("who", ["nobody", "client", "named agent", "manager", "named senior"])
def test_no_page_shows_anything_of_it(cast, at, who):
    with time_machine.travel(at, tick=False):
        complaint = complain(cast, at, matched=True)
        assert shows_it(cast[who], complaint) == set()


@pytest.mark.parametrize("who", ["named manager", "named superuser"])
def test_no_page_changes_because_of_it(cast, at, who):
    """Counts, badges and searches too, whether or not the names are matched: every page is what it was before."""
    with time_machine.travel(at, tick=False):
        before = {path: text for _name, path, text in answers(cast[who], None)}
        complain(cast, at, matched=True)
        complain(cast, at, matched=False)
        after = {path: text for _name, path, text in answers(cast[who], None)}
    assert [path for path in before if before[path] != after[path]] == []


def test_whoever_may_see_it_does(cast, at):
    """The control of the tests above: they would notice."""
    with time_machine.travel(at, tick=False):
        complaint = complain(cast, at, matched=True)
        assert shows_it(cast["senior"], complaint) >= {
            "admin:complaints_complaint_changelist",
            "admin:complaints_complaint_change",
            "admin:outbox_message_change",
        }


@pytest.mark.parametrize("matched", [True, False], ids=["matched", "names not matched yet"])
@pytest.mark.parametrize("who", [*KEPT_OUT, *SEES])
def test_the_gate(cast, at, who, matched):
    complaint = complain(cast, at, matched=matched)
    assert (complaint in Complaint.objects.visible_to(cast[who])) is (who in SEES)


@pytest.mark.parametrize("who", [*KEPT_OUT, *SEES])
def test_the_trail_of_it(cast, at, who):
    complain(cast, at, matched=True)
    seen = visible_to(Entry.objects.all(), cast[who])
    assert seen.filter(subject_type__startswith="complaints.").exists() is (who in SEES)


def test_the_status_page_is_for_whoever_holds_its_link(cast, at, client):
    complaint = complain(cast, at, matched=True)
    assert client.get(messages.status_path(complaint)).status_code == 200
    stolen = links.token("session", complaint.pk, complaint.link_epoch)
    assert client.get(f"/c/{stolen}/").status_code == 404


def test_a_number_does_not_say_whether_there_is_a_complaint(cast, at):
    complaint = complain(cast, at, matched=True)
    browser = Client()
    browser.force_login(cast["named manager"], backend="django.contrib.auth.backends.ModelBackend")
    kind = ContentType.objects.get_for_model(Complaint).pk
    answers = [browser.get(f"/admin/r/{kind}/{pk}/").status_code for pk in (complaint.pk, complaint.pk + 1)]
    assert answers == [404, 404]
