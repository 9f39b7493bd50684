"""What goes when: at the instant its time is over, and never what is open, owed or held."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking, Callback, Fee, Strike, StrikeReview, SurveyAnswer, WaitlistEntry
from complaints import board
from complaints.models import Appeal, Complaint, Deadline, Letter, NamedStaff, Referral, Remedy, Reply
from complaints.reports import Period, tables
from conduct.models import Appeal as MeasureAppeal
from conduct.models import FollowUp, Incident, Measure
from supportportal.outbox.models import Inbound, Message
from supportportal.people.models import Restriction, SignIn, User
from supportportal.retention import kinds, operations, policy
from supportportal.retention.models import Forgotten, LegalHold
from supportportal.retention.operations import RetentionRefused
from supportportal.trail.models import Entry
from tests.factories import (
    BookingFactory,
    ClientFactory,
    FirmFactory,
    StaffFactory,
    StrikeFactory,
)

from .someone import ADDRESS, DAY, NOW, THEN, complained, is_over, misbehaved, someone

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
ALL = ("calls", "clients", "complaints", "incidents", "mails", "messages", "sessions", "surveys", "waiting")


@pytest.fixture(autouse=True)
def firm(db):
    return FirmFactory()


@pytest.fixture
def owner():
    return StaffFactory(roles=["owner"])


def keeping(settings, **days):
    settings.RETENTION = days


def kind(code):
    return next(one for one in kinds.all_kinds() if one.code == code)


def due(code, at=NOW):
    return operations.due(kind(code), at).count()


# -- when --------------------------------------------------------------------------------------------------------------


def session(over: datetime, **more):
    booking = BookingFactory(starts=over - timedelta(minutes=30), **more)
    Booking.objects.filter(pk=booking.pk).update(state="cancelled", cancelled_at=over - DAY)


def message(over: datetime):
    instants = {"due_at": over, "try_at": over, "created_at": over, "sent_at": over}
    Message.objects.create(key="k", kind="survey", channel="email", state="sent", subject_id=1, text="x", **instants)


def mail(over: datetime):
    Inbound.objects.create(key="k", gateway="g", raw="", size=1, arrived_at=over, handled_at=over, state="handled")


def call(over: datetime):
    asked = {"state": "done", "source": "form", "number": "+39 06 1", "topic": "use", "requested_at": over - DAY}
    Callback.objects.create(client=ClientFactory(), closed_at=over, **asked)


def survey(over: datetime):
    SurveyAnswer.objects.create(client=ClientFactory(), quarter="2026-Q4", asked_at=over, comment="x")


def waiting(over: datetime):
    made = BookingFactory(starts=over - 9 * DAY)
    WaitlistEntry.objects.create(client=made.client, session_type=made.session_type, joined_at=over - DAY, left_at=over)


def client_seen(over: datetime):
    ClientFactory(created_at=over - DAY, last_login=over)


MAKERS = {
    "sessions": session,
    "messages": message,
    "mails": mail,
    "calls": call,
    "surveys": survey,
    "waiting": waiting,
    "clients": client_seen,
}


@pytest.mark.parametrize("code", MAKERS)
def test_a_row_goes_at_the_instant_its_time_is_over(settings, code):
    """Kept for 400 days: over exactly then, not a second sooner."""
    keeping(settings, **{code: 400})
    over = datetime(2026, 2, 3, 12, tzinfo=UTC)
    MAKERS[code](over)
    assert [due(code, over + 400 * DAY + step) for step in (-SECOND, timedelta(), SECOND)] == [0, 1, 1]


@pytest.mark.parametrize(
    ("over", "goes"),
    [
        pytest.param(
            datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2029, 2, 28, 12, tzinfo=UTC), id="from 29 February"
        ),
        pytest.param(datetime(2027, 3, 1, 12, tzinfo=UTC), datetime(2028, 2, 29, 12, tzinfo=UTC), id="to 29 February"),
    ],
)
def test_days_are_counted_over_a_leap_day(settings, over, goes):
    keeping(settings, surveys=365)
    survey(over)
    assert (due("surveys", goes - SECOND), due("surveys", goes)) == (0, 1)


def test_without_a_time_nothing_ever_goes(settings):
    keeping(settings)
    someone()
    assert [line.days for line in operations.lines(NOW)] == [None] * len(ALL)
    assert operations.prune(NOW) == {} and not Forgotten.objects.exists()


def test_every_kind_of_someone_who_is_long_gone_goes_and_is_gone_once(settings, django_capture_on_commit_callbacks):
    keeping(settings, **dict.fromkeys(ALL, 365))
    person = someone()
    User.objects.filter(pk=person.pk).update(account=None)  # this one is no client: each kind by its own time
    User.objects.exclude(pk=person.pk).update(is_staff=True)
    assert {line.kind.code for line in operations.lines(NOW) if line.going} == set(ALL) - {"clients"}
    with django_capture_on_commit_callbacks(execute=True):
        counts = operations.prune(NOW)
    assert set(counts) == set(ALL) - {"clients"}
    assert operations.prune(NOW) == {}
    entry = Entry.objects.get(verb="retention.pruned")
    assert (entry.facts, entry.by_id) == (counts, None)


@pytest.mark.parametrize("setting", [{"messages": 29}, {"messages": 0}, {"sesions": 400}, {"clients": 99_999}], ids=str)
def test_a_setting_that_cannot_be_meant_stops_the_start(settings, setting):
    settings.RETENTION = setting
    with pytest.raises(ImproperlyConfigured, match=r"^RETENTION (keeps .* days|names .* sessions)"):
        policy.check(ALL)
    settings.RETENTION = {"messages": 30, "sessions": 36_500}
    policy.check(ALL)  # the control


# -- what may not go ---------------------------------------------------------------------------------------------------


def of(model, **fields):
    return lambda: model.objects.update(**fields)


def an_unsent_message():
    instants = {"due_at": NOW, "try_at": NOW, "created_at": NOW}
    about = {"subject_type": "bookings.booking", "subject_id": Booking.objects.filter(state="attended").get().pk}
    Message.objects.create(key="now", kind="booking_moved", channel="email", **about, **instants)


def a_mail_to_do():
    about = {"subject_type": "bookings.booking", "subject_id": Booking.objects.filter(state="attended").get().pk}
    Inbound.objects.create(key="now", gateway="g", raw="", size=1, arrived_at=NOW, state="waiting", **about)


STILL = {
    "sessions": {
        "a fee is owed": of(Fee, state="owed"),
        "a fee is invoiced": of(Fee, state="invoiced"),
        "a fee is asked": of(Fee, state="asked"),
        "a message is owed": an_unsent_message,
        "a mail is to be dealt with": a_mail_to_do,
        "an incident about it is open": lambda: Incident.objects.update(
            state="open", booking=Booking.objects.get(state="attended")
        ),
    },
    "complaints": {
        "open": of(Complaint, state="open"),
        "appealed": of(Complaint, state="appealed"),
        "the answer has just gone": of(Letter, gone_at=NOW - 89 * DAY),
        "a letter is on its way": of(Letter, state="leaving"),
        "no answer has gone": of(Letter, state="failed"),
        "a clock runs": of(Deadline, outcome="running"),
        "the appeal is undecided": of(Appeal, outcome="", decided_at=None, decided_by=None),
        "the ombudsman is not followed yet": of(Referral, followed_up_on=None),
        "a remedy is owed": of(Remedy, done_at=None),
        "a reply is unread": of(Reply, read_at=None),
        "an incident belongs to it": lambda: Incident.objects.update(state="open", complaint=Complaint.objects.get()),
    },
    "incidents": {
        "open": of(Incident, state="open"),
        "a measure is in force": of(Restriction, ends_at=NOW + SECOND),
        "a measure for good": of(Restriction, ends_at=None, review_on=NOW.date()),
        "the client was not told": of(Measure, told_at=None),
        "the client was just told": of(Measure, told_at=NOW - 89 * DAY),
        "the appeal is undecided": of(MeasureAppeal, outcome="", decision="", decided_at=None, decided_by=None),
        "a talk is owed": of(FollowUp, closed_at=None),
    },
}


@pytest.fixture
def everything(settings):
    """All of someone, each kind kept for a year."""
    keeping(settings, **dict.fromkeys(ALL, 365))
    return someone()


def with_each(changes, ask):
    """What ``ask`` answers after each change alone, by its name."""
    answers = {}
    for name, change in changes.items():
        with transaction.atomic():
            change()
            answers[name] = ask()
            transaction.set_rollback(True)
    return answers


@pytest.mark.parametrize("code", STILL)
def test_what_is_open_or_owed_stays(everything, code):
    before = due(code)
    assert before >= 1  # the control: without what follows, it goes
    assert with_each(STILL[code], lambda: due(code)) == dict.fromkeys(STILL[code], before - 1)


def test_a_strike_that_counts_keeps_its_session(everything):
    """On 1 March 2029 at noon the day before, 28 February, is still somebody's today: a year after 29 February too."""
    at = datetime(2029, 3, 1, 12, tzinfo=UTC)
    changes = {
        "on 29 February": of(Strike, day="2028-02-29"),
        "a year before": of(Strike, day="2028-02-28"),
        "a day more": of(Strike, day="2028-02-27"),
        "looked at again": of(StrikeReview, decision="", decided_at=None),
        "can be undone": of(Strike, final_at=at + SECOND),
        "taken back": of(Strike, day="2028-02-29", taken_back="waived", taken_back_at=THEN),
    }
    goes = with_each(changes, lambda: operations.due(kind("sessions"), at).filter(strikes__isnull=False).exists())
    assert [name for name, gone in goes.items() if gone] == ["a day more", "taken back"]


def test_letters_of_cases_are_kept_with_the_case(everything):
    letters = Message.objects.filter(subject_type__in=["complaints.complaint", "conduct.incident"])
    assert letters.exists()
    assert not operations.due(kind("messages"), NOW).filter(pk__in=letters).exists()
    operations.forget(kind("complaints"), [Complaint.objects.get().pk], NOW)
    assert set(letters.filter(subject_type="complaints.complaint").values_list("text", flat=True)) == {"[…]"}
    assert not letters.filter(subject_type="conduct.incident", text="[…]").exists()


# -- the reports over the past -----------------------------------------------------------------------------------------


def test_reports_say_the_same_of_what_is_anonymised(everything):
    seen_by = StaffFactory(is_superuser=True)
    period = Period(None, NOW, seen_by.zone)
    scope = board.Scope(seen_by, NOW, NOW)
    before = [(table.code, table.lines) for table in tables(scope, period)]
    operations.prune(NOW)
    assert Forgotten.objects.filter(kind="complaints").exists()
    assert [(table.code, table.lines) for table in tables(scope, period)] == before


# -- legal hold --------------------------------------------------------------------------------------------------------


def test_a_hold_keeps_everything_about_somebody_until_it_is_lifted(everything, owner, settings):
    going = {line.kind.code: line.going for line in operations.lines(NOW)}
    hold = operations.place_hold(everything, "A claim before the court", by=owner, at=NOW)
    assert {line.kind.code: (line.going, line.held) for line in operations.lines(NOW)} == {
        code: (0, count) for code, count in going.items()
    }
    assert operations.prune(NOW) == {} and not Forgotten.objects.exists()
    operations.lift_hold(hold, by=owner, at=NOW)
    assert {line.kind.code: line.going for line in operations.lines(NOW)} == going  # the control
    del settings.RETENTION["clients"]  # else it all goes with the client
    assert set(operations.prune(NOW)) == {code for code, count in going.items() if count} - {"clients"}
    assert list(Entry.objects.filter(verb__startswith="hold.").values_list("verb", "facts")) == [
        ("hold.placed", {"person": everything.pk}),
        ("hold.lifted", {"person": everything.pk}),
    ]


def test_a_hold_on_staff_keeps_the_cases_they_had_a_part_in(everything, owner):
    named = NamedStaff.objects.filter(part="about").first().person
    operations.place_hold(named, "A claim of an employee", by=owner, at=NOW)
    held = {line.kind.code for line in operations.lines(NOW) if line.held}
    assert {"complaints"} <= held and "surveys" not in held


def clients_line() -> tuple[int, int]:
    line = next(line for line in operations.lines(NOW) if line.kind.code == "clients")
    return line.due, line.held


def test_what_is_held_of_staff_does_not_go_with_the_client(everything, owner):
    """The complaint about them, and the session with them, are the client's too."""
    User.objects.filter(pk=everything.pk).update(last_login=THEN)
    named = NamedStaff.objects.filter(part="about").first().person
    agent = Booking.objects.get(state="attended").agent.user
    for one, told in ((named, "still on its way"), (agent, "legal hold on somebody else")):
        hold = operations.place_hold(one, "A claim of an employee", by=owner, at=NOW)
        with pytest.raises(RetentionRefused, match=told):
            operations.forget_person(everything, by=owner, at=NOW)
        client_seen(THEN)  # of whom nothing is held
        assert clients_line() == (2, 1)  # the preview counts what is done
        assert operations.prune(NOW).get("clients", 0) == 1
        assert "Canary" in Complaint.objects.get().summary or one == agent
        operations.lift_hold(hold, by=owner, at=NOW)
    assert clients_line() == (1, 0)
    assert operations.prune(NOW)["clients"] == 1  # the control


def test_one_hold_stands_at_a_time(owner):
    person = ClientFactory()
    hold = operations.place_hold(person, "x", by=owner, at=NOW)
    with pytest.raises(RetentionRefused, match="stands already"):
        operations.place_hold(person, "y", by=owner, at=NOW)
    operations.lift_hold(hold, by=owner, at=NOW)
    operations.lift_hold(hold, by=owner, at=NOW + DAY)
    assert LegalHold.objects.get().lifted_at == NOW
    operations.place_hold(person, "y", by=owner, at=NOW)


@pytest.mark.parametrize("roles", [["manager"], ["senior manager"], ["deputy"], ["agent"]], ids=str)
def test_nobody_else_holds_lifts_or_anonymises(roles, owner):
    by, person = StaffFactory(roles=roles), ClientFactory()
    hold = operations.place_hold(person, "x", by=owner, at=NOW)
    for act in (
        lambda: operations.place_hold(ClientFactory(), "x", by=by, at=NOW),
        lambda: operations.lift_hold(hold, by=by, at=NOW),
        lambda: operations.forget_person(person, by=by, at=NOW),
    ):
        with pytest.raises(RetentionRefused, match=r"^Only owners"):
            act()


# -- clients -----------------------------------------------------------------------------------------------------------


def seen_lately(person):
    SignIn.objects.create(person=person, session_key="s", since=THEN, last_used_at=NOW - DAY)


def wrote_lately(person):
    about = {"key": "now", "gateway": "g", "raw": "", "size": 1, "state": "handled"}
    Inbound.objects.create(person=person, arrived_at=NOW - DAY, **about)


def booked_lately(person):
    booking = BookingFactory(client=person, starts=THEN + 9 * DAY)
    Booking.objects.update(state="cancelled", cancelled_at=THEN, booked_at=NOW - DAY)
    return booking


@pytest.mark.parametrize(
    "life",
    [seen_lately, wrote_lately, booked_lately, pytest.param(None, id="nothing since")],
    ids=lambda life: life.__name__,
)
def test_who_has_been_here_stays(settings, life):
    keeping(settings, clients=365)
    person = ClientFactory(created_at=THEN, last_login=THEN)
    if life:
        life(person)
    assert due("clients") == (0 if life else 1)


def test_staff_and_people_of_no_account_never_go(settings):
    keeping(settings, clients=365)
    StaffFactory(created_at=THEN)
    User.objects.create_user("former@example.org", created_at=THEN)
    assert due("clients") == 0


def test_a_client_long_gone_is_anonymised_by_the_tick(everything):
    User.objects.filter(pk=everything.pk).update(last_login=THEN)
    assert operations.prune(NOW)["clients"] == 1
    gone = User.objects.get(pk=everything.pk)
    assert (gone.email, gone.is_active, gone.phone) == (f"{gone.pk}@anonymised.invalid", False, "")
    assert not gone.has_usable_password() and not SignIn.objects.filter(person=gone).exists()


OPEN = {
    "a session": lambda person: BookingFactory(client=person, starts=NOW + DAY),
    "a session for a colleague": lambda person: BookingFactory(booked_by=person, starts=NOW + DAY),
    "an outcome is missing": lambda person: BookingFactory(client=person, starts=THEN),
    "a strike": lambda person: StrikeFactory(client=person, starts=NOW - 30 * DAY),
    "a call": lambda person: Callback.objects.create(
        client=person, number="1", topic="use", source="form", requested_at=NOW
    ),
    "waiting": lambda person: WaitlistEntry.objects.create(
        client=person, session_type=BookingFactory(starts=THEN).session_type, joined_at=NOW
    ),
    "a message": lambda person: Message.objects.create(
        key="x", kind="x", channel="email", subject_id=1, recipient=person, due_at=NOW, try_at=NOW, created_at=NOW
    ),
    "a mail": lambda person: Inbound.objects.create(
        key="x", gateway="g", raw="", size=1, arrived_at=NOW, state="waiting", person=person
    ),
    "a restriction": lambda person: Restriction.objects.create(
        user=person, starts_at=THEN, ends_at=NOW + DAY, notice="x"
    ),
    "a hold": lambda person: LegalHold.objects.create(
        person=person, reason="x", placed_by=StaffFactory(), placed_at=THEN
    ),
    "an open complaint": lambda person: complained_of(person),
    "an open incident": lambda person: (misbehaved(person), Incident.objects.update(state="open")),
}


def complained_of(person):
    complaint = complained(person)
    is_over()
    Complaint.objects.update(state="open")
    return complaint


def test_a_client_with_something_open_is_refused_with_a_sentence(owner):
    person = ClientFactory()
    assert operations.why_not(person, by=owner, at=NOW) == []  # the control
    told = {}

    def refused():
        with pytest.raises(RetentionRefused) as refusal:
            operations.forget_person(person, by=owner, at=NOW)
        return str(refusal.value)

    told = with_each({why: partial(change, person) for why, change in OPEN.items()}, refused)
    assert [why for why, sentence in told.items() if not sentence.endswith(".")] == []
    assert len(set(told.values())) == len(OPEN) - 1  # of a session without an outcome, what is said of one to come
    assert not Forgotten.objects.exists()


def test_an_owner_who_is_complained_about_is_told_nothing_of_it(owner):
    """What is refused for a hidden complaint reads as what is refused for a message on its way (C-8)."""
    person = ClientFactory()
    complained_of(person)
    seen = [str(reason) for reason in operations.why_not(person, by=owner, at=NOW)]
    assert seen == ["A complaint of this client is open, or can still be taken further."]  # the control
    NamedStaff.objects.filter(part="about").update(person=owner)
    hidden = [str(reason) for reason in operations.why_not(person, by=owner, at=NOW)]
    Complaint.objects.all().delete()
    OPEN["a message"](person)
    assert hidden == [str(reason) for reason in operations.why_not(person, by=owner, at=NOW)]


def test_neither_counts_nor_mails_to_do_tell_of_a_complaint(owner):
    """C-8: what its letters add to a count, and a mail that came about it, tell of it too."""
    person = ClientFactory(email=ADDRESS)
    before = operations.shares(person)
    complaint = complained_of(person)
    NamedStaff.objects.filter(part="about").update(person=owner)
    assert Message.objects.filter(address=person.email).exists() and operations.shares(person) == before
    mail = {"key": "now", "gateway": "g", "raw": "", "size": 1, "arrived_at": NOW, "state": "waiting"}
    found = Inbound.objects.create(person=person, subject_type="complaints.complaint", subject_id=complaint.pk, **mail)
    assert "A mail" not in " ".join(map(str, operations.why_not(person, by=owner, at=NOW)))
    Inbound.objects.filter(pk=found.pk).update(subject_type="", subject_id=None)
    assert "A mail" in " ".join(map(str, operations.why_not(person, by=owner, at=NOW)))  # the control


def test_totals_leave_out_what_the_reader_may_not_know_of(everything, owner):
    def count(by=None):
        return {line.kind.code: line.due for line in operations.lines(NOW, seen_by=by)}["complaints"]

    assert (count(), count(owner)) == (1, 1)
    NamedStaff.objects.filter(part="about").update(person=owner)
    assert (count(), count(owner)) == (1, 0)


def test_nobody_is_anonymised_twice(owner):
    person = ClientFactory()
    operations.forget_person(person, by=owner, at=NOW)
    with pytest.raises(RetentionRefused, match="already"):
        operations.forget_person(person, by=owner, at=NOW)
    assert Entry.objects.get(verb="person.anonymised").subject_id == person.pk


# -- the command and many rows -----------------------------------------------------------------------------------------


def test_the_command_previews_and_prunes(settings, capsys):
    keeping(settings, surveys=365)
    survey(THEN - 3000 * DAY)
    call_command("prune", "--preview")
    assert "surveys: kept for 365 days; 1 due, 0 held back, the oldest of 2018" in capsys.readouterr().out
    assert not Forgotten.objects.exists()
    call_command("prune")
    call_command("prune")
    assert capsys.readouterr().out == "surveys: 1 went.\nNothing was due.\n"
    assert SurveyAnswer.objects.get().comment == "[…]"


def test_more_than_a_batch_goes_batch_by_batch(settings, monkeypatch):
    monkeypatch.setattr(operations, "BATCH", 2)
    keeping(settings, surveys=365)
    for number in range(5):
        survey(THEN - number * DAY)
    assert operations.prune(NOW) == {"surveys": 5}


def test_the_preview_asks_the_same_for_one_and_for_thirty(settings, owner):
    keeping(settings, **dict.fromkeys(ALL, 365))

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert any(line.going for line in operations.lines(NOW, seen_by=owner))
        return len(queries)

    session(THEN), survey(THEN), call(THEN), client_seen(THEN)
    assert asked()  # the reader's roles are read once
    for_one = asked()
    for number in range(29):
        session(THEN + number * DAY), survey(THEN), call(THEN), client_seen(THEN)
    assert asked() == for_one
