"""The demo's phone callbacks and a request by mail, relative to the instant at which they are made."""

from datetime import datetime, timedelta
from email.message import EmailMessage

from django.utils.translation import gettext_lazy as _

from supportportal.demo.doors import Door
from supportportal.outbox import inbound as intake
from supportportal.outbox import mails
from supportportal.outbox.models import Inbound, Message
from supportportal.people.models import User

from . import messages, messages_calls
from .demo import AGENT, CLIENT
from .models import Booking, CallAttempt, Callback, CallbackAddition, PeakPeriod
from .models.calls import Topic

DOORS = [
    Door(
        _("Ask for a phone call"),
        _("You are a client who would rather talk: say what it is about, and see when the call can come."),
        CLIENT,
        "bookings:callback",
        icon="phone",
        position=14,
    )
]
# address, number, hours ago, topic, part of the day, words
CALLS = [
    (
        "marco@bottegaferri.example",
        "+393471112233",
        26,
        Topic.FAULT,
        "morning",
        "La stampa delle etichette si ferma alla seconda pagina, da ieri mattina.",
    ),
    (
        "elena@studiomoretti.example",
        "+390687654321",
        5,
        Topic.DATA,
        "any",
        "Two invoices of October show the wrong total after the credit note.",
    ),
    (
        "chiara@bottegaferri.example",
        "+393209876543",
        3,
        Topic.USE,
        "afternoon",
        "Come si riapre un mese già chiuso? La guida parla solo dell'anno.",
    ),
    (
        "paolo@studiomoretti.example",
        "+390687654320",
        1,
        Topic.ACCESS,
        "any",
        "A new colleague can't see the ledger although the role allows it.",
    ),
]


def clear() -> None:
    Callback.objects.all().delete()
    PeakPeriod.objects.all().delete()
    Message.objects.filter(subject_type__in=[messages_calls.SUBJECT_TYPE, messages_calls.INBOUND]).delete()
    for mail in Inbound.objects.all():
        mail.raw.delete(save=False)
        mail.delete()


def build(at: datetime) -> None:
    agent = User.objects.get(email=AGENT)
    made = []
    for address, number, hours, topic, day_part, words in CALLS:
        client = User.objects.get(email=address)
        made.append(
            Callback.objects.create(
                client=client,
                number=number,
                contact=client.name,
                topic=topic,
                description=words,
                day_part=day_part,
                requested_at=at - timedelta(hours=hours),
            )
        )
    oldest, *_others, newest = made
    oldest.state, oldest.claimed_by, oldest.claimed_at = Callback.State.CLAIMED, agent, at - timedelta(hours=2)
    oldest.save(update_fields=["state", "claimed_by", "claimed_at"])
    unanswered = CallAttempt.Result.UNANSWERED
    CallAttempt.objects.create(callback=oldest, by=agent, at=at - timedelta(hours=2), result=unanswered)
    CallbackAddition.objects.create(
        callback=newest,
        text="It is the ledger of this year; last year's shows up.",
        source=Callback.Source.MAIL,
        at=at - timedelta(minutes=20),
    )
    _mail(at)


def _mail(at: datetime) -> None:
    """A client answers the confirmation instead of pressing a button."""
    coming = Booking.objects.upcoming(at).exclude(client__email=CLIENT).select_related("client", "session_type")
    booking = coming.filter(starts_at__gt=at + timedelta(days=1)).order_by("first_cell").first()
    if booking is None:
        return
    mail = EmailMessage()
    mail["From"] = f"{booking.client.name} <{booking.client.email}>"
    mail["To"] = "support@meridian.example"
    mail["Subject"] = f"Re: {booking.session_type.name}"
    mail["Message-ID"] = f"<demo-{at:%Y%m%d%H%M%S}@meridian.example>"
    mail.set_content(
        "Hello,\n\nsomething has come up at our end. Could we have this a day later, in the afternoon?\n\n"
        f"Thank you\n{booking.client.name}\n"
    )
    raw = mail.as_bytes()
    arrived_at = at - timedelta(minutes=35)
    kept = intake.receive(raw, mails.read(raw), gateway="demo", verdict=Inbound.Verdict.PASS, at=arrived_at)
    kept.state, kept.person = Inbound.State.WAITING, booking.client
    kept.subject_type, kept.subject_id = messages.SUBJECT_TYPE, booking.pk
    kept.answers = Message.objects.about(messages.SUBJECT_TYPE, booking.pk).filter(kind="booking_confirmed").first()
    kept.save(update_fields=["state", "person", "subject_type", "subject_id", "answers"])
