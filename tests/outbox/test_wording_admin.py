"""The page on which the firm words its messages: who reaches it, what it shows, what it refuses."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from supportportal.outbox import kinds, own_words, previews
from supportportal.outbox.models import Wording
from tests.factories import ClientFactory, StaffFactory

from .helpers import NOON

pytestmark = pytest.mark.django_db
LIST = "/admin/outbox/wording/"
PAGE = f"{LIST}reminder_24h/it/"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def owner(client, firm):
    owner = StaffFactory(roles=["owner"], name="Olga Neri")
    client.force_login(owner)
    return owner


def say(kind="reminder_24h", language="it", **words):
    return Wording.objects.create(kind=kind, language=language, changed_at=NOON, **words)


def post(client, page=PAGE, action="save", **words):
    return client.post(page, {"action": action, "seen": "", **words})


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        (["agent"], 403),
        (["manager"], 403),
        (["duty manager"], 403),
        (["senior manager"], 200),
        (["deputy"], 200),
        (["owner"], 200),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else str(value),
)
def test_senior_managers_and_owners_word_messages_and_nobody_else(client, firm, roles, status):
    client.force_login(StaffFactory(roles=roles))
    assert [client.get(page).status_code for page in (LIST, PAGE, f"{PAGE}html/")] == [status] * 3
    post(client, opening="Own")
    assert Wording.objects.exists() == (status == 200)
    assert ("outbox/wording" in client.get("/admin/").content.decode()) == (status == 200)


def test_clients_and_strangers_are_sent_to_sign_in(client, firm):
    assert client.get(PAGE).status_code == 302
    client.force_login(ClientFactory())
    assert client.get(PAGE).status_code == 302


def test_a_superuser_may(client, firm):
    client.force_login(StaffFactory(is_superuser=True))
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize("page", ["nobody/en/", "reminder_24h/de/", "test_mail/en/"])
def test_there_is_no_page_for_what_is_not_there(client, owner, page):
    assert client.get(LIST + page).status_code == 404


def test_the_list_names_every_kind_and_marks_the_firms_words(client, owner):
    say(opening="Own")
    say("reminder_2d", subject="{nobody}")
    page = client.get(LIST).content.decode()
    for kind in kinds.all_kinds():
        if own_words.find(kind.code):
            assert f'"{LIST}{kind.code}/it/"' in page
    assert page.count("own words<") == page.count("does not fit any more<") == 1


def test_the_list_costs_the_same_queries_however_much_is_worded(client, owner):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(LIST).status_code == 200
        return len(captured)

    queries()
    before = queries()
    for kind in kinds.all_kinds():
        say(kind.code, subject="Own")
    assert queries() == before


@pytest.mark.parametrize("code", [code for code in own_words._wordables if kinds.find(code)])
def test_every_kind_has_a_page(client, owner, code):
    assert client.get(f"{LIST}{code}/nl/").status_code == 200


def test_the_page_shows_shipped_words_placeholders_and_who_changed_it(client, owner):
    say(opening="Own opening {name}", changed_by=owner)
    page = client.get(PAGE).content.decode()
    with translation.override("it"):
        assert previews.shipped("reminder_24h", "it")["subject"] in page
    assert "&#123;reference&#125;" in page
    assert "Own opening {name}" in page
    assert "Own opening Anna Rossi" in page  # the preview, as plain text
    assert "Last changed by Olga Neri" in page


def test_saving_and_going_back(client, owner):
    assert post(client, subject="Ciao {name}", opening="Uno\r\n\r\nDue").status_code == 302
    row = Wording.objects.get()
    assert (row.parts, row.changed_by) == ({"subject": "Ciao {name}", "opening": "Uno\n\nDue"}, owner)
    page = client.get(PAGE)
    back = client.post(PAGE, {"action": "shipped", "seen": page.context["seen"]}, follow=True)
    assert "The shipped words are back" in back.content.decode()
    assert Wording.objects.get().parts == {}


def test_what_is_refused_is_told_beside_the_field_and_stays_typed(client, owner):
    response = post(client, subject="Ciao {nobody}", opening="A fine opening")
    assert response.status_code == 200
    assert response.context["form"].errors == {"subject": ["There is no placeholder {nobody} in this message."]}
    page = response.content.decode()
    assert "Ciao {nobody}" in page
    assert "A fine opening" in page
    assert not Wording.objects.exists()


def test_a_line_break_in_a_subject_is_refused(client, owner):
    response = post(client, subject="Ciao\r\nBcc: eve@example.com")
    assert "subject" in response.context["form"].errors
    assert not Wording.objects.exists()


def test_the_slower_of_two_sees_what_the_faster_wrote(client, owner):
    say(opening="Faster")
    response = post(client, opening="Slower")
    page = response.content.decode()
    assert "Somebody else has changed these words" in page
    assert "Slower" in page
    again = client.post(PAGE, {"action": "save", "opening": "Slower", "seen": response.context["seen"]})
    assert again.status_code == 302
    assert Wording.objects.get().opening == "Slower"


def test_a_preview_shows_what_was_typed_and_saves_nothing(client, owner):
    response = post(client, action="preview", subject="Ciao {name}", opening=SCRIPT)
    page = response.content.decode()
    assert "which are not saved yet" in page
    assert "Ciao Anna Rossi" in page
    assert SCRIPT not in page
    assert not Wording.objects.exists()
    framed = client.get(f"{PAGE}html/?draft")
    assert "&lt;script&gt;" in framed.content.decode()
    assert SCRIPT not in framed.content.decode()
    assert "sandbox" in framed.headers["Content-Security-Policy"]
    assert "default-src 'none'" in framed.headers["Content-Security-Policy"]
    words = {"subject": "Ciao {name}", "opening": SCRIPT}
    assert framed.content.decode() == previews.preview("reminder_24h", "it", words).html
    assert "script" not in client.get(f"{LIST}reminder_2d/it/html/?draft").content.decode()  # of another message
    assert "script" not in client.get(f"{PAGE}html/").content.decode()


def test_a_text_message_tells_its_length_and_what_makes_it_dear(client, owner):
    page = f"{LIST}reminder_30m/it/"
    assert "1 text message" in client.get(page).content.decode()
    told = post(client, page, "preview", sms="漢 {clock} {zone} {link}").content.decode()
    assert "2 text messages, each paid for" in told
    assert "With 漢 only 70 characters fit" in told
    refused = post(client, page, sms="Ciao {clock} {zone}")
    assert refused.context["form"].errors["sms"] == ["{link} must stay: without it the message misses its purpose."]


def test_a_decision_keeps_its_shipped_words(client, owner):
    page = f"{LIST}conduct_notice/en/"
    assert "always as shipped" in client.get(page).content.decode()
    post(client, page, subject="Own")
    assert not Wording.objects.exists()
