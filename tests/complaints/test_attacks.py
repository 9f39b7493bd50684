"""What somebody tries who wants to learn of a complaint, or to change it, without being let in (C-3, C-8)."""

import uuid
from datetime import timedelta

import pytest
import time_machine

from complaints import messages, names
from complaints.models import Appeal, Complaint, NamedStaff
from complaints.operations import appeals, intake, naming

from ..factories import MONDAY_TEN, ClientFactory, StaffFactory
from ..factories_complaints import ComplaintFactory, ToldFactory, decided

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN + timedelta(hours=1)
FORM = "/complaint/"
Part = NamedStaff.Part


def sees(user, complaint):
    return Complaint.objects.visible_to(user).filter(pk=complaint.pk).exists()


def typed(key, **values):
    told = {"summary": "The export stops.", "name": "Anna Neri", "email": "anna@example.org", "country": "IT"}
    return told | {"form_key": str(key)} | values


# -- a form's key ------------------------------------------------------------------------------------------------------


@pytest.fixture
def now():
    with time_machine.travel(AT, tick=False):
        yield


STRANGER = {"summary": "Show me.", "name": "Eve", "email": "eve@example.org"}


def test_a_key_known_to_somebody_else_leads_to_a_complaint_of_their_own(client, firm, now):
    key = uuid.uuid4()
    first = client.post(FORM, typed(key))
    assert client.post(FORM, typed(key, **STRANGER)).url != first.url
    assert [one.replies.count() for one in Complaint.objects.all()] == [0, 0]


@pytest.mark.parametrize(
    "values", [{"email": "anna.neri@example.org"}, {"summary": "It stops."}, {"name": "A. Neri", "wish": "Call me."}]
)
def test_the_same_complainant_may_correct_what_was_sent(client, firm, now, values):
    """The control: the browser's Back makes no second complaint."""
    key = uuid.uuid4()
    assert client.post(FORM, typed(key)).url == client.post(FORM, typed(key, **values)).url
    assert Complaint.objects.get().replies.count() == 1


def test_a_signed_in_clients_key_is_that_clients_alone(client, firm, now):
    key = uuid.uuid4()
    ours = intake.lodge(ToldFactory(email="anna@example.org"), client=ClientFactory(), form_key=key, at=AT)
    assert messages.status_path(ours) not in client.post(FORM, typed(key)).url


def test_who_entered_a_complaint_gets_no_link_to_the_complainants_page(client, firm, mario, now):
    key, told = uuid.uuid4(), ToldFactory(summary="The export stops.", email="anna@example.org")
    entered = intake.enter(told, source="assisted", arrived_at=AT, by=mario, at=AT, read_back=True, form_key=key)
    assert messages.status_path(entered) not in client.post(FORM, typed(key)).url


def test_another_letter_typed_over_the_last_one_is_not_lost(firm, mario):
    key = uuid.uuid4()
    entry = {"source": "letter", "arrived_at": MONDAY_TEN, "by": mario, "at": AT, "form_key": key}
    told = ToldFactory()
    first = intake.enter(told, **entry)
    assert intake.enter(told, **entry) == first
    assert intake.enter(ToldFactory(summary="Another one."), **entry) != first


def test_an_address_longer_than_can_be_kept_is_an_error_beside_the_field(client, firm, now):
    page = client.post(FORM, typed(uuid.uuid4(), email="a" * 250 + "@example.org"))
    assert list(page.context["form"].errors) == ["email"]


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "occurs"),
    [
        pytest.param("Li Wu", "Li Wu shouted at me.", True, id="a short name as a whole"),
        pytest.param("Li Wu", "I waited for Li.", False, id="half of a short name"),
        pytest.param("Li Wu", "Li", True, id="half of a short name alone"),
        pytest.param("Bo Andersson", "bo", True, id="a first name alone"),
        pytest.param("李伟", "我和李伟谈过。", True, id="a script without spaces"),
        pytest.param("Jan van Dijk", "Het antwoord van de helpdesk was fout.", False, id="a particle"),
        pytest.param("Jan van Dijk", "Meneer Van Dijk lachte.", True, id="a name with a particle"),
        pytest.param("Zoë Müller", "MULLER", True, id="accents"),
        pytest.param("Ann Other", "Written by x99@meridian.example on Monday", True, id="the e-mail address"),
    ],
)
def test_whose_name_occurs(name, text, occurs):
    person = StaffFactory.build(name=name, email="x99@meridian.example")
    assert bool(names.mentioned([text], [person])) is occurs


def test_a_long_line_of_names_is_kept_whole(firm):
    line = " ".join(f"word{number}" for number in range(60))
    complaint = ComplaintFactory(complained_about=line)
    rows = complaint.named.filter(part=Part.ABOUT).order_by("pk")
    assert " ".join(rows.values_list("typed", flat=True)) == line


def test_whoever_is_named_in_an_appeal_is_kept_out(firm, anna, bert):
    complaint = decided(ComplaintFactory(), by=anna, at=AT)
    assert sees(bert, complaint)
    appeals.lodge(complaint, reasons="Nobody asked Mr Vink, who did it.", at=complaint.decided_at)
    assert not sees(bert, complaint)
    assert sees(anna, complaint)
    assert Appeal.objects.get().reviewer is None


@pytest.mark.parametrize("settled", [False, True], ids=["unsettled", "settled as nobody of us"])
@pytest.mark.parametrize("how", ["joins", "is renamed", "comes back"])
def test_whoever_a_name_fits_only_later_is_kept_out(firm, anna, how, settled):
    person = StaffFactory(name="Nadia Haddad", roles=["senior manager"], is_active=False) if how != "joins" else None
    if how == "is renamed":
        person.name, person.is_active = "Nadia Rossini", True
        person.save()
    complaint = ComplaintFactory(complained_about="Mrs Haddad")
    other = ComplaintFactory()
    if settled:
        naming.settle(complaint, by=anna, at=AT, seen=None)
    if how == "joins":
        person = StaffFactory(name="Nadia Haddad", roles=["senior manager"])
    else:
        person.name, person.is_active = "Nadia Haddad", True
        person.save()
    assert not sees(person, complaint)
    assert sees(person, other)
    assert sees(anna, complaint)


def test_who_was_cleared_is_not_kept_out_again_by_being_saved(firm, anna, bert):
    complaint = ComplaintFactory(summary="Vink was rude.")
    naming.settle(complaint, by=anna, at=AT, seen=None)
    intake.add(complaint, text="Rossi was not.", source="page", at=AT)
    bert.save()
    assert sees(bert, complaint)
