"""The list of incidents and the page of one: who sees what, the presses on it, files, and what a stale page keeps."""

from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from complaints.models import NamedStaff
from conduct import admin_incident
from conduct.models import Appeal, Category, EmergencyStop, Incident, Measure, StopRequest
from conduct.operations import deciding, reporting, stopping
from conduct.policy import POLICY
from conduct.rules import Grounds, Policy
from supportportal.files.intake import accept
from supportportal.outbox.models import Message
from supportportal.people import roles
from supportportal.trail.models import Entry
from supportportal.trail.visibility import visible_to
from tests.factories import MONDAY_TEN, ClientFactory, FirmFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory
from tests.factories_conduct import findings, heard, limited, make_incident, make_measure
from tests.files import samples

pytestmark = pytest.mark.django_db
NOW = MONDAY_TEN + timedelta(hours=1)
LIST = "admin:conduct_incident_changelist"
SECRET = "Zanzibar weighed heavily."


@pytest.fixture(autouse=True)
def now():
    FirmFactory()
    for app in ("conduct", "people", "bookings", "outbox", "trail", "complaints"):
        roles.sync_after_migrate(apps.get_app_config(app), "default")
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def staff(role, **fields):
    return StaffFactory(roles=[role], **fields)


@pytest.fixture
def reporter():
    return staff("agent", name="Mario Bianchi")


@pytest.fixture
def manager():
    return staff("manager", name="Mark Olsen")


@pytest.fixture
def incident(reporter):
    return make_incident(client=ClientFactory(name="Carlo Verdi"), reporter=reporter, effect="I could not sleep.")


@pytest.fixture
def threat(reporter):
    return make_incident(reporter=reporter, categories=(Category.THREAT,))


def address(incident):
    return reverse("admin:conduct_incident_change", args=[incident.pk])


@pytest.fixture
def page(client):
    """``page(by, incident)``: the page as ``by`` sees it."""

    def page(by, incident):
        client.force_login(by)
        answer = client.get(address(incident))
        assert answer.status_code == 200
        return answer.content.decode()

    return page


@pytest.fixture
def press(client):
    def press(by, incident, action, *, seen=None, **given):
        client.force_login(by)
        where = reverse("admin:conduct_incident_act", args=[incident.pk, action])
        return client.post(where, {"seen": incident.version if seen is None else seen, **given})

    return press


@pytest.fixture
def rows(client):
    """``rows(by, "?what=all")``: what the list holds."""

    def rows(by, query=""):
        client.force_login(by)
        return list(client.get(reverse(LIST) + query).context["cl"].result_list)

    return rows


# -- who sees what -----------------------------------------------------------------------------------------------------


def test_a_manager_sees_everything_and_can_decide(page, manager, incident):
    html = page(manager, incident)
    assert "You are all idiots." in html
    assert "I could not sleep." in html
    assert reverse("admin:conduct_incident_decide", args=[incident.pk]) in html


@pytest.mark.parametrize("role", ["manager", "duty manager", "senior manager", "owner", "deputy"])
def test_managers_of_all_kinds_see_it(client, incident, role):
    client.force_login(staff(role))
    assert client.get(address(incident)).status_code == 200


def test_another_agent_is_told_that_there_is_none(client, press, rows, incident, manager):
    other = staff("agent")
    client.force_login(other)
    assert client.get(address(incident)).status_code == 404
    assert press(other, incident, "ask", text="Stop.").status_code == 404
    assert rows(other, "?what=all") == []
    assert rows(other, f"?q={incident.reference}") == []
    assert rows(manager, f"?q={incident.reference}") == [incident]


def test_a_client_is_sent_to_the_sign_in(client, incident):
    client.force_login(incident.client)
    for name in ("changelist", "add"):
        assert client.get(reverse(f"admin:conduct_incident_{name}")).status_code == 302
    assert client.get(address(incident)).status_code == 302


def warned(incident, manager, **changed):
    said = {part.value: "Something." for part in Grounds} | {"reasons": SECRET, "facts": SECRET}
    step = deciding.Step(Measure.Kind.WARNING)
    return deciding.decide(incident, findings(said=said), step, by=manager, at=NOW, seen=None)


def test_the_reporter_learns_what_became_of_it_and_not_how_it_was_assessed(page, client, reporter, manager, incident):
    warned(incident, manager)
    html = page(reporter, incident)
    assert "A written warning was sent" in html
    assert SECRET not in html
    assert SECRET in page(manager, incident)
    client.force_login(reporter)
    mails = client.get(reverse("admin:outbox_message_changelist") + "?trouble=all").context["cl"].result_list
    assert list(mails) == []
    client.force_login(manager)
    mails = client.get(reverse("admin:outbox_message_changelist") + "?trouble=all").context["cl"].result_list
    assert [mail.kind for mail in mails] == ["conduct_notice"]


def lift(measure, by):
    deciding.lift(measure, "It is over.", by=by, at=NOW, seen=None)


def quash(measure, by):
    Measure.objects.filter(pk=measure.pk).update(state="quashed", ended_at=NOW, ended_by=by)


def appeal(measure, by):
    Appeal.objects.create(measure=measure, reasons="You overlooked the mail.", lodged_at=NOW)


@pytest.mark.parametrize(
    ("step", "then", "words"),
    [
        pytest.param(deciding.Step("warning"), None, "A written warning was sent", id="warned"),
        pytest.param(limited(NOW, days=10), None, "Access limited until Thu 3 Dec 2026, 12:00", id="limited"),
        pytest.param(limited(NOW, days=31), None, "A decision waits for approval", id="proposed"),
        pytest.param(limited(NOW, days=10), lift, "Limited access: lifted on Monday 23 November 2026", id="lifted"),
        pytest.param(limited(NOW, days=10), quash, "Limited access: quashed on appeal", id="quashed"),
        pytest.param(limited(NOW, days=10), appeal, "The client has appealed", id="appealed"),
        pytest.param(
            limited(NOW, kind="correspondence"),
            None,
            "Correspondence ended until Wed 23 Dec 2026, 12:00",
            id="no mails",
        ),
    ],
)
def test_outcomes_in_plain_words(page, reporter, manager, incident, step, then, words):
    measure = make_measure(step, incident=incident, by=manager, at=NOW)
    if then:
        then(measure, manager)
    assert words in page(reporter, incident)


def test_what_has_ended_by_itself_is_over(page, reporter, manager, incident, now):
    make_measure(limited(NOW, days=10), incident=incident, by=manager, at=NOW)
    now.shift(timedelta(days=11))
    assert "Limited access: over since Thursday 3 December 2026" in page(reporter, incident)


def stop(incident):
    duty = staff("duty manager")
    stopping.stop_contact(incident, "A threat.", hours=24, by=duty, at=NOW, seen=None)


@pytest.mark.parametrize(
    ("then", "is_offered"),
    [
        pytest.param(lambda one, by: None, True, id="nothing decided"),
        pytest.param(lambda one, by: stop(one), False, id="all contact stopped"),
        pytest.param(lambda one, by: make_measure(limited(NOW, days=10), incident=one, by=by), False, id="restricted"),
        pytest.param(
            lambda one, by: quash(make_measure(limited(NOW, days=10), incident=one, by=by), by), False, id="quashed"
        ),
    ],
)
def test_a_friendly_word_is_offered_while_nothing_is_decided_and_contact_open(page, manager, threat, then, is_offered):
    then(threat, manager)
    assert ('href="#ask"' in page(manager, threat)) is is_offered


@pytest.mark.parametrize("is_quashed", [False, True], ids=["in force", "quashed"])
def test_a_report_to_the_authorities_does_not_lead_after_a_quash(page, manager, incident, is_quashed):
    measure = make_measure(limited(NOW, days=10), incident=incident, by=manager)
    if is_quashed:
        quash(measure, manager)
    head, _section, rest = page(manager, incident).partition('<div class="case-page">')
    assert ("Report it to the authorities" in head) is not is_quashed
    assert ("Report it to the authorities" in rest) is is_quashed


def test_what_waits_for_approval_is_a_proposal_and_nothing_decided(page, manager, incident):
    measure = make_measure(deciding.Step("permanent", gates=["booking"]), incident=incident, by=manager)
    text = page(manager, incident)
    assert f"Proposed by {manager}" in text and "Proposed: limited access for good" in text
    assert "Decided by" not in text and "Decided: " not in text
    deciding.approve(measure, by=staff("manager"), at=NOW, seen=None)
    assert f"Decided by {manager}" in page(manager, incident)


def test_one_that_belongs_to_a_complaint_is_behind_its_gate(client, rows, manager):
    """A manager named in it learns neither of the complaint nor of the incident (C-8)."""
    senior, other = staff("senior manager"), staff("manager")
    complaint = ComplaintFactory()
    NamedStaff.objects.create(complaint=complaint, typed="Mark", person=manager, part=NamedStaff.Part.ABOUT)
    incident = make_incident(reporter=senior, complaint=complaint)
    assert rows(manager, "?what=all") == []
    client.force_login(manager)
    assert client.get(address(incident)).status_code == 404
    seen = visible_to(Entry.objects.all(), manager)
    assert not seen.filter(subject_type="conduct.incident").exists()
    assert rows(senior, "?what=all") == [incident]
    free = make_incident(reporter=senior)
    assert rows(manager, "?what=all") == [free]
    assert visible_to(Entry.objects.all(), other).filter(subject_type="conduct.incident").count() == 1


def test_the_trail_of_what_belongs_to_it(incident, reporter, manager):
    measure = make_measure(incident=incident, by=manager, at=NOW)
    assert measure.state == Measure.State.TAKEN
    seen = visible_to(Entry.objects.filter(subject_type="conduct.incident"), manager)
    assert seen.count() == 3
    assert not visible_to(Entry.objects.filter(subject_type="conduct.incident"), staff("agent")).exists()
    talks = Entry.objects.filter(subject_type="conduct.followup")
    assert talks.exists()
    assert not visible_to(talks, manager).exists()
    assert not visible_to(talks, staff("", is_superuser=True)).exists()
    assert visible_to(talks, reporter).exists()


# -- the list ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def several(reporter, manager):
    """An open one, one that waits for approval, a decided and a closed one, reported by two."""
    other = staff("agent", name="Zoe")
    opened = make_incident(reporter=reporter)
    waits = make_measure(limited(NOW, days=31), by=manager, at=NOW).incident
    decided = make_measure(limited(NOW, days=10), incident=make_incident(reporter=other), by=manager, at=NOW).incident
    closed = make_incident(reporter=reporter, categories=(Category.THREAT, Category.TEAM))
    deciding.close(closed, "It was a joke among friends.", by=manager, at=NOW, seen=None)
    return {"opened": opened, "waits": waits, "decided": decided, "closed": closed}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("", ["opened", "waits"], id="opens on what needs a decision"),
        pytest.param("?p=1", ["opened", "waits"], id="and stays so from page to page"),
        pytest.param("?what=approve", ["waits"], id="waiting for approval"),
        pytest.param("?what=decided", ["decided"], id="decided"),
        pytest.param("?what=closed", ["closed"], id="closed"),
        pytest.param("?what=all", ["opened", "waits", "decided", "closed"], id="all"),
        pytest.param("?what=nonsense", ["opened", "waits", "decided", "closed"], id="nonsense"),
        pytest.param("?category=threat", ["closed"], id="of a category"),
        pytest.param("?category=language", ["opened", "waits", "decided"], id="of another"),
        pytest.param("?category=odd", ["opened", "waits", "decided", "closed"], id="of an odd one"),
        pytest.param("?whose=mine", [], id="mine"),
    ],
)
def test_what_a_manager_finds(rows, manager, several, query, names):
    assert {row.pk for row in rows(manager, query)} == {several[name].pk for name in names}


def test_an_agent_finds_what_he_or_she_reported(rows, reporter, several):
    assert set(rows(reporter)) == {several["opened"], several["closed"]}
    assert set(rows(reporter, "?what=decided")) == set()


def test_by_reporter_and_client_and_words(rows, manager, several, client):
    opened, decided = several["opened"], several["decided"]
    assert set(rows(manager, f"?reporter__id__exact={decided.reporter_id}")) == {decided}
    assert set(rows(manager, f"?client__id__exact={opened.client_id}")) == {opened}
    for words in (opened.reference, opened.client.name, opened.client.email):
        assert opened in rows(manager, f"?q={words}")
        assert decided not in rows(manager, f"?q={words}")


def test_filters_name_nobody_of_whom_the_reader_may_not_know(client, reporter, several):
    client.force_login(reporter)
    assert several["decided"].client.name not in client.get(reverse(LIST)).content.decode()


@pytest.mark.parametrize(
    "query", ["?reporter__id__exact=x", "?client__id__exact=%00", "?q=%00", "?o=99", "?nonsense=1"]
)
def test_odd_questions_to_the_list(client, manager, several, query):
    client.force_login(manager)
    assert client.get(reverse(LIST) + query).status_code in (200, 302, 400)


@pytest.mark.parametrize("role", ["manager", "agent"])
def test_the_list_asks_as_much_for_thirty_as_for_one(client, manager, role):
    reader = staff(role)

    def asked():
        client.force_login(reader)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(LIST) + "?what=all")
        return len(queries)

    make_measure(limited(NOW, days=10), incident=make_incident(reporter=reader), by=manager, at=NOW)
    asked()
    for_one = asked()
    for _number in range(29):
        make_measure(limited(NOW, days=10), incident=make_incident(reporter=reader), by=manager, at=NOW)
    assert asked() == for_one


def test_the_page_asks_as_much_for_a_long_story(client, manager, incident, reporter):
    def asked():
        client.force_login(manager)
        with CaptureQueriesContext(connection) as queries:
            client.get(address(incident))
        return len(queries)

    reporting.ask_to_stop(incident, "Please stop.", by=reporter, at=NOW)
    reporting.hear(incident, "No.", at=NOW)
    make_measure(limited(NOW, days=10), incident=Incident.objects.get(), by=manager, at=NOW)
    make_measure(limited(NOW, days=5), incident=make_incident(client=incident.client), by=manager, at=NOW)
    asked()
    before = asked()
    for _number in range(5):
        reporting.ask_to_stop(incident, "Please stop.", by=reporter, at=NOW)
        reporting.hear(incident, "No.", at=NOW)
        make_measure(limited(NOW, days=5), incident=make_incident(client=incident.client), by=manager, at=NOW)
    assert asked() == before


# -- the polite request to stop ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "begins"), [("en", "Dear Carlo"), ("it", "Gentile Carlo"), ("nl", "Beste Carlo")], ids=str
)
def test_it_is_proposed_in_the_clients_language(page, reporter, language, begins):
    incident = make_incident(client=ClientFactory(name="Carlo", language=language), reporter=reporter)
    html = page(reporter, incident)
    assert begins in html
    assert f'lang="{language}"' in html


def test_the_reporter_asks_to_stop_and_reads_the_answer(press, page, reporter, incident):
    answer = press(reporter, incident, "ask", text="Please leave out the insults.")
    assert answer.url == address(incident)
    request = StopRequest.objects.get()
    assert (request.text, request.sent_by) == ("Please leave out the insults.", reporter)
    mail = Message.objects.get()
    assert (mail.kind, mail.recipient) == ("conduct_stop_request", incident.client)
    heard(incident, "I am sorry.", answers="conduct_stop_request", at=NOW)
    html = page(reporter, incident)
    assert "Please leave out the insults." in html
    assert mail.get_state_display() in html
    assert "I am sorry." in html


def test_a_preview_sends_nothing(press, reporter, incident):
    answer = press(reporter, incident, "ask", text="Please <b>stop</b>.", press="preview")
    assert answer.context["preview"].text == "Please <b>stop</b>."
    assert "Please &lt;b&gt;stop&lt;/b&gt;." in answer.content.decode()
    assert not StopRequest.objects.exists()


@pytest.mark.parametrize("text", ["", "  ", "\x00", "x" * 5001], ids=["nothing", "spaces", "nul", "too much"])
def test_nothing_is_sent_without_words(press, reporter, incident, text):
    assert "text" in press(reporter, incident, "ask", text=text).context["forms"]["ask"].errors
    assert not Message.objects.exists()


# -- closing, and stopping contact -------------------------------------------------------------------------------------


def test_closed_with_reasons_that_the_reporter_reads(press, page, manager, reporter, incident):
    press(manager, incident, "close", reasons="It was said among friends.")
    closed = Incident.objects.get()
    assert (closed.state, closed.closed_by) == ("closed", manager)
    assert "It was said among friends." in page(reporter, incident)
    assert 'id="close"' not in page(manager, incident)


def test_not_closed_without_reasons(press, manager, incident):
    assert "reasons" in press(manager, incident, "close", reasons=" ").context["failed"].errors
    assert Incident.objects.get().state == "open"


def test_an_agent_closes_nothing(press, page, reporter, incident):
    assert 'id="close"' not in page(reporter, incident)
    answer = press(reporter, incident, "close", reasons="Done.")
    assert "Another manager has to decide this." in answer.content.decode()
    assert Incident.objects.get().state == "open"


def test_whom_it_was_aimed_at_does_not_decide(press, page, manager):
    incident = make_incident(concerned=manager)
    assert 'id="close"' not in page(manager, incident)
    assert "so another manager decides" in page(manager, incident)
    assert "Another manager has to decide this." in press(manager, incident, "close", reasons="No.").content.decode()


def test_the_page_is_the_same_for_who_is_named_in_an_open_complaint(page, press, manager, incident):
    """Only the press is refused, in words that do not say why (C-8, R-7b)."""
    before = page(manager, incident)
    complaint = ComplaintFactory(client=incident.client)
    NamedStaff.objects.create(complaint=complaint, typed="Mark", person=manager, part=NamedStaff.Part.ABOUT)
    assert without_tokens(page(manager, incident)) == without_tokens(before)
    html = press(manager, incident, "close", reasons="Nothing happened.").content.decode()
    assert "Another manager has to decide this." in html
    assert "Nothing happened." in html
    assert Incident.objects.get(pk=incident.pk).state == "open"


def without_tokens(html):
    return [line for line in html.splitlines() if "csrf" not in line]


def test_a_stale_page_keeps_what_was_typed(press, manager, reporter, incident):
    reporting.ask_to_stop(incident, "Please stop.", by=reporter, at=NOW)
    answer = press(manager, incident, "close", seen=1, reasons="It was a joke.")
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "It was a joke." in html
    assert "Asked politely to stop" in html
    assert f'name="seen" value="{Incident.objects.get().version}"' in html
    assert Incident.objects.get().state == "open"


@pytest.mark.parametrize("seen", ["", "²", "9" * 40, "x"])
def test_without_a_version_nothing_fits(press, manager, incident, seen):
    assert press(manager, incident, "close", seen=seen, reasons="It was a joke.").status_code == 409


def test_a_press_that_is_none(press, manager, incident):
    assert press(manager, incident, "delete").status_code == 404


@pytest.mark.parametrize(
    ("role", "offered"), [("agent", False), ("manager", False), ("duty manager", True), ("owner", True)], ids=str
)
def test_who_stops_contact(press, page, threat, role, offered):
    who = staff(role) if role != "agent" else threat.reporter
    assert ('id="stop-contact"' in page(who, threat)) is offered
    press(who, threat, "stop-contact", hours="24", reasons="He said he would come here.")
    assert EmergencyStop.objects.exists() is offered


def test_for_how_long_the_policy_says(page, threat, monkeypatch):
    monkeypatch.setattr(admin_incident, "POLICY", Policy(longest_stop=timedelta(hours=48)))
    html = page(staff("duty manager"), threat)
    assert "for 48 hours at most" in html
    assert f'max="{POLICY.stop_hours}"' in html


def test_contact_is_stopped_for_a_threat_once(press, page, threat):
    duty = staff("duty manager")
    press(duty, threat, "stop-contact", hours="72", reasons="He said he would come here.")
    stop = EmergencyStop.objects.get()
    assert stop.until == NOW + timedelta(hours=72)
    html = page(duty, threat)
    assert "all contact stopped until Thu 26 Nov, 12:00" in html
    assert 'id="stop-contact"' not in html
    again = press(duty, Incident.objects.get(), "stop-contact", hours="1", reasons="Again.")
    assert "That can be done once." in again.content.decode()


def test_no_threat_no_stop(press, page, incident):
    duty = staff("duty manager")
    assert 'id="stop-contact"' not in page(duty, incident)
    answer = press(duty, incident, "stop-contact", hours="24", reasons="Enough.")
    assert "Contact is stopped at once for threats alone." in answer.content.decode()


@pytest.mark.parametrize(
    "given",
    [{"hours": "0"}, {"hours": "73"}, {"hours": "²"}, {"hours": ""}, {"hours": "9" * 5000}, {"reasons": ""}],
    ids=["none", "too many", "odd", "nothing", "endless", "no reasons"],
)
def test_odd_stops(press, threat, given):
    answer = press(staff("duty manager"), threat, "stop-contact", **{"hours": "24", "reasons": "A threat.", **given})
    assert answer.status_code == 200
    assert not EmergencyStop.objects.exists()


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def with_file(reporter):
    file = accept(SimpleUploadedFile("screen.pdf", samples.PDF), NOW)
    return make_incident(reporter=reporter, files=[file])


def file_of(incident):
    return reverse("admin:conduct_incident_file", args=[incident.pk, incident.files.get().pk])


def test_a_file_is_downloaded_and_noted(client, manager, with_file):
    client.force_login(manager)
    answer = client.get(file_of(with_file))
    assert b"".join(answer.streaming_content) == samples.PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    entry = Entry.objects.get(verb="incident.file_opened")
    assert (entry.subject_id, entry.by) == (with_file.pk, manager)
    assert "File taken out" in client.get(address(with_file)).content.decode()


def test_files_of_others_are_not_there(client, manager, with_file, incident):
    client.force_login(staff("agent"))
    assert client.get(file_of(with_file)).status_code == 404
    client.force_login(manager)
    elsewhere = reverse("admin:conduct_incident_file", args=[incident.pk, with_file.files.get().pk])
    assert client.get(elsewhere).status_code == 404
    assert not Entry.objects.filter(verb="incident.file_opened").exists()


@pytest.mark.parametrize(
    ("who", "kind", "sees"),
    [
        ("reporter", "conduct_stop_request", True),
        ("reporter", "conduct_notice", False),
        ("reporter", "conduct_appeal_decided", False),
        ("reporter", None, False),
        ("manager", "conduct_stop_request", True),
        ("manager", "conduct_notice", True),
        ("manager", None, True),
    ],
)
def test_who_reads_the_clients_answers_and_their_files(client, reporter, manager, incident, who, kind, sees):
    """What answers a notice is about what was decided, of which the reporter learns the outcome alone (R-10)."""
    file = accept(SimpleUploadedFile("answer.pdf", samples.PDF), NOW)
    heard(incident, "My side of it.", answers=kind, at=NOW, files=[file])
    client.force_login({"reporter": reporter, "manager": manager}[who])
    page = client.get(address(incident)).content.decode()
    assert ("answer.pdf" in page, "My side of it." in page) == (sees, sees)
    answer = client.get(reverse("admin:conduct_incident_file", args=[incident.pk, file.pk]))
    assert answer.status_code == (200 if sees else 404)
    assert not sees or b"".join(answer.streaming_content) == samples.PDF


# -- the first page ----------------------------------------------------------------------------------------------------


@pytest.fixture
def today(client):
    def today(by):
        client.force_login(by)
        return client.get(reverse("admin:index")).content.decode()

    return today


def test_managers_find_what_waits_on_their_first_page(today, manager, reporter, incident):
    html = today(manager)
    assert "Incidents to decide" in html
    assert incident.reference in html
    assert "Incidents to decide" not in today(reporter)


def test_agents_find_what_became_of_their_reports(today, now, manager, reporter, incident):
    assert incident.reference not in today(reporter)
    deciding.close(incident, "It was a joke among friends.", by=manager, at=NOW, seen=None)
    html = today(reporter)
    assert incident.reference in html
    assert "It was a joke among friends." in html
    now.shift(timedelta(days=15))
    assert incident.reference not in today(reporter)


def test_the_first_page_asks_as_much_for_many(client, manager, reporter):
    def asked(by):
        client.force_login(by)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("admin:index"))
        return len(queries)

    def add():
        make_incident(reporter=reporter)
        make_measure(limited(NOW, days=10), incident=make_incident(reporter=reporter), by=manager, at=NOW)

    add()
    asked(manager), asked(reporter)
    before = asked(manager), asked(reporter)
    for _number in range(3):
        add()
    assert (asked(manager), asked(reporter)) == before
