"""A first complaint that comes by mail is read by nobody whom it names, before anybody has entered it (C-8)."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
import time_machine
from django.apps import apps
from django.urls import reverse

from complaints.models import Complaint, MailMention
from complaints.operations import intake, naming
from complaints.refusals import EnteredBefore, NotYours
from supportportal.outbox import inbound as mail_in
from supportportal.outbox import mails
from supportportal.outbox.models import Inbound, Message
from supportportal.people import roles
from supportportal.trail.models import Entry
from supportportal.trail.visibility import visible_to
from tests.factories import MONDAY_TEN, FirmFactory, StaffFactory
from tests.factories_complaints import ToldFactory
from tests.files import samples

pytestmark = pytest.mark.django_db
LATER = MONDAY_TEN + timedelta(hours=2)


@pytest.fixture(autouse=True)
def firm():
    FirmFactory(country="IT", contact_email="help@example.com")
    for label in ("complaints", "outbox", "trail"):
        roles.sync_after_migrate(apps.get_app_config(label), "default")


@pytest.fixture
def lucia():
    return StaffFactory(name="Lucia Ferri", email="lucia@firm.example", roles=["agent"])


@pytest.fixture
def omar():
    return StaffFactory(name="Omar Sala", roles=["agent"])


@pytest.fixture
def anna():
    return StaffFactory(name="Anna Rossi", roles=["senior manager"])


def mail(text, *files, subject="Yesterday", sender="zoe@example.org", at=LATER, **headers) -> Inbound:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "help@example.com", subject
    for name, value in headers.items():
        made[name] = value
    made.set_content(text)
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    raw = made.as_bytes()
    return mail_in.receive(raw, mails.read(raw), gateway="test", verdict="pass", at=at)


def sees(person) -> bool:
    return mail_in.visible_to(Inbound.objects.all(), person).exists()


@pytest.mark.parametrize(
    ("told", "hidden"),
    [
        pytest.param({"text": "Ms Ferri hung up on me."}, True, id="the surname"),
        pytest.param({"text": "LUCIA hung up on me."}, True, id="in capitals"),
        pytest.param({"text": "See my mails to lucia@firm.example."}, True, id="the address"),
        pytest.param({"text": "See above.", "subject": "About Lucia"}, True, id="in the subject"),
        pytest.param({"text": "> Lucia hung up on me."}, True, id="passed on by somebody"),
        pytest.param({"text": "See the file."}, False, id="nobody"),
        pytest.param({"text": "The luciaferrite melts."}, False, id="inside another word"),
    ],
)
def test_a_mail_is_kept_from_whoever_it_names(lucia, omar, anna, told, hidden):
    mail(**told)
    assert (sees(lucia), sees(omar), sees(anna)) == (not hidden, True, True)


@pytest.mark.parametrize(
    "file", [("about Lucia.pdf", samples.PDF), ("letter.txt", b"Lucia hung up on me.")], ids=["its name", "its words"]
)
def test_files_name_people_too(lucia, omar, file):
    mail("See the file.", file)
    assert (sees(lucia), sees(omar)) == (False, True)


def test_a_superuser_is_kept_out_like_anybody(omar):
    root = StaffFactory(name="Lucia Ferri", is_superuser=True)
    mail("Lucia hung up on me.")
    assert (sees(root), sees(omar)) == (False, True)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [("Hello Lucia, can we meet?", False), ("Hello Lucia. I want to complain.", True), ("Un reclamo su Lucia", True)],
    ids=["a greeting", "complains", "complains in Italian"],
)
def test_a_mail_about_a_session_is_kept_from_its_agent_only_if_it_complains(lucia, omar, text, hidden):
    Inbound.objects.filter(pk=mail(text).pk).update(subject_type="bookings.booking", subject_id=1)
    assert (sees(lucia), sees(omar)) == (not hidden, True)


def test_what_a_reply_quotes_of_our_own_mail_names_nobody(lucia, omar, settings):
    settings.INBOUND_DOMAIN = "in.example.com"
    about = {"subject_type": "x", "subject_id": 1, "due_at": LATER, "try_at": LATER, "created_at": LATER}
    ours = Message.objects.create(
        key="x", kind="x", channel="email", message_id="<1@x>", address="zoe@example.org", **about
    )
    raw = b"From: zoe@example.org\nIn-Reply-To: <1@x>\nSubject: Re: yours\n\nFine, thanks.\n> I am Lucia."
    kept = mail_in.receive(raw, mails.read(raw), gateway="test", verdict="pass", at=LATER)
    assert kept.answers == ours
    assert not MailMention.objects.exists()


def test_where_nobody_else_is_left_somebody_reads_it(lucia):
    mail("Hello Lucia, the export fails.")
    assert sees(lucia)


def test_but_not_what_sounds_like_a_complaint(lucia):
    mail("A complaint about Lucia.")
    assert not sees(lucia)


def test_whoever_joins_later_is_kept_out_too(omar):
    mail("Lucia hung up on me.")
    late = StaffFactory(name="Lucia Ferri", roles=["agent"])
    renamed = StaffFactory(name="Gina Verdi", roles=["agent"])
    assert (sees(late), sees(renamed), sees(omar)) == (False, True, True)
    renamed.name = "Gina Lucia Verdi"
    renamed.save()
    assert not sees(renamed)


# -- every page of it --------------------------------------------------------------------------------------------------


@pytest.fixture
def arrived(lucia, omar, anna):
    """A mail about Lucia with a file, handled and answered; its trail has an entry."""
    with time_machine.travel(LATER, tick=False):
        kept = mail("Lucia quarrelled about a quokka.", ("quokka.pdf", samples.PDF), subject="A quokka")
        kept = mail_in.handle(kept.pk, at=LATER)
        mail_in.put_back(kept, by=omar, at=LATER)
        yield kept


def pages_of(kept) -> dict[str, str]:
    answer = Message.objects.about("outbox.inbound", kept.pk).get()
    return {
        "first page": reverse("admin:index"),
        "list": reverse("admin:outbox_inbound_changelist"),
        "list of all": reverse("admin:outbox_inbound_changelist") + "?what=all",
        "search": reverse("admin:outbox_inbound_changelist") + "?q=zoe&what=all",
        "mail": reverse("admin:outbox_inbound_change", args=[kept.pk]),
        "history": reverse("admin:outbox_inbound_history", args=[kept.pk]),
        "file": reverse("admin:outbox_inbound_file", args=[kept.pk, 0]),
        "our answer": reverse("admin:outbox_message_change", args=[answer.pk]),
        "messages": reverse("admin:outbox_message_changelist"),
        "entering it": reverse("admin:complaints_complaint_add") + f"?source=mail&mail={kept.pk}",
    }


def shown_to(person, kept, client) -> set[str]:
    client.force_login(person)
    shown = set()
    for name, address in pages_of(kept).items():
        answer = client.get(address)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if answer.status_code == 200 and (b"quokka" in content or b"zoe@" in content or content == samples.PDF):
            shown.add(name)
    return shown


def test_no_page_shows_it_to_whom_it_names(arrived, lucia, client):
    assert shown_to(lucia, arrived, client) == set()


def test_pages_show_it_to_a_colleague_and_a_senior_manager(arrived, omar, anna, client):
    """The control: the test above would notice."""
    pages = {"first page", "list", "list of all", "search", "mail", "file", "entering it"}
    assert shown_to(omar, arrived, client) >= pages
    assert shown_to(anna, arrived, client) >= {*pages, "our answer"}


def test_the_list_counts_alike_with_it_and_without(arrived, lucia, client):
    client.force_login(lucia)
    address = reverse("admin:outbox_inbound_changelist") + "?what=all"
    assert client.get(address).context["cl"].full_result_count == 0


def test_whom_it_names_puts_it_nowhere(arrived, lucia, omar, client):
    address = reverse("admin:outbox_inbound_act", args=[arrived.pk, "done"])
    answers = []
    for person in (lucia, omar):
        client.force_login(person)
        answers.append(client.post(address).status_code)
    assert answers == [404, 302]


def test_the_trail_of_it(arrived, lucia, omar):
    entries = Entry.objects.filter(subject_type="outbox.inbound")
    assert [visible_to(entries, person).exists() for person in (lucia, omar)] == [False, True]


# -- entered as a complaint --------------------------------------------------------------------------------------------


def entered(arrived, by, **told) -> Complaint:
    given = {"source": "mail", "arrived_at": LATER + timedelta(hours=5), "by": by, "at": LATER + timedelta(hours=6)}
    return intake.enter(
        ToldFactory(summary="Lucia quarrelled.", complained_about="Lucia", **told), inbound=arrived, **given
    )


def test_it_is_entered_with_its_words_files_and_instant(arrived, omar, client):
    client.force_login(omar)
    page = pages_of(arrived)["entering it"]
    assert page in client.get(pages_of(arrived)["mail"]).content.decode().replace("&amp;", "&")
    form = client.get(page).context["form"]
    given = {name: form[name].value() for name in form.fields if form[name].value() not in (None, [])}
    assert "quokka" in given["summary"]
    assert "arrived_on" not in given
    answer = client.post(page, {**given, "name": "Zoe", "complained_about": "Lucia Ferri"})
    complaint = Complaint.objects.get()
    assert complaint.reference in answer.content.decode()
    assert (complaint.source, complaint.email, complaint.arrived_at) == ("mail", "zoe@example.org", LATER)
    assert [one.file.name for one in complaint.evidence.all()] == ["quokka.pdf"]
    arrived.refresh_from_db()
    assert (arrived.subject_type, arrived.subject_id) == ("complaints.complaint", complaint.pk)
    assert arrived.state == Inbound.State.HANDLED


def test_from_then_on_the_gate_of_the_complaint_decides(arrived, lucia, omar, anna):
    bert = StaffFactory(name="Bert Vink", roles=["manager"])
    complaint = entered(arrived, omar)
    assert [sees(person) for person in (lucia, omar, bert, anna)] == [False, False, False, True]
    for named in complaint.named.all():
        naming.clear(named, by=anna, at=LATER + timedelta(days=1), seen=None)
    assert [sees(person) for person in (lucia, omar, bert, anna)] == [False, False, True, True]


def test_it_is_entered_once(arrived, omar):
    entered(arrived, omar)
    with pytest.raises(EnteredBefore):
        entered(arrived, omar)
    assert Complaint.objects.count() == 1


def test_whoever_may_not_enter_complaints_does_not(arrived):
    with pytest.raises(NotYours):
        entered(arrived, StaffFactory(name="Nina Nobody"))
    assert not Complaint.objects.exists()
