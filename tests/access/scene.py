"""A client who has one of everything, and the pages that lead there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bookings import feeds, messages, messages_outcomes, messages_waiting, operations
from bookings.models import Offer, SurveyAnswer, WaitlistEntry
from bookings.operations import calls, firm, waiting
from bookings.operations.feeds import new_address
from complaints import messages as complaint_messages
from complaints.models import Complaint
from conduct import messages as conduct_messages
from supportportal import links
from supportportal.files import intake
from supportportal.people import notices, own_data_links
from supportportal.people.models import Restriction, User
from tests.factories import (
    PASSWORD,
    AgentFactory,
    BookingFactory,
    ChannelFactory,
    ClientFactory,
    FirmFactory,
    SessionTypeFactory,
    StaffFactory,
    StrikeFactory,
    TermsAcceptanceFactory,
)
from tests.factories_complaints import ComplaintFactory, decided, senior
from tests.factories_conduct import make_incident, make_measure
from tests.files import samples
from tests.support.pages import pages

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)  # a Friday, 10:00 in Rome
STARTS = NOW + timedelta(days=4)
DAY = timedelta(days=1)


def client_of_everything() -> User:
    return ClientFactory(name="Anna Neri", password=PASSWORD, phone="+393331234567", sms_consent_at=NOW)


def clients_things(client: User, agent: User | None = None) -> SimpleNamespace:
    """What ``client`` has: one of everything at ``NOW``, a measure that is over already too."""
    FirmFactory(logo=intake.accept(SimpleUploadedFile("logo.png", samples.PNG, "image/png"), NOW))
    measure = make_measure(at=NOW - DAY, incident=make_incident(client=client, at=NOW - DAY))
    Restriction.objects.update(ends_at=NOW - DAY / 2)
    plan = client.account.plan
    session_type = SessionTypeFactory(plans=[plan])
    holds = {"user": agent} if agent else {}
    agent = AgentFactory(session_types=[session_type], office_hours=True, **holds)
    ChannelFactory(code="callback", gate="callback", plans=[plan])
    facts = {"client": client, "session_type": session_type, "agent": agent}
    coming = BookingFactory(**facts, starts=STARTS, booked_at=NOW - timedelta(days=1))
    soon = BookingFactory(**facts, starts=NOW + timedelta(minutes=20), booked_at=NOW - timedelta(days=9))
    attended = BookingFactory(**facts, starts=NOW - timedelta(days=2))
    operations.outcomes.mark(attended, "attended", by=agent.user, at=NOW - timedelta(days=2))
    imposed = BookingFactory(**facts, starts=STARTS + timedelta(hours=2), booked_at=NOW - timedelta(days=1))
    firm.move(imposed, first_cell=imposed.first_cell + 12, agent=agent, by=agent.user, at=NOW)
    file = intake.accept(SimpleUploadedFile("screen.png", samples.PNG, "image/png"), NOW)
    coming.files.add(file)
    cancelled = BookingFactory(**facts, starts=STARTS + timedelta(days=2), booked_at=NOW - timedelta(days=1))
    operations.cancel(cancelled, reason="solved", by=client, at=NOW)
    TermsAcceptanceFactory(terms__version="1.0", user=client, accepted_at=NOW)
    colleague = ClientFactory(account=client.account)
    other = BookingFactory(**{**facts, "client": colleague}, starts=STARTS + timedelta(days=3))
    wait = {"topic": "Soon", "client": client, "by": client, "at": NOW}
    waiting.join_for_days(session_type, [other.starts_at.date()], **wait)
    operations.cancel(other, reason="firm", by=agent.user, by_firm=True, at=NOW)
    waiting.pass_on(NOW)
    calls.ask(client, number="+390612345678", contact="Anna", description="It stops.", by=client, at=NOW)
    reviewer = senior()
    answered = decided(ComplaintFactory(at=NOW, client=client), by=reviewer, at=NOW)
    return SimpleNamespace(
        client=client,
        coming=coming,
        soon=soon,
        attended=attended,
        imposed=imposed,
        cancelled=cancelled,
        file=file,
        session_type=session_type,
        strike=StrikeFactory(client=client, starts=NOW - timedelta(days=3)),
        survey=SurveyAnswer.objects.create(client=client, quarter="2026-Q4", asked_at=NOW),
        complaint=_complaint(client),
        agent=agent,
        answered=answered,
        measure=measure,
        feed=new_address(client, at=NOW),
        access=own_data_links.send(client, by=StaffFactory(), at=NOW),
        invited=ClientFactory(account=client.account, invited_at=NOW),
    )


def _complaint(client: User) -> Complaint:
    """With a file, by somebody who can be written to in both ways."""
    file = intake.accept(SimpleUploadedFile("words.txt", b"Nobody called."), NOW)
    told = {"email": client.email, "postal_address": "Via Roma 1\nRoma"}
    return ComplaintFactory(at=NOW, client=client, files=[file], **told)


def address(name: str, one) -> str:
    """The page of that name on what the scene's client has."""
    booking = {"bookings:link_now": one.soon, "bookings:link_agree": one.imposed, "bookings:link_undo": one.cancelled}
    by_name: dict[str, Callable[[], dict[str, Any]]] = {
        "stylesheet": lambda: {"name": "portal", "digest": "1"},
        "legal": lambda: {"code": "privacy"},
        "complaints:appeal": lambda: {"token": complaint_messages.link_token(one.answered)},
        "conduct:appeal": lambda: {
            "token": links.token(conduct_messages.LINK_KIND, one.measure.pk, one.measure.link_epoch)
        },
        "people:own_data_link": lambda: {"token": links.token(notices.OWN_DATA, one.client.pk, one.access.link_epoch)},
        "people:invitation": lambda: {"token": links.token("invite", one.invited.pk, one.invited.invitation_epoch)},
        "bookings:feedback": lambda: {"token": links.token(messages_outcomes.FEEDBACK_LINK, one.attended.pk)},
        "bookings:survey": lambda: {"token": links.token(messages_outcomes.SURVEY_LINK, one.survey.pk)},
        "bookings:offer": lambda: {"token": links.token(messages_waiting.LINK_KIND, Offer.objects.get().pk)},
        "bookings:calendar_feed": lambda: {"token": links.token(feeds.LINK_KIND, one.client.pk)},
        "bookings:strike": lambda: {"pk": one.strike.pk},
        "bookings:file": lambda: {"reference": one.coming.reference, "pk": one.file.pk},
        "bookings:leave_waiting": lambda: {"pk": WaitlistEntry.objects.get(client=one.client).pk},
        "account_reset_password_from_key": lambda: {"uidb36": "1", "key": "a-b"},
        "account_confirm_email": lambda: {"key": "a"},
    }
    if name in by_name:
        return reverse(name, kwargs=by_name[name]())
    arguments = dict(pages())[name].pattern.converters
    shown = booking.get(name, one.coming)
    known = {
        "slug": one.session_type.slug,
        "reference": one.coming.reference,
        "token": links.token(messages.LINK_KIND, shown.pk, shown.link_epoch),
    }
    if name.startswith("complaints:"):
        known["token"] = complaint_messages.link_token(one.complaint)
    return reverse(name, kwargs={key: known[key] for key in arguments})
