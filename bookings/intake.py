"""What becomes of mail about sessions and calls: requests for a call, additions to one, replies that staff see to."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from supportportal.outbox.inbound import Action, Handler, Mail, Outcome
from supportportal.outbox.models import Inbound
from supportportal.people.models import User

from . import messages, messages_calls, reading_mail
from .models import Booking, Callback
from .operations import calls
from .reading_mail import Said
from .refusals import BookingRefused

DONE, TO_DO, UNMATCHED = Inbound.State.HANDLED, Inbound.State.WAITING, Inbound.State.UNMATCHED


# -- calls -------------------------------------------------------------------------------------------------------------


def _asks_for_a_call(mail: Mail) -> bool:
    """What answers a message about a session is about that session, whatever its subject says."""
    if mail.replies_to in (messages_calls.SUBJECT_TYPE, messages.SUBJECT_TYPE):
        return mail.replies_to == messages_calls.SUBJECT_TYPE
    return bool(reading_mail.language_of(mail.inbound.subject))


def _handle_call(mail: Mail, at: datetime) -> Outcome:
    if mail.replies_to == messages_calls.SUBJECT_TYPE:
        return _add_to_call(mail, at)
    if mail.person is None:
        language = reading_mail.language_of(mail.inbound.subject)
        note, data = "the sender is not known", {"reason": "unknown"}
        return Outcome(UNMATCHED, note=note, answer="callback_not_made", language=language, data=data)
    said = said_in(mail.inbound, mail.person)
    if said.missing and Callback.objects.open().filter(client=mail.person).exists():
        return _put_to_open(mail, mail.person, said, at)
    if said.missing:
        return Outcome(UNMATCHED, note="incomplete", answer="callback_not_made", data={"missing": said.missing})
    return _ask(mail, mail.person, said, at)


def said_in(inbound: Inbound, person: User) -> Said:
    return reading_mail.read(inbound.text, person.account.country if person.account else "")


def _ask(mail: Mail, person: User, said: Said, at: datetime) -> Outcome:
    try:
        callback = calls.ask(
            person,
            number=said.number,
            contact=said.contact,
            description=said.description,
            day_part=said.day_part,
            source=Callback.Source.MAIL,
            by=person,
            at=mail.inbound.arrived_at,
            read_at=at,
        )
    except BookingRefused as refusal:
        note = f"no request was made: {refusal.code}"
        return Outcome(UNMATCHED, note=note, answer="callback_not_made", data={"reason": refusal.code})
    return Outcome(DONE, messages_calls.SUBJECT_TYPE, callback.pk)


def _put_to_open(mail: Mail, person: User, said: Said, at: datetime) -> Outcome:
    """Something is missing in the mail, but a request stands already: what it lacks is known from there."""
    callback = Callback.objects.open().get(client=person)
    words = said.description or reading_mail.new_words(mail.inbound.text)
    if not words:
        return Outcome(TO_DO, messages_calls.SUBJECT_TYPE, callback.pk)
    known = Said(said.number or callback.number, said.contact or callback.contact, words, callback.day_part)
    return _ask(mail, person, known, at)


def _add_to_call(mail: Mail, at: datetime) -> Outcome:
    """A reply to what we wrote about a call is added to it while it is open; after that, or from others, staff look."""
    callback = Callback.objects.filter(pk=mail.answers.subject_id).first() if mail.answers else None
    if callback is None or not callback.is_open or mail.person is None or mail.person.pk != callback.client_id:
        return Outcome(TO_DO)
    words = reading_mail.new_words(mail.inbound.text)
    if not words:
        return Outcome(TO_DO)
    return _ask(mail, mail.person, Said(callback.number, callback.contact, words, callback.day_part), at)


# -- sessions ----------------------------------------------------------------------------------------------------------


def _replies_to_session(mail: Mail) -> bool:
    return mail.replies_to == messages.SUBJECT_TYPE


def _put_on_list(mail: Mail, at: datetime) -> Outcome:
    """A wish about a session is a person's to understand; its arrival is what counts for the notice (B-11)."""
    return Outcome(TO_DO)


# -- what staff see ----------------------------------------------------------------------------------------------------


def _about_session(inbound: Inbound) -> str:
    booking = Booking.objects.select_related("client", "session_type").filter(pk=inbound.subject_id or 0).first()
    if booking is None:
        return ""
    facts = {"what": booking.session_type.title, "who": booking.client, "reference": booking.reference}
    return _("%(what)s of %(who)s, %(reference)s") % facts


def _session_actions(inbound: Inbound) -> Sequence[Action]:
    """Act for the client, with the mail's arrival as the instant that decides the notice (B-11)."""
    booking = Booking.objects.filter(pk=inbound.subject_id or 0).first()
    if booking is None:
        return []
    asked = urlencode({"asked_at": inbound.arrived_at.isoformat()})
    acting = [("move", _("Move it for the client")), ("cancel", _("Cancel it for the client"))]
    links = [
        Action(label, reverse(f"admin:bookings_booking_{verb}", args=[booking.pk]) + f"?{asked}")
        for verb, label in acting
    ]
    is_open = booking.is_live and not booking.has_started(inbound.arrived_at)
    return [
        *(links if is_open else []),
        Action(_("Open the session"), reverse("admin:bookings_booking_change", args=[booking.pk])),
    ]


def _about_call(inbound: Inbound) -> str:
    callback = Callback.objects.select_related("client").filter(pk=inbound.subject_id or 0).first()
    return _("Phone callback for %(who)s") % {"who": callback.client} if callback else ""


def _call_actions(inbound: Inbound) -> Sequence[Action]:
    return [Action(_("Open the callback"), reverse("admin:bookings_callback_change", args=[inbound.subject_id]))]


HANDLERS = [
    Handler(
        "bookings.call",
        _asks_for_a_call,
        _handle_call,
        subject_type=messages_calls.SUBJECT_TYPE,
        position=10,
        about=_about_call,
        actions=_call_actions,
    ),
    Handler(
        "bookings.session",
        _replies_to_session,
        _put_on_list,
        subject_type=messages.SUBJECT_TYPE,
        position=20,
        about=_about_session,
        actions=_session_actions,
    ),
]
