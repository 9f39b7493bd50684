"""Ill today, acting for a client and coordinating, in the browser: what stands before the press, and who may press."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings import messages
from bookings.models import Booking, Strike, TermsAcceptance, TimeOff, Unreached
from bookings.operations import firm
from supportportal.lattice import cell_at
from supportportal.outbox.models import Message
from tests.factories import (
    AgentFactory,
    BookingFactory,
    ClientFactory,
    StaffFactory,
    StrikeFactory,
    TermsAcceptanceFactory,
    TermsVersionFactory,
)

NOW = datetime(2026, 11, 24, 8, 3, tzinfo=UTC)  # a Tuesday, 09:03 in Rome
TEN = datetime(2026, 11, 24, 9, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 27, 9, tzinfo=UTC)
ILL = "/admin/bookings/agent/ill/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def booking(cast):
    return BookingFactory(client=cast.client, agent=cast.agent, session_type=cast.session_type, starts=TEN)


@pytest.fixture
def colleague(cast):
    return AgentFactory(session_types=[cast.session_type], office_hours=True)


@pytest.fixture
def agent(client, cast):
    client.force_login(cast.agent.user)
    return client


@pytest.fixture
def coordinator(client, cast):
    cast.client.is_coordinator = True
    cast.client.save()
    client.force_login(cast.client)
    return client


@pytest.fixture
def attendee(cast):
    return ClientFactory(account=cast.client.account, name="Marco Bassi", phone="+393470000000")


def text(response) -> str:
    return " ".join(response.content.decode().split())


def posted(response) -> dict[str, str]:
    """What the page's form would post as it stands: hidden values, and the options chosen."""
    html = response.content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))
    selects = re.findall(r'<select name="([^"]+)".*?</select>', html, re.S)
    for name in selects:
        inside = re.search(rf'<select name="{re.escape(name)}".*?</select>', html, re.S).group()
        chosen = re.search(r'<option value="([^"]*)" selected', inside)
        hidden[name] = chosen.group(1) if chosen else ""
    return hidden


# -- ill today ---------------------------------------------------------------------------------------------------------


def test_looking_changes_nothing(agent, booking, colleague):
    page = agent.get(ILL, {"until": "today"})
    assert "1 session is hit" in text(page)
    assert str(colleague) in text(page)
    assert not TimeOff.objects.exists() and Message.objects.count() == 0


def test_one_press_sees_to_everything(agent, cast, booking, colleague):
    page = agent.get(ILL, {"until": "today"})
    done = agent.post(ILL + "?until=today", posted(page))
    booking.refresh_from_db()
    assert booking.agent == colleague
    off = TimeOff.objects.get()
    assert (off.agent, off.ends_at) == (cast.agent, datetime(2026, 11, 24, 23, tzinfo=UTC))
    assert off.reason == ""  # why somebody is away is nobody else's business
    assert "moved" in text(done) and "Somebody has to be called" in text(done)


def test_pressing_again_says_the_same(agent, booking, colleague, clock):
    given = posted(agent.get(ILL, {"until": "today"}))
    agent.post(ILL + "?until=today", given)
    clock.shift(20)
    again = agent.post(ILL + "?until=today", given)
    booking.refresh_from_db()
    assert "not done" not in text(again)
    assert booking.version == 2 and TimeOff.objects.count() == 1


def test_what_slips_in_is_shown_not_touched(agent, cast, booking, colleague):
    given = posted(agent.get(ILL, {"until": "today"}))
    slipped = BookingFactory(agent=cast.agent, session_type=cast.session_type, starts=TEN + timedelta(hours=2))
    done = agent.post(ILL + "?until=today", given)
    slipped.refresh_from_db()
    assert "Still booked in that time" in text(done)
    assert (slipped.agent, slipped.version) == (cast.agent, 1)


def test_the_choice_can_be_another(agent, booking, colleague):
    given = {**posted(agent.get(ILL, {"until": "today"})), f"what-{booking.pk}": "cancel"}
    agent.post(ILL + "?until=today", given)
    booking.refresh_from_db()
    assert booking.cancel_reason == Booking.CancelReason.FIRM


@pytest.mark.parametrize(
    "given",
    [{"until": "day"}, {"until": "day", "day": "2026-11-23"}, {"until": "for ever"}, {"off": "x"}],
    ids=["no day", "yesterday", "no such choice", "no such time off"],
)
def test_what_makes_no_sense_does_nothing(agent, booking, given):
    page = agent.get(ILL, given)
    assert page.status_code in (200, 404)
    assert "hit" not in text(page)
    agent.post(ILL + "?until=day&day=2026-11-23", {f"what-{booking.pk}": "cancel", f"version-{booking.pk}": "1"})
    booking.refresh_from_db()
    assert booking.is_live and not TimeOff.objects.exists()


def test_an_agent_is_away_for_nobody_else(agent, booking, colleague):
    agent.get(ILL, {"until": "today", "agent": colleague.pk})
    agent.post(ILL + f"?until=today&agent={colleague.pk}", {})
    assert not TimeOff.objects.filter(agent=colleague).exists()
    off = TimeOff.objects.create(agent=colleague, starts_at=NOW, ends_at=FRIDAY)
    assert agent.get(ILL, {"off": off.pk}).status_code == 404


def test_a_manager_sees_to_it_for_an_agent(client, cast, booking, colleague):
    client.force_login(StaffFactory(roles=["agent", "manager"]))
    address = f"{ILL}?until=today&agent={cast.agent.pk}"
    client.post(address, posted(client.get(address)))
    booking.refresh_from_db()
    assert booking.agent == colleague


@pytest.mark.parametrize("who", [ClientFactory, StaffFactory], ids=["client", "staff without a role"])
@pytest.mark.parametrize("address", [ILL, "/admin/bookings/agent/to-call/", "/admin/bookings/booking/for-client/"])
def test_nobody_else_has_these_pages(client, db, who, address):
    client.force_login(who())
    assert client.get(address).status_code in (302, 403, 404)


def test_time_off_over_sessions_leads_to_the_page(agent, cast, booking):
    form = agent.get(reverse("admin:bookings_agent_change", args=[cast.agent.pk])).context
    data = {}
    for bound in [form["adminform"].form, *(fs.formset.management_form for fs in form["inline_admin_formsets"])]:
        data |= {bound.add_prefix(name): bound[name].value() for name in bound.fields}
    data = {name: value for name, value in data.items() if value is not None}
    for formset in form["inline_admin_formsets"]:
        for one in formset.formset.initial_forms:
            data |= {one.add_prefix(name): one[name].value() for name in one.fields if one[name].value() is not None}
    data |= {
        "time_off-TOTAL_FORMS": 1,
        "time_off-0-agent": cast.agent.pk,
        "time_off-0-starts_at_0": "2026-11-24",
        "time_off-0-starts_at_1": "09:30",
        "time_off-0-ends_at_0": "2026-11-24",
        "time_off-0-ends_at_1": "12:00",
    }
    data["is_active"] = "on"
    response = agent.post(reverse("admin:bookings_agent_change", args=[cast.agent.pk]), data)
    off = TimeOff.objects.get()
    assert response.status_code == 302 and response.url == f"{ILL}?off={off.pk}"
    assert "1 session is hit" in text(agent.get(response.url))


def test_the_page_takes_the_same_queries_for_one_session_and_for_five(agent, cast, booking, colleague):
    agent.get(ILL, {"until": "today"})
    with CaptureQueriesContext(connection) as one:
        agent.get(ILL, {"until": "today"})
    for number in range(1, 5):
        BookingFactory(agent=cast.agent, session_type=cast.session_type, starts=TEN + timedelta(minutes=30 * number))
    agent.get(ILL, {"until": "today"})  # the new clients made the timetable stale: it is read again once
    with CaptureQueriesContext(connection) as five:
        agent.get(ILL, {"until": "today"})
    assert len(one) == len(five)


def test_the_list_of_whom_to_call(agent, cast, booking):
    firm.cancel(booking, by=cast.agent.user, at=NOW)
    page = agent.get("/admin/bookings/agent/to-call/")
    assert 'href="tel:+390612345678"' in text(page)
    agent.post(f"/admin/bookings/agent/to-call/{Unreached.objects.get().pk}/reached/")
    assert Unreached.objects.get().reached_by == cast.agent.user
    assert "Nobody has to be called" in text(agent.get("/admin/bookings/agent/to-call/"))


def test_late_from_the_first_page(agent, booking, clock):
    clock.move_to(TEN - timedelta(minutes=5))
    assert "10 minutes late" in text(agent.get("/admin/"))
    agent.post(reverse("admin:bookings_booking_late", args=[booking.pk]), {"next": "index"})
    assert Message.objects.filter(kind="agent_late").count() == 1
    assert "10 minutes late</button>" not in text(agent.get("/admin/"))


# -- that suits me -----------------------------------------------------------------------------------------------------


def test_the_client_agrees_from_the_mail(client, cast, booking, colleague):
    moved = firm.move(booking, first_cell=booking.first_cell, agent=colleague, by=cast.agent.user, at=NOW)
    page = messages.manage_path(moved)
    assert "That suits me" in text(client.get(page))
    client.force_login(cast.client)
    assert "free until the start" in text(client.get(moved.get_absolute_url()))
    client.logout()
    assert client.get(messages.manage_path(moved, "agree")).status_code == 405
    client.post(messages.manage_path(moved, "agree"), {"version": moved.version})
    moved.refresh_from_db()
    assert moved.agreed_at == NOW
    assert "That suits me" not in text(client.get(page))


# -- acting for a client (B-11) ----------------------------------------------------------------------------------------


def cancelling(agent, booking, **given):
    address = reverse("admin:bookings_booking_cancel", args=[booking.pk])
    return agent.post(address, {"whose": "client", "reason": "cannot_come", **given})


@pytest.mark.parametrize(
    ("asked", "counts"), [("2026-11-23T10:00", False), ("2026-11-23T10:01", True)], ids=["exactly 24 hours", "less"]
)
def test_the_instant_of_asking_decides(agent, booking, asked, counts):
    page = cancelling(agent, booking, asked_at=asked)
    booking.refresh_from_db()
    assert booking.is_live  # what it means stands first
    assert ("This counts as a no-show" in text(page)) is counts
    done = cancelling(agent, booking, asked_at=asked, meaning=posted(page)["meaning"])
    booking.refresh_from_db()
    assert done.status_code == 302 and booking.state == "cancelled"
    assert Strike.objects.exists() is counts


def test_even_after_the_start(agent, booking, clock):
    clock.move_to(TEN + timedelta(minutes=20))
    page = cancelling(agent, booking, asked_at="2026-11-23T09:00")
    cancelling(agent, booking, asked_at="2026-11-23T09:00", meaning=posted(page)["meaning"])
    booking.refresh_from_db()
    assert booking.state == "cancelled" and not Strike.objects.exists()


@pytest.mark.parametrize(
    "asked", ["2026-11-24T09:04", "2026-11-17T09:59", "2026-11-24", ""], ids=["future", "before", "no time", "none"]
)
def test_no_other_instant(agent, booking, asked):
    page = cancelling(agent, booking, asked_at=asked, meaning="free")
    booking.refresh_from_db()
    assert page.status_code == 200 and booking.is_live


def test_the_instant_of_a_mail_is_filled_in(agent, booking):
    address = reverse("admin:bookings_booking_cancel", args=[booking.pk])
    page = agent.get(address, {"asked_at": "2026-11-23T08:00:17+00:00"})
    assert 'value="2026-11-23T09:00"' in text(page)
    assert "That was in time" in text(page)


def test_a_changed_consequence_is_shown_again(agent, cast, booking):
    page = cancelling(agent, booking, asked_at="2026-11-24T08:30")
    StrikeFactory(client=cast.client, starts=NOW - timedelta(days=40))
    page = cancelling(agent, booking, asked_at="2026-11-24T08:30", meaning=posted(page)["meaning"])
    booking.refresh_from_db()
    assert booking.is_live and "the second within" in text(page)


def test_no_fee_is_accepted_for_a_client(agent, cast, booking):
    for days in (60, 30):
        StrikeFactory(client=cast.client, starts=NOW - timedelta(days=days))
    address = reverse("admin:bookings_booking_move", args=[booking.pk])
    start = f"{cast.agent.pk}:{cell_at(FRIDAY)}"
    given = {"whose": "client", "asked_at": "2026-11-23T08:00", "start": start}
    page = agent.post(address, {**given, "meaning": posted(agent.post(address, given))["meaning"]})
    booking.refresh_from_db()
    assert "only the client can accept" in text(page) and booking.version == 1


def test_for_the_firm_it_never_counts(agent, cast, booking):
    address = reverse("admin:bookings_booking_move", args=[booking.pk])
    agent.post(address, {"whose": "firm", "start": f"{cast.agent.pk}:{cell_at(FRIDAY)}"})
    booking.refresh_from_db()
    assert booking.starts_at == FRIDAY and booking.imposed_at == NOW
    assert not Strike.objects.exists()


@pytest.mark.parametrize("has_accepted", [True, False])
def test_booking_for_a_client(agent, cast, has_accepted):
    terms = TermsVersionFactory()
    if has_accepted:
        TermsAcceptanceFactory(terms=terms, user=cast.client)
    address = f"/admin/bookings/booking/for-client/?client={cast.client.pk}&session_type={cast.session_type.pk}"
    page = agent.get(address)
    assert ("nobody can do that in their place" in text(page)) is not has_accepted
    start = f"{cast.agent.pk}:{cell_at(FRIDAY)}"
    page = agent.post(address, {"start": start, "topic": "VAT", "form_key": "once"})
    assert Booking.objects.filter(client=cast.client, booked_by=cast.agent.user).exists() is has_accepted
    assert TermsAcceptance.objects.count() == has_accepted


# -- colleagues --------------------------------------------------------------------------------------------------------


def details(cast, **query):
    address = reverse("bookings:details", args=[cast.session_type.slug])
    return address + "?" + "&".join(f"{name}={value}" for name, value in {"start": cell_at(FRIDAY), **query}.items())


def booking_for(person, **given):
    return {"for": person.pk, "start": cell_at(FRIDAY), "topic": "VAT", "form_key": "once", "phone": "", **given}


def test_a_coordinator_books_for_a_colleague(coordinator, cast, attendee):
    page = coordinator.get(details(cast))
    assert "For whom?" in text(page) and "Marco Bassi" in text(page)
    coordinator.post(details(cast), booking_for(attendee, phone=cast.client.phone))
    made = Booking.objects.get()
    assert (made.client, made.booked_by) == (attendee, cast.client)
    told = set(Message.objects.filter(kind="booking_confirmed").values_list("recipient", "copy"))
    assert told == {(attendee.pk, ""), (cast.client.pk, "coordinator")}
    attendee.refresh_from_db()
    assert attendee.phone == "+393470000000"  # what was typed is not taken: it may be the coordinator's own


def test_a_colleague_who_is_to_be_called_gives_the_number_alone(coordinator, cast, attendee):
    cast.session_type.place_kind = "phone"
    cast.session_type.save()
    attendee.phone = ""
    attendee.save()
    page = coordinator.post(details(cast), booking_for(attendee, phone=cast.client.phone))
    assert "has no phone number yet" in text(page)
    attendee.refresh_from_db()
    assert attendee.phone == "" and not Booking.objects.exists()


def test_a_strike_is_the_attendees(coordinator, cast, attendee):
    late = BookingFactory(client=attendee, agent=cast.agent, session_type=cast.session_type, starts=TEN)
    address = messages.manage_path(late, "cancel")
    key = posted(coordinator.get(address))["meaning"]
    coordinator.post(address, {"reason": "cannot_come", "meaning": key})
    assert Strike.objects.get().client == attendee
    told = Message.objects.filter(kind="booking_cancelled").values_list("recipient", "copy")
    assert set(told) == {(attendee.pk, ""), (cast.client.pk, "coordinator")}


def test_terms_are_the_attendees_to_accept(coordinator, cast, attendee, client):
    terms = TermsVersionFactory()
    TermsAcceptanceFactory(terms=terms, user=cast.client)
    page = coordinator.post(details(cast), booking_for(attendee, terms="on"))
    assert "nobody can do that in their place" in text(page)
    assert not Booking.objects.exists()
    client.force_login(attendee)
    client.post(reverse("bookings:accept_terms"), {"version": terms.version})
    client.force_login(cast.client)
    client.post(details(cast), booking_for(attendee))
    assert Booking.objects.get().client == attendee


@pytest.mark.parametrize("role", ["plain client", "coordinator of another account"])
def test_for_a_colleague_only_their_coordinator(client, cast, attendee, role):
    other = cast.client if role == "plain client" else ClientFactory(is_coordinator=True)
    if role != "plain client":
        cast.session_type.plans.add(other.account.plan)
    client.force_login(other)
    theirs = BookingFactory(client=attendee, agent=cast.agent, session_type=cast.session_type, starts=FRIDAY)
    assert client.get(details(cast, **{"for": attendee.pk})).status_code == 404
    assert client.post(details(cast), booking_for(attendee)).status_code == 404
    assert client.get(theirs.get_absolute_url()).status_code == 404
    assert client.post(reverse("bookings:attendee", args=[theirs.reference]), {"attendee": other.pk}).status_code == 404
    assert "Sessions of colleagues" not in text(client.get(reverse("bookings:sessions")))


def test_colleagues_sessions_stand_apart_in_constant_queries(coordinator, cast, attendee):
    BookingFactory(client=attendee, agent=cast.agent, session_type=cast.session_type, starts=FRIDAY)
    page = reverse("bookings:sessions")
    assert "Sessions of colleagues" in text(coordinator.get(page))
    with CaptureQueriesContext(connection) as one:
        coordinator.get(page)
    for hours in range(1, 5):
        BookingFactory(client=attendee, session_type=cast.session_type, starts=FRIDAY + timedelta(hours=hours))
    with CaptureQueriesContext(connection) as five:
        coordinator.get(page)
    assert len(one) == len(five)


def test_a_colleague_attends_instead(client, cast, booking, attendee):
    client.force_login(cast.client)
    old_link = messages.manage_path(booking)
    address = reverse("bookings:attendee", args=[booking.reference])
    assert "Marco Bassi" in text(client.get(address))
    client.post(address, {"attendee": attendee.pk})
    booking.refresh_from_db()
    assert (booking.client, booking.version) == (attendee, 2)
    assert not Strike.objects.exists()
    told = dict(Message.objects.filter(version=2, due_at=NOW).values_list("kind", "recipient"))
    assert told["attendee_replaced"] == attendee.pk
    assert told["attendee_released"] == cast.client.pk
    assert told["agent_attendee"] == cast.agent.pk
    assert client.get(old_link).status_code == 404


def test_not_a_colleague_who_is_busy_or_of_another_firm(client, cast, booking, attendee):
    client.force_login(cast.client)
    address = reverse("bookings:attendee", args=[booking.reference])
    BookingFactory(client=attendee, session_type=cast.session_type, starts=TEN - timedelta(minutes=15))
    assert "another session at that time" in text(client.post(address, {"attendee": attendee.pk}))
    client.post(address, {"attendee": ClientFactory().pk})
    booking.refresh_from_db()
    assert booking.client == cast.client


def test_nobody_else_attends_what_has_begun(client, cast, booking, attendee, clock):
    client.force_login(cast.client)
    clock.move_to(TEN)
    client.post(reverse("bookings:attendee", args=[booking.reference]), {"attendee": attendee.pk})
    booking.refresh_from_db()
    assert booking.client == cast.client
