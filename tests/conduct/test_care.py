"""A follow-up for whom an incident was aimed at: between two, open until both agree to close it (R-8)."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from conduct.models import CareNote, FollowUp
from conduct.operations import care
from conduct.refusals import OnlyTheTwo
from conduct.refusals_care import IsOver, NewNote, NobodyYet, NotForCare, NothingNoted, Same, TakenAlready
from supportportal.outbox.models import Message
from supportportal.people.models import Role
from supportportal.trail.models import Entry
from supportportal.trail.visibility import visible_to
from tests.factories import MONDAY_TEN, ClientFactory, FirmFactory, StaffFactory
from tests.factories_conduct import make_incident
from tests.support.pages import address, pages

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
CANARY = "pangolin"
UNTRIED = {"demo:refresh", "demo:sign_in_as", "mfa_activate_totp", "mfa_add_webauthn"}


@pytest.fixture
def person():
    return StaffFactory(roles=["agent"], name="Elisa Conti")


@pytest.fixture
def manager():
    return StaffFactory(roles=["manager"], name="Nadia Haddad")


@pytest.fixture
def follow_up(person):
    incident = make_incident(reporter=person)
    return FollowUp.objects.get(incident=incident)


@pytest.fixture
def taken(follow_up, manager):
    return care.take_on(follow_up, by=manager, at=AT)


def press(browser, person, action, follow_up, **sent):
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser.post(reverse(f"admin:conduct_followup_{action}", args=[follow_up.pk]), sent, follow=True)


def page(browser, person, follow_up):
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser.get(reverse("admin:conduct_followup_care", args=[follow_up.pk]))


# -- whose it is -------------------------------------------------------------------------------------------------------


def test_each_report_opens_one_for_the_same_day(follow_up, person):
    assert (follow_up.person, follow_up.manager, follow_up.due_on) == (person, None, AT.date())
    assert list(FollowUp.objects.waiting()) == [follow_up]


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.AGENT, False),
        (Role.MANAGER, True),
        (Role.DUTY_MANAGER, True),
        (Role.SENIOR_MANAGER, True),
        (Role.OWNER, True),
        (Role.DEPUTY, True),
        ("", False),
    ],
)
def test_a_manager_takes_it(follow_up, role, may):
    one = StaffFactory(roles=[role] if role else [], is_superuser=not role)
    if may:
        assert care.take_on(follow_up, by=one, at=AT).manager == one
    else:
        with pytest.raises(NotForCare):
            care.take_on(follow_up, by=one, at=AT)


def test_nobody_looks_after_themselves(manager):
    follow_up = FollowUp.objects.get(incident=make_incident(reporter=manager))
    with pytest.raises(NotForCare):
        care.take_on(follow_up, by=manager, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        FollowUp.objects.filter(pk=follow_up.pk).update(manager=manager, taken_at=AT)


def test_it_is_taken_once(taken):
    with pytest.raises(TakenAlready):
        care.take_on(taken, by=StaffFactory(roles=["manager"]), at=AT)
    assert care.take_on(taken, by=taken.manager, at=AT).taken_at == AT


def test_before_it_is_taken_nothing_is_written(follow_up, person):
    with pytest.raises(NobodyYet):
        care.note(follow_up, CANARY, by=person, at=AT)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SENIOR_MANAGER, Role.OWNER, "superuser", "reporter"])
def test_nobody_else_writes_or_agrees(taken, role):
    one = StaffFactory(roles=[role], is_superuser=role == "superuser")
    for verb in (
        lambda: care.note(taken, "x", by=one, at=AT),
        lambda: care.agree(taken, by=one, at=AT, seen=0),
        lambda: care.withdraw(taken, by=one, at=AT),
        lambda: care.hand_on(taken, None, by=one, at=AT),
    ):
        with pytest.raises(OnlyTheTwo):
            verb()
    assert not CareNote.objects.exists()


# -- until both agree --------------------------------------------------------------------------------------------------


def test_it_is_closed_once_both_agree(taken, person, manager):
    care.note(taken, "We talked.", by=manager, at=AT)
    seen = CareNote.objects.get().pk
    assert care.agree(taken, by=manager, at=AT, seen=seen).closed_at is None
    closed = care.agree(taken, by=person, at=AT + timedelta(hours=1), seen=seen)
    assert closed.closed_at == AT + timedelta(hours=1)
    assert not FollowUp.objects.open().exists()


def test_agreeing_twice_is_agreeing_once(taken, manager):
    care.agree(taken, by=manager, at=AT, seen=0)
    again = care.agree(taken, by=manager, at=AT + timedelta(hours=1), seen=0)
    assert (again.manager_agreed_at, again.closed_at) == (AT, None)


@pytest.mark.parametrize("who", ["person", "manager"])
@pytest.mark.parametrize("by_both", [False, True], ids=["one had agreed", "it was closed"])
def test_a_note_afterwards_opens_it_again(taken, person, manager, who, by_both):
    care.agree(taken, by=manager, at=AT, seen=0)
    if by_both:
        care.agree(taken, by=person, at=AT, seen=0)
    care.note(taken, "One more thing.", by={"person": person, "manager": manager}[who], at=AT)
    taken.refresh_from_db()
    assert (taken.person_agreed_at, taken.manager_agreed_at, taken.closed_at) == (None, None, None)


def test_taking_ones_agreement_back_keeps_the_others(taken, person, manager):
    for one in (manager, person):
        care.agree(taken, by=one, at=AT, seen=0)
    reopened = care.withdraw(taken, by=person, at=AT)
    assert (reopened.person_agreed_at, reopened.manager_agreed_at, reopened.closed_at) == (None, AT, None)


def test_nobody_agrees_to_close_what_they_have_not_read(taken, person, manager):
    made = care.note(taken, "Wait.", by=manager, at=AT)
    with pytest.raises(NewNote):
        care.agree(taken, by=person, at=AT, seen=0)
    assert care.agree(taken, by=person, at=AT, seen=made.pk).person_agreed_at == AT
    assert care.agree(taken, by=manager, at=AT, seen=0).closed_at == AT  # their own words they know


def test_an_empty_note_is_none(taken, person):
    with pytest.raises(NothingNoted):
        care.note(taken, "  \n", by=person, at=AT)


def test_the_database_closes_nothing_that_one_has_not_agreed_to(taken):
    with pytest.raises(IntegrityError), transaction.atomic():
        FollowUp.objects.filter(pk=taken.pk).update(closed_at=AT, person_agreed_at=AT)


# -- handed on ---------------------------------------------------------------------------------------------------------


def test_handed_on_it_begins_with_an_empty_page(taken, person, manager):
    care.note(taken, CANARY, by=manager, at=AT)
    other = StaffFactory(roles=["manager"])
    fresh = care.hand_on(taken, other, by=manager, at=AT + timedelta(days=1))
    assert (fresh.manager, fresh.person, fresh.notes.count()) == (other, person, 0)
    assert fresh.due_on == AT.date() + timedelta(days=1)
    assert set(FollowUp.objects.visible_to(other)) == {fresh}
    assert set(FollowUp.objects.visible_to(manager)) == {taken}
    assert set(FollowUp.objects.visible_to(person)) == {taken, fresh}
    assert set(FollowUp.objects.open()) == {fresh}
    told = Message.objects.get(kind="conduct_care_due")
    assert (told.recipient, told.data) == (other, {"stage": "handed_on"})
    with pytest.raises(IsOver):
        care.note(taken, "x", by=manager, at=AT)


def test_the_person_asks_for_somebody_else_and_chooses_nobody(taken, person):
    with pytest.raises(NotForCare):
        care.hand_on(taken, StaffFactory(roles=["manager"]), by=person, at=AT)
    fresh = care.hand_on(taken, None, by=person, at=AT)
    assert list(FollowUp.objects.waiting()) == [fresh]
    assert not Message.objects.filter(kind="conduct_care_due").exists()


def test_it_is_handed_to_another_manager_alone(taken, person, manager):
    for to, refusal in ((manager, Same), (person, NotForCare), (StaffFactory(roles=["agent"]), NotForCare)):
        with pytest.raises(refusal):
            care.hand_on(taken, to, by=manager, at=AT)


@pytest.mark.parametrize("gone", ["inactive", "role taken"])
def test_whose_manager_has_left_waits_for_another(taken, manager, gone):
    assert not care.release(AT, of=taken.pk)
    if gone == "inactive":
        manager.is_active = False
        manager.save(update_fields=["is_active"])
    else:
        manager.groups.clear()
    assert care.release(AT, of=taken.pk)
    assert not care.release(AT, of=taken.pk)
    (fresh,) = FollowUp.objects.waiting()
    assert fresh.person == taken.person


def test_whoever_has_left_needs_no_talk(follow_up, person):
    person.is_active = False
    person.save(update_fields=["is_active"])
    assert not FollowUp.objects.waiting().exists()
    person.is_active = True
    person.save(update_fields=["is_active"])
    assert list(FollowUp.objects.waiting()) == [follow_up]


# -- the pages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def now():
    with time_machine.travel(AT, tick=False):
        yield AT


def test_the_way_of_it(client, follow_up, person, manager, now):
    FirmFactory()
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    first = client.get(reverse("admin:index")).content.decode()
    assert "1 follow-up waits for a manager" in first
    assert "Elisa Conti" in first
    assert page(client, manager, follow_up).status_code == 404  # not before it is taken
    assert "You look after Elisa Conti" in press(client, manager, "take", follow_up).content.decode()
    assert CANARY in press(client, manager, "note", follow_up, text=CANARY).content.decode()
    shown = page(client, person, follow_up)
    assert "Your follow-up, with Nadia Haddad" in shown.content.decode()
    assert CANARY in shown.content.decode()
    assert "There is a new note" in press(client, person, "agree", follow_up).content.decode()
    last = shown.context["last"]
    press(client, person, "agree", follow_up, seen=last)
    assert "You both agreed" in press(client, manager, "agree", follow_up, seen=last).content.decode()
    assert FollowUp.objects.get().closed_at == AT


def test_the_first_page_names_ones_own(client, taken, person, manager, now):
    for one, words in ((person, "Your follow-up, with Nadia Haddad"), (manager, "Follow-up with Elisa Conti")):
        client.force_login(one, backend="django.contrib.auth.backends.ModelBackend")
        assert words in client.get(reverse("admin:index")).content.decode()


def test_an_overdue_one_is_marked(client, follow_up, manager):
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    for later, marked in ((timedelta(hours=12), False), (timedelta(hours=14), True)):
        with time_machine.travel(AT + later, tick=False):
            assert ("late" in client.get(reverse("admin:conduct_followup_changelist")).content.decode()) is marked


def test_what_is_noted_is_not_late(client, taken, manager):
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    for noted in (False, True):
        if noted:
            care.note(taken, "We talked.", by=manager, at=AT)
        with time_machine.travel(AT + timedelta(hours=14), tick=False):
            assert ("late" in client.get(reverse("admin:conduct_followup_changelist")).content.decode()) is not noted


def test_the_only_manager_is_told_that_nobody_is_left(client, manager, now):
    make_incident(reporter=manager)
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    assert "you are the only manager" in client.get(reverse("admin:index")).content.decode()
    StaffFactory(roles=[Role.SENIOR_MANAGER])
    assert "you are the only manager" not in client.get(reverse("admin:index")).content.decode()


def test_what_was_typed_stays_when_it_is_refused(client, taken, person, manager, now):
    care.hand_on(taken, None, by=person, at=AT)
    shown = press(client, manager, "note", taken, text="Half a page of thoughts.").content.decode()
    assert str(IsOver.reason) in shown
    assert "Half a page of thoughts." in shown


def test_handing_on_from_the_page(client, taken, person, manager, now):
    other = StaffFactory(roles=["manager"])
    press(client, manager, "hand_on", taken, to=other.pk)
    fresh = FollowUp.objects.open().get()
    assert fresh.manager == other
    press(client, person, "hand_on", fresh, to=manager.pk)  # the person chooses nobody, whatever is sent
    assert FollowUp.objects.open().get().manager is None


@pytest.mark.parametrize("seen", ["", "²", "9" * 30, "-1", "a\x00b"])
def test_an_odd_page_agrees_to_nothing_unread(client, taken, person, manager, now, seen):
    care.note(taken, "Read me.", by=manager, at=AT)
    assert press(client, person, "agree", taken, seen=seen).status_code == 200
    assert FollowUp.objects.get().person_agreed_at is None


@pytest.mark.parametrize("number", [1, 30])
def test_the_list_takes_a_fixed_number_of_queries(client, manager, now, django_assert_max_num_queries, number):
    for _one in range(number):
        waits = FollowUp.objects.get(incident=make_incident())
        care.take_on(FollowUp.objects.get(incident=make_incident()), by=manager, at=AT)
        assert waits.manager is None
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    with django_assert_max_num_queries(14):
        answer = client.get(reverse("admin:conduct_followup_changelist"))
    assert answer.content.decode().count("Take it") == number


# -- nobody else learns of it ------------------------------------------------------------------------------------------


@pytest.fixture
def cast(taken, person, manager):
    """Everybody who is not one of the two, and the two."""
    FirmFactory()
    return {
        "the person": person,
        "the manager": manager,
        "reporter": taken.incident.reporter,
        "client": taken.incident.client,
        "agent": StaffFactory(roles=["agent"]),
        **{role: StaffFactory(roles=[role]) for role in (Role.MANAGER, Role.SENIOR_MANAGER, Role.OWNER)},
        "superuser": StaffFactory(is_superuser=True, roles=[Role.SENIOR_MANAGER]),
        "stranger": ClientFactory(),
    }


@pytest.fixture
def noted(cast, taken, person, manager):
    for one in (person, manager):
        care.note(taken, f"{CANARY} by {one.pk}", by=one, at=AT)
    care.agree(taken, by=manager, at=AT, seen=CareNote.objects.last().pk)
    return taken


def shows_it(browser, reader, follow_up):
    """The pages, among all of the portal, on which this reader finds a note."""
    browser.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    browser.raise_request_exception = False
    rows = {"conduct_followup": follow_up.pk, "conduct_incident": follow_up.incident_id}
    found = set()
    for name, pattern in sorted(dict(pages()).items()):
        row = next((pk for model, pk in rows.items() if f":{model}_" in name), 1)
        path = address(name, pattern, dict.fromkeys(pattern.pattern.converters, row))
        if path is None or name in UNTRIED or name.startswith("anymail"):
            continue
        for query in ["", f"?q={CANARY}"] if name.endswith("_changelist") else [""]:
            answer = browser.get(path + query)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            if f"{CANARY} by" in content.decode("utf-8", "replace"):
                found.add(name)
    return found


@pytest.mark.parametrize(
    "who", ["client", "agent", Role.MANAGER, Role.SENIOR_MANAGER, Role.OWNER, "superuser", "stranger"]
)
def test_no_page_shows_a_note_to_anybody_else(client, cast, noted, now, who):
    assert shows_it(client, cast[who], noted) == set()


@pytest.mark.parametrize("who", ["the person", "the manager"])
def test_and_to_the_two_its_page_alone(client, cast, noted, now, who):
    """The control of the test above: it would notice."""
    assert shows_it(client, cast[who], noted) == {"admin:conduct_followup_care"}


def test_no_row_but_the_note_itself_holds_its_words(noted):
    assert not [entry for entry in Entry.objects.all() if CANARY in str(entry.facts)]
    assert not [message for message in Message.objects.all() if CANARY in f"{message.data}{message.text}"]


@pytest.mark.parametrize(
    ("who", "sees"),
    [("the person", True), ("the manager", True), (Role.SENIOR_MANAGER, False), ("superuser", False)],
)
def test_the_trail_of_it(cast, noted, who, sees):
    entries = visible_to(Entry.objects.all(), cast[who])
    assert entries.filter(subject_type__in=["conduct.followup", "conduct.carenote"]).exists() is sees
