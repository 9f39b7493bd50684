"""The pages of owners and superusers: what is due, legal holds, anonymising; and what pages show of what has gone."""

import pytest
import time_machine
from allauth.account.adapter import get_adapter
from django.urls import reverse

from bookings import feeds, messages_outcomes
from bookings.models import Booking, Callback, SessionFeed, SurveyAnswer
from complaints.models import Complaint
from conduct.models import Incident, Measure
from conduct.refusals import NobodyAnyMore
from supportportal.outbox.models import Inbound, Message
from supportportal.people.admin import UserAdmin
from supportportal.people.models import User
from supportportal.people.operations import change_profile
from supportportal.retention import operations
from supportportal.retention.models import LegalHold
from supportportal.trail.models import Entry
from tests.factories import ClientFactory, FirmFactory, StaffFactory
from tests.factories_conduct import make_incident

from .someone import NOW, someone

pytestmark = pytest.mark.django_db
DUE = "/admin/retention/legalhold/due/"


@pytest.fixture
def owner():
    FirmFactory()
    return StaffFactory(roles=["owner"], name="Olga Owner")


@pytest.fixture
def desk(client, owner):
    with time_machine.travel(NOW, tick=False):
        client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
        yield client


def page(name, person):
    return reverse(f"admin:retention_legalhold_{name}", args=[person.pk])


def test_the_owner_sees_what_is_due(desk, settings):
    settings.RETENTION = {"surveys": 365}
    shown = desk.get(DUE).content.decode()
    assert "365 days" in shown and shown.count("for ever") >= 8 and "data-row" in shown


def test_an_empty_list_says_how_something_gets_there(desk):
    shown = desk.get(reverse("admin:retention_legalhold_changelist")).content.decode()
    assert "A hold is placed on the page of the person" in shown
    assert "What is added appears here." not in shown  # nobody adds one there


@pytest.mark.parametrize("role", ["agent", "manager", "senior manager", "deputy"])
def test_nobody_else_reaches_any_of_it(client, owner, role):
    person = ClientFactory()
    client.force_login(StaffFactory(roles=[role]), backend="django.contrib.auth.backends.ModelBackend")
    for there in (DUE, page("person", person), page("anonymise", person)):
        assert (client.get(there).status_code, client.post(there, {"press": "place"}).status_code) in (
            (403, 403),
            (403, 405),
        )
    assert client.get("/admin/retention/legalhold/").status_code == 403
    shown = client.get(reverse("admin:people_user_change", args=[person.pk])).content.decode()
    assert "anonymise" not in shown.lower() and "legal hold" not in shown.lower()


def test_a_hold_is_placed_and_lifted_on_the_persons_page(desk, owner):
    person = ClientFactory()
    shown = desk.get(reverse("admin:people_user_change", args=[person.pk])).content.decode()
    assert page("person", person) in shown and page("anonymise", person) in shown
    there = page("person", person)
    assert desk.post(there, {"press": "place", "reason": " "}).status_code == 200
    assert not LegalHold.objects.exists()
    assert desk.post(there, {"press": "place", "reason": "A claim"}).status_code == 302
    assert (LegalHold.objects.get().reason, LegalHold.objects.get().placed_by) == ("A claim", owner)
    assert "A claim" in desk.get(there).content.decode()
    assert "A claim" in desk.get("/admin/retention/legalhold/").content.decode()
    assert desk.get(f"/admin/retention/legalhold/{LegalHold.objects.get().pk}/change/").status_code == 200
    assert "already" in desk.post(there, {"press": "place", "reason": "x"}).content.decode()
    assert desk.post(there, {"press": "lift"}).status_code == 302
    assert LegalHold.objects.get().lifted_at == NOW


def test_a_client_is_anonymised_by_a_press_and_not_by_looking(desk):
    person = ClientFactory(name="Carla Conti")
    there = page("anonymise", person)
    assert "Anonymise for good" in desk.get(there).content.decode()
    assert User.objects.get(pk=person.pk).name == "Carla Conti"
    assert desk.post(there).status_code == 302
    assert User.objects.get(pk=person.pk).name == f"Anonymised client {person.pk}"
    assert "already" in desk.get(there).content.decode()


def test_a_page_that_was_open_before_brings_nobody_back(desk, owner):
    person = ClientFactory(name="Carla Conti")
    there = reverse("admin:people_user_change", args=[person.pk])
    form = desk.get(there).context["adminform"].form
    typed = {name: form[name].value() or "" for name in form.fields} | {"is_active": "on"}
    operations.forget_person(person, by=owner, at=NOW)
    assert desk.post(there, typed).status_code == 403
    of_profile = {"name": "Carla Conti", "language": "en", "time_zone": "UTC", "adjustments": "", "phone": "+39061"}
    change_profile(person, {**of_profile, "sms_consent": True}, at=NOW)
    gone = User.objects.get(pk=person.pk)
    assert (gone.is_anonymised, gone.name, gone.phone) == (True, f"Anonymised client {person.pk}", "")


def test_staff_who_save_at_that_instant_bring_nobody_back(desk, owner, monkeypatch):
    person = ClientFactory(name="Carla Conti")
    there = reverse("admin:people_user_change", args=[person.pk])
    form = desk.get(there).context["adminform"].form
    typed = {name: form[name].value() or "" for name in form.fields} | {"is_active": "on", "groups": []}
    real = UserAdmin.save_model

    def just_before(*args):
        operations.forget_person(person, by=owner, at=NOW)
        real(*args)

    monkeypatch.setattr(UserAdmin, "save_model", just_before)
    assert desk.post(there, typed).status_code == 403


def test_a_password_that_is_set_at_that_instant_brings_nobody_back(owner):
    person = ClientFactory(name="Carla Conti")
    seen_before = User.objects.get(pk=person.pk)
    operations.forget_person(person, by=owner, at=NOW)
    get_adapter().set_password(seen_before, "something long enough")
    gone = User.objects.get(pk=person.pk)
    assert (gone.is_anonymised, gone.is_active, gone.name) == (True, False, f"Anonymised client {person.pk}")


PRESSES = {
    "people_user_invite": "nobody knows any more",
    "people_user_own_data": "nobody knows any more",
    "people_user_second_factor": "nobody knows any more",
    "retention_legalhold_person": "anonymised already",
    "retention_legalhold_anonymise": "anonymised already",
}


@pytest.mark.parametrize("name", PRESSES)
def test_nothing_is_offered_for_nobody_any_more_and_what_is_pressed_is_refused(desk, owner, name):
    person = ClientFactory(name="Carla Conti")
    theirs, there = (reverse(f"admin:{one}", args=[person.pk]) for one in ("people_user_change", name))
    if name != "people_user_second_factor":  # who has none is offered no way out of it
        assert there in desk.get(theirs).content.decode()  # the control
    operations.forget_person(person, by=owner, at=NOW)
    shown = desk.get(theirs).content.decode()
    assert there not in shown and "/incident/add/" not in shown
    before = Entry.objects.count()
    answer = desk.post(there, {"press": "place", "reason": "x"}, follow=True).content.decode()
    assert PRESSES[name] in answer
    assert (Entry.objects.count(), Message.objects.count()) == (before, 0)


def test_the_list_invites_nobody_any_more(desk, owner):
    person = ClientFactory()
    operations.forget_person(person, by=owner, at=NOW)
    pressed = {"action": "invite", "_selected_action": [person.pk]}
    answer = desk.post("/admin/people/user/", pressed, follow=True).content.decode()
    assert "This client has been anonymised" in answer and not Message.objects.exists()


def test_no_incident_of_nobody_any_more_is_reported(desk, owner):
    person = ClientFactory()
    operations.forget_person(person, by=owner, at=NOW)
    with pytest.raises(NobodyAnyMore):
        make_incident(client=person, reporter=owner, at=NOW)


def test_links_of_an_anonymised_client_lead_nowhere(client, owner):
    person = someone()
    SessionFeed.objects.create(user=person, made_at=NOW, changed_at=NOW)
    session, survey = Booking.objects.get(state="attended"), SurveyAnswer.objects.get()
    there = [feeds.address(person.session_feed), messages_outcomes.survey_path(survey)]
    there.append(messages_outcomes.feedback_path(session))
    assert [client.get(one).status_code for one in there] == [200, 200, 200]  # the control
    operations.forget_person(person, by=owner, at=NOW)
    assert [client.get(one).status_code for one in there] == [404, 404, 404]


def test_what_stands_against_it_is_said_and_nothing_is_offered(desk, owner):
    person = ClientFactory()
    operations.place_hold(person, "x", by=owner, at=NOW)
    there = page("anonymise", person)
    for shown in (desk.get(there), desk.post(there)):
        text = shown.content.decode()
        assert "A legal hold keeps everything" in text and "Anonymise for good" not in text


def test_pages_of_what_has_gone_still_open(desk, owner):
    person = someone()
    owner.is_superuser = True
    owner.save()
    operations.forget_person(person, by=owner, at=NOW)
    models = (Booking, Callback, Complaint, Incident, Inbound)
    rows = [User.objects.get(pk=person.pk), *(model.objects.first() for model in models)]
    kinds = ("complaint_letter", "booking_confirmed", "sign_in_code", "conduct_notice")
    rows += [Message.objects.filter(kind=kind).first() for kind in kinds]
    there = [reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]) for row in rows]
    there += [reverse("admin:conduct_measure_lift", args=[one.pk]) for one in Measure.objects.all()]
    there += [reverse("admin:complaints_complaint_reports"), reverse("admin:conduct_incident_consistency")]
    assert [(one, status) for one in there if (status := desk.get(one).status_code) != 200] == []
