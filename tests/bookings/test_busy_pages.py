"""Who enters an own calendar, what its page says of how old it is, and whom that reaches."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from bookings.models import BusyCalendar, BusyTime
from bookings.operations import busy_calendars
from supportportal.lattice import cell_at
from supportportal.secrets_at_rest import unlock
from tests.factories import AgentFactory, BookingFactory, FirmFactory, StaffFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECRET = "https://calendar.example/private-0123456789abcdef/basic.ics"


@pytest.fixture(autouse=True)
def firm():
    FirmFactory()
    with time_machine.travel(NOW, tick=False):
        yield


def sign_in(client, person) -> None:
    client.logout()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")


def page_of(agent) -> str:
    return reverse("admin:bookings_agent_calendar", args=[agent.pk])


def entered(agent, **state) -> BusyCalendar:
    calendar = busy_calendars.enter(agent, SECRET, by=agent.user, at=NOW - 30 * DAY)
    BusyCalendar.objects.filter(pk=calendar.pk).update(**state)
    return calendar


def busy(agent, starts, hours=1) -> None:
    BusyTime.objects.create(agent=agent, first_cell=cell_at(starts), end_cell=cell_at(starts + hours * HOUR))


FRESH = {"read_at": NOW - HOUR}
FAILING = {"read_at": NOW - 3 * HOUR, "failed_since": NOW - 2 * HOUR, "problem": "refused"}
OLD = {"read_at": NOW - 3 * DAY, "failed_since": NOW - 2 * DAY, "problem": "slow"}
NEVER = {"failed_since": NOW - 29 * DAY, "problem": "address"}
IDLE = {"read_at": NOW - 3 * DAY}


@pytest.mark.parametrize("who", ["agent", "manager"])
def test_it_is_entered_and_never_shown_again(client, cast, who):
    sign_in(client, cast.agent.user if who == "agent" else StaffFactory(roles=["manager"]))
    answer = client.post(page_of(cast.agent), {"busy": "enter", "address": f" {SECRET} "}, follow=True)
    assert unlock(BusyCalendar.objects.get().address, "calendar address") == SECRET
    text = answer.content.decode()
    assert "calendar.example" in text
    assert "private-0123" not in text


def test_the_address_of_a_subscription_is_an_https_address(client, cast):
    sign_in(client, cast.agent.user)
    client.post(page_of(cast.agent), {"busy": "enter", "address": "webcal://calendar.example/a.ics"})
    assert unlock(BusyCalendar.objects.get().address, "calendar address") == "https://calendar.example/a.ics"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "Please give the address."),
        ("http://calendar.example/secret-words", "Please give an address that begins with https://."),
        ("https://user:secret-words@calendar.example/", "Please leave out user name and password"),
        ("https://10.0.0.1/secret-words", "The address does not lead to a public https page."),
        ("secret-words", "Please give an address that begins with https://."),
    ],
)
def test_what_is_no_such_address_is_refused_and_not_repeated(client, cast, address, said):
    sign_in(client, cast.agent.user)
    answer = client.post(page_of(cast.agent), {"busy": "enter", "address": address})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert "secret-words" not in answer.content.decode()
    assert not BusyCalendar.objects.exists()


@pytest.mark.parametrize("press", [{"busy": "enter", "address": SECRET}, {"busy": "remove"}, {"busy": "now"}])
def test_no_other_agent_touches_it(client, cast, press):
    entered(cast.agent, **FRESH)
    before = BusyCalendar.objects.values().get()
    sign_in(client, AgentFactory().user)
    assert client.post(page_of(cast.agent), press).status_code == 404
    assert BusyCalendar.objects.values().get() == before


def test_it_is_removed_or_read_soon(client, cast):
    calendar = entered(cast.agent, **FRESH, next_read_at=NOW + HOUR)
    sign_in(client, cast.agent.user)
    client.post(page_of(cast.agent), {"busy": "now"})
    calendar.refresh_from_db()
    assert calendar.next_read_at == NOW
    client.get(page_of(cast.agent), {"busy": "remove"})
    assert BusyCalendar.objects.exists()  # looking changes nothing
    client.post(page_of(cast.agent), {"busy": "remove"})
    assert not BusyCalendar.objects.exists()


@pytest.mark.parametrize(
    ("state", "says"),
    [
        pytest.param(FRESH, [], id="read an hour ago"),
        pytest.param(FAILING, ["not up to date", "withdrawn", "still count"], id="failing"),
        pytest.param(OLD, ["not up to date", "took too long", "still count"], id="failing for days"),
        pytest.param(NEVER, ["Never read yet", "public https", "No busy times are known"], id="never read"),
        pytest.param(IDLE, ["not up to date", "whether the workers run", "still count"], id="nobody has tried"),
    ],
)
def test_what_is_not_up_to_date_is_never_shown_as_if_it_were(client, cast, state, says):
    entered(cast.agent, **state)
    sign_in(client, cast.agent.user)
    text = client.get(page_of(cast.agent)).content.decode()
    every = ["not up to date", "withdrawn", "took too long", "Never read yet", "No busy times are known", "still count"]
    assert [word for word in every if word in text] == [word for word in every if word in says]
    assert all(word in text for word in says)


@pytest.mark.parametrize(
    ("state", "is_told"),
    [
        pytest.param(FRESH, False, id="read"),
        pytest.param(FAILING, False, id="failing for hours"),
        pytest.param(OLD, True, id="for days"),
        pytest.param(NEVER, True, id="never read"),
        pytest.param(IDLE, True, id="nobody has tried"),
    ],
)
def test_after_a_day_the_agent_and_managers_are_told_on_their_first_page(client, cast, state, is_told):
    entered(cast.agent, **state)
    told = []
    for person in (cast.agent.user, StaffFactory(roles=["manager"]), AgentFactory().user):
        sign_in(client, person)
        told.append("Calendars that cannot be read" in client.get(reverse("admin:index")).content.decode())
    assert told == [is_told, is_told, False]


def test_managers_see_the_state_of_all_in_one_list(client, cast, django_assert_max_num_queries):
    entered(cast.agent, **OLD)
    page = reverse("admin:bookings_agent_changelist")
    sign_in(client, StaffFactory(roles=["manager"]))
    with django_assert_max_num_queries(30) as one:
        assert "out of date" in client.get(page).content.decode()
    for agent in AgentFactory.create_batch(29):
        entered(agent, **FRESH)
    with django_assert_max_num_queries(len(one.captured_queries)):
        client.get(page)


def test_busy_times_and_the_sessions_over_them_are_shown(client, cast, django_assert_max_num_queries):
    entered(cast.agent, **FRESH)
    given = {"session_type": cast.session_type, "agent": cast.agent, "client": cast.client}
    over, beside = BookingFactory(**given, starts=NOW + DAY), BookingFactory(**given, starts=NOW + DAY + 2 * HOUR)
    busy(cast.agent, NOW + DAY)
    sign_in(client, cast.agent.user)
    with django_assert_max_num_queries(40) as one:
        text = client.get(page_of(cast.agent)).content.decode()
    assert reverse("admin:bookings_booking_change", args=[over.pk]) in text
    assert reverse("admin:bookings_booking_change", args=[beside.pk]) not in text
    for days in range(2, 30):
        BookingFactory(**given, starts=NOW + days * DAY)
        busy(cast.agent, NOW + days * DAY)
    with django_assert_max_num_queries(len(one.captured_queries)):
        client.get(page_of(cast.agent))


def test_the_week_shows_them(client, cast):
    busy(cast.agent, NOW + DAY)
    sign_in(client, cast.agent.user)
    week = reverse("admin:bookings_agent_week", args=[cast.agent.pk])
    assert client.get(week).content.decode().count(">busy<") == 1
    assert ">busy<" not in client.get(week, {"day": "2026-12-07"}).content.decode()


def test_the_agents_page_leads_there(client, cast):
    sign_in(client, cast.agent.user)
    text = client.get(reverse("admin:bookings_agent_change", args=[cast.agent.pk])).content.decode()
    assert page_of(cast.agent) in text
