"""Before grave acts the portal asks again who it is; what was typed is kept, and nothing is done without the proof."""

import hashlib
from html.parser import HTMLParser

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Group
from django.urls import reverse

from supportportal.people import confirming, operations
from supportportal.people.models import User
from tests.factories import PASSWORD, ClientFactory, StaffFactory

from .one_time import number

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
GRAVE = {
    "admin:conduct_incident_decide": {"press": "decide"},
    "admin:conduct_measure_extend": {"press": "decide"},
    "admin:conduct_measure_approve": {"press": "approve"},
    "admin:conduct_measure_appoint": {},
    "admin:complaints_complaint_export": {},
    "admin:complaints_complaint_anonymise": {},
    "admin:people_user_add": {"is_staff": "on"},
    "admin:people_user_change": {"groups": "1"},
    "admin:people_user_own_data": {"press": "send"},
    "admin:people_user_second_factor": {},
    "account_set_password": {"password1": "x"},
    "people:sign_on_remove": {},
    "file_decide": {"press": "release"},
    "admin:retention_legalhold_person": {"press": "place"},
    "admin:retention_legalhold_anonymise": {},
}


@pytest.fixture(autouse=True)
def asking(settings, firm):
    settings.REAUTHENTICATE = True


@pytest.fixture
def owner(client):
    person = StaffFactory(roles=["owner"], password=PASSWORD)
    operations.keep_address(person)
    client.force_login(person)  # which is no proof, as if long ago
    return person


class Kept(HTMLParser):
    """What the page would send again: the fields of its form for a password."""

    def __init__(self, page: str):
        super().__init__()
        self.forms: list[list[tuple[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append([])
        elif tag == "input" and self.forms and given.get("type") == "hidden":
            self.forms[-1].append((given["name"], given.get("value", "")))

    def of(self, way: str) -> dict[str, list[str]]:
        (found,) = (form for form in self.forms if ("proof", way) in form)
        sent: dict[str, list[str]] = {}
        for name, value in found:
            if name != "csrfmiddlewaretoken":
                sent.setdefault(name, []).append(value)
        return sent


def is_asking(answer) -> bool:
    return answer.status_code == 200 and "people/confirm.html" in [one.name for one in answer.templates]


def page_of(person: User) -> str:
    return reverse("admin:people_user_change", args=[person.pk])


def values_of(person: User, **values):
    base = {"name": person.name, "email": person.email, "phone": "", "language": "en", "time_zone": "Europe/Rome"}
    base |= {"account": person.account_id or "", "adjustments": "", "is_active": "on"}
    return base | values


def test_every_grave_act_is_named_here():
    assert set(confirming._graves) == set(GRAVE)


@pytest.mark.parametrize("page", GRAVE)
def test_a_grave_act_asks_before_anything_else(client, owner, page):
    of_nobody = page.endswith(("_add", "file_decide", "set_password", "sign_on_remove"))
    address = reverse(page, args=[] if of_nobody else [owner.pk + 1])
    assert is_asking(client.post(address, GRAVE[page]))
    assert not is_asking(client.get(address))


@pytest.mark.parametrize("page", ["admin:conduct_incident_decide", "admin:conduct_measure_extend"])
def test_a_look_at_what_would_follow_asks_nothing(client, owner, page):
    assert not is_asking(client.post(reverse(page, args=[1]), {"press": "preview"}))


def test_what_was_typed_is_sent_again_with_the_password(client, owner):
    colleague = StaffFactory(name="Rita")
    groups = [Group.objects.get_or_create(name=name)[0].pk for name in ("agent", "manager")]
    text = 'Two\r\nlines, "quoted" <b>& more'
    typed = values_of(colleague, name="Rita Moro", is_staff="on", groups=groups, adjustments=text)
    asked = client.post(page_of(colleague), typed)
    assert is_asking(asked)
    colleague.refresh_from_db()
    assert colleague.name == "Rita"
    kept = Kept(asked.content.decode()).of("password")
    assert kept["groups"] == [str(pk) for pk in groups]
    assert client.post(page_of(colleague), {**kept, "proof-password": PASSWORD}).status_code == 302
    colleague.refresh_from_db()
    assert (colleague.name, colleague.adjustments) == ("Rita Moro", text)
    assert sorted(colleague.groups.values_list("pk", flat=True)) == sorted(groups)
    assert client.post(page_of(colleague), typed).status_code == 302  # proved a moment ago


def test_a_wrong_password_does_nothing_and_keeps_what_was_typed(client, owner):
    colleague = StaffFactory(name="Rita")
    asked = client.post(page_of(colleague), values_of(colleague, name="Eve", is_staff="on"))
    kept = Kept(asked.content.decode()).of("password")
    again = client.post(page_of(colleague), {**kept, "proof-password": "wrong, wrong, wrong"})
    assert is_asking(again)
    assert Kept(again.content.decode()).of("password") == kept
    assert PASSWORD not in again.content.decode() and "wrong, wrong" not in again.content.decode()
    colleague.refresh_from_db()
    assert colleague.name == "Rita"


@pytest.mark.parametrize("proof", ["number", "recovery code"])
def test_a_second_factor_proves_it_too(client, owner, proof):
    TOTP.activate(owner, SECRET)
    code = RecoveryCodes.activate(owner).generate_codes()[0] if proof == "recovery code" else number(SECRET)
    colleague = StaffFactory(name="Rita")
    asked = client.post(page_of(colleague), values_of(colleague, name="Rita Moro", is_staff="on"))
    kept = Kept(asked.content.decode()).of("code")
    client.post(page_of(colleague), {**kept, "proof-code": code})
    colleague.refresh_from_db()
    assert colleague.name == "Rita Moro"


def test_another_persons_proof_is_none(client, owner):
    other = StaffFactory(password="another long password")
    TOTP.activate(other, SECRET)
    for sent in (
        {"proof": "password", "proof-password": "another long password"},
        {"proof": "code", "proof-code": "1"},
    ):
        assert is_asking(client.post(page_of(other), values_of(other, name="Eve", **sent)))


@pytest.mark.parametrize("proof", ["", "passkey", "code", "none", "a\x00b"])
def test_a_proof_that_the_person_does_not_have_is_none(client, owner, proof):
    sent = {"proof": proof, "proof-code": "000000", "credential": "{}"}
    assert is_asking(client.post(page_of(owner), values_of(owner, name="Eve", **sent)))


def test_trying_ends_after_a_few_and_the_right_password_is_not_told_from_a_wrong_one(client, owner, settings):
    settings.ACCOUNT_RATE_LIMITS = {"reauthenticate": "3/m/user"}
    seen = []
    for tried in ["wrong"] * 4 + [PASSWORD]:
        sent = values_of(owner, name="Eve", proof="password", **{"proof-password": tried})
        seen.append(client.post(page_of(owner), sent))
    assert all(map(is_asking, seen))
    told = [hashlib.sha256(one.content.split(b"<h1")[1].split(b"<form")[0]).hexdigest() for one in seen]
    assert told[3] == told[4] != told[0]


# -- when it is not asked ----------------------------------------------------------------------------------------------


def test_a_sign_in_is_proof_for_a_while(client, firm, time_machine):
    time_machine.move_to("2026-11-24T10:00:00Z", tick=False)
    owner = StaffFactory(roles=["owner"], password=PASSWORD)
    operations.keep_address(owner)
    client.post("/accounts/login/", {"login": owner.email, "password": PASSWORD})
    time_machine.move_to("2026-11-24T10:14:59Z", tick=False)
    assert not is_asking(client.post(page_of(owner), values_of(owner)))
    time_machine.move_to("2026-11-24T10:15:00Z", tick=False)
    assert is_asking(client.post(page_of(owner), values_of(owner)))


@pytest.mark.parametrize(
    ("values", "asked"),
    [
        ({}, False),
        ({"phone": "+393331234567"}, False),
        ({"email": "ANNA@example.org"}, False),
        ({"email": "eve@example.org"}, True),
        ({"is_staff": "on"}, True),
        ({"is_superuser": "on"}, True),
        ({"groups": "1"}, True),
    ],
    ids=str,
)
def test_of_a_client_what_decides_who_gets_in_is_asked_for_alone(client, owner, anna, values, asked):
    assert is_asking(client.post(page_of(anna), values_of(anna, **values))) is asked


def test_a_clients_address_that_was_never_used_is_corrected_without_asking(client, owner):
    invited = ClientFactory()
    assert not is_asking(client.post(page_of(invited), values_of(invited, email="eve@example.org")))


@pytest.mark.parametrize("key", ["²", "9" * 30, "a", "_5F"])
def test_an_odd_key_in_the_address_is_no_error(client, owner, key):
    assert is_asking(client.post(f"/admin/people/user/{key}/change/", {"is_staff": "on"}))


def test_the_demo_asks_nobody(client, owner, settings):
    settings.REAUTHENTICATE = False
    assert not is_asking(client.post(page_of(owner), values_of(owner, groups="1")))


def test_who_has_nothing_to_prove_it_with_is_not_shut_out(client, firm):
    """Who comes by single sign-on alone, where the firm's provider asks for the second factor."""
    person = StaffFactory(roles=["owner"])
    person.set_unusable_password()
    person.save()
    client.force_login(person)
    assert not is_asking(client.post(page_of(person), values_of(person)))


def test_a_stranger_is_sent_to_sign_in(client, firm):
    assert client.post(page_of(StaffFactory()), {"groups": "1"}).headers["Location"].startswith("/admin/login/")


def test_the_page_is_kept_nowhere(client, owner):
    asked = client.post(page_of(owner), values_of(owner))
    assert "no-store" in asked.headers["Cache-Control"]
