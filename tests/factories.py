"""Rows to test with: people, plans, and what can be booked.

Every factory gives something that works as it is: a client of an active account whose plan grants the session type, an
agent who is an active member of staff. ``AgentFactory(office_hours=True)`` works Monday to Friday, 09:00 to 17:00.
"""

import secrets
from datetime import UTC, datetime, time, timedelta

import factory
from django.contrib.auth.models import Group
from factory.django import DjangoModelFactory

from bookings.models import (
    Agent,
    Booking,
    Closure,
    Holiday,
    OpeningHours,
    SessionType,
    Strike,
    TermsAcceptance,
    TermsVersion,
    TimeOff,
    WorkingHours,
)
from supportportal.lattice import cell_at
from supportportal.people.models import Account, Channel, Firm, Gate, Plan, Restriction, User

MONDAY_TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)  # the Monday on which things happen unless a test says otherwise
PASSWORD = "a long and unusual password"


class FirmFactory(DjangoModelFactory):
    class Meta:
        model = Firm

    name = "Meridian Books"
    contact_email = "help@meridian.example"


class ChannelFactory(DjangoModelFactory):
    class Meta:
        model = Channel
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"channel-{n}")
    name = factory.LazyAttribute(lambda channel: channel.code.replace("-", " "))

    @factory.post_generation
    def plans(self, create, plans, **kwargs):
        if plans:
            self.plans.set(plans)


class PlanFactory(DjangoModelFactory):
    class Meta:
        model = Plan
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"plan-{n}")
    name = factory.LazyAttribute(lambda plan: plan.code.replace("-", " ").upper())
    rank = factory.Sequence(lambda n: n + 1)

    @factory.post_generation
    def channels(self, create, channels, **kwargs):
        if channels:
            self.channels.set(channels)


class AccountFactory(DjangoModelFactory):
    class Meta:
        model = Account

    name = factory.Sequence(lambda n: f"Customer {n}")
    plan = factory.SubFactory(PlanFactory)
    seats = 10


class UserFactory(DjangoModelFactory):
    """A person of no account. Has a password (``PASSWORD``) only if ``password`` is given."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    language = "en"
    time_zone = "Europe/Rome"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(*args, **kwargs)


class ClientFactory(UserFactory):
    """A client of an active account."""

    account = factory.SubFactory(AccountFactory)


class StaffFactory(UserFactory):
    """Staff; ``StaffFactory(roles=["agent", "manager"])`` gives roles."""

    email = factory.Sequence(lambda n: f"staff{n}@example.com")
    is_staff = True

    @factory.post_generation
    def roles(self, create, roles, **kwargs):
        for role in roles or ():
            self.groups.add(Group.objects.get_or_create(name=role)[0])


class RestrictionFactory(DjangoModelFactory):
    """Closes booking for a week from ``starts_at``; give ``user`` or ``account``."""

    class Meta:
        model = Restriction

    gates = [Gate.BOOKING.value]
    starts_at = MONDAY_TEN
    ends_at = factory.LazyAttribute(lambda restriction: restriction.starts_at + timedelta(days=7))
    notice = "Booking is closed to you until next Monday."


class SessionTypeFactory(DjangoModelFactory):
    """Thirty minutes of video, every thirty minutes, an hour's notice; granted by ``plans`` (none unless given)."""

    class Meta:
        model = SessionType
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"session-{n}")
    name = factory.LazyAttribute(lambda session_type: session_type.slug.replace("-", " ").capitalize())
    minutes = 30
    languages = ["en", "it", "nl"]

    @factory.post_generation
    def plans(self, create, plans, **kwargs):
        if plans:
            self.plans.set(plans)


class AgentFactory(DjangoModelFactory):
    """An agent; ``office_hours=True`` for Monday to Friday 09:00–17:00, ``session_types=[…]`` for what is held."""

    class Meta:
        model = Agent
        skip_postgeneration_save = True

    user = factory.SubFactory(StaffFactory, roles=["agent"])
    time_zone = "Europe/Rome"
    video_link = factory.Sequence(lambda n: f"https://video.example/{n}")
    languages = ["en", "it", "nl"]

    @factory.post_generation
    def session_types(self, create, session_types, **kwargs):
        if session_types:
            self.session_types.set(session_types)

    @factory.post_generation
    def office_hours(self, create, office_hours, **kwargs):
        if office_hours:
            WorkingHours.objects.bulk_create(
                WorkingHours(agent=self, weekday=day, opens=time(9), closes=time(17)) for day in range(5)
            )


class WorkingHoursFactory(DjangoModelFactory):
    class Meta:
        model = WorkingHours

    agent = factory.SubFactory(AgentFactory)
    weekday = 0
    opens = time(9)
    closes = time(17)


class OpeningHoursFactory(DjangoModelFactory):
    class Meta:
        model = OpeningHours

    session_type = factory.SubFactory(SessionTypeFactory)
    weekday = 0
    opens = time(9)
    closes = time(17)


class TimeOffFactory(DjangoModelFactory):
    class Meta:
        model = TimeOff

    agent = factory.SubFactory(AgentFactory)
    starts_at = MONDAY_TEN
    ends_at = factory.LazyAttribute(lambda span: span.starts_at + timedelta(hours=2))


class ClosureFactory(DjangoModelFactory):
    class Meta:
        model = Closure

    starts_at = MONDAY_TEN
    ends_at = factory.LazyAttribute(lambda span: span.starts_at + timedelta(hours=2))


class HolidayFactory(DjangoModelFactory):
    class Meta:
        model = Holiday

    country = "IT"
    day = MONDAY_TEN.date()
    name = "Feast of the test"


class TermsVersionFactory(DjangoModelFactory):
    class Meta:
        model = TermsVersion

    version = factory.Sequence(lambda n: f"{n + 1}.0")
    published_at = datetime(2026, 1, 1, tzinfo=UTC)
    text_en = "Be on time, be kind."


class TermsAcceptanceFactory(DjangoModelFactory):
    class Meta:
        model = TermsAcceptance

    terms = factory.SubFactory(TermsVersionFactory)
    user = factory.SubFactory(ClientFactory)
    accepted_at = MONDAY_TEN


class BookingFactory(DjangoModelFactory):
    """A live session, written straight to the table; ``starts=<instant>`` says when (MONDAY_TEN unless given)."""

    class Meta:
        model = Booking

    class Params:
        starts = MONDAY_TEN

    reference = factory.LazyFunction(lambda: secrets.token_hex(4).upper())
    session_type = factory.SubFactory(SessionTypeFactory)
    agent = factory.SubFactory(AgentFactory)
    client = factory.SubFactory(ClientFactory)
    booked_by = factory.SelfAttribute("client")
    first_cell = factory.LazyAttribute(lambda booking: cell_at(booking.starts))
    cells = factory.LazyAttribute(lambda booking: booking.session_type.cells)
    cells_before = factory.LazyAttribute(lambda booking: booking.session_type.buffer_before // 5)
    cells_after = factory.LazyAttribute(lambda booking: booking.session_type.buffer_after // 5)
    place_kind = factory.LazyAttribute(lambda booking: booking.session_type.place_kind)
    place = factory.LazyAttribute(lambda booking: booking.session_type.place or booking.agent.video_link)
    topic = "How do I close the year?"
    booked_at = factory.LazyAttribute(lambda booking: booking.starts - timedelta(days=7))
    fixed_at = factory.SelfAttribute("booked_at")


class StrikeFactory(DjangoModelFactory):
    """A no-show of ``client``, recorded at the end of a session that started at ``starts``."""

    class Meta:
        model = Strike

    class Params:
        starts = MONDAY_TEN - timedelta(days=30)

    client = factory.SubFactory(ClientFactory)
    booking = factory.LazyAttribute(
        lambda strike: BookingFactory(
            client=strike.client,
            starts=strike.starts,
            state=Booking.State.NO_SHOW,
            outcome_at=strike.starts + timedelta(minutes=15),
        )
    )
    cause = Strike.Cause.NO_SHOW
    first_cell = factory.LazyAttribute(lambda strike: cell_at(strike.starts))
    day = factory.LazyAttribute(lambda strike: strike.starts.astimezone(strike.client.zone).date())
    recorded_at = factory.LazyAttribute(lambda strike: strike.starts + timedelta(minutes=15))
    final_at = factory.LazyAttribute(lambda strike: strike.recorded_at + timedelta(minutes=5))
