import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile

from supportportal.outbox.models import Message
from supportportal.people import importing, operations
from supportportal.people.models import Account, User
from supportportal.trail.models import Entry
from tests.factories import AccountFactory, ClientFactory, PlanFactory, StaffFactory

pytestmark = pytest.mark.django_db
HEAD = "email,name,account\n"
ADDRESS = "/admin/people/user/import/"


@pytest.fixture
def conti(firm):
    plan = PlanFactory(code="basic", name="BASIC")
    return AccountFactory(name="Conti & Figli", plan=plan, language="it", time_zone="Europe/Rome", country="IT")


def reasons(text):
    return {refused.line: " ".join(refused.reasons) for refused in importing.preview(text).refused}


def only(text):
    (row,) = importing.preview(text).accepted
    return row


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("email,name,account\nzoë@example.org,Zoë,Conti & Figli\n".encode(), id="UTF-8"),
        pytest.param("\ufeffemail,name,account\nzoë@example.org,Zoë,Conti & Figli\n".encode(), id="UTF-8 with mark"),
        pytest.param("email;name;account\r\nzoë@example.org;Zoë;Conti & Figli\r\n".encode("cp1252"), id="Excel"),
        pytest.param("email\tname\taccount\nzoë@example.org\tZoë\tConti & Figli\n".encode("utf-16"), id="UTF-16, tabs"),
        pytest.param("E-Mail,Nome,AZIENDA\rzoë@example.org,Zoë,Conti & Figli".encode(), id="old line ends, Italian"),
        pytest.param(
            'email,name,account\n"zoë@example.org","Zoë","CONTI & figli"\n\n\n'.encode(), id="quoted, blank lines"
        ),
    ],
)
def test_files_are_read_however_they_were_saved(conti, content):
    row = only(importing.decode(content).replace("zoë@", "zoe@"))
    assert (row.email, row.name, row.account) == ("zoe@example.org", "Zoë", conti)


def test_what_is_left_out_comes_from_the_account(conti):
    row = only(HEAD + "a@example.org,A,Conti & Figli")
    assert (row.language, row.time_zone, row.phone) == ("it", "Europe/Rome", "")


def test_columns_may_stand_in_any_order_and_others_are_ignored(conti):
    text = "shoe size,Time Zone,name,phone,language,company,e-mail\n"
    text += "42,Europe/Amsterdam,A,06 1234 5678,NL,Conti & Figli,A@Example.org"
    row = only(text)
    kept = (row.email, row.phone, row.language, row.time_zone)
    assert kept == ("a@example.org", "+390612345678", "nl", "Europe/Amsterdam")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("anna@,Anna,Conti & Figli", "no e-mail address"),
        (",Anna,Conti & Figli", "no e-mail address"),
        ("a@example.org\u200b,Anna,Conti & Figli", "no e-mail address"),
        ("known@example.org,Anna,Conti & Figli", "already"),
        ("KNOWN@EXAMPLE.ORG,Anna,Conti & Figli", "already"),
        ("a@example.org,,Conti & Figli", "name is missing"),
        ("a@example.org,Anna,", "account is missing"),
        ("a@example.org", "account is missing"),
        ("a@example.org,Anna,Conti", "no account called “Conti”"),
        ("a@example.org,=cmd|' /C calc'!A0,Conti & Figli", "formula"),
        ("a@example.org,@SUM(A1),Conti & Figli", "formula"),
        ("a@example.org,A\u202enna,Conti & Figli", "cannot be shown"),
        ("a@example.org,A\x07nna,Conti & Figli", "cannot be shown"),
        (f"a@example.org,{'x' * 121},Conti & Figli", "too long"),
        (f"{'a' * 250}@example.org,Anna,Conti & Figli", "e-mail address"),
        ("a@example.org,Anna,Conti & Figli,GOLD", "no plan called “GOLD”"),
        ("a@example.org,Anna,Conti & Figli,other", "is on the plan BASIC"),
        ("a@example.org,Anna,Conti & Figli,,12", "no phone number"),
        ("a@example.org,Anna,Conti & Figli,,,de", "not spoken here"),
        ("a@example.org,Anna,Conti & Figli,,,,Mars/Olympus", "no time zone"),
        ("a@example.org,Anna,Twice", "several accounts"),
    ],
)
def test_rows_are_refused_with_the_reason(conti, row, reason):
    PlanFactory(code="other")
    ClientFactory(email="known@example.org")
    AccountFactory(name="Twice")
    AccountFactory(name="twice")
    text = "email,name,account,plan,phone,language,time zone\n" + row
    assert reason in reasons(text)[2]


def test_every_reason_of_a_row_is_told_at_once(conti):
    (refused,) = importing.preview(HEAD + "x,,Nobody").refused
    assert len(refused.reasons) == 3


def test_line_numbers_are_those_of_the_file(conti):
    text = 'email,name,account\n"a@example.org","two\nlines",Conti & Figli\n\nx,Bad,Conti & Figli\n'
    assert list(reasons(text)) == [2, 5]


def test_an_address_counts_once_in_a_file(conti):
    text = HEAD + "a@example.org,A,Conti & Figli\nA@example.org,B,Conti & Figli\n"
    assert reasons(text) == {3: "The same address is on line 2."}


def test_a_new_account_needs_a_plan_and_is_made_once(conti, at):
    head = "email,name,account,plan\n"
    text = head + "a@x.org,A,Neri,basic\nb@x.org,B,NERI,\nc@x.org,C,Verdi,\n"
    preview = importing.preview(text)
    assert preview.new_accounts == ["Neri"]
    assert "no account called “Verdi”" in preview.refused[0].reasons[0]
    operations.import_clients(preview.accepted, by=None, at=at)
    assert list(User.objects.values_list("account__name", "account__plan__code")) == [("Neri", "basic")] * 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "first line"),
        ("name,account\n", "missing: email"),
        (HEAD, "no people"),
        (HEAD + "\n\n", "no people"),
        ("PK\x03\x04\x00\x00", "first line"),
        (HEAD + '"' + "x" * 200_000 + '"', "line"),
        (HEAD + "x" * 2_100_000, "too large"),
        (HEAD + "a,b,c\n" * 10_001, "more than 10000 rows"),
    ],
    ids=["empty", "no email column", "no rows", "blank rows", "a zip", "an endless cell", "a huge file", "10,001 rows"],
)
def test_files_that_cannot_be_used_say_why(conti, text, reason):
    with pytest.raises(importing.UnreadableFile, match=reason):
        importing.preview(text)


def test_ten_thousand_rows_are_checked_and_imported(conti, at):
    text = HEAD + "".join(f"person{n}@example.org,Person {n},Conti & Figli\n" for n in range(10_000))
    preview = importing.preview(text)
    operations.import_clients(preview.accepted, by=None, at=at)
    assert User.objects.count() == Message.objects.count() == Entry.objects.count() == 10_000


def test_importing_invites_and_makes_addresses_that_sign_in(conti, at):
    preview = importing.preview(HEAD + "a@example.org,A,Conti & Figli\n")
    (person,) = operations.import_clients(preview.accepted, by=StaffFactory(), at=at)
    message = Message.objects.get()
    assert (message.kind, message.recipient, message.due_at) == ("invitation", person, at)
    assert person.emailaddress_set.get().verified
    assert not person.has_usable_password()


def test_somebody_added_meanwhile_stops_the_import_with_nothing_written(conti, at):
    preview = importing.preview(HEAD + "a@example.org,A,Conti & Figli\nb@example.org,B,Conti & Figli\n")
    ClientFactory(email="b@example.org", account=conti)
    with pytest.raises(operations.PeopleRefused):
        operations.import_clients(preview.accepted, by=None, at=at)
    assert not User.objects.filter(email="a@example.org").exists()
    assert not Message.objects.exists()


# -- the pages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def agent(client, firm):
    person = StaffFactory(roles=["agent"])
    assert Group.objects.get(name="agent").permissions.filter(codename="add_user").exists()
    client.force_login(person)
    return person


def upload(client, text):
    return client.post(ADDRESS, {"file": SimpleUploadedFile("people.csv", text.encode())})


def test_preview_writes_nothing_and_confirming_does(client, agent, conti):
    text = HEAD + "a@example.org,<b>A</b>,Conti & Figli\nbad,B,Conti & Figli\n"
    page = upload(client, text)
    assert (len(page.context["preview"].accepted), len(page.context["preview"].refused)) == (1, 1)
    assert "&lt;b&gt;A&lt;/b&gt;" in page.content.decode() and "<b>A</b>" not in page.content.decode()
    assert not User.objects.filter(is_staff=False).exists()
    kept = page.context["form"].initial["text"]
    client.post(ADDRESS, {"text": kept, "accepted": "1"})
    assert User.objects.get(is_staff=False).email == "a@example.org"
    assert Message.objects.get().kind == "invitation"


def test_what_is_confirmed_is_checked_again(client, agent, conti):
    text = HEAD + "a@example.org,A,Conti & Figli\nb@example.org,B,Conti & Figli\n"
    ClientFactory(email="b@example.org", account=conti)
    page = client.post(ADDRESS, {"text": text, "accepted": "2"})
    assert len(page.context["preview"].refused) == 1
    assert not User.objects.filter(email="a@example.org").exists()


@pytest.mark.parametrize("posted", [{}, {"text": ""}, {"text": "x", "accepted": "1"}, {"text": HEAD, "accepted": "0"}])
def test_a_forged_confirmation_imports_nothing(client, agent, posted):
    assert client.post(ADDRESS, posted).status_code in (200, 302)
    assert not User.objects.filter(is_staff=False).exists()


def test_clients_cannot_import(client, anna):
    client.force_login(anna)
    assert client.get(ADDRESS).status_code == 302
    upload(client, HEAD)
    assert not Account.objects.exclude(pk=anna.account_id).exists()


def test_staff_without_a_role_cannot_import(client, firm):
    client.force_login(StaffFactory())
    assert client.get(ADDRESS).status_code == 403
