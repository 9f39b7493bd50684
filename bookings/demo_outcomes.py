"""The demo's agent's day: nine sessions, one of them past the tolerance and one without an outcome, a failed mail; and
what clients said of the weeks before.
"""

from datetime import datetime, timedelta

from django.db.models import F

from supportportal.outbox import operations as outbox
from supportportal.outbox.models import Message
from supportportal.people.models import User

from . import messages_outcomes as messages
from . import rules
from .demo import AGENT, Diary
from .models import Agent, Booking, Feedback, SessionType, Strike, SurveyAnswer

# Minutes from now, beside the sessions that the diary already holds.
HELD, HELD_JUST_NOW, WAITED_FOR, LATER = -140, -55, -15, 130
MISSING_OUTCOME = -100
SUMMARY = """We set the VAT code of the supplier to "reverse charge" and posted last week's invoices again.

Next time: enter the code before the first invoice; then nothing has to be corrected."""
SAID = [
    (5, "Everything answered in ten minutes."),
    (4, ""),
    (5, "Patient, and very clear."),
    (3, "Good answer, but we had to wait for the meeting to open."),
    (5, ""),
    (4, "Now the export works."),
    (2, "We ran out of time and need a second session."),
    (5, ""),
    (4, ""),
]
SURVEYED = [(5, "Always somebody who knows."), (4, ""), (3, "More times in the evening, please."), (5, ""), (4, "")]


def clear() -> None:
    Message.objects.filter(subject_type=messages.SURVEY).delete()
    SurveyAnswer.objects.all().delete()
    Feedback.objects.all().delete()


def build(at: datetime) -> None:
    agent, quick = Agent.objects.get(user__email=AGENT), SessionType.objects.get(slug="quick-assist")
    diary = Diary(at)
    soon = at + timedelta(minutes=5 - at.minute % 5, seconds=-at.second, microseconds=-at.microsecond)
    sanctioned = Strike.objects.counting().values("client")
    clients = list(User.objects.clients().filter(account__isnull=False, is_active=True).exclude(pk__in=sanctioned))
    for minutes in (HELD, HELD_JUST_NOW, WAITED_FOR, LATER):
        start = soon + timedelta(minutes=minutes)
        for client in clients:
            if diary.add(agent, client, quick, start, booked=timedelta(days=3)):
                clients.append(clients.pop(clients.index(client)))
                break
    _held(at, missing=soon + timedelta(minutes=MISSING_OUTCOME), agent=agent)
    _summary(agent, soon + timedelta(minutes=HELD))
    diary.close()
    _feedback(at)
    _surveys(at)
    _failed_mail(agent, soon + timedelta(minutes=LATER))


def _held(at: datetime, *, missing: datetime, agent: Agent) -> None:
    """What is over was attended, but for one session that nobody has said anything about. A sanction is not used up."""
    over = Booking.objects.live().filter(ends_at__lte=at).exclude(agent=agent, starts_at=missing)
    sanctioned = Strike.objects.counting().values("client")
    marks = {"outcome_at": F("ends_at"), "outcome_by": F("agent"), "version": F("version") + 1}
    over.filter(client__in=sanctioned).update(state=Booking.State.INTERRUPTED, **marks)
    over.exclude(client__in=sanctioned).update(state=Booking.State.ATTENDED, started_at=F("starts_at"), **marks)


def _summary(agent: Agent, start: datetime) -> None:
    booking = Booking.objects.filter(agent=agent, starts_at=start, state=Booking.State.ATTENDED).first()
    if booking is not None and booking.outcome_at is not None:
        Booking.objects.filter(pk=booking.pk).update(summary=SUMMARY)
        outbox.plan(
            messages.owed_for_outcome(booking, due_at=rules.undo_until(booking.outcome_at)), at=booking.outcome_at
        )


def _feedback(at: datetime) -> None:
    attended = Booking.objects.filter(state=Booking.State.ATTENDED, ends_at__lt=at - timedelta(hours=1))
    rows = zip(attended.order_by("-first_cell"), SAID * 3, strict=False)
    Feedback.objects.bulk_create(
        Feedback(booking=booking, rating=rating, comment=comment, given_at=booking.ends_at + timedelta(minutes=20))
        for booking, (rating, comment) in rows
    )


def _surveys(at: datetime) -> None:
    began, asked = rules.quarter_before(at.date())
    day = datetime(asked.year, asked.month, asked.day, 8, tzinfo=at.tzinfo)
    clients = User.objects.clients().filter(account__isnull=False, is_active=True).order_by("pk")
    SurveyAnswer.objects.bulk_create(
        SurveyAnswer(
            client=client,
            quarter=rules.quarter_of(began),
            asked_at=day,
            rating=rating,
            comment=comment,
            given_at=day + timedelta(hours=5),
        )
        for client, (rating, comment) in zip(clients, SURVEYED, strict=False)
    )


def _failed_mail(agent: Agent, start: datetime) -> None:
    """An address that does not exist any more."""
    booking = Booking.objects.filter(agent=agent, starts_at=start).first()
    if booking is not None:
        mail = Message.objects.about(messages.SUBJECT_TYPE, booking.pk).filter(kind="reminder_24h")
        mail.update(state=Message.State.FAILED, sent_at=None, delivered_at=None, note="550 5.1.1 No such mailbox here")
