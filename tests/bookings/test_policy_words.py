"""What pages and mails say of the policy's numbers is what holds, however the settings change them."""

import ast
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.template import engines
from django.utils import translation

from bookings import policy_words
from bookings.forms import BookingForm
from bookings.operations import outcomes
from bookings.refusals import BookingRefused
from bookings.rules import Policy, Reminder
from supportportal.outbox import kinds
from tests.factories import BookingFactory

ROOT = Path(__file__).parents[2]
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext_lazy"}
NUMBER = re.compile(
    r"\b(\d+|two|three|five|ten|twelve|fourteen|twenty|half an?|an|quarter of an) (minute|hour|day|month)s?\b",
    re.IGNORECASE,
)
# Numbers that are no policy: the periods of a table of results, the quarter of a survey, the lattice of times.
OTHERS = (
    *("90 days", "12 months", "in the last three months", "a whole five minutes"),
    *("Half an hour with someone", "Answer in half a minute"),
)


@pytest.fixture
def changed(monkeypatch):
    policy = replace(
        Policy(),
        agent_late=timedelta(minutes=20),
        reminders=(Reminder("reminder_30m", "sms", timedelta(minutes=45), timedelta(0)),),
    )
    monkeypatch.setattr(policy_words, "POLICY", policy)
    with translation.override("en"):  # whatever a page of another test was read in
        yield


@pytest.mark.parametrize(
    ("span", "language", "words"),
    [
        pytest.param(timedelta(minutes=5), "en", "5 minutes", id="minutes"),
        pytest.param(timedelta(hours=1), "en", "1 hour", id="one hour"),
        pytest.param(timedelta(hours=24), "en", "24 hours", id="a day is hours: that is how it is counted"),
        pytest.param(timedelta(hours=48), "en", "2 days", id="days"),
        pytest.param(timedelta(hours=49), "en", "49 hours", id="days and an hour"),
        pytest.param(timedelta(minutes=10), "it", "10 minuti", id="Italian"),
        pytest.param(timedelta(hours=48), "nl", "2 dagen", id="Dutch"),
    ],
)
def test_lengths_in_words(span, language, words):
    with translation.override(language):
        assert policy_words.length(span) == words


def test_pages_say_what_the_settings_say(changed):
    page = engines["django"].from_string('{% load policy %}{% how_long "agent_late" %}')
    assert page.render() == "20 minutes"


def test_labels_say_it_too(changed, cast):
    assert str(kinds.get("reminder_30m").label) == "Text message, 45 minutes before"
    assert (
        str(BookingForm(client=cast.client).fields["sms_consent"].label)
        == "Remind me by text message 45 minutes before"
    )


def test_an_outcome_that_is_none_is_refused_with_words_to_show(cast):
    booking = BookingFactory(client=cast.client, agent=cast.agent, session_type=cast.session_type, first_cell=5_000_000)
    with pytest.raises(BookingRefused, match="Please choose what became of the session"):
        outcomes.mark(booking, "cancelled", by=cast.agent.user, at=booking.ends_at)


def written_texts():
    """What bookings says: the texts marked for translation in its code, and its templates without their tags."""
    for file in sorted((ROOT / "bookings").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in MARKS and "demo" not in file.name:
                yield from (
                    one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
                )
    codes = sorted({folder.parent.name for folder in (ROOT / "templates").rglob("messages/*/*.txt")})
    folders = ["bookings", "admin/bookings", *(f"messages/{kind}" for kind in codes if is_ours(kind))]
    for folder in folders:
        for file in sorted((ROOT / "templates" / folder).rglob("*.*")):
            yield re.sub(r"{% (?!translate)[^%]*%}", "", file.read_text())


def is_ours(code):
    kind = kinds.find(code)
    return code in ("session", "strike") or (kind is not None and kind.subject_type.startswith("bookings."))


def test_no_text_writes_a_policys_number_out():
    texts = list(written_texts())
    assert any("The session has begun" in one for one in texts) and any("Running late?" in one for one in texts)
    found = [one for text in texts for one in NUMBER.findall(text) if not any(other in text for other in OTHERS)]
    assert found == []
