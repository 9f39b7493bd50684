"""Book, move and cancel: what they write, what they refuse, and what they owe (B-1 to B-9, N-1)."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings import messages, operations
from bookings.models import Booking, OccupiedCell
from bookings.refusals import (
    AlreadyStarted,
    BookingRefused,
    ClientBusy,
    NotGranted,
    NotLive,
    NoTopic,
    SlotNotOffered,
    SlotTaken,
    TermsNotAccepted,
)
from supportportal.lattice import cell_at
from supportportal.outbox.models import Message
from supportportal.people.models import Account
from supportportal.trail.models import Entry
from tests.factories import (
    AgentFactory,
    BookingFactory,
    ClientFactory,
    RestrictionFactory,
    TermsAcceptanceFactory,
    TermsVersionFactory,
)

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)  # a Friday
TUESDAY = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # 10:30 in Rome
WEDNESDAY = TUESDAY + timedelta(days=1)


@pytest.fixture
def book(cast):
    def book(**changes):
        facts = {
            "session_type": cast.session_type,
            "client": cast.client,
            "first_cell": cell_at(TUESDAY),
            "topic": "The year's end",
            "by": cast.client,
            "at": NOW,
        }
        return operations.book(**{**facts, **changes})

    return book


def kinds(booking, **query):
    rows = Message.objects.about("bookings.booking", booking.pk).filter(**query)
    return sorted(rows.values_list("kind", flat=True))


def test_a_booking_takes_the_slot_and_owes_its_messages(book, cast):
    booking = book()
    assert (booking.starts_at, booking.ends_at) == (TUESDAY, TUESDAY + timedelta(minutes=30))
    assert OccupiedCell.objects.filter(booking=booking).count() == 12  # six cells of the agent, six of the client
    assert kinds(booking) == [
        "agent_booked",
        "booking_confirmed",
        "reminder_1h",
        "reminder_24h",
        "reminder_2d",
        "reminder_30m",
    ]
    assert kinds(booking, recipient=cast.agent.user) == ["agent_booked"]
    assert Entry.objects.get(verb="booking.booked").by_id == cast.client.pk


def test_what_is_owed_is_written_with_the_booking_or_not_at_all(book, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(operations.booking.outbox, "plan", fail)
    with pytest.raises(RuntimeError):
        book()
    assert not Booking.objects.exists()


def test_the_same_form_twice_is_one_booking(book):
    first, second = book(form_key="k"), book(form_key="k", first_cell=cell_at(WEDNESDAY))
    assert first == second


def test_a_form_key_of_somebody_else_gives_nothing_away(book, cast):
    book(form_key="k")
    other = ClientFactory(account=cast.client.account)
    with pytest.raises(BookingRefused):
        book(form_key="k", client=other, by=other, first_cell=cell_at(WEDNESDAY))


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        pytest.param({"first_cell": cell_at(datetime(2026, 11, 24, 2, 7, tzinfo=UTC))}, SlotNotOffered, id="at night"),
        pytest.param({"first_cell": cell_at(datetime(2026, 11, 22, 9, tzinfo=UTC))}, SlotNotOffered, id="on a Sunday"),
        pytest.param({"first_cell": cell_at(TUESDAY) + 1}, SlotNotOffered, id="between two starts"),
        pytest.param({"first_cell": cell_at(NOW) + 11}, SlotNotOffered, id="less than the minimum notice"),
        pytest.param({"first_cell": cell_at(NOW) - 12}, SlotNotOffered, id="in the past"),
        pytest.param({"first_cell": cell_at(TUESDAY + timedelta(days=84))}, SlotNotOffered, id="beyond the horizon"),
        pytest.param({"first_cell": 0}, SlotNotOffered, id="1970"),
        pytest.param({"topic": "  "}, NoTopic, id="no topic"),
    ],
)
def test_what_is_not_offered_is_refused(book, change, refusal):
    with pytest.raises(refusal):
        book(**change)
    assert not Booking.objects.exists()


def test_a_taken_slot_is_refused_to_the_next(book, cast):
    book()
    other = ClientFactory(account=cast.client.account)
    with pytest.raises((SlotTaken, SlotNotOffered)):
        book(client=other, by=other)


def test_a_named_agent_who_is_taken_is_refused_even_if_another_is_free(book, cast):
    book()
    AgentFactory(session_types=[cast.session_type], office_hours=True)
    other = ClientFactory(account=cast.client.account)
    with pytest.raises(SlotTaken):
        book(client=other, by=other, agent=cast.agent)
    assert book(client=other, by=other).agent != cast.agent


def test_nobody_has_two_sessions_at_once(book, cast):
    book()
    other = AgentFactory(session_types=[cast.session_type], office_hours=True)
    with pytest.raises(ClientBusy):
        book(agent=other)


def test_sessions_are_spread_evenly(book, cast):
    AgentFactory(session_types=[cast.session_type], office_hours=True)
    chosen = []
    for hour in range(4):
        client = ClientFactory(account=cast.client.account)
        chosen.append(book(client=client, by=client, first_cell=cell_at(TUESDAY) + 12 * hour).agent_id)
    assert sorted(chosen.count(agent) for agent in set(chosen)) == [2, 2]


def test_an_agent_who_speaks_the_clients_language_is_preferred(book, cast):
    cast.agent.languages = ["it"]
    cast.agent.save(update_fields=["languages"])
    dutch = AgentFactory(session_types=[cast.session_type], office_hours=True, languages=["nl"])
    client = ClientFactory(account=cast.client.account, language="nl")
    assert book(client=client, by=client).agent == dutch


def test_a_plan_that_does_not_grant_it_is_refused_with_the_plan_that_would(book, cast):
    client = ClientFactory()
    with pytest.raises(NotGranted) as refused:
        book(client=client, by=client)
    assert refused.value.access.plan == cast.client.account.plan


def test_a_subscription_that_ended_while_the_form_was_open_is_refused(book, cast):
    Account.objects.update(subscription=Account.Subscription.ENDED)
    with pytest.raises(NotGranted):
        book()


def test_a_restriction_is_checked_inside_the_booking(book, cast):
    RestrictionFactory(user=cast.client, starts_at=NOW)
    with pytest.raises(NotGranted, match="closed to you"):
        book()


class TestTerms:
    def test_the_current_version_must_be_accepted(self, book):
        TermsVersionFactory()
        with pytest.raises(TermsNotAccepted):
            book()

    def test_acceptance_is_on_record_with_its_instant(self, book, cast):
        terms = TermsVersionFactory()
        book(terms=terms)
        assert cast.client.terms_acceptances.get().accepted_at == NOW

    def test_once_per_version(self, book, cast):
        TermsAcceptanceFactory(user=cast.client)
        assert book()

    def test_an_older_version_is_not_enough(self, book, cast):
        old = TermsVersionFactory()
        TermsAcceptanceFactory(user=cast.client, terms=old)
        TermsVersionFactory(published_at=NOW - timedelta(days=1))
        with pytest.raises(TermsNotAccepted):
            book(terms=old)

    def test_a_version_of_tomorrow_does_not_count_yet(self, book, cast):
        TermsVersionFactory(published_at=NOW + timedelta(days=1))
        assert book()

    def test_a_refused_booking_accepts_nothing(self, book, cast):
        terms = TermsVersionFactory()
        with pytest.raises(BookingRefused):
            book(terms=terms, first_cell=0)
        assert not cast.client.terms_acceptances.exists()

    def test_moving_and_cancelling_need_none(self, book, cast):
        booking = book()
        TermsVersionFactory(published_at=NOW - timedelta(days=1))
        operations.move(booking, first_cell=cell_at(WEDNESDAY), by=cast.client, at=NOW)
        operations.cancel(booking, reason="other", by=cast.client, at=NOW)


class TestMoving:
    def test_it_frees_the_old_slot_and_takes_the_new(self, book, cast):
        booking = operations.move(book(), first_cell=cell_at(WEDNESDAY), by=cast.client, at=NOW)
        assert booking.starts_at == WEDNESDAY
        assert set(OccupiedCell.objects.filter(hold=None).values_list("cell", flat=True)) == {
            cell_at(WEDNESDAY) + n for n in range(6)
        }

    def test_reminders_belong_to_the_new_start_only(self, book, cast):
        booking = operations.move(book(), first_cell=cell_at(WEDNESDAY), by=cast.client, at=NOW)
        live = Message.objects.about("bookings.booking", booking.pk).exclude(state=Message.State.VOID)
        assert set(live.values_list("version", flat=True)) == {2}
        due = live.get(kind="reminder_24h").due_at
        assert due == WEDNESDAY - timedelta(days=1)

    def test_no_reminder_for_a_time_already_past_when_moved(self, book, cast):
        booking = book()
        at = WEDNESDAY - timedelta(hours=30)
        operations.move(booking, first_cell=cell_at(WEDNESDAY), by=cast.client, at=at)
        assert "reminder_2d" not in kinds(booking, version=2)

    def test_a_place_just_next_to_it_may_overlap_the_old_one(self, book, cast):
        booking = book()
        cast.session_type.step_minutes = 15
        cast.session_type.save()
        moved = operations.move(booking, first_cell=cell_at(TUESDAY) + 3, by=cast.client, at=NOW)
        assert moved.first_cell == cell_at(TUESDAY) + 3

    def test_the_same_agent_is_kept_where_free(self, book, cast):
        booking = book(agent=cast.agent)
        AgentFactory(session_types=[cast.session_type], office_hours=True)
        assert operations.move(booking, first_cell=cell_at(WEDNESDAY), by=None, at=NOW).agent == cast.agent

    def test_a_colleague_steps_in_and_all_three_are_told(self, book, cast):
        booking = book(agent=cast.agent)
        other = AgentFactory(session_types=[cast.session_type], office_hours=True)
        BookingFactory(agent=cast.agent, session_type=cast.session_type, starts=WEDNESDAY)
        moved = operations.move(booking, first_cell=cell_at(WEDNESDAY), by=None, at=NOW)
        assert moved.agent == other and moved.place == other.video_link
        assert kinds(moved, version=2, recipient=cast.agent.user) == ["agent_cancelled"]
        assert kinds(moved, version=2, recipient=other.user) == ["agent_booked"]
        assert "booking_moved" in kinds(moved, version=2, recipient=cast.client)

    def test_to_where_it_is_already_changes_nothing(self, book):
        booking = book()
        assert operations.move(booking, first_cell=booking.first_cell, by=None, at=NOW).version == 1

    @pytest.mark.parametrize(
        ("at", "refusal"),
        [
            pytest.param(TUESDAY, AlreadyStarted, id="at the start"),
            pytest.param(TUESDAY + timedelta(hours=3), AlreadyStarted, id="after the end"),
        ],
    )
    def test_not_once_it_has_started(self, book, at, refusal):
        booking = book()
        with pytest.raises(refusal):
            operations.move(booking, first_cell=cell_at(WEDNESDAY), by=None, at=at)

    def test_not_once_it_is_cancelled(self, book):
        booking = book()
        operations.cancel(booking, reason="other", by=None, at=NOW)
        with pytest.raises(NotLive):
            operations.move(booking, first_cell=cell_at(WEDNESDAY), by=None, at=NOW)

    def test_not_by_a_restricted_client(self, book, cast):
        booking = book()
        RestrictionFactory(user=cast.client, starts_at=NOW)
        with pytest.raises(NotGranted):
            operations.move(booking, first_cell=cell_at(WEDNESDAY), by=cast.client, at=NOW)


class TestCancelling:
    def test_it_frees_the_slot_and_tells_both(self, book, cast):
        booking = operations.cancel(book(), reason="solved", by=cast.client, at=NOW)
        assert (booking.state, booking.cancelled_at, booking.cancel_reason) == ("cancelled", NOW, "solved")
        assert not OccupiedCell.objects.filter(hold=None).exists()
        live = Message.objects.exclude(state=Message.State.VOID)
        assert sorted(live.values_list("kind", flat=True)) == ["agent_cancelled", "booking_cancelled"]

    def test_twice_is_once(self, book):
        booking = operations.cancel(book(), reason="solved", by=None, at=NOW)
        again = operations.cancel(booking, reason="other", by=None, at=NOW + timedelta(minutes=1))
        assert (again.cancel_reason, again.version) == ("solved", 2)

    def test_it_is_late_until_the_very_start(self, book):
        operations.cancel(book(), reason="other", by=None, at=TUESDAY - timedelta(seconds=1))

    def test_not_once_it_has_started(self, book):
        booking = book()
        with pytest.raises(AlreadyStarted):
            operations.cancel(booking, reason="other", by=None, at=TUESDAY)

    def test_a_restricted_client_can_still_cancel(self, book, cast):
        booking = book()
        RestrictionFactory(user=cast.client, starts_at=NOW)
        assert not operations.cancel(booking, reason="other", by=cast.client, at=NOW).is_live


class TestTextMessages:
    def test_consent_is_recorded_with_its_instant(self, book, cast):
        book(phone="+393331234567", sms_consent=True)
        cast.client.refresh_from_db()
        assert (cast.client.phone, cast.client.sms_consent_at) == ("+393331234567", NOW)

    def test_none_is_given_without_the_tick(self, book, cast):
        book(phone="+393331234567")
        cast.client.refresh_from_db()
        assert cast.client.sms_consent_at is None


def test_telling_the_agent_who_lost_a_session_asks_the_database_nothing_more(cast, django_assert_num_queries):
    booking = BookingFactory(client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=TUESDAY)
    booking = Booking.objects.select_related("client", "agent__user").get(pk=booking.pk)
    before = AgentFactory(session_types=[cast.session_type])
    given_up = {"first_cell": booking.first_cell - 12, "cells": booking.cells, "agent": before.pk}
    with django_assert_num_queries(0):
        owed = list(messages.owed_for_move(booking, moved_from=given_up, before=before, at=booking.booked_at))
    assert [one.recipient for one in owed if one.kind == "agent_cancelled"] == [before.user]
