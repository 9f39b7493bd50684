"""Who is told of which deadline, when, and once (C-7)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from complaints import digests
from complaints.models import Deadline, NamedStaff
from complaints.operations import clocks, watching
from supportportal.outbox import rendering
from supportportal.outbox.models import Message
from supportportal.people.models import Firm
from tests.factories import MONDAY_TEN, StaffFactory
from tests.factories_complaints import ComplaintFactory, SchemeFactory, senior
from tests.support.racing import at_once

pytestmark = pytest.mark.usefixtures("italy")
Step = Deadline.Step
MINUTE, MICROSECOND = timedelta(minutes=1), timedelta(microseconds=1)
# Acknowledged on Monday 23 November: the update is due at the end of Thursday 26, the response on Monday 7 December.
THURSDAY_NINE = datetime(2026, 11, 26, 8, tzinfo=UTC)
FRIDAY_NINE = datetime(2026, 11, 27, 8, tzinfo=UTC)


@pytest.fixture
def manager():
    return StaffFactory(roles=["manager"], name="Mara Manager")


@pytest.fixture
def boss():
    return senior(name="Silvia Senior")


def acknowledged(reviewer=None, **told):
    complaint = ComplaintFactory(**told)
    clocks.happened(complaint, Step.ACKNOWLEDGE, when=MONDAY_TEN)
    complaint.reviewer = reviewer
    complaint.save(update_fields=["reviewer"])
    return complaint


def digests_of(person=None):
    found = Message.objects.filter(kind=digests.DEADLINE_DIGEST).order_by("pk")
    return list(found.filter(recipient=person) if person else found)


def told():
    """Who has been told what: (name, step, stage), in order."""
    rows = {row.pk: row.step for row in Deadline.objects.all()}
    return [
        (message.recipient.name, rows[pk], stage) for message in digests_of() for pk, stage in message.data["deadlines"]
    ]


# -- when --------------------------------------------------------------------------------------------------------------


def test_nothing_due_is_one_query(manager, django_assert_num_queries):
    acknowledged(manager)
    with django_assert_num_queries(1):
        assert watching.sweep(MONDAY_TEN) == 0


def test_the_reviewer_is_warned_at_half_of_the_time_once(manager):
    complaint = acknowledged(manager)
    row = complaint.deadlines.get(step=Step.UPDATE)
    half = MONDAY_TEN + (row.due_at - MONDAY_TEN) / 2  # Wednesday morning, 5:00
    opens = datetime(2026, 11, 25, 8, tzinfo=UTC)
    assert half < opens == row.look_at
    assert watching.sweep(opens - MICROSECOND) == 0
    assert watching.sweep(opens) == 1
    assert watching.sweep(opens + MINUTE) == 0
    assert told() == [("Mara Manager", Step.UPDATE, "warned_at")]


def test_the_reviewer_is_warned_again_on_the_last_business_day(manager):
    acknowledged(manager)
    watching.sweep(THURSDAY_NINE - timedelta(days=1))
    assert watching.sweep(THURSDAY_NINE) == 1
    assert [one[1:] for one in told()] == [(Step.UPDATE, "warned_at"), (Step.UPDATE, "warned_last_day_at")]


def test_warnings_that_fall_together_are_told_once(manager):
    """The portal was off until the last day."""
    acknowledged(manager)
    watching.sweep(THURSDAY_NINE)
    assert [one[1:] for one in told()] == [(Step.UPDATE, "warned_last_day_at")]
    row = Deadline.objects.get(step=Step.UPDATE)
    assert row.warned_at == row.warned_last_day_at == THURSDAY_NINE


def test_what_is_missed_goes_to_senior_managers_once(manager, boss):
    acknowledged(manager)
    watching.sweep(THURSDAY_NINE)
    assert watching.sweep(FRIDAY_NINE) == 1
    assert watching.sweep(FRIDAY_NINE + MINUTE) == 0
    assert told()[1:] == [("Silvia Senior", Step.UPDATE, "escalated_at")]


def test_nobody_is_warned_of_what_is_missed_already(manager, boss):
    acknowledged(manager)
    watching.sweep(FRIDAY_NINE)
    assert told() == [("Silvia Senior", Step.UPDATE, "escalated_at")]
    assert Deadline.objects.get(step=Step.UPDATE).warned_at is None


def test_at_night_nothing_is_told(manager, django_assert_num_queries):
    acknowledged(manager)
    night = datetime(2026, 11, 25, 22, tzinfo=UTC)
    assert watching.sweep(night) == 0
    assert Deadline.objects.get(step=Step.UPDATE).look_at == THURSDAY_NINE
    with django_assert_num_queries(1):
        watching.sweep(night + MINUTE)
    assert watching.sweep(THURSDAY_NINE) == 1


def test_a_first_reply_due_on_a_weekend_is_warned_of_while_somebody_works(manager):
    """Friday 10:00 to Saturday 10:00: half the time is at night, so half of what is left of Friday."""
    friday = datetime(2026, 11, 27, 9, tzinfo=UTC)
    complaint = ComplaintFactory(at=friday)
    assert complaint.deadlines.get(step=Step.ACKNOWLEDGE).look_at == datetime(2026, 11, 27, 12, 30, tzinfo=UTC)


def test_a_first_reply_that_nobody_could_warn_of_is_told_when_missed(manager, boss):
    complaint = ComplaintFactory(at=datetime(2026, 11, 27, 18, tzinfo=UTC))
    monday = datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert complaint.deadlines.get(step=Step.ACKNOWLEDGE).look_at == monday
    watching.sweep(monday)
    assert ("Silvia Senior", Step.ACKNOWLEDGE, "escalated_at") in told()


def test_a_deadline_that_moved_away_is_warned_of_at_its_new_time(manager):
    complaint = ComplaintFactory()
    complaint.reviewer = manager
    complaint.save(update_fields=["reviewer"])
    watching.sweep(FRIDAY_NINE)  # the last day of the projected update
    clocks.happened(complaint, Step.ACKNOWLEDGE, when=FRIDAY_NINE + MINUTE)
    row = complaint.deadlines.get(step=Step.UPDATE)
    assert (row.warned_at, row.warned_last_day_at) == (None, None)
    watching.sweep(datetime(2026, 12, 2, 8, tzinfo=UTC))
    assert ("Mara Manager", Step.UPDATE, "warned_last_day_at") in told()[-2:]


def test_the_ombudsmans_limit_warns_nobody(manager):
    SchemeFactory()
    complaint = acknowledged(manager)
    clocks.close(complaint, Step.UPDATE, Step.RESPOND)
    limit = complaint.deadlines.running().get()
    assert (limit.step, limit.look_at) == (Step.OMBUDSMAN, None)
    assert watching.sweep(limit.due_at + timedelta(days=7)) == 0


# -- whom --------------------------------------------------------------------------------------------------------------


def test_where_nobody_is_assigned_those_who_may_review_are_warned(manager, boss):
    StaffFactory(roles=["agent"], name="Ada Agent")
    spoken = StaffFactory(roles=["manager"], name="Spoken With")
    named = senior(name="Named Person")
    complaint = acknowledged()
    NamedStaff.objects.create(complaint=complaint, part="spoken_with", typed="S", person=spoken)
    NamedStaff.objects.create(complaint=complaint, part="mentioned", typed="N", person=named)
    watching.sweep(THURSDAY_NINE)
    assert {name for name, *_rest in told()} == {"Mara Manager", "Silvia Senior"}


def test_a_complaint_about_staff_is_told_to_senior_managers_alone(manager, boss):
    acknowledged(about="staff")
    watching.sweep(THURSDAY_NINE)
    assert {name for name, *_rest in told()} == {"Silvia Senior"}


def test_a_reviewer_who_may_not_see_the_case_any_more_is_not_warned(manager, boss):
    complaint = acknowledged(manager)
    NamedStaff.objects.create(complaint=complaint, part="about", typed="M", person=manager)
    watching.sweep(THURSDAY_NINE)
    assert {name for name, *_rest in told()} == {"Silvia Senior"}


def test_a_senior_manager_who_is_named_is_not_told_of_what_was_missed(boss):
    owner = StaffFactory(roles=["owner"], name="Olga Owner")
    complaint = acknowledged()
    NamedStaff.objects.create(complaint=complaint, part="about", typed="S", person=boss)
    watching.sweep(FRIDAY_NINE)
    assert {name for name, *_rest in told()} == {owner.name}


def test_where_there_is_nobody_to_tell_somebody_is_looked_for_again():
    acknowledged()
    assert watching.sweep(THURSDAY_NINE) == 0
    manager = StaffFactory(roles=["manager"])
    assert watching.sweep(THURSDAY_NINE + MINUTE) == 0
    assert watching.sweep(THURSDAY_NINE + watching.NOBODY_YET) == 1
    assert digests_of(manager)


# -- one mail ----------------------------------------------------------------------------------------------------------


def written(message):
    return rendering.write(message, message.recipient, firm=Firm.current())


def test_one_digest_tells_a_person_everything(manager):
    complaints = [acknowledged(manager) for _ in range(3)]
    assert watching.sweep(THURSDAY_NINE) == 1
    [message] = digests_of(manager)
    parcel = written(message)
    assert parcel.subject == "3 deadlines of complaints coming up"
    for complaint in complaints:
        for text in (parcel.text, parcel.html):
            assert complaint.reference in text
            assert complaint.get_absolute_url() in text
    assert "due Thursday 26 November" in parcel.text
    assert reverse("admin:complaints_complaint_changelist") in parcel.text


def test_missed_and_coming_stand_apart(boss):
    missed = acknowledged(boss)
    ahead = acknowledged(boss)
    clocks.happened(ahead, Step.UPDATE, when=MONDAY_TEN)  # its response is due on Wednesday 2 December
    watching.sweep(FRIDAY_NINE + timedelta(days=3))
    parcel = written(digests_of(boss)[0])
    assert parcel.subject == "1 deadline of a complaint missed, 1 deadline of a complaint coming up"
    assert parcel.text.index(missed.reference) < parcel.text.index("Coming up") < parcel.text.index(ahead.reference)


def test_a_digest_is_in_the_language_of_its_reader(manager):
    manager.language = "it"
    manager.save(update_fields=["language"])
    acknowledged(manager)
    watching.sweep(THURSDAY_NINE)
    assert "giovedì 26 novembre" in written(digests_of(manager)[0]).text


def test_what_was_done_meanwhile_is_not_told(manager):
    complaint, other = acknowledged(manager), acknowledged(manager)
    watching.sweep(THURSDAY_NINE)
    [message] = digests_of(manager)
    clocks.happened(complaint, Step.UPDATE, when=THURSDAY_NINE + MINUTE)
    assert complaint.reference not in written(message).text
    assert digests.KIND.is_due(message, manager) == ""
    clocks.happened(other, Step.UPDATE, when=THURSDAY_NINE + MINUTE)
    assert digests.KIND.is_due(message, manager) != ""


def test_what_the_reader_may_not_see_by_now_is_not_told(manager):
    complaint, other = acknowledged(manager), acknowledged(manager)
    watching.sweep(THURSDAY_NINE)
    [message] = digests_of(manager)
    NamedStaff.objects.create(complaint=complaint, part="mentioned", typed="M", person=manager)
    assert complaint.reference not in written(message).text
    assert other.reference in written(message).text
    NamedStaff.objects.create(complaint=other, part="about", typed="M", person=manager)
    assert digests.KIND.is_due(message, manager) != ""


def test_who_has_left_is_told_nothing(manager):
    acknowledged(manager)
    watching.sweep(THURSDAY_NINE)
    manager.is_active = False
    manager.save(update_fields=["is_active"])
    [message] = digests_of()
    assert digests.KIND.is_due(message, message.recipient) != ""


def test_what_is_kept_of_a_digest_names_no_case(manager):
    complaint = acknowledged(manager)
    watching.sweep(THURSDAY_NINE)
    kept = "".join(written(digests_of(manager)[0]).kept())
    assert complaint.reference not in kept
    assert complaint.get_absolute_url() not in kept


def test_a_digest_is_in_nobody_elses_message_log(manager, boss):
    acknowledged(manager)
    watching.sweep(THURSDAY_NINE)
    digest = Message.objects.filter(kind=digests.DEADLINE_DIGEST)
    assert digest.visible_to(manager).exists()
    assert not digest.visible_to(boss).exists()


# -- two sweeps --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_number", range(3))
def test_sweeps_at_once_tell_each_thing_once(manager, round_number):
    for _ in range(4):
        acknowledged(manager)
    at_once(*[lambda: watching.sweep(THURSDAY_NINE)] * 3)
    assert sorted(told()) == [("Mara Manager", Step.UPDATE, "warned_last_day_at")] * 4
