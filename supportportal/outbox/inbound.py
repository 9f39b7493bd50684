"""Mail that comes in: written down as it arrives, handled later and apart, so that no trouble there loses any.

Apps register a ``Handler`` in ``AppConfig.ready()``; the first that matches decides. What nobody handles gets an answer
that helps, at most one per address and day, and is kept where staff can see it.
"""

import hashlib
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from supportportal import links
from supportportal.files.models import to_be_screened
from supportportal.people.access import gate_is_open
from supportportal.people.models import Firm, Gate, Restriction, User
from supportportal.trail import operations as trail

from . import operations
from .mails import Letter
from .models import Inbound, Message
from .operations import Owed

logger = logging.getLogger(__name__)

BATCH = 50
MOST_ATTEMPTS = 5
REPLY = "reply"  # what the tokens in our reply addresses are signed for
MAIL_CLOSED, MAIL_UNMATCHED = "mail_closed", "mail_unmatched"
State = Inbound.State


@dataclass(frozen=True)
class Mail:
    """What a handler is given. ``person`` is known: the provider confirms the sender. ``answers`` is our own message
    that it replies to; whoever holds our signed reply address may be somebody else than its recipient.
    """

    inbound: Inbound
    person: User | None
    answers: Message | None

    @property
    def replies_to(self) -> str:
        return self.answers.subject_type if self.answers else ""


@dataclass(frozen=True)
class Outcome:
    """What became of a mail; ``answer`` is the kind of message that its sender gets, about the mail itself."""

    state: str
    subject_type: str = ""
    subject_id: int | None = None
    note: str = ""
    answer: str = ""
    language: str = ""  # of the answer to somebody we do not know; the firm's, unless given
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Action:
    """Something that staff can do with a mail: a link."""

    label: Any
    url: str


@dataclass(frozen=True)
class Handler:
    """``handle`` is called in a transaction; ``mail.inbound.arrived_at`` is the mail's arrival. If it raises, the mail
    is tried again, and in the end put before staff. For mails about ``subject_type``, ``about`` says in words what
    that is, ``actions`` gives links, and ``visible_to`` narrows a queryset to what a staff member may see.
    ``offers`` gives links for a mail about nothing yet: what the staff member who reads it can make of it.
    ``never_closed``: asked for people to whom mail is closed too (R-6).
    """

    code: str
    matches: Callable[[Mail], bool]
    handle: Callable[[Mail, datetime], Outcome]
    subject_type: str = ""
    position: int = 50
    about: Callable[[Inbound], str] | None = None
    actions: Callable[[Inbound], Sequence[Action]] | None = None
    visible_to: Callable[[Any, Any], Any] | None = None
    offers: Callable[[Inbound, User], Sequence[Action]] | None = None
    never_closed: bool = False


_handlers: dict[str, Handler] = {}


def register(*handlers: Handler) -> None:
    for handler in handlers:
        if _handlers.setdefault(handler.code, handler) is not handler:
            raise ValueError(f"The mail handler {handler.code} is registered twice.")


def handler_of(subject_type: str) -> Handler | None:
    return next((one for one in _ordered() if subject_type and one.subject_type == subject_type), None)


def offers(inbound: Inbound, user: User) -> list[Action]:
    """What ``user`` can make of a mail that is about nothing yet."""
    if inbound.subject_type or not inbound.can_become(State.HANDLED):
        return []
    return [action for handler in _ordered() if handler.offers for action in handler.offers(inbound, user)]


def visible_to(queryset: Any, user: Any) -> Any:
    """What ``user`` may see of the mails: each app says so for its own subjects (C-8)."""
    for handler in _ordered():
        if handler.visible_to is not None:
            queryset = handler.visible_to(queryset, user)
    return queryset


def _ordered() -> list[Handler]:
    return sorted(_handlers.values(), key=lambda handler: (handler.position, handler.code))


# -- reply addresses ---------------------------------------------------------------------------------------------------


def reply_address(message: Message, firm: Firm) -> str:
    """Where replies to ``message`` go: an address that names it, where mail to INBOUND_DOMAIN reaches us."""
    if not settings.INBOUND_DOMAIN:
        return firm.contact_email
    return f"{REPLY}+{links.address_token(REPLY, message.pk)}@{settings.INBOUND_DOMAIN}"


def _named_in(recipients: Sequence[str]) -> int | None:
    """The message that one of our signed addresses among ``recipients`` names."""
    for address in recipients:
        local, _at, domain = address.rpartition("@")
        prefix, _plus, token = local.partition("+")
        if prefix == REPLY and settings.INBOUND_DOMAIN and domain == settings.INBOUND_DOMAIN:
            try:
                return links.read_address_token(REPLY, token)
            except links.BadLink:
                continue
    return None


# -- arrival -----------------------------------------------------------------------------------------------------------


def receive(raw: bytes, letter: Letter, *, gateway: str, verdict: str, at: datetime) -> Inbound:
    """Write a mail down as it came. The same one twice is one row (its Message-ID and sender, else all of it)."""
    key = hashlib.sha256(f"{letter.message_id}|{letter.sender}".encode() if letter.message_id else raw).hexdigest()
    if found := Inbound.objects.filter(key=key).first():
        return found
    inbound = Inbound(
        key=key,
        gateway=gateway,
        message_id=letter.message_id,
        references=" ".join(letter.references),
        sender=letter.sender,
        sender_name=letter.senders[0][0] if letter.senders else "",
        recipients=" ".join(letter.recipients),
        subject=letter.subject,
        text=letter.text,
        size=len(raw),
        verdict=verdict,
        is_automatic=letter.is_automatic or _is_ours(letter),
        arrived_at=at,
        note="too large: only its beginning is kept" if len(raw) > settings.INBOUND_MAX_BYTES else "",
        **to_be_screened(at),
    )
    if about := _understood(inbound).answers:  # who may see it depends on that from the first moment (C-8)
        inbound.answers, inbound.subject_type, inbound.subject_id = about, about.subject_type, about.subject_id
    drawn = secrets.token_hex(20)
    inbound.raw.save(f"mail/{drawn[:2]}/{drawn[2:]}", ContentFile(raw[: settings.INBOUND_MAX_BYTES]), save=False)
    try:
        with transaction.atomic():
            inbound.save()
    except IntegrityError:  # the same mail by two ways at once
        inbound.raw.delete(save=False)
        return Inbound.objects.get(key=key)
    return inbound


def _is_ours(letter: Letter) -> bool:
    """A mail of our own that came back: answering it would never end."""
    domain = letter.sender.rpartition("@")[2]
    return (
        loop_mark() in letter.all("x-loop")
        or letter.sender == Firm.current().contact_email.lower()
        or (bool(settings.INBOUND_DOMAIN) and domain == settings.INBOUND_DOMAIN)
        or (bool(letter.message_id) and Message.objects.filter(message_id=letter.message_id).exists())
    )


def loop_mark() -> str:
    """What our own mails carry, so that we know them again."""
    return settings.SITE_URL.partition("//")[2]


# -- handling ----------------------------------------------------------------------------------------------------------


class _Overtaken(Exception):
    """Somebody else has handled the mail meanwhile."""


def handle_pending(*, at: datetime) -> None:
    """One tick. Any number of these may run at once; a mail that makes trouble holds up no other."""
    pending = Inbound.objects.filter(state=State.NEW).order_by("attempts", "pk")
    for pk in list(pending.values_list("pk", flat=True)[:BATCH]):
        handle(pk, at=at)


def handle(pk: int, *, at: datetime) -> Inbound:
    """Let the mail have its effect, once. Trouble is noted; after a few tries the mail is put before staff as it is."""
    try:
        _handle(Inbound.objects.get(pk=pk), at)
    except _Overtaken:
        logger.info("Mail %s was handled by another worker", pk)
    except Exception:  # whatever one mail sets off must not keep the others waiting
        logger.exception("Handling mail %s failed", pk)
        untouched = Inbound.objects.filter(pk=pk, state=State.NEW)
        untouched.update(attempts=F("attempts") + 1)
        untouched.filter(attempts__gte=MOST_ATTEMPTS).update(state=State.WAITING, note="could not be handled by itself")
    return Inbound.objects.select_related("person").get(pk=pk)


def _handle(inbound: Inbound, at: datetime) -> None:
    if inbound.state != State.NEW:
        return
    mail = _understood(inbound)
    with transaction.atomic():
        outcome = _decide(mail, at)
        about = mail.answers if mail.answers and not outcome.subject_type else None
        changed = Inbound.objects.filter(pk=inbound.pk, state=State.NEW).update(
            state=outcome.state,
            note=(outcome.note or inbound.note)[:300],
            person=mail.person,
            answers=mail.answers,
            subject_type=about.subject_type if about else outcome.subject_type,
            subject_id=about.subject_id if about else outcome.subject_id,
        )
        if not changed:
            raise _Overtaken
        if outcome.answer:
            _answer(mail, outcome, at)


def _understood(inbound: Inbound) -> Mail:
    """Who wrote, and to which message of ours.

    A sender is known only with the provider's verdict. Our signed address names the message by itself; the headers of a
    reply can be copied from anywhere, so they count only if a confirmed sender was that message's recipient.
    """
    person = None
    if inbound.verdict == Inbound.Verdict.PASS and inbound.sender:
        person = User.objects.filter(email__iexact=inbound.sender, is_active=True).first()
    answers = None
    if (named := _named_in(inbound.recipients.split())) is not None:
        answers = Message.objects.filter(pk=named).first()
    if answers is None and inbound.verdict == Inbound.Verdict.PASS and inbound.sender and inbound.references:
        sent = Message.objects.filter(message_id__in=inbound.references.split(), channel=Message.Channel.EMAIL)
        theirs = Q(recipient=None, address__iexact=inbound.sender)
        if person is not None:
            theirs |= Q(recipient=person)
        answers = sent.filter(theirs).order_by("-pk").first()
    return Mail(inbound, person, answers)


def _decide(mail: Mail, at: datetime) -> Outcome:
    if mail.inbound.is_automatic:
        return Outcome(State.AUTOMATIC, note="written by a machine, or our own")
    closed_by = _closed_by(mail, at)
    for handler in _ordered():
        if (handler.never_closed or closed_by is None) and handler.matches(mail):
            return handler.handle(mail, at)
    if closed_by is not None:
        data = {"restriction": closed_by.pk}
        return Outcome(State.REFUSED, note="mail is closed to this person", answer=MAIL_CLOSED, data=data)
    if mail.answers is not None:
        return Outcome(State.WAITING)
    if mail.person is not None:
        return Outcome(State.WAITING, answer=MAIL_UNMATCHED, note="not a reply to anything we sent")
    return Outcome(State.UNMATCHED, answer=MAIL_UNMATCHED, note="the sender is not known")


def _closed_by(mail: Mail, at: datetime) -> Restriction | None:
    """What closes mail to whom it is from, by its own word if nobody confirms it: who forges that name loses nothing
    but the own letter, and nobody gets round a measure by a mail that can't be confirmed (R-4).
    """
    person = mail.person or _named_as_sender(mail.inbound)
    return gate_is_open(person, Gate.MAIL, at).closed_by if person else None


def _named_as_sender(inbound: Inbound) -> User | None:
    return User.objects.filter(email__iexact=inbound.sender).first() if inbound.sender else None


def _answer(mail: Mail, outcome: Outcome, at: datetime) -> None:
    """Plan the answer, unless it would go to nobody, to somebody whose name was forged, or be today's second."""
    inbound = mail.inbound
    if not inbound.sender or inbound.verdict == Inbound.Verdict.FAIL:
        return
    if outcome.answer == MAIL_CLOSED:
        _answer_with_notice(mail, outcome, at)
        return
    if not _first_answer(inbound, at.astimezone(UTC).date()):
        return
    firm = Firm.current()
    reader: dict[str, Any] = {"recipient": mail.person}
    if mail.person is None:
        language = outcome.language or firm.language
        reader = {"address": inbound.sender, "language": language, "time_zone": firm.time_zone}
    data = {**outcome.data, "in_reply_to": inbound.message_id}
    operations.plan([Owed(outcome.answer, inbound.pk, at, data=data, **reader)], at=at)


def _answer_with_notice(mail: Mail, outcome: Outcome, at: datetime) -> None:
    """Once for each person and restriction, however much is written while it lasts (R-9a)."""
    person = mail.person or _named_as_sender(mail.inbound)
    if person is None:
        return
    list(User.objects.filter(pk=person.pk).select_for_update(no_key=True))  # of two mails at once one is the second
    told = Message.objects.filter(kind=MAIL_CLOSED, recipient=person, data__restriction=outcome.data["restriction"])
    if not told.exists():
        data = {**outcome.data, "in_reply_to": mail.inbound.message_id}
        operations.plan([Owed(MAIL_CLOSED, mail.inbound.pk, at, recipient=person, data=data)], at=at)


def _first_answer(inbound: Inbound, day: date) -> bool:
    try:
        with transaction.atomic():
            Inbound.objects.filter(pk=inbound.pk).update(answered_on=day)
    except IntegrityError:
        # A client who is not told a second time today must not be left alone with it: a person has to look.
        known = Inbound.objects.filter(pk=inbound.pk, state=State.UNMATCHED, person__isnull=False)
        known.update(state=State.WAITING)
        return False
    return True


# -- what staff do -----------------------------------------------------------------------------------------------------


@transaction.atomic
def mark_done(inbound: Inbound, *, by: User, at: datetime) -> None:
    """Take it off the list. Doing so twice changes nothing."""
    open_states = [before for before, after in Inbound.NEXT_STATES.items() if State.HANDLED in after]
    rows = Inbound.objects.filter(pk=inbound.pk, state__in=open_states)
    if rows.update(state=State.HANDLED, handled_at=at, handled_by=by):
        trail.record("mail.done", inbound, by=by, at=at)


@transaction.atomic
def assign(inbound: Inbound, subject_type: str, subject_id: int, *, by: User, at: datetime) -> bool:
    """It has become something, and is done: from now on it is seen by whoever sees that. False if it was another's."""
    rows = Inbound.objects.filter(pk=inbound.pk, subject_type="")
    done = {"state": State.HANDLED, "handled_at": at, "handled_by": by}
    if not rows.update(subject_type=subject_type, subject_id=subject_id, **done):
        return False
    trail.record("mail.assigned", inbound, by=by, at=at, about=subject_type, about_id=subject_id)
    return True


@transaction.atomic
def put_back(inbound: Inbound, *, by: User, at: datetime) -> None:
    """Put it on the list of what is to do, whatever it was taken for."""
    rows = Inbound.objects.filter(pk=inbound.pk).exclude(state__in=[State.NEW, State.WAITING])
    if rows.update(state=State.WAITING, handled_at=None, handled_by=None):
        trail.record("mail.put_back", inbound, by=by, at=at)
