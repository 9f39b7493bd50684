"""The client's own pages: a decision behind its link, its appeal, the list of decisions; and the staff's of appeals."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from complaints.models import NamedStaff
from conduct import messages
from conduct.models import Appeal, Incident, Measure
from conduct.operations import appeals, deciding, sessions
from supportportal import links
from supportportal.outbox import secrecy
from supportportal.people.kept_open import ways_for
from supportportal.people.models import Account, Gate
from tests.factories import MONDAY_TEN, AccountFactory, BookingFactory, ClientFactory, FirmFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import limited, make_incident, make_measure
from tests.files import pictures

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
DAY = timedelta(days=1)
LATE = datetime(2026, 12, 21, 23, tzinfo=UTC)  # the first second after the last day


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(AT + DAY, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory()


@pytest.fixture
def person():
    return ClientFactory(name="Carla Conti")


@pytest.fixture
def measure(person):
    return told(make_measure(incident=make_incident(client=person)))


def told(measure: Measure) -> Measure:
    Measure.objects.filter(pk=measure.pk).update(told_at=AT)
    measure.refresh_from_db()
    return measure


def page(client, measure) -> str:
    response = client.get(messages.appeal_path(measure))
    assert response.status_code == 200
    return response.content.decode()


def post(client, measure, **said):
    return client.post(messages.appeal_path(measure), {"reasons": "It was not me.", **said})


# -- behind the link ---------------------------------------------------------------------------------------------------


def test_it_shows_the_notice_how_it_stands_and_the_form(client, measure):
    text = page(client, measure)
    assert "What happened" in text
    assert "This is in force" in text
    assert "Wednesday 23 December 2026, 11:00, Rome time" in text
    assert "You have until" in text
    assert "Monday 21 December" in text
    assert 'name="reasons"' in text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("warning", "This is a written warning"),
        ("over", "This is over"),
        ("lifted", "This has ended early"),
        ("quashed", "We have withdrawn this decision"),
        ("subscription", "The subscription has ended"),
        ("authorities", "We have made a report"),
        ("suspended", "This is suspended"),
    ],
)
def test_it_says_how_it_stands(client, person, now, state, words):
    steps = {
        "warning": deciding.Step(Measure.Kind.WARNING),
        "subscription": deciding.Step(Measure.Kind.SUBSCRIPTION),
        "authorities": deciding.Step(Measure.Kind.AUTHORITIES, disclosed="The words.", disclosed_to="The police"),
    }
    measure = make_measure(steps.get(state, limited(AT)), incident=make_incident(client=person))
    manager = StaffFactory(roles=["manager"])
    if measure.state == Measure.State.PROPOSED:
        deciding.approve(measure, by=manager, at=AT, seen=None)
    if state == "lifted":
        deciding.lift(measure, "Enough.", by=manager, at=AT, seen=None)
    if state in ("quashed", "suspended"):
        appeal = appeals.lodge(measure, reasons="No.", at=AT)
        if state == "quashed":
            appeals.decide(appeal, "quashed", "Right you are.", by=manager, at=AT, seen=None)
        else:
            Appeal.objects.update(suspended_at=AT)
    now.move_to(AT + 40 * DAY if state == "over" else AT + DAY)
    assert words in page(client, Measure.objects.get())


def test_an_appeal_is_made_without_signing_in_with_files(client, measure):
    file = SimpleUploadedFile("proof.png", pictures.PNG, content_type="image/png")
    response = post(client, measure, files=[file])
    assert response.status_code == 302
    appeal = Appeal.objects.get()
    assert (appeal.reasons, appeal.files.get().name) == ("It was not me.", "proof.png")
    text = client.get(response["Location"]).content.decode()
    assert "We have your appeal." in text
    assert "Somebody with no part in the decision answers by" in text
    assert "Tuesday 8 December" in text
    assert 'name="reasons"' not in text


def test_reasons_are_asked_for_and_files_are_kept_meanwhile(client, measure):
    file = SimpleUploadedFile("proof.png", pictures.PNG, content_type="image/png")
    text = post(client, measure, reasons=" ", files=[file]).content.decode()
    assert "Please say why you do not agree." in text
    assert "proof.png" in text
    kept = re.search(r'name="kept_files" value="([^"]+)"', text)[1]
    post(client, measure, kept_files=kept)
    assert Appeal.objects.get().files.get().name == "proof.png"


def test_twice_is_once(client, measure):
    post(client, measure)
    response = post(client, measure, reasons="Another one.")
    assert response.status_code == 200
    assert Appeal.objects.get().reasons == "It was not me."


def test_late_it_asks_for_the_cause(client, measure, now):
    now.move_to(LATE)
    assert "The last day for an appeal was" in page(client, measure)
    assert "The time for an appeal is over." in post(client, measure).content.decode()
    assert not Appeal.objects.exists()
    post(client, measure, late_cause="I was ill.")
    assert Appeal.objects.get().late_cause == "I was ill."


def test_the_decision_stands_there_with_its_reasons(client, measure):
    post(client, measure)
    manager = StaffFactory(roles=["manager"])
    appeals.decide(Appeal.objects.get(), "upheld", "The words are on record.", by=manager, at=AT + DAY, seen=None)
    text = page(client, measure)
    assert "Your appeal: our decision stands" in text
    assert "The words are on record." in text
    assert manager.name not in text


@pytest.mark.parametrize("why", ["switched off", "no subscription", "all closed"])
def test_it_answers_whoever_is_shut_out(client, person, measure, why):
    if why == "switched off":
        person.is_active = False
        person.save(update_fields=["is_active"])
    elif why == "no subscription":
        Account.objects.update(subscription=Account.Subscription.ENDED)
    else:
        measure.restriction.gates = Gate.values
        measure.restriction.save(update_fields=["gates"])
    assert post(client, measure).status_code == 302
    assert Appeal.objects.exists()


def forged(token: str) -> dict[str, str]:
    body, _dot, mac = token.rpartition(".")
    pk, epoch = body.split(".")
    return {
        "cut off": token[:-3],
        "another id": f"{int(pk, 36) + 1}.{epoch}.{mac}",
        "another epoch": f"{pk}.2.{mac}",
        "another purpose": links.token("complaint", int(pk, 36)),
        "nonsense": "²",
        "empty mac": f"{body}.",
    }


@pytest.mark.parametrize("how", ["cut off", "another id", "another epoch", "another purpose", "nonsense", "empty mac"])
def test_a_forged_link_is_one_plain_page(client, measure, how):
    token = forged(links.token(messages.LINK_KIND, measure.pk))[how]
    for answer in (client.get(f"/m/{token}/"), client.post(f"/m/{token}/", {"reasons": "Ha."})):
        assert answer.status_code == 404
        assert measure.incident.reference not in answer.content.decode()
    assert not Appeal.objects.exists()


def test_so_is_a_revoked_one_and_that_of_what_was_never_taken(client, measure):
    path = messages.appeal_path(measure)
    Measure.objects.update(link_epoch=2)
    assert client.get(path).status_code == 404
    proposal = make_measure(limited(AT, days=60))
    assert client.get(messages.appeal_path(proposal)).status_code == 404


def test_the_token_is_blanked_in_what_is_kept(measure):
    kept = secrecy.blank_links(f"See https://portal.example{messages.appeal_path(measure)}")
    assert kept == "See https://portal.example/m/…/"


def test_no_cookie_is_needed(measure):
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(messages.appeal_path(measure), {"reasons": "It was not me."}).status_code == 302


def test_it_is_for_nobody_else(client, measure):
    answer = client.get(messages.appeal_path(measure))
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("it", "mercoledì 23 dicembre 2026, 11:00, ora di Roma"), ("nl", "woensdag 23 december 2026, 11:00")],
)
def test_it_is_in_the_clients_language(client, language, words):
    person = ClientFactory(language=language, time_zone="America/New_York")
    measure = make_measure(incident=make_incident(client=person))
    text = page(client, measure)
    assert f'<html lang="{language}">' in text
    assert words in text


# -- signed in ---------------------------------------------------------------------------------------------------------


def test_who_signs_in_finds_the_own_decisions(client, person, measure):
    make_measure(incident=make_incident())
    client.force_login(person)
    text = client.get(reverse("conduct:decisions")).content.decode()
    assert text.count('class="item__title"') == 1
    assert messages.appeal_path(measure) in text
    assert reverse("conduct:decisions") in client.get("/").content.decode()
    assert (reverse("conduct:decisions")) in dict(map(reversed, ways_for(person)))


def test_the_home_page_tells_once_what_is_closed_with_the_way_to_the_decision(client, person, measure, now):
    client.force_login(person)
    text = client.get("/").content.decode()
    assert text.count(messages.appeal_path(measure)) == 1
    assert "Read the decision, and how to appeal" in text and "Decisions about you" not in text
    assert "Read the decision" in client.get(reverse("people:plan")).content.decode()
    appeal = appeals.lodge(measure, reasons="It was not me.", at=AT)
    assert "Your appeal is being looked at" in client.get("/").content.decode()
    now.move_to(AT + DAY)
    reviewer = StaffFactory(roles=["manager"])
    appeals.decide(appeal, "upheld", "It stands.", by=reviewer, at=AT + DAY, seen=None)
    client.force_login(person)
    assert "the answer to your appeal" in client.get("/").content.decode()


def test_what_closes_nothing_any_more_but_can_be_appealed_has_its_own_panel(client, person, measure):
    deciding.lift(measure, "Enough.", by=measure.decided_by, at=AT, seen=None)
    client.force_login(person)
    text = client.get("/").content.decode()
    assert "Decisions about you" in text and text.count(messages.appeal_path(measure)) == 1


def test_a_colleague_is_not_led_to_the_decision(client):
    account = AccountFactory()
    person, colleague = ClientFactory(account=account), ClientFactory(account=account)
    measure = make_measure(limited(AT, whole_account=True), incident=make_incident(client=person))
    for reader, is_led in ((person, True), (colleague, False)):
        client.logout()
        client.force_login(reader)
        text = client.get("/").content.decode()
        assert "This is closed to" in text
        assert (messages.appeal_path(measure) in text) is is_led


def test_who_has_none_reads_so_and_is_told_nothing(client, measure):
    stranger = ClientFactory()
    client.force_login(stranger)
    assert "Nothing has been decided about you" in client.get(reverse("conduct:decisions")).content.decode()
    assert reverse("conduct:decisions") not in client.get("/").content.decode()
    assert reverse("conduct:decisions") not in dict(map(reversed, ways_for(stranger)))


def test_the_home_page_is_silent_once_it_is_over_and_past_appeal(client, person, measure, now):
    client.force_login(person)
    now.move_to(AT + 60 * DAY)
    assert "Decisions about you" not in client.get("/").content.decode()


# -- the staff's pages -------------------------------------------------------------------------------------------------


@pytest.fixture
def appeal(measure):
    return appeals.lodge(measure, reasons="It was not me.", at=AT + DAY)


@pytest.fixture
def manager():
    return StaffFactory(roles=["manager"], name="Rita Neutral")


def entering(person) -> Client:
    browser = Client()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def press(browser, appeal, action: str, **typed):
    address = reverse("admin:conduct_appeal_act", args=[appeal.pk, action])
    return browser.post(address, {"seen": Incident.objects.get().version, **typed})


def test_a_manager_decides_on_the_page(appeal, manager):
    browser = entering(manager)
    text = browser.get(appeal.get_absolute_url()).content.decode()
    assert "It was not me." in text
    assert "Something about facts." in text
    done = press(browser, appeal, "decide", outcome="quashed", reasons="It is not shown.")
    assert done.status_code == 302
    assert Appeal.objects.get().outcome == "quashed"
    assert "It is not shown." in browser.get(appeal.get_absolute_url()).content.decode()


def test_or_makes_it_milder_to_the_end_of_a_day(appeal, manager):
    typed = {"outcome": "varied", "reasons": "Too long.", "until": "2026-11-30", "gates": ["booking"]}
    assert press(entering(manager), appeal, "decide", **typed).status_code == 302
    assert Measure.objects.get().until == datetime(2026, 11, 30, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"outcome": "quashed", "reasons": ""}, "Please give your reasons."),
        ({"outcome": "varied", "reasons": "R", "until": "2027-05-01", "gates": ["booking"]}, "what is changed"),
        ({"outcome": "varied", "reasons": "R", "gates": []}, "what is closed"),
        ({"outcome": "varied", "reasons": "R", "until": "2026-11-01", "gates": ["booking"]}, "in the future"),
        ({"outcome": "nonsense", "reasons": "R"}, "not one of the available choices"),
        ({"outcome": "upheld", "reasons": "kept words", "seen": 1}, "kept words"),
    ],
    ids=["no reasons", "later", "nothing closed", "past", "nonsense", "stale"],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(appeal, manager, typed, words):
    answer = press(entering(manager), appeal, "decide", **typed)
    assert answer.status_code == (409 if "seen" in typed else 200)
    assert words in answer.content.decode()
    assert Appeal.objects.get().is_open


def test_whoever_has_a_part_is_offered_nothing_and_refused(appeal, measure):
    browser = entering(measure.decided_by)
    text = browser.get(appeal.get_absolute_url()).content.decode()
    assert "You have a part in this case" in text
    assert 'name="outcome"' not in text
    answer = press(browser, appeal, "decide", outcome="upheld", reasons="Yes.")
    assert Appeal.objects.get().is_open
    assert answer.status_code == 200


def test_where_nobody_is_left_it_says_who_can_appoint_somebody(appeal, measure):
    browser = entering(measure.decided_by)
    assert "There is no owner or deputy" in browser.get(appeal.get_absolute_url()).content.decode()
    owner = StaffFactory(name="Olga Owner", roles=["owner"])
    Measure.objects.filter(pk=measure.pk).update(decided_by=owner)
    Incident.objects.filter(pk=measure.incident_id).update(concerned=measure.decided_by)
    text = browser.get(appeal.get_absolute_url()).content.decode()
    assert "nobody else is left" in text and "Olga Owner can appoint somebody." in text


def test_whom_an_open_complaint_keeps_out_sees_the_same_page_and_is_refused_neutrally(appeal, person, manager):
    browser = entering(manager)
    token = re.compile(r'(?<=")[A-Za-z0-9]{64}(?=")')
    before = token.sub("", browser.get(appeal.get_absolute_url()).content.decode())
    complaint = ComplaintFactory(at=AT, client=person, email=person.email)
    NamedStaff.objects.create(complaint=complaint, typed="x", part=NamedStaff.Part.ABOUT, person=manager)
    assert token.sub("", browser.get(appeal.get_absolute_url()).content.decode()) == before
    text = press(browser, appeal, "decide", outcome="upheld", reasons="Yes.").content.decode()
    assert "Another manager has to decide this." in text
    assert "open complaint" not in text
    assert Appeal.objects.get().is_open


@pytest.mark.parametrize("who", ["reporter", "agent", "client"])
def test_it_is_nothing_for_agents_and_clients(appeal, measure, person, who):
    people = {"reporter": measure.incident.reporter, "agent": StaffFactory(roles=["agent"]), "client": person}
    browser = entering(people[who])
    expected = 302 if who == "client" else 404
    for address in (
        appeal.get_absolute_url(),
        reverse("admin:conduct_appeal_changelist"),
        reverse("admin:conduct_appeal_enter", args=[measure.pk]),
    ):
        assert browser.get(address).status_code == expected
    assert press(browser, appeal, "decide", outcome="upheld", reasons="Yes.").status_code == expected


def test_an_appeal_by_post_is_entered_at_its_day(measure, manager):
    browser = entering(manager)
    address = reverse("admin:conduct_appeal_enter", args=[measure.pk])
    typed = {"seen": Incident.objects.get().version, "arrived_on": "2026-11-23", "reasons": "By letter."}
    assert browser.get(address).status_code == 200
    assert browser.post(address, typed).status_code == 302
    appeal = Appeal.objects.get()
    assert appeal.lodged_at.date() == date(2026, 11, 23)
    assert browser.get(address).url == appeal.get_absolute_url()


def test_an_owner_appoints_on_the_page(measure):
    owner = StaffFactory(roles=["owner"])
    Measure.objects.update(decided_by=owner)
    measure.decided_by.groups.clear()
    measure.refresh_from_db()
    appeal = appeals.lodge(measure, reasons="No.", at=AT + DAY)
    outsider = StaffFactory(roles=["agent"])
    browser = entering(owner)
    assert "Appoint somebody" in browser.get(appeal.get_absolute_url()).content.decode()
    press(browser, appeal, "appoint", person=outsider.pk, reason="Nobody else.")
    assert Appeal.objects.get().reviewer == outsider
    other = entering(outsider)
    assert other.get(appeal.get_absolute_url()).status_code == 200
    assert "Appeals against measures" in other.get(reverse("admin:index")).content.decode()
    assert press(other, appeal, "decide", outcome="upheld", reasons="Yes.").url == reverse("admin:index")
    assert other.get(appeal.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("what", ["", "decided"])
def test_the_list_asks_as_much_for_thirty_as_for_one(manager, what):
    def queries():
        browser = entering(manager)
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(reverse("admin:conduct_appeal_changelist"), {"what": what}).status_code == 200
        return len(asked)

    def make():
        appeal = appeals.lodge(make_measure(), reasons="No.", at=AT + DAY)
        if what:
            appeals.decide(appeal, "upheld", "Yes.", by=manager, at=AT + DAY, seen=None)

    make()
    one = queries()
    for _number in range(6):
        make()
    assert queries() == one


def test_sessions_that_quashing_would_give_back_are_shown(measure, person, manager):
    booking = BookingFactory(client=person, starts=AT + 8 * DAY, booked_at=AT - DAY)
    sessions.choose(measure, booking, "cancel", by=measure.decided_by, at=AT)
    appeal = appeals.lodge(measure, reasons="No.", at=AT + DAY)
    assert "1 cancelled session to come" in entering(manager).get(appeal.get_absolute_url()).content.decode()
