"""Staff need a second factor before anything else; what happens with it, and when it is lost."""

import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from supportportal.outbox.models import Message
from supportportal.people import operations
from supportportal.people.models import User
from supportportal.trail.models import Entry
from tests.factories import PASSWORD, ClientFactory, StaffFactory

from .one_time import number

pytestmark = pytest.mark.django_db
SET_UP = "/accounts/2fa/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def enforced(settings, firm):
    settings.STAFF_MFA = settings.REAUTHENTICATE = True


@pytest.fixture
def staff(firm):
    person = StaffFactory(email="rita@example.com", name="Rita Moro", roles=["agent"], password=PASSWORD)
    operations.keep_address(person)
    return person


def with_app(person: User) -> User:
    TOTP.activate(person, SECRET)
    return person


def by_password(client, person, follow=False):
    return client.post("/accounts/login/", {"login": person.email, "password": PASSWORD}, follow=follow)


def by_code(client, person):
    client.post("/accounts/login/code/", {"email": person.email})
    return client.post(
        "/accounts/login/code/confirm/", {"code": Message.objects.filter(kind="sign_in_code").last().data["code"]}
    )


def is_signed_in(client) -> bool:
    return "_auth_user_id" in client.session


# -- nothing before it -------------------------------------------------------------------------------------------------

PAGES = ["/admin/", "/admin/people/user/", "/admin/bookings/booking/", "/profile/", "/accounts/password/change/", "/"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", [{"is_staff": True}, {"is_staff": True, "is_superuser": True}, {"is_superuser": True}])
def test_whoever_lacks_one_is_sent_to_set_it_up(client, staff, page, who):
    User.objects.filter(pk=staff.pk).update(**{"is_staff": False, **who})
    client.force_login(staff)
    answer = client.get(page)
    assert (answer.status_code, answer.headers["Location"]) == (302, SET_UP)


@pytest.mark.parametrize("page", PAGES)
def test_with_one_the_page_is_shown(client, staff, page):
    client.force_login(with_app(staff))
    assert client.get(page).headers.get("Location", "") != SET_UP


@pytest.mark.parametrize("page", PAGES)
def test_where_the_firm_says_so_none_is_needed(client, staff, page, settings):
    settings.STAFF_MFA = False
    client.force_login(staff)
    assert client.get(page).headers.get("Location", "") != SET_UP


def test_recovery_codes_alone_are_no_second_factor(client, staff):
    RecoveryCodes.activate(staff)
    client.force_login(staff)
    assert client.get("/admin/").headers["Location"] == SET_UP


def test_clients_need_none(client, anna):
    client.force_login(anna)
    assert client.get("/profile/").status_code == 200


def test_whoever_becomes_staff_while_signed_in_needs_one_at_once(client, anna):
    client.force_login(anna)
    assert client.get("/profile/").status_code == 200
    User.objects.filter(pk=anna.pk).update(is_staff=True)
    assert client.get("/profile/").headers["Location"] == SET_UP


def test_whoever_loses_the_last_one_while_signed_in_needs_another_at_once(client, staff):
    client.force_login(with_app(staff))
    assert client.get("/profile/").status_code == 200
    Authenticator.objects.all().delete()
    assert client.get("/profile/").headers["Location"] == SET_UP


def test_nothing_is_done_by_a_press_before(client, staff):
    client.force_login(staff)
    answer = client.post("/profile/", {"name": "Eve", "language": "en", "time_zone": "Europe/Rome"})
    assert answer.headers["Location"] == SET_UP
    staff.refresh_from_db()
    assert staff.name == "Rita Moro"


def test_a_request_of_htmx_moves_the_whole_page(client, staff):
    client.force_login(staff)
    answer = client.get("/admin/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, SET_UP)


def test_a_link_in_a_mail_opens_for_staff_after_it_alone(client, staff):
    invited = ClientFactory()
    operations.invite(invited, by=None, at=invited.created_at)
    link = f"/data/{'x' * 20}/"
    client.force_login(staff)
    assert client.get(link).headers["Location"] == SET_UP
    assert Client().get(link).status_code == 404  # whoever is not signed in meets the page itself


@pytest.mark.parametrize("page", ["/healthz", "/firm.css", "/legal/imprint/", SET_UP, "/accounts/logout/"])
def test_what_is_needed_to_get_there_stays_open(client, staff, page):
    client.force_login(staff)
    assert client.get(page).headers.get("Location", "") != SET_UP


def test_the_language_can_be_chosen_before(client, staff):
    client.force_login(staff)
    client.post("/language/", {"language": "it", "next": SET_UP})
    staff.refresh_from_db()
    assert staff.language == "it"


def test_providers_are_not_asked_for_one(client):
    assert client.post("/webhooks/twilio/status/1/").headers.get("Location", "") != SET_UP


@pytest.mark.parametrize(
    ("set_to", "expected"), [({}, "True"), ({"DEMO": "1"}, "False"), ({"STAFF_MFA": "0"}, "False")]
)
def test_it_is_needed_outside_the_demo_unless_the_firm_says_otherwise(set_to, expected, tmp_path):
    environment = {"VAR_DIR": str(tmp_path), "ENV_FILE": "", "SECRET_KEY": "x" * 50, **set_to}
    says = [sys.executable, "-c", "import supportportal.settings as s; print(s.STAFF_MFA)"]
    assert subprocess.run(says, cwd=ROOT, env=environment, capture_output=True, text=True).stdout.strip() == expected


# -- setting one up, and signing in with it ----------------------------------------------------------------------------


def test_setting_up_an_app_leads_to_the_codes_and_on_to_where_one_wanted_to_go(
    client, staff, django_capture_on_commit_callbacks
):
    by_password(client, staff)
    client.get("/admin/people/user/")
    page = client.get("/accounts/2fa/totp/activate/")
    secret = re.search(r'class="key">(\w+)<', page.content.decode())[1]
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/accounts/2fa/totp/activate/", {"code": number(secret)}, follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/2fa/recovery-codes/"
    assert len(re.findall(r"<li>\d{8}</li>", answer.content.decode())) == 10
    assert 'href="/admin/people/user/"' in answer.content.decode()
    assert client.get("/admin/people/user/").status_code == 200
    assert [one.data["what"] for one in Message.objects.filter(kind="second_factor")] == ["app_added"]
    added = Entry.objects.filter(verb="person.second_factor_added", subject_id=staff.pk)
    assert {one.facts["kind"] for one in added} == {"totp", "recovery_codes"}


def set_up_app(client):
    page = client.get("/accounts/2fa/totp/activate/")
    secret = re.search(r'class="key">(\w+)<', page.content.decode())[1]
    return client.post("/accounts/2fa/totp/activate/", {"code": number(secret)})


@pytest.mark.parametrize("who", ["staff", "client"])
def test_setting_up_the_first_one_ends_what_came_in_without_it(
    client, staff, anna, who, django_capture_on_commit_callbacks
):
    person = staff if who == "staff" else anna
    person.set_password(PASSWORD)
    person.save()
    waiting, colleague = Client(), Client()
    for browser in (client, waiting):
        by_password(browser, person)
        assert is_signed_in(browser)
    colleague.force_login(StaffFactory())
    with django_capture_on_commit_callbacks(execute=True):
        assert set_up_app(client).status_code == 302
    assert not is_signed_in(waiting)
    assert is_signed_in(client) and is_signed_in(colleague)


def test_setting_up_another_ends_nothing(client, staff, django_capture_on_commit_callbacks):
    Authenticator.objects.create(user=staff, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}})
    elsewhere = Client()
    for browser in (client, elsewhere):
        browser.force_login(staff)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    with django_capture_on_commit_callbacks(execute=True):
        assert set_up_app(client).status_code == 302
    assert Authenticator.objects.filter(user=staff, type=Authenticator.Type.TOTP).exists()
    assert is_signed_in(elsewhere)


def test_a_wrong_number_sets_up_nothing(client, staff):
    by_password(client, staff)
    client.get("/accounts/2fa/totp/activate/")
    assert client.post("/accounts/2fa/totp/activate/", {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("first", [by_password, by_code], ids=["password", "code by mail"])
def test_either_first_step_is_followed_by_the_second(client, staff, first):
    with_app(staff)
    answer = first(client, staff)
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    assert not is_signed_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert not is_signed_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": number(SECRET)})
    assert is_signed_in(client)
    assert client.get("/admin/").status_code == 200


def test_a_client_who_has_one_is_asked_for_it_too(client, anna):
    with_app(anna)
    by_password(client, anna)
    assert not is_signed_in(client)


def test_a_number_works_once(client, staff):
    with_app(staff)
    by_password(client, staff)
    shown = number(SECRET)
    client.post("/accounts/2fa/authenticate/", {"code": shown})
    assert is_signed_in(client)
    other = Client()
    by_password(other, staff)
    other.post("/accounts/2fa/authenticate/", {"code": shown})
    assert not is_signed_in(other)


def test_the_second_step_alone_signs_nobody_in(client, staff):
    with_app(staff)
    answer = client.post("/accounts/2fa/authenticate/", {"code": number(SECRET)})
    assert answer.headers["Location"] == "/accounts/login/"
    assert not is_signed_in(client)


def test_whoever_is_switched_off_is_not_let_in_by_it(client, staff):
    with_app(staff)
    by_password(client, staff)
    User.objects.filter(pk=staff.pk).update(is_active=False)
    client.post("/accounts/2fa/authenticate/", {"code": number(SECRET)})
    assert client.get("/admin/").status_code == 302


def test_trying_numbers_ends_after_a_few(client, staff):
    with_app(staff)
    by_password(client, staff)
    for _attempt in range(5):
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    client.post("/accounts/2fa/authenticate/", {"code": number(SECRET)})
    assert not is_signed_in(client)


@pytest.mark.parametrize("page", ["/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"])
@pytest.mark.parametrize("has_password", [True, False], ids=["password", "codes by mail alone"])
def test_an_open_screen_is_no_way_to_add_one(client, staff, page, has_password, time_machine):
    time_machine.move_to("2026-11-24T10:00:00Z", tick=False)
    if not has_password:
        staff.set_unusable_password()
        staff.save()
    by_password(client, staff) if has_password else by_code(client, staff)
    assert client.get(page).status_code == 200
    time_machine.move_to("2026-11-24T10:16:00Z", tick=False)
    asked = client.get(page).headers["Location"]
    assert asked.startswith("/accounts/reauthenticate/" if has_password else "/accounts/login/")
    assert is_signed_in(client) is has_password
    if has_password:
        client.post(asked, {"password": PASSWORD})
        assert client.get(page).status_code == 200


# -- recovery codes ----------------------------------------------------------------------------------------------------


def test_codes_are_shown_once(client, staff, settings):
    with_app(staff)
    RecoveryCodes.activate(staff)
    client.force_login(staff)
    settings.REAUTHENTICATE = False
    codes = re.compile(r"\b\d{8}\b")
    assert len(set(codes.findall(client.get("/accounts/2fa/recovery-codes/").content.decode()))) == 10
    assert not codes.findall(client.get("/accounts/2fa/recovery-codes/").content.decode())
    assert not codes.findall(client.get(SET_UP).content.decode())
    assert client.get("/accounts/2fa/recovery-codes/download/").status_code == 403


def test_a_code_lets_in_once_and_the_person_is_told(client, staff):
    with_app(staff)
    code = RecoveryCodes.activate(staff).generate_codes()[0]
    by_password(client, staff)
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert is_signed_in(client)
    told = Message.objects.get(kind="second_factor")
    assert (told.recipient, told.data["what"]) == (staff, "code_used")
    assert Entry.objects.filter(verb="person.recovery_code_used", subject_id=staff.pk).count() == 1
    other = Client()
    by_password(other, staff)
    other.post("/accounts/2fa/authenticate/", {"code": code})
    assert not is_signed_in(other)


def test_a_number_from_the_app_is_no_news(client, staff):
    with_app(staff)
    by_password(client, staff)
    client.post("/accounts/2fa/authenticate/", {"code": number(SECRET)})
    assert not Message.objects.filter(kind="second_factor").exists()


def test_new_codes_end_the_old_ones(client, staff, settings, django_capture_on_commit_callbacks):
    settings.REAUTHENTICATE = False
    with_app(staff)
    before = RecoveryCodes.activate(staff).generate_codes()
    client.force_login(staff)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/2fa/recovery-codes/generate/")
    held = Authenticator.objects.get(type="recovery_codes").wrap().generate_codes()
    assert not set(before) & set(held)
    assert Message.objects.get(kind="second_factor").data["what"] == "codes_made"


# -- a lost one --------------------------------------------------------------------------------------------------------


def reset_page(person) -> str:
    return reverse("admin:people_user_second_factor", args=[person.pk])


@pytest.mark.parametrize(
    ("by", "of", "allowed"),
    [
        ({"roles": ["owner"]}, {}, True),
        ({"is_superuser": True}, {}, True),
        ({"is_superuser": True}, {"is_superuser": True}, True),
        ({"roles": ["owner"]}, {"is_superuser": True}, False),
        ({"roles": ["manager"]}, {}, False),
        ({"roles": ["senior manager"]}, {}, False),
        ({"roles": ["deputy"]}, {}, False),
        ({"roles": ["agent"]}, {}, False),
    ],
    ids=lambda value: "-".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value),
)
def test_who_may_take_a_lost_one_away(client, settings, by, of, allowed):
    settings.REAUTHENTICATE = False
    lost = with_app(StaffFactory(**of))
    helper = with_app(StaffFactory(**by))
    client.force_login(helper)
    client.post(reset_page(lost))
    assert Authenticator.objects.filter(user=lost).exists() is not allowed
    assert ("Lost second factor" in client.get(f"/admin/people/user/{lost.pk}/change/").content.decode()) is False
    recorded = Entry.objects.filter(verb="person.second_factor_reset", subject_id=lost.pk, by=helper)
    assert recorded.exists() is allowed
    told = [one.data["what"] for one in Message.objects.filter(kind="second_factor", recipient=lost)]
    assert told == (["reset"] if allowed else [])


def test_a_look_at_the_page_takes_nothing_away(client):
    lost, owner = with_app(StaffFactory()), with_app(StaffFactory(roles=["owner"]))
    client.force_login(owner)
    assert "Lost second factor" in client.get(f"/admin/people/user/{lost.pk}/change/").content.decode()
    assert client.get(reset_page(lost)).status_code == 200
    assert Authenticator.objects.filter(user=lost).exists()


def test_nobody_takes_away_the_own_one(client, settings):
    settings.REAUTHENTICATE = False
    owner = with_app(StaffFactory(roles=["owner"]))
    client.force_login(owner)
    assert client.post(reset_page(owner)).status_code == 403
    assert Authenticator.objects.filter(user=owner).exists()


def test_the_operator_takes_it_away_by_a_command(staff):
    with_app(staff)
    RecoveryCodes.activate(staff)
    out = StringIO()
    call_command("reset_second_factor", "RITA@example.com", stdout=out)
    assert "rita@example.com" in out.getvalue().lower()
    assert not Authenticator.objects.exists()
    assert Message.objects.get(kind="second_factor").recipient == staff
    assert Entry.objects.get(verb="person.second_factor_reset").by_id is None


@pytest.mark.parametrize(("address", "says"), [("nobody@example.com", "Nobody"), ("rita@example.com", "no second")])
def test_the_command_says_why_not(staff, address, says):
    with pytest.raises(CommandError, match=says):
        call_command("reset_second_factor", address)
