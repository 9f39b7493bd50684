import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from supportportal import providers
from supportportal.outbox.models import Message
from supportportal.people import operations, roles
from supportportal.people.models import Firm, Plan, Role, User
from supportportal.trail.models import Entry
from tests.factories import (
    AccountFactory,
    ChannelFactory,
    ClientFactory,
    RestrictionFactory,
    StaffFactory,
    UserFactory,
)
from tests.files.samples import PNG

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_role(client, firm):
    def sign_in(*held):
        person = StaffFactory(roles=held) if held != ("superuser",) else StaffFactory(is_superuser=True)
        client.force_login(person)
        return person

    return sign_in


def person_values(**values):
    base = {
        "name": "Bruno Neri",
        "email": "Bruno@Example.org",
        "account": "",
        "phone": "",
        "language": "it",
        "time_zone": "Europe/Rome",
        "adjustments": "",
        "is_active": "on",
    }
    return base | values


def test_a_new_client_is_invited_at_once(client, as_role):
    by = as_role("agent")
    account = AccountFactory()
    client.post("/admin/people/user/add/", person_values(account=account.pk))
    person = User.objects.get(email="bruno@example.org")
    assert (person.account, person.has_usable_password(), person.is_staff) == (account, False, False)
    assert person.emailaddress_set.get().verified
    message = Message.objects.get()
    assert (message.kind, message.recipient) == ("invitation", person)
    assert {(entry.verb, entry.by_id) for entry in Entry.objects.all()} == {
        ("person.added", by.pk),
        ("person.invited", by.pk),
    }


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "TAKEN@example.org"}, "email"),
        ({"email": "a@exa\u200bmple.org"}, "email"),
        ({"account": ""}, "account"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"phone": "12"}, "phone"),
        ({"name": "An\u202ena"}, "name"),
    ],
    ids=["a known address", "an invisible character", "no account", "no such zone", "no phone number", "turned text"],
)
def test_what_cannot_be_is_said_beside_its_field(client, as_role, values, field):
    as_role("agent")
    account = ClientFactory(email="taken@example.org").account
    response = client.post("/admin/people/user/add/", person_values(**{"account": account.pk, **values}))
    assert list(response.context["adminform"].form.errors) == [field]
    assert not Message.objects.exists()


@pytest.mark.parametrize("posted", ["is_staff", "is_superuser", "groups"])
def test_an_agent_makes_nobody_staff(client, as_role, posted):
    as_role("manager")
    person = ClientFactory()
    values = person_values(email=person.email, account=person.account_id)
    group = Group.objects.get(name="owner")
    client.post(f"/admin/people/user/{person.pk}/change/", {**values, posted: group.pk if posted == "groups" else "on"})
    person.refresh_from_db()
    assert person.name == "Bruno Neri"
    assert not (person.is_staff or person.is_superuser or person.groups.exists())


@pytest.mark.parametrize(
    ("role", "whom", "allowed"),
    [
        ("agent", {}, True),
        ("agent", {"is_staff": True}, False),
        ("senior manager", {"is_staff": True}, False),
        ("owner", {"is_staff": True}, True),
        ("owner", {"is_staff": True, "is_superuser": True}, False),
        ("superuser", {"is_staff": True, "is_superuser": True}, True),
    ],
)
def test_who_may_change_whom(client, as_role, role, whom, allowed):
    as_role(role)
    person = UserFactory(account=AccountFactory(), **whom)
    values = person_values(email="other@example.org", account=person.account_id)
    if allowed and whom:
        values |= dict.fromkeys(whom, "on")
    response = client.post(f"/admin/people/user/{person.pk}/change/", values)
    person.refresh_from_db()
    assert response.status_code == (302 if allowed else 403)
    assert (person.email == "other@example.org") is allowed


def test_an_owner_makes_staff_but_no_superusers(client, as_role):
    as_role("owner")
    group = Group.objects.get(name="agent")
    client.post("/admin/people/user/add/", person_values(is_staff="on", is_superuser="on", groups=[group.pk]))
    person = User.objects.get(email="bruno@example.org")
    assert (person.is_staff, person.is_superuser, person.has_role("agent")) == (True, False, True)


def test_a_new_address_signs_in_and_the_old_one_no_more(client, as_role, anna):
    as_role("manager")
    client.post(
        f"/admin/people/user/{anna.pk}/change/", person_values(email="new@example.org", account=anna.account_id)
    )
    assert list(anna.emailaddress_set.values_list("email", "verified", "primary")) == [("new@example.org", True, True)]
    client.logout()
    client.post("/accounts/login/code/", {"email": "anna@example.org"})
    assert [message.kind for message in Message.objects.order_by("pk")] == ["address_changed", "account_access"]


@pytest.mark.parametrize(
    ("role", "accepted", "changed"),
    [
        pytest.param("agent", False, True, id="an agent before the first sign-in"),
        pytest.param("agent", True, False, id="an agent, after it"),
        pytest.param("manager", True, True, id="a manager"),
        pytest.param("superuser", True, True, id="a superuser"),
    ],
)
def test_who_changes_the_address_that_signs_in(client, as_role, anna, role, accepted, changed):
    """An agent could sign in as the client with a code sent to an address of the agent's own."""
    if not accepted:
        anna.set_unusable_password()
        anna.save()
    as_role(role)
    values = person_values(email="new@example.org", account=anna.account_id)
    assert client.post(f"/admin/people/user/{anna.pk}/change/", values).status_code == 302
    anna.refresh_from_db()
    assert anna.email == ("new@example.org" if changed else "anna@example.org")
    told = [message.address for message in Message.objects.filter(kind="address_changed")]
    assert told == (["anna@example.org"] if changed and accepted else [])


def test_who_was_signed_in_with_the_old_address_is_no_more(client, as_role, anna):
    elsewhere = Client()
    elsewhere.force_login(anna, backend="django.contrib.auth.backends.ModelBackend")
    assert elsewhere.get("/profile/").status_code == 200
    as_role("manager")
    page = f"/admin/people/user/{anna.pk}/change/"
    client.post(page, person_values(email=anna.email, account=anna.account_id, name="Anna B."))
    assert elsewhere.get("/profile/").status_code == 200  # the control: another change leaves her signed in
    client.post(page, person_values(email="new@example.org", account=anna.account_id))
    assert elsewhere.get("/profile/").status_code == 302


def test_a_new_number_ends_the_consent_for_the_old_one(client, as_role, anna, at):
    as_role("agent")
    operations.give_sms_consent(anna, by=anna, at=at)
    address = f"/admin/people/user/{anna.pk}/change/"
    client.post(address, person_values(email=anna.email, account=anna.account_id, phone="+39 06 1234 5678"))
    anna.refresh_from_db()
    assert (anna.phone, anna.sms_consent_at) == ("+390612345678", None)


def test_invitations_are_sent_again_by_button_and_by_action(client, as_role):
    as_role("agent")
    person = ClientFactory()
    client.get(f"/admin/people/user/{person.pk}/invite/")
    assert not Message.objects.exists()
    client.post(f"/admin/people/user/{person.pk}/invite/")
    client.post("/admin/people/user/", {"action": "invite", "_selected_action": [person.pk]})
    assert [message.recipient for message in Message.objects.all()] == [person, person]


@pytest.mark.parametrize("backend", [providers.NONE, providers.SMTP], ids=["no way out", "the control"])
def test_an_invitation_that_cannot_leave_is_not_said_to_be_on_its_way(client, as_role, settings, backend):
    as_role("superuser")
    settings.EMAIL_BACKEND, is_going = backend, backend == providers.SMTP
    values = person_values(is_staff="on", email="new@example.org")
    answers = [client.post("/admin/people/user/add/", values, follow=True)]
    person = User.objects.get(email="new@example.org")
    answers.append(client.post(f"/admin/people/user/{person.pk}/invite/", follow=True))
    answers.append(client.post(f"/admin/people/user/{ClientFactory().pk}/data/", {"press": "send"}, follow=True))
    for answer in answers:
        text = answer.content.decode()
        assert ("on its way" in text, "so the mail waits" in text) == (is_going, not is_going)


def test_an_agent_invites_no_staff(client, as_role):
    as_role("agent")
    other = StaffFactory()
    assert client.post(f"/admin/people/user/{other.pk}/invite/").status_code == 403
    client.post("/admin/people/user/", {"action": "invite", "_selected_action": [other.pk]})
    assert not Message.objects.exists()


def test_nobody_is_deleted(client, as_role):
    as_role("superuser")
    person = ClientFactory()
    assert client.post(f"/admin/people/user/{person.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post("/admin/people/user/", {"action": "delete_selected", "_selected_action": [person.pk], "post": "yes"})
    assert User.objects.filter(pk=person.pk).exists()


@pytest.mark.parametrize("address", ["user", "account", "plan", "channel", "restriction"])
def test_lists_ask_as_much_for_thirty_as_for_one(client, as_role, address, at):
    as_role("superuser")

    def make(count):
        for _count in range(count):
            person = ClientFactory()
            StaffFactory(roles=["agent", "manager"])
            ChannelFactory()
            RestrictionFactory(user=person, starts_at=at)

    make(1)
    with CaptureQueriesContext(connection) as for_one:
        assert client.get(f"/admin/people/{address}/").status_code == 200
    make(29)
    with CaptureQueriesContext(connection) as for_thirty:
        client.get(f"/admin/people/{address}/")
    assert len(for_thirty) == len(for_one)


@pytest.mark.parametrize("address", ["user", "account", "plan", "channel"])
def test_pages_to_add_open(client, as_role, address):
    as_role("superuser")
    assert client.get(f"/admin/people/{address}/add/").status_code == 200


def test_the_channels_of_a_plan_are_ticked(client, as_role):
    as_role("owner")
    granted, other = ChannelFactory(), ChannelFactory()
    page = client.get("/admin/people/plan/add/").content.decode()
    assert page.count('type="checkbox" name="channels"') == 2
    assert "<select" not in page
    client.post("/admin/people/plan/add/", {"name": "Extra", "code": "extra", "rank": 9, "channels": [granted.pk]})
    assert list(Plan.objects.get(code="extra").channels.all()) == [granted]
    assert other.plans.count() == 0


@pytest.mark.parametrize("searched", ["anna", "conti", "EXAMPLE.ORG"])
def test_people_are_found(client, as_role, anna, searched):
    as_role("agent")
    page = client.get("/admin/people/user/", {"q": searched})
    assert anna in page.context["cl"].result_list


# -- the firm ----------------------------------------------------------------------------------------------------------


def firm_values(**values):
    base = {
        "name": "Meridian",
        "accent": "#0f766e",
        "contact_email": "help@meridian.example",
        "country": "NL",
        "time_zone": "Europe/Amsterdam",
        "language": "nl",
    }
    return base | values


def test_the_firm_is_one_row_behind_one_address(client, as_role, firm):
    as_role("owner")
    assert client.get("/admin/people/firm/").headers["Location"] == f"/admin/people/firm/{firm.pk}/change/"
    assert client.post("/admin/people/firm/add/", firm_values()).status_code == 403
    client.post(f"/admin/people/firm/{firm.pk}/change/", firm_values(new_logo=SimpleUploadedFile("l.png", PNG)))
    changed = Firm.objects.get()
    assert (changed.time_zone, changed.country, changed.logo.name) == ("Europe/Amsterdam", "NL", "l.png")
    client.post(f"/admin/people/firm/{firm.pk}/change/", firm_values(without_logo="on"))
    assert Firm.objects.get().logo is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"accent": "red;}"}, "accent"),
        ({"time_zone": "Rome"}, "time_zone"),
        ({"country": "XX"}, "country"),
        ({"name": "Meri\x1bdian"}, "name"),
        ({"new_logo": SimpleUploadedFile("l.png", b"<svg onload=alert(1)>")}, "new_logo"),
        ({"new_logo": SimpleUploadedFile("l.pdf", b"%PDF-1.7 ")}, "new_logo"),
    ],
)
def test_what_the_firm_cannot_be(client, as_role, firm, values, field):
    as_role("owner")
    response = client.post(f"/admin/people/firm/{firm.pk}/change/", firm_values(**values))
    assert list(response.context["adminform"].form.errors) == [field]


def test_the_first_firm_is_made_by_the_same_address(client):
    client.force_login(StaffFactory(is_superuser=True))
    assert client.get("/admin/people/firm/").headers["Location"] == "/admin/people/firm/add/"
    client.post("/admin/people/firm/add/", firm_values())
    assert Firm.current().name == "Meridian"


# -- roles -------------------------------------------------------------------------------------------------------------


def test_roles_are_groups_with_what_the_apps_grant():
    def may(role):
        permissions = Group.objects.get(name=role).permissions.select_related("content_type")
        return {f"{one.content_type.app_label}.{one.codename}" for one in permissions}

    assert {role: may(role) == roles.granted(role) for role in Role.values} == dict.fromkeys(Role.values, True)
    assert "people.change_user" in may("agent") and "trail.view_entry" not in may("agent")
    assert may("agent") < may("manager") < may("owner")


def test_what_is_no_longer_granted_is_taken_back_at_the_next_migration(monkeypatch):
    monkeypatch.setitem(roles._granted, Role.AGENT, {"people.view_user"})
    roles.sync_after_migrate(apps.get_app_config("people"), using="default")
    group = Group.objects.get(name="agent")
    assert set(group.permissions.filter(content_type__app_label="people").values_list("codename", flat=True)) == {
        "view_user"
    }


@pytest.mark.parametrize("address", ["/admin/trail/entry/", "/admin/people/restriction/"])
def test_what_is_only_to_be_read(client, as_role, address, at):
    as_role("superuser")
    RestrictionFactory(user=ClientFactory(), starts_at=at)
    operations.give_sms_consent(ClientFactory(), by=None, at=at)
    assert client.get(address).status_code == 200
    assert client.get(f"{address}add/").status_code == 403
    (row,) = client.get(address).context["cl"].result_list
    assert client.get(f"{address}{row.pk}/change/").status_code == 200
    assert client.post(f"{address}{row.pk}/change/", {"verb": "x"}).status_code == 403
    assert client.post(f"{address}{row.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(("role", "status"), [("agent", 403), ("manager", 200)])
def test_the_trail_is_for_managers(client, as_role, role, status):
    as_role(role)
    assert client.get("/admin/trail/entry/").status_code == status


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("people/account", ["country", "language", "time_zone"]),
        ("people/user", ["language", "time_zone"]),
        ("bookings/agent", ["time_zone"]),
    ],
)
def test_what_is_new_begins_with_the_firms_own(client, as_role, firm, page, fields):
    as_role("superuser")
    Firm.objects.update(country="NL", language="nl", time_zone="Europe/Amsterdam")
    firm.refresh_from_db()
    form = client.get(f"/admin/{page}/add/").context["adminform"].form
    assert [form[name].value() for name in fields] == [getattr(firm, name) for name in fields]


def test_a_firm_begins_with_the_portals_own_colour_country_and_zone(client, as_role):
    as_role("superuser")
    Firm.objects.all().delete()
    form = client.get("/admin/people/firm/add/").context["adminform"].form
    assert [form[name].value() for name in ("accent", "country", "time_zone")] == ["#0f766e", "IT", "Europe/Rome"]
