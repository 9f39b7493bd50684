"""What pages and mails say of the policy's numbers is what holds, however the settings change them."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polib
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

CATALOGUE = Path(__file__).parents[2] / "locale" / "it" / "LC_MESSAGES" / "django.po"
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


def test_no_text_writes_a_policys_number_out():
    texts = [entry.msgid for entry in polib.pofile(str(CATALOGUE)) if not entry.obsolete]
    assert [one for one in texts if NUMBER.search(one) and not any(other in one for other in OTHERS)] == []
