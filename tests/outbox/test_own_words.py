"""The firm's own words: used where they hold, escaped, never in the way of a message."""

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from supportportal.outbox import delivery, gsm, kinds, operations, own_words, previews, rendering, rewording, troubles
from supportportal.outbox.models import Message, Wording
from supportportal.outbox.own_words import NONE, Wordable
from supportportal.outbox.samples import Named
from supportportal.people.models import Firm
from supportportal.trail.models import Entry
from tests.factories import StaffFactory

from .helpers import NOON, fresh, owe

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def described(monkeypatch, answers, firm):
    """The words of the kinds that exist only in these tests."""
    of_mail = Wordable("Test", "people", dict, {"firm": "firm.name", "name": "recipient_name", "gone": "not.there"})
    of_sms = Wordable("Test", "people", dict, {"link": "link", "name": "recipient_name"}, {"sms": ("link",)})
    both = {"test_mail": of_mail, "test_sms": of_sms}
    monkeypatch.setattr(own_words, "_wordables", {**own_words._wordables, **both})


def say(kind="test_mail", language="en", **words):
    return Wording.objects.create(kind=kind, language=language, changed_at=NOON, **words)


def written(message):
    return rendering.write(message, message.recipient, firm=Firm.current())


# -- every kind --------------------------------------------------------------------------------------------------------

REAL = sorted(code for code in own_words._wordables if kinds.find(code))
WORDED = [code for code in REAL if own_words.parts_of(code)]


def test_every_kind_says_what_it_offers():
    """A new kind of message needs a line in the ``wordables`` of its app."""
    assert {kind.code for kind in kinds.all_kinds() if not kind.code.startswith("test_")} <= set(own_words._wordables)


@pytest.mark.parametrize("code", REAL)
def test_each_kind_can_be_previewed_with_a_value_for_each_placeholder(code):
    for language, _name in settings.LANGUAGES:
        assert all(previews.examples(code, language).values())
        assert previews.preview(code, language, NONE).text.strip()


@pytest.mark.parametrize("code", WORDED)
def test_each_part_of_each_kind_reaches_the_reader(code):
    needed = own_words.described(code).required
    words = {
        part: f"Own {part}" + "".join(f" {{{name}}}" for name in needed.get(part, ()))
        for part in own_words.parts_of(code)
    }
    assert not [fault for part, text in words.items() for fault in own_words.faults(code, part, text)]
    mail = previews.preview(code, "en", words)
    for part in own_words.parts_of(code):
        assert f"Own {part}" in (mail.subject if part == "subject" else mail.text)
        assert f"Own {part}" in mail.html or part == "sms"


@pytest.mark.parametrize("code", WORDED)
def test_the_shipped_words_hold_as_the_firms_own(code):
    """What is shown as shipped can be taken as it is and changed from there."""
    for part, text in previews.shipped(code, "en").items():
        assert not list(own_words.faults(code, part, text)) or not text


# -- what is used ------------------------------------------------------------------------------------------------------


def test_without_words_of_its_own_a_message_is_as_shipped(person):
    parcel = written(owe(person))
    assert (parcel.subject, "Own" in parcel.text) == (written(owe(person)).subject, False)


def test_words_stand_in_subject_text_and_html(person):
    say(subject="Own {firm}", heading="Ciao {name}", opening="One\n\nTwo", closing="Bye")
    parcel = written(owe(person))
    assert parcel.subject == f"Own {Firm.current().name}"
    assert parcel.text.startswith("Ciao Zoë D'Angelo\n\nOne\n\nTwo\n\n")
    assert "\nBye\n" in parcel.text
    assert "<p>One</p>\n\n<p>Two</p>" in parcel.html
    assert "Ciao Zoë D&#x27;Angelo</h1>" in parcel.html


def test_words_of_one_language_leave_the_others_as_shipped(person):
    say(language="it", subject="Solo italiano")
    english, italian = owe(person), owe(person, language="it")
    assert written(italian).subject == "Solo italiano"
    assert written(english).subject != "Solo italiano"


def test_a_part_left_empty_is_as_shipped(person):
    shipped = written(owe(person))
    say(opening="Own opening")
    assert written(owe(person)).subject == shipped.subject


@pytest.mark.parametrize(
    "words",
    [
        {"subject": "Hello {nobody}"},
        {"subject": "A line\nBcc: x@example.com"},
        {"opening": "{% load i18n %}"},
        {"opening": "{{ firm.name }}"},
        {"subject": "Fine", "closing": "{gone}"},
        {"sms": "not of a mail"},
    ],
    ids=["unknown", "line break", "tag", "variable", "no value", "no such part"],
)
def test_what_does_not_hold_gives_way_to_the_shipped_words(person, words, caplog):
    shipped = written(owe(person))
    say(**words)
    parcel = written(owe(person))
    assert (parcel.subject, parcel.text, parcel.html) == (shipped.subject, shipped.text, shipped.html)
    assert "cannot be used" in caplog.text


def test_what_no_longer_fits_is_told_to_operators_and_what_fits_is_not():
    say(subject="Fine {name}")
    assert not [one for one in troubles.found(NOON) if one.code == "outbox.wording"]
    say(language="it", subject="Hello {nobody}")
    (told,) = [one for one in troubles.found(NOON) if one.code == "outbox.wording"]
    assert "test_mail (it)" in told.text
    assert not told.grave


def test_script_in_words_or_values_is_text_in_the_html(person):
    person.name = "{firm} <b>"
    say(subject=SCRIPT, heading=f"{SCRIPT} {{name}}", opening=SCRIPT, closing=SCRIPT)
    message = owe(person)
    message.recipient = person
    parcel = written(message)
    assert "<script" not in parcel.html
    assert parcel.html.count("&lt;script&gt;") >= 4
    assert "{firm} &lt;b&gt;</h1>" in parcel.html  # a value is never read as a placeholder
    assert parcel.text.count(SCRIPT) == 3


def test_a_value_cannot_break_the_subject(person):
    person.name = "Eve\r\nBcc: x@example.com"
    say(subject="For {name}")
    message = owe(person)
    message.recipient = person
    assert written(message).subject == "For Eve Bcc: x@example.com"


def test_a_text_message_is_the_firms_line_in_gsm(person):
    say("test_sms", sms="Ciao {name} …  {link}")
    parcel = written(owe(person, "test_sms"))
    assert parcel.text.startswith("Ciao Zoe D'Angelo ... https://")
    assert gsm.is_gsm(parcel.text)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [("a" * 160, 1), ("a" * 161, 2), ("€" * 81, 2), ("a" * 306, 2), ("a" * 307, 3), ("漢" * 70, 1), ("漢" * 71, 2)],
    ids=["160", "161", "euro", "two full", "third", "70", "71"],
)
def test_pieces_of_a_text_message(text, pieces):
    assert gsm.segments(text) == pieces


# -- when --------------------------------------------------------------------------------------------------------------


def test_a_planned_message_has_the_new_words_and_a_sent_one_keeps_its_own(person, smtp, clock):
    sent = owe(person)
    delivery.deliver_due("email", clock=clock)
    before = fresh(sent).subject
    waiting = owe(person)
    say(subject="New words")
    delivery.deliver_due("email", clock=clock)
    assert fresh(sent).subject == operations.preview(fresh(sent)).subject == before
    assert fresh(waiting).subject == "New words"


def test_a_batch_asks_for_the_words_once(person, smtp, clock):
    def queries(many):
        for _ in range(many):
            owe(person)
        with CaptureQueriesContext(connection) as captured:
            delivery.deliver_due("email", clock=clock)
        assert not Message.objects.filter(state="planned").exists()
        return [one["sql"] for one in captured if 'FROM "outbox_wording"' in one["sql"]]

    say(subject="Own")
    assert len(queries(1)) == len(queries(20)) == 1


@pytest.mark.parametrize("code", ["reminder_2d", "reminder_30m", "booking_moved", "survey_asked"])
def test_the_preview_is_what_is_sent(person, monkeypatch, code):
    """The same context gives the same bytes, own words and all."""
    part = own_words.parts_of(code)[0]
    say(code, "it", **{part: "Ciao {firm} " + "".join(f"{{{one}}}" for one in own_words.described(code).placeholders)})
    words = own_words.in_use([code])[code, "it"]
    preview = previews.preview(code, "it", words)
    kind = kinds.get(code)
    message = Message(kind=code, channel=kind.channel, language="it", time_zone=Firm.current().time_zone, key="x")
    message.pk = 1
    real = {**kind.__dict__, "context": lambda message, subject: own_words.described(code).sample()}
    real |= {"attachments": kinds.nothing_attached, "thread": kinds.unthreaded}
    monkeypatch.setitem(kinds._kinds, code, type(kind)(**real))
    parcel = rendering.write(message, None, firm=Firm.current())
    assert (parcel.text, parcel.subject, parcel.html) == (preview.text, preview.subject, preview.html)
    assert Firm.current().name in (parcel.subject or parcel.text)


# -- saying it ---------------------------------------------------------------------------------------------------------


def change(words, *, seen="", by=None, language="en", code="test_mail"):
    return rewording.change(code, language, words, seen=seen, by=by, at=NOON)


def test_a_change_is_on_the_trail_without_the_words(firm):
    owner = StaffFactory()
    assert change({"subject": "Own", "closing": ""}, by=owner)
    row = Wording.objects.get()
    assert (row.parts, row.changed_by) == ({"subject": "Own"}, owner)
    assert not change({"subject": "Own"}, by=owner)
    entry = Entry.objects.get(verb="wording.changed")
    assert entry.facts == {"kind": "test_mail", "language": "en", "parts": ["subject"]}
    assert entry.by_id == owner.pk
    assert change({}, seen=rewording.key_of(row), by=owner)
    assert Wording.objects.get().parts == {}
    assert Entry.objects.filter(verb="wording.changed").count() == 2


def test_of_two_who_change_the_same_words_the_slower_is_told():
    change({"subject": "First"})
    with pytest.raises(rewording.RewordingRefused, match="Somebody else"):
        change({"subject": "Second"})
    assert Wording.objects.get().subject == "First"


def test_so_is_the_slower_of_two_who_say_the_first_words(monkeypatch):
    def overtaken(found):
        Wording.objects.create(kind="test_mail", language="en", subject="The quick one's", changed_at=NOON)
        return ""

    monkeypatch.setattr(rewording, "key_of", overtaken)
    with pytest.raises(rewording.RewordingRefused, match="Somebody else"):
        change({"subject": "The slow one's"})


@pytest.mark.parametrize(
    ("code", "part", "text", "fault"),
    [
        ("test_mail", "subject", "{firm} and {name}", ""),
        ("test_mail", "subject", "{nobody}", "no placeholder {nobody}"),
        ("test_mail", "opening", "{% now %}", "Curly brackets"),
        ("test_mail", "opening", "}", "Curly brackets"),
        ("test_mail", "opening", "{FIRM}", "Curly brackets"),
        ("test_mail", "subject", "a\nb", "one line"),
        ("test_mail", "heading", "a\rb", "one line"),
        ("test_mail", "opening", "a\n\nb", ""),
        ("test_mail", "opening", "a\x07b", "cannot be shown"),
        ("test_mail", "subject", "\u200b", "cannot be shown"),
        ("test_mail", "subject", "invoice\u202etxt.exe", "cannot be shown"),
        ("test_mail", "opening", "\u0645\u0631\u062d\u0628\u0627\u200f \U0001f469\u200d\U0001f4bb", ""),
        ("test_mail", "subject", "x" * 151, "at most 150"),
        ("test_sms", "sms", "Hello", "{link} must stay"),
        ("test_sms", "sms", "Hello {link}", ""),
        ("test_sms", "subject", "Hello", "no words of your own"),
        ("complaint_letter", "opening", "Hello", "no words of your own"),
        ("nobody", "subject", "Hello", "no words of your own"),
        ("sign_in_code", "subject", "Hello", "{code} must stay"),
    ],
)
def test_what_may_be_said(code, part, text, fault):
    found = list(own_words.faults(code, part, text))
    assert bool(found) == bool(fault)
    assert fault in " ".join(found)


def test_faults_are_told_in_the_persons_language():
    with translation.override("it"):
        (fault,) = own_words.faults("test_sms", "sms", "Ciao")
    assert "deve restare" in fault


def test_refused_words_are_not_kept():
    with pytest.raises(rewording.RewordingRefused):
        change({"subject": "{nobody}"})
    assert not Wording.objects.exists()


def test_a_name_keeps_what_it_is_asked_for():
    one = Named("Anna", account=Named("Rossi"))
    assert (f"{one} {one.name}", one.account.name) == ("Anna Anna", "Rossi")


def test_doctor_tells_of_words_that_do_not_fit(capsys):
    say(subject="{nobody}")
    with pytest.raises(SystemExit):
        call_command("doctor")
    assert "own words for test_mail (en)" in capsys.readouterr().out
