"""What a client answers by mail is kept with the incident, whatever is closed; it is no appeal by itself (R-4, R-6)."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from conduct.models import Appeal, Category, ClientAnswer, Incident
from conduct.operations import appeals, reporting, stopping
from conduct.refusals_appeal import EnteredBefore
from supportportal.outbox import inbound as mail_in
from supportportal.outbox import mails, rendering
from supportportal.outbox.models import Inbound, Message
from supportportal.people.models import Firm, Gate
from tests.factories import MONDAY_TEN, ClientFactory, FirmFactory, StaffFactory
from tests.factories_conduct import limited, make_incident, make_measure
from tests.files import pictures

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
LATER = AT + timedelta(hours=2)
PASS, NONE, FAIL = Inbound.Verdict.PASS, Inbound.Verdict.NONE, Inbound.Verdict.FAIL
State = Inbound.State


@pytest.fixture(autouse=True)
def domain(settings):
    settings.INBOUND_DOMAIN = "in.example.com"


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory()


@pytest.fixture
def person():
    return ClientFactory(email="carla@example.org", name="Carla Conti")


@pytest.fixture
def measure(person):
    """All of it is closed to her, mail too."""
    return make_measure(limited(AT, gates=Gate.values), incident=make_incident(client=person))


def answer(
    kind: str, text="That was not me.", *, sender="carla@example.org", verdict=PASS, files=(), to=None
) -> Inbound:
    """A reply to the last message of that kind."""
    message = Message.objects.filter(kind=kind, **({"recipient": to} if to else {})).order_by("pk").last()
    message.message_id = rendering.message_id(message)
    message.save(update_fields=["message_id"])
    made = EmailMessage()
    made["From"], made["Subject"] = sender, "Re: Our decision"
    made["To"] = mail_in.reply_address(message, Firm.current())
    made.set_content(text)
    for name, content in files:
        made.add_attachment(content, maintype="image", subtype="png", filename=name)
    raw = made.as_bytes()
    kept = mail_in.receive(raw, mails.read(raw), gateway="test", verdict=verdict, at=LATER)
    return mail_in.handle(kept.pk, at=LATER)


def asked_to_stop(person) -> Incident:
    incident = make_incident(client=person)
    reporting.ask_to_stop(incident, "Please stop.", by=incident.reporter, at=AT)
    return incident


def test_an_answer_to_a_request_to_stop_is_there_for_whoever_decides(person):
    incident = asked_to_stop(person)
    mail = answer("conduct_stop_request", "I am sorry.\n> Please stop.", files=[("a.png", pictures.PNG)])
    heard = ClientAnswer.objects.get()
    assert (heard.incident, heard.text, heard.arrived_at, heard.inbound) == (incident, "I am sorry.", LATER, mail)
    assert heard.files.get().name == "a.png"
    assert (mail.state, mail.subject_id) == (State.HANDLED, incident.pk)
    measure = make_measure(incident=Incident.objects.get())
    assert measure.assessment.exhibits["answers"][0]["text"] == "I am sorry."
    assert measure.assessment.files.get().name == "a.png"


def test_an_answer_to_a_notice_is_kept_though_mail_is_closed_and_is_no_appeal(measure, person):
    mail = answer("conduct_notice")
    assert ClientAnswer.objects.get().text == "That was not me."
    assert (mail.state, mail.subject_id) == (State.WAITING, measure.incident_id)
    assert not Appeal.objects.exists()
    told = Message.objects.get(kind="conduct_reply_kept")
    assert told.recipient == person
    parcel = rendering.write(told, mail, firm=Firm.current())
    assert "/m/" in parcel.text
    assert "It is no appeal by itself." in parcel.text
    assert "/m/…" in parcel.kept()[1]


def unasked() -> Inbound:
    """A mail of hers that answers nothing of ours."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "carla@example.org", "help@meridian.example", "Hello"
    made.set_content("Answer me.")
    raw = made.as_bytes()
    kept = mail_in.receive(raw, mails.read(raw), gateway="test", verdict=PASS, at=LATER)
    return mail_in.handle(kept.pk, at=LATER)


def test_other_mail_of_the_restricted_is_kept_aside(measure):
    """The control: the gate is closed."""
    assert unasked().state == State.REFUSED
    assert not ClientAnswer.objects.exists()


def appealed(measure, outcome=""):
    appeal = appeals.lodge(measure, reasons="No.", at=AT)
    if outcome:
        reviewer = StaffFactory(roles=["manager"])
        appeals.decide(appeal, outcome, "We looked at it.", by=reviewer, at=AT + timedelta(hours=1), seen=None)


@pytest.mark.parametrize("kind", ["conduct_notice", "conduct_appeal_received", "conduct_appeal_decided"])
def test_after_the_appeal_an_old_notice_is_no_way_around_it(measure, kind):
    appealed(measure, "upheld")
    assert answer(kind).state == State.REFUSED
    assert not ClientAnswer.objects.exists()


@pytest.mark.parametrize("outcome", ["", "quashed"], ids=["not decided yet", "nothing is closed any more"])
def test_until_then_and_where_mail_is_open_it_is_heard(measure, outcome):
    appealed(measure, outcome)
    assert answer("conduct_notice").state == State.WAITING
    assert ClientAnswer.objects.exists()


def test_nor_is_the_request_to_stop_of_what_has_been_decided(person):
    incident = asked_to_stop(person)
    make_measure(limited(AT, gates=Gate.values), incident=Incident.objects.get(pk=incident.pk))
    assert answer("conduct_stop_request").state == State.REFUSED
    assert answer("conduct_notice").state == State.WAITING  # the control: the measure can be appealed


@pytest.mark.parametrize("is_decided", [True, False], ids=["decided", "open"])
def test_mails_make_no_page_of_a_decided_case_stale(person, is_decided):
    incident = asked_to_stop(person)
    if is_decided:
        make_measure(incident=Incident.objects.get(pk=incident.pk))
    before = Incident.objects.get().version
    answer("conduct_stop_request")
    assert ClientAnswer.objects.exists()
    assert Incident.objects.get().version == (before if is_decided else before + 1)


@pytest.mark.parametrize(
    ("sender", "verdict", "heard", "told"),
    [
        pytest.param("carla@example.org", PASS, 1, 1, id="surely the client"),
        pytest.param("carla@example.org", NONE, 1, 0, id="the client's address, not confirmed"),
        pytest.param("carla@example.org", FAIL, 0, 0, id="a forged sender"),
        pytest.param("mallory@example.org", PASS, 0, 0, id="somebody else"),
        pytest.param("mallory@example.org", NONE, 0, 0, id="somebody else, not confirmed"),
    ],
)
def test_only_the_clients_words_are_the_clients(measure, sender, verdict, heard, told):
    mail = answer("conduct_notice", sender=sender, verdict=verdict)
    assert ClientAnswer.objects.count() == heard
    assert Message.objects.filter(kind="conduct_reply_kept").count() == told
    assert (mail.state, mail.subject_id) == (State.WAITING, measure.incident_id)


def test_the_link_is_told_while_it_leads_to_a_form(measure):
    appeals.lodge(measure, reasons="No.", at=LATER)
    answer("conduct_notice")
    assert ClientAnswer.objects.exists()
    assert not Message.objects.filter(kind="conduct_reply_kept").exists()


def test_an_answer_to_an_emergency_stop_waits_for_a_manager(person):
    incident = make_incident(client=person, categories=(Category.THREAT,))
    duty = StaffFactory(roles=["duty manager"])
    stopping.stop_contact(incident, "He knows where we live.", hours=24, by=duty, at=AT, seen=None)
    assert answer("conduct_stop").state == State.WAITING
    assert ClientAnswer.objects.get().incident == incident


def test_colleagues_who_answer_are_no_party(person):
    colleague = ClientFactory(account=person.account, email="colin@example.org")
    make_measure(limited(AT, gates=[Gate.BOOKING], whole_account=True), incident=make_incident(client=person))
    mail = answer("conduct_colleague", sender="colin@example.org", to=colleague)
    assert not ClientAnswer.objects.exists()
    assert mail.state == State.WAITING


def test_staff_who_answer_are_no_party():
    manager = StaffFactory(roles=["manager"], email="m@example.com")
    make_measure(limited(AT, days=60))
    mail = answer("conduct_approval_asked", sender="m@example.com", to=manager)
    assert not ClientAnswer.objects.exists()
    assert mail.state == State.WAITING


@pytest.mark.parametrize(
    ("who", "kind", "sees"),
    [
        ("manager", "conduct_notice", True),
        ("manager", "conduct_stop_request", True),
        ("reporter", "conduct_notice", False),
        ("reporter", "conduct_stop_request", True),
        ("agent", "conduct_notice", False),
        ("agent", "conduct_stop_request", False),
    ],
)
def test_who_reads_messages_and_answers(person, who, kind, sees):
    incident = asked_to_stop(person)
    people = {"manager": StaffFactory(roles=["manager"]), "agent": StaffFactory(roles=["agent"])}
    people["reporter"] = incident.reporter
    make_measure(incident=Incident.objects.get())
    mail = answer(kind)
    assert Message.objects.visible_to(people[who]).filter(kind=kind).exists() is sees
    assert mail_in.visible_to(Inbound.objects.filter(pk=mail.pk), people[who]).exists() is sees


def test_a_manager_enters_it_as_an_appeal_with_its_words_files_and_instant(measure, person):
    mail = answer("conduct_notice", "That was not me.", files=[("a.png", pictures.PNG)])
    manager = StaffFactory(roles=["manager"])
    actions = mail_in.handler_of("conduct.incident").actions(mail)
    address = next(one.url for one in actions if "appeal" in one.url)
    browser = Client()
    browser.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    with time_machine.travel(AT + timedelta(days=3), tick=False):
        text = browser.get(address).content.decode()
        assert "That was not me." in text
        typed = {"seen": Incident.objects.get().version, "reasons": "That was not me."}
        assert browser.post(address, typed).status_code == 302
    appeal = Appeal.objects.get()
    assert (appeal.lodged_at, appeal.files.get().name) == (LATER, "a.png")
    assert Inbound.objects.get().state == State.HANDLED
    assert not any("appeal" in one.url for one in mail_in.handler_of("conduct.incident").actions(mail))


def test_files_that_could_not_be_taken_are_named(measure, person):
    mail = answer("conduct_notice", files=[("a.png", pictures.PNG), ("odd.png", b"no picture")])
    address = next(one.url for one in mail_in.handler_of("conduct.incident").actions(mail) if "appeal" in one.url)
    browser = Client()
    browser.force_login(StaffFactory(roles=["manager"]), backend="django.contrib.auth.backends.ModelBackend")
    with time_machine.travel(AT + timedelta(days=3), tick=False):
        typed = {"seen": Incident.objects.get().version, "reasons": "That was not me."}
        shown = browser.post(address, typed, follow=True).content.decode()
    assert "could not be taken: odd.png" in shown
    assert Appeal.objects.get().files.get().name == "a.png"


def test_a_mail_that_became_something_else_meanwhile_is_not_entered_too(measure, person):
    """Neither the appeal nor anything of it is kept."""
    mail = answer("conduct_notice")
    Inbound.objects.update(subject_type="complaints.complaint", subject_id=1)
    manager = StaffFactory(roles=["manager"])
    with pytest.raises(EnteredBefore):
        appeals.lodge(measure, reasons="That was not me.", inbound=mail, by=manager, at=LATER)
    assert not Appeal.objects.exists()
    assert not Message.objects.filter(kind="conduct_appeal_received").exists()


def test_a_mail_of_another_case_cannot_be_entered(measure):
    mail = answer("conduct_notice")
    other = make_measure()
    browser = Client()
    manager = StaffFactory(roles=["manager"])
    browser.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    for odd in (str(mail.pk), "²", "99999999", "x"):
        address = reverse("admin:conduct_appeal_enter", args=[other.pk])
        assert browser.get(address, {"mail": odd}).status_code == 404


def test_a_mail_about_nothing_of_whoever_can_appeal_is_offered(person):
    measure = make_measure(limited(AT), incident=make_incident(client=person))
    mail = unasked()
    offered = [one.url for one in mail_in.offers(mail, StaffFactory(roles=["manager"]))]
    assert any(f"measures/{measure.pk}/enter" in url for url in offered)
    assert not any("enter" in one.url for one in mail_in.offers(mail, StaffFactory(roles=["agent"])))
    appeals.lodge(measure, reasons="No.", at=LATER)
    assert not any("enter" in one.url for one in mail_in.offers(mail, StaffFactory(roles=["manager"])))
