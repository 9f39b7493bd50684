"""What a client reads about a measure, in each language: every kind, with its dates, kept as sent (R-4, R-7, R-7a)."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone, translation

from conduct import messages_appeal, notices
from conduct.models import Appeal, Category, EmergencyStop, Incident, Measure
from conduct.operations import appeals, deciding, reporting, sessions, stopping
from conduct.operations.varying import Change
from supportportal.outbox import kinds, rendering
from supportportal.outbox import operations as outbox
from supportportal.outbox.models import Message
from supportportal.people.access import gate_is_open
from supportportal.people.models import Firm, Gate, Restriction
from tests.factories import (
    MONDAY_TEN,
    AccountFactory,
    BookingFactory,
    ClientFactory,
    FirmFactory,
    RestrictionFactory,
    SessionTypeFactory,
    StaffFactory,
)
from tests.factories_complaints import SchemeFactory
from tests.factories_conduct import limited, make_incident, make_measure

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
DAY = timedelta(days=1)
LANGUAGES = ["en", "it", "nl"]
KINDS = ["warning", "correspondence", "limited", "account", "permanent", "subscription", "authorities", "extension"]
# 30 days from Monday 23 November 2026, 11:00 in Rome; the twentieth business day; a year.
UNTIL = {
    "en": "Wednesday 23 December 2026, 11:00, Rome time",
    "it": "mercoledì 23 dicembre 2026, 11:00, ora di Roma",
    "nl": "woensdag 23 december 2026, 11:00, tijd in Rome",
}
APPEAL_BY = {"en": "Monday 21 December 2026", "it": "lunedì 21 dicembre 2026", "nl": "maandag 21 december 2026"}
REVIEW = {"en": "Tuesday 23 November 2027", "it": "martedì 23 novembre 2027", "nl": "dinsdag 23 november 2027"}
LATER_REVIEW = {"en": "Tuesday 1 December 2026", "it": "martedì 1 dicembre 2026", "nl": "dinsdag 1 december 2026"}


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory(time_zone="Europe/Rome")


def client_in(language: str):
    """Somebody whose own clock is another one."""
    account = AccountFactory(name="Rossi & Figli", country="NL")
    return ClientFactory(name="Carla <Conti>", language=language, time_zone="America/New_York", account=account)


def step_of(kind: str) -> deciding.Step:
    Kind = Measure.Kind
    return {
        "warning": deciding.Step(Kind.WARNING),
        "correspondence": limited(AT, kind=Kind.CORRESPONDENCE),
        "limited": limited(AT, gates=[Gate.BOOKING, Gate.MAIL]),
        "account": limited(AT, whole_account=True),
        "permanent": deciding.Step(Kind.PERMANENT, gates=[Gate.BOOKING]),
        "subscription": deciding.Step(Kind.SUBSCRIPTION),
        "authorities": deciding.Step(Kind.AUTHORITIES, disclosed="Your words.", disclosed_to="Polizia Postale"),
        "extension": limited(AT),
    }[kind]


def measure_of(kind: str, language: str, **said) -> Measure:
    incident = make_incident(client=said.pop("client", None) or client_in(language), **said)
    step = step_of(kind)
    if kind == "extension":
        step = limited(AT, extends=make_measure(limited(AT, days=7), incident=incident))
        incident.refresh_from_db()
    measure = make_measure(step, incident=incident)
    if measure.state == Measure.State.PROPOSED:
        deciding.approve(measure, by=StaffFactory(roles=["manager"]), at=AT, seen=None)
    measure.refresh_from_db()
    return measure


def written(kind: str, **which) -> rendering.Parcel:
    """The last mail of that kind, as it would leave now."""
    message = Message.objects.filter(kind=kind, **which).order_by("pk").last()
    subject = rendering.load_subjects([message])[message.pk]
    return rendering.write(message, subject, firm=Firm.current())


def whole(text: str) -> None:
    """Nothing is left to fill in, and nothing is escaped that should not be."""
    assert not re.search(r"\{[^}]*\}|%\(|None|\[\]|&lt;|&amp;|  +\S", text)


def own_words_of(template_text: str) -> str:
    """What a notice says beside what staff and names have put in."""
    return re.sub(r"Something about \w+\.|Carla <Conti>|https?://\S+", "", template_text)


# -- the notice --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_notice_says_what_it_has_to(kind, language):
    measure = measure_of(kind, language)
    text = measure.notice
    whole(text)
    for said in ("Something about facts.", "Something about reasons.", APPEAL_BY[language], "Meridian Books"):
        assert said in text
    assert "Autoriteit Persoonsgegevens" in text
    assert "/complaint/" in text
    with translation.override(language):
        assert str(notices.RULES[Category.LANGUAGE]) in text
        for gate in Gate:
            assert (f"- {gate.label}" in text) == (gate in measure.gates)
    assert (UNTIL[language] in text) == (kind in ("correspondence", "limited", "account", "extension"))
    assert (REVIEW[language] in text) == (kind == "permanent")
    assert ("Rossi & Figli" in text) == (kind in ("account", "subscription"))
    assert ("Polizia Postale" in text) == (kind == "authorities")


@pytest.mark.parametrize("kind", KINDS)
def test_no_notice_is_left_in_english(kind):
    texts = [own_words_of(measure_of(kind, language).notice) for language in LANGUAGES]
    lines = [{line for line in text.splitlines() if len(line) > 12} - {"Meridian Books"} for text in texts]
    same = (lines[0] & lines[1]) | (lines[0] & lines[2]) | (lines[1] & lines[2])
    assert {line for line in same if "Persoonsgegevens" not in line and "Polizia" not in line} == set()


def test_it_names_each_rule_that_was_broken_and_no_other():
    measure = measure_of("warning", "en", categories=(Category.THREAT, Category.TEAM))
    named = [category for category, rule in notices.RULES.items() if str(rule) in measure.notice]
    assert named == [Category.THREAT, Category.TEAM]
    assert set(notices.RULES) == set(Category)


def test_a_review_before_the_end_is_told(firm):
    for language in LANGUAGES:
        incident = make_incident(client=client_in(language))
        measure = make_measure(limited(AT, review_on=date(2026, 12, 1)), incident=incident)
        assert LATER_REVIEW[language] in measure.notice
        assert UNTIL[language] in measure.notice


def test_an_end_at_midnight_names_the_day_that_is_over_then():
    until = datetime(2026, 12, 10, 23, tzinfo=UTC)
    measure = make_measure(limited(AT, until=until), incident=make_incident(client=client_in("en")))
    assert "until the end of Thursday 10 December 2026 (Rome time)" in measure.notice


def test_an_end_after_a_clock_change_is_told_by_the_clock_of_then():
    until = datetime(2027, 3, 29, 9, tzinfo=UTC)
    at = datetime(2027, 3, 15, 9, tzinfo=UTC)
    measure = make_measure(limited(at, until=until), at=at, incident=make_incident(at=at, client=client_in("en")))
    assert "from Monday 15 March 2027, 10:00".lower() in measure.notice.lower()
    assert "until Monday 29 March 2027, 11:00, Rome time" in measure.notice


def test_a_scheme_is_named_where_one_is_set():
    before = measure_of("warning", "en").notice
    scheme = SchemeFactory(applies_from=date(2026, 1, 1))
    assert scheme.name not in before
    assert scheme.name in measure_of("warning", "en").notice


def test_it_is_kept_as_it_was_sent():
    measure = measure_of("limited", "en")
    Firm.objects.update(name="Another Name")
    text = written("conduct_notice").text
    assert "Meridian Books" in text
    assert measure.notice in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_on_pages_is_short_and_true(language):
    assert UNTIL[language] in measure_of("limited", language).restriction.notice
    permanent = measure_of("permanent", language).restriction.notice
    assert REVIEW[language] in permanent
    whole(permanent)
    account = measure_of("account", language).restriction.notice
    assert "Rossi & Figli" in account
    assert "Carla" not in account


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_emergency_stop_says_until_when_and_what_stays_open(language):
    incident = make_incident(client=client_in(language), categories=(Category.THREAT,))
    duty = StaffFactory(roles=["duty manager"])
    stopping.stop_contact(incident, "A threat.", hours=24, by=duty, at=AT, seen=None)
    text = written("conduct_stop").text
    whole(EmergencyStop.objects.get().notice)
    ends = {"en": "Tuesday 24 November 2026, 11:00", "it": "martedì 24 novembre 2026", "nl": "dinsdag 24 november 2026"}
    assert ends[language] in text
    assert ends[language] in Restriction.objects.get().notice
    assert "/complaint/" in text
    assert "A threat." not in text


ENDS = {  # at midnight after Wednesday 23 December in Rome
    ("en", "Europe/Rome"): "until the end of Wednesday 23 December 2026 (Rome time)",
    ("it", "Europe/Rome"): "fino alla fine di mercoledì 23 dicembre 2026 (ora di Roma)",
    ("nl", "Europe/Rome"): "tot en met woensdag 23 december 2026 (tijd in Rome)",
    ("en", "Europe/London"): "until Wednesday 23 December 2026, 23:00, London time",
}


@pytest.mark.parametrize(("language", "zone"), ENDS, ids=lambda one: one.rpartition("/")[2])
def test_a_page_says_it_in_the_language_and_the_zone_of_whoever_reads_it(language, zone):
    client = client_in("en")
    measure_of("limited", "en", client=client)
    Measure.objects.update(until=datetime(2026, 12, 23, 23, tzinfo=UTC))
    access = gate_is_open(client, Gate.BOOKING, AT)  # asked for before it is known who reads
    with translation.override(language), timezone.override(zone):
        assert ENDS[language, zone] in str(access.reason)
        whole(str(access.reason))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stop_is_told_in_the_language_of_whoever_reads_it(language):
    client = client_in("it")
    incident = make_incident(client=client, categories=(Category.THREAT,))
    stopping.stop_contact(incident, "A threat.", hours=24, by=StaffFactory(roles=["duty manager"]), at=AT, seen=None)
    ends = {"en": "Tuesday 24 November 2026, 11:00", "it": "martedì 24 novembre 2026", "nl": "dinsdag 24 november 2026"}
    with translation.override(language), timezone.override("Europe/Rome"):
        assert ends[language] in str(gate_is_open(client, Gate.MAIL, AT).reason)


def test_for_a_whole_account_the_client_and_a_colleague_read_each_what_is_true_of_them():
    client = client_in("en")
    measure_of("account", "en", client=client)
    colleague = ClientFactory(account=client.account)
    own, others = (str(gate_is_open(one, Gate.BOOKING, AT).reason) for one in (client, colleague))
    assert "to all of Rossi & Figli" in own and "We have written to you why" in own
    assert "to Rossi & Figli" in others and "to the person concerned" in others and "Carla" not in others


def test_a_letter_says_once_when_it_was():
    measure = measure_of("limited", "en")
    when = notices.instant(measure.incident.happened_at, Firm.current().zone)
    assert f"This is about {when}." in notices.of_measure(measure, at=AT)
    measure.assessment.facts = f"{when} (a call): he shouted."
    assert notices.of_measure(measure, at=AT).count(when) == 1


def test_what_no_app_says_anew_is_told_as_it_was_written():
    client = client_in("nl")
    RestrictionFactory(user=client, starts_at=AT, gates=[Gate.MAIL], notice="Mail is closed to you.")
    assert str(gate_is_open(client, Gate.MAIL, AT).reason) == "Mail is closed to you."


# -- the other mails ---------------------------------------------------------------------------------------------------


def everything_about(language: str) -> dict[str, rendering.Parcel]:
    """One mail of every kind to the client or a colleague."""
    person = client_in(language)
    colleague = ClientFactory(account=person.account, language=language)
    session = BookingFactory(client=person, starts=AT + 8 * DAY, booked_at=AT - DAY)
    taken = BookingFactory(client=person, starts=AT + 9 * DAY, booked_at=AT - DAY)
    manager = StaffFactory(roles=["manager"], language=language)
    incident = make_incident(client=person)
    reporting.ask_to_stop(incident, "…", by=incident.reporter, at=AT)
    incident.refresh_from_db()
    measure = make_measure(limited(AT, whole_account=True), incident=incident)
    found = {kind: written(kind) for kind in ("conduct_stop_request", "conduct_notice")}
    found["conduct_colleague"] = written("conduct_colleague", recipient=colleague)
    for one in (session, taken):
        sessions.choose(measure, one, "cancel", by=measure.decided_by, at=AT)
    kind_of = SessionTypeFactory()
    BookingFactory(agent=taken.agent, session_type=kind_of, starts=taken.starts_at)
    appeal = appeals.lodge(measure, reasons="No.", at=AT + DAY)
    found["conduct_appeal_received"] = written("conduct_appeal_received")
    found["conduct_appeal_asked"] = written("conduct_appeal_asked", recipient=manager)
    Message.objects.filter(kind="conduct_notice").update(state=Message.State.SENT, sent_at=AT)
    appeals.decide(appeal, "quashed", "It is not shown.", by=manager, at=AT + 2 * DAY, seen=None)
    found["quashed"] = written("conduct_appeal_decided")
    found["conduct_colleague_open"] = written("conduct_colleague_open", recipient=colleague)
    other = make_measure(incident=make_incident(client=person))
    second = appeals.lodge(other, reasons="No.", at=AT + DAY)
    Appeal.objects.filter(pk=second.pk).update(suspended_at=AT + 2 * DAY)
    second.refresh_from_db()
    outbox.plan(messages_appeal.owed_for_suspending(second, at=AT), at=AT)
    found["conduct_suspended"] = written("conduct_suspended")
    found["conduct_suspended_staff"] = written("conduct_suspended_staff", recipient=manager)
    appeals.decide(second, "upheld", "It stands.", by=manager, at=AT + 3 * DAY, seen=None)
    found["upheld"] = written("conduct_appeal_decided")
    third = make_measure(limited(AT, gates=[Gate.BOOKING, Gate.MAIL]), incident=make_incident(client=person))
    change = Change(datetime(2026, 12, 10, 23, tzinfo=UTC), [Gate.BOOKING])
    milder = appeals.lodge(third, reasons="No.", at=AT + DAY)
    appeals.decide(milder, "varied", "Too long.", change, by=manager, at=AT + 3 * DAY, seen=None)
    found["varied"] = written("conduct_appeal_decided")
    deciding.lift(third, "Enough.", by=manager, at=AT + 4 * DAY, seen=None)
    found["conduct_lifted"] = written("conduct_lifted")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_is_whole_in_each_language(language):
    found = everything_about(language)
    for name, parcel in found.items():
        whole(re.sub(r"https?://\S+", "here", parcel.text).replace("-- \n", "")), name
        assert f'lang="{language}"' in parcel.html
    decided = {"en": "Thursday 10 December 2026", "it": "giovedì 10 dicembre 2026", "nl": "donderdag 10 december 2026"}
    assert decided[language] in found["varied"].text
    assert "/m/" in found["upheld"].text


def test_no_mail_is_left_in_english():
    by_language = [everything_about(language) for language in LANGUAGES]
    kept = {"It is not shown.", "It stands.", "Too long.", "Enough.", "Meridian Books"}
    for name in by_language[0]:
        first, *others = (
            {line.strip() for line in own_words_of(one[name].text).splitlines() if len(line) > 14} - kept
            for one in by_language
        )
        assert [line for line in first if any(line in other for other in others) and "help@" not in line] == [], name
        assert len({one[name].subject for one in by_language}) == 3, name


def test_a_quashing_says_which_sessions_are_back_and_which_are_not():
    text = everything_about("en")["quashed"].text
    back, lost = text.split("Sessions that we could not give back")
    assert "Tuesday 1 December 2026, 05:00" in back  # on the client's own clock
    assert "Wednesday 2 December 2026, 05:00" in lost


@pytest.mark.parametrize("language", LANGUAGES)
def test_colleagues_learn_what_is_closed_and_nothing_of_whom_or_why(language):
    found = everything_about(language)
    for kind in ("conduct_colleague", "conduct_colleague_open"):
        for text in (found[kind].text, found[kind].html):
            for secret in ("Carla", "Something about", "idiots", "/m/"):
                assert secret not in text
    assert UNTIL[language] in found["conduct_colleague"].text
    assert "Rossi & Figli" in found["conduct_colleague"].text


# -- whether they still leave ------------------------------------------------------------------------------------------


def is_due(message: Message) -> str:
    kind = kinds.get(message.kind)
    message.refresh_from_db()
    return kind.is_due(message, kind.load([message.subject_id])[message.subject_id])


def test_the_unsent_notice_of_a_lifted_measure_is_not_sent_and_the_lifting_is():
    measure = measure_of("limited", "en")
    notice = Message.objects.get(kind="conduct_notice")
    assert is_due(notice) == ""
    deciding.lift(measure, "Enough.", by=measure.decided_by, at=AT, seen=None)
    assert is_due(notice) == "the measure has ended already"
    assert is_due(Message.objects.get(kind="conduct_lifted")) == ""


def test_an_approval_mail_is_skipped_for_whoever_approves_no_more():
    first, second = (StaffFactory(roles=["manager"]) for _ in range(2))
    measure = make_measure(limited(AT, days=60))
    mails = {one.recipient: one for one in Message.objects.filter(kind="conduct_approval_asked")}
    assert set(mails) == {first, second}
    first.groups.clear()
    assert is_due(mails[first])
    assert not is_due(mails[second])
    deciding.approve(measure, by=second, at=AT, seen=None)
    assert is_due(mails[second]) == "somebody has answered already"


def test_an_appeal_mail_is_skipped_once_it_is_decided():
    manager = StaffFactory(roles=["manager"])
    appeal = appeals.lodge(measure_of("limited", "en"), reasons="No.", at=AT + DAY)
    asked = Message.objects.get(kind="conduct_appeal_asked", recipient=manager)
    assert is_due(asked) == ""
    appeals.decide(appeal, "upheld", "Yes.", by=manager, at=AT + DAY, seen=None)
    assert is_due(asked) == "the appeal has been decided"


@pytest.mark.parametrize(
    ("states", "told"),
    [
        pytest.param(["planned"], False, id="not sent yet"),
        pytest.param(["sent"], True, id="sent"),
        pytest.param(["delivered"], True, id="delivered"),
        pytest.param(["failed"], False, id="bounced"),
        pytest.param(["failed", "sent"], True, id="bounced, then sent again"),
        pytest.param(["failed", "failed"], False, id="bounced twice"),
    ],
)
def test_a_client_is_told_when_a_notice_has_gone_and_not_come_back(states, told):
    measure = measure_of("limited", "en")
    first = Message.objects.get(kind="conduct_notice")
    for number, state in enumerate(states):
        message = first
        if number:
            message = Message.objects.get(pk=first.pk)
            message.pk, message.key = None, f"again:{number}"
            message.save()
        gone = None if state == "planned" else AT + number * DAY
        Message.objects.filter(pk=message.pk).update(state=state, sent_at=gone)
        outcome = {"planned": "sent", "failed": "bounced"}.get(state, state)
        kinds.get("conduct_notice").on_outcome(Message.objects.get(pk=message.pk), outcome, AT)
    measure.refresh_from_db()
    assert measure.told_at == ((AT + (len(states) - 1) * DAY) if told else None)
    assert Incident.objects.count() == 1
