"""Phone callbacks: ask, add, edit and cancel for clients; take, call and close for agents (B-16, B-17)."""

from datetime import datetime

from django.db import IntegrityError, transaction

from supportportal.outbox import operations as outbox
from supportportal.people.access import gate_is_open
from supportportal.people.models import Gate, User
from supportportal.trail import operations as trail

from .. import desk, granting, messages_calls, scope
from ..models import CallAttempt, Callback, CallbackAddition, TermsVersion
from ..policy import POLICY
from ..refusals import (
    CallClaimed,
    CallClosed,
    CallNotClaimed,
    CallsNotOpen,
    CallsOpen,
    NoContact,
    NoDescription,
    OutOfScope,
)
from ..rules import calling
from .locking import lock_people
from .terms import accept_terms

State = Callback.State


def ask(
    client: User,
    *,
    number: str,
    contact: str,
    description: str,
    by: User,
    at: datetime,
    topic: str = "",
    day_part: str = Callback.DayPart.ANY,
    source: str = Callback.Source.FORM,
    terms: TermsVersion | None = None,
    read_at: datetime | None = None,
) -> Callback:
    """Put ``client`` into the queue; if a request of theirs is open already, add this to it (B-16).

    ``number`` is in E.164; ``terms`` is the version that the client accepts with it, if any (B-3). The same text twice
    is one request. ``read_at`` is when a mail that came ``at`` is read: what has been closed by then is closed (R-4).
    Raises BookingRefused, with nothing changed: incomplete, out of scope (B-17), not granted (P-3), or terms not
    accepted.
    """
    contact, description = contact.strip(), description.strip()
    if not contact:
        raise NoContact
    if not description:
        raise NoDescription
    if answer := scope.answer(topic):
        raise OutOfScope(answer.text)
    facts = {"number": number, "contact": contact, "day_part": day_part}
    with transaction.atomic():
        client = lock_people(client.pk)[client.pk]
        granting.require(desk.may_ask(client, read_at or at))
        accept_terms(client, terms, at=at)
        if found := _open_of(client):
            return _add(found, facts, description, source, by=by, at=at)
        try:
            with transaction.atomic():
                return _open(client, facts, description, topic, source, by=by, at=at)
        except IntegrityError:  # a request that came by a way that took no lock
            return _add(Callback.objects.open().get(client=client), facts, description, source, by=by, at=at)


def _open(client: User, facts: dict, description: str, topic: str, source: str, *, by: User, at: datetime) -> Callback:
    callback = Callback.objects.create(
        client=client, description=description, topic=topic, source=source, requested_at=at, **facts
    )
    outbox.plan([messages_calls.received(callback, at=at)], at=at)
    trail.record("callback.asked", callback, by=by, at=at, client=client.pk, source=source, topic=topic)
    return callback


def _add(callback: Callback, facts: dict, text: str, source: str, *, by: User, at: datetime) -> Callback:
    """Add to an open request; number, contact and wish are those given last."""
    said = {callback.description, *callback.additions.values_list("text", flat=True)}
    changed = [name for name, value in facts.items() if getattr(callback, name) != value]
    if text in said and not changed:
        return callback
    if text not in said:
        CallbackAddition.objects.create(callback=callback, text=text, source=source, at=at)
    for name in changed:
        setattr(callback, name, facts[name])
    callback.version += 1
    callback.save(update_fields=[*changed, "version"])
    outbox.plan([messages_calls.received(callback, at=at)], at=at)
    trail.record("callback.added", callback, by=by, at=at, source=source, changed=changed)
    return callback


@transaction.atomic
def edit(
    callback: Callback, *, number: str, contact: str, description: str, day_part: str, by: User, at: datetime
) -> Callback:
    """Change what an open request says. Raises CallClosed, and NotGranted where callbacks are closed to the client."""
    callback = _lock(callback)
    granting.require(gate_is_open(callback.client, Gate.CALLBACK, at))
    if not contact.strip():
        raise NoContact
    if not description.strip():
        raise NoDescription
    new = {
        "number": number,
        "contact": contact.strip(),
        "description": description.strip(),
        "day_part": day_part,
    }
    changed = [name for name, value in new.items() if getattr(callback, name) != value]
    if changed:
        for name in changed:
            setattr(callback, name, new[name])
        callback.save(update_fields=changed)
        trail.record("callback.edited", callback, by=by, at=at, changed=changed)
    return callback


@transaction.atomic
def cancel(callback: Callback, *, by: User, at: datetime) -> Callback:
    """Close it at the client's wish. Cancelling what is cancelled already changes nothing; else raises CallClosed."""
    callback = _read(callback, by)
    if callback.state == State.CANCELLED:
        return callback
    _require_open(callback)
    callback = _close(callback, State.CANCELLED, by=by, at=at)
    outbox.plan([messages_calls.owed("callback_cancelled", callback, at=at)], at=at)
    return callback


@transaction.atomic
def claim(callback: Callback, *, by: User, at: datetime) -> Callback:
    """``by`` will call. Claiming one's own again changes nothing.

    Raises CallClaimed, CallClosed, or CallsNotOpen while calls are closed to the client (R-4).
    """
    callback = _lock(callback, by)
    if callback.claimed_by == by:
        return callback
    if callback.claimed_by is not None:
        raise CallClaimed(callback.claimed_by)
    if not gate_is_open(callback.client, Gate.CALLBACK, at):
        raise CallsNotOpen
    callback.state, callback.claimed_by, callback.claimed_at = State.CLAIMED, by, at
    callback.save(update_fields=["state", "claimed_by", "claimed_at"])
    trail.record("callback.claimed", callback, by=by, at=at)
    return callback


@transaction.atomic
def release(callback: Callback, *, by: User, at: datetime) -> Callback:
    """Put it back into the queue, where it keeps its place: one's own, or as staff that of a colleague who is away."""
    callback = _lock(callback, by)
    if callback.claimed_by is None:
        return callback
    previous = callback.claimed_by.pk
    callback.state, callback.claimed_by, callback.claimed_at = State.WAITING, None, None
    callback.save(update_fields=["state", "claimed_by", "claimed_at"])
    trail.record("callback.released", callback, by=by, at=at, previous=previous)
    return callback


@transaction.atomic
def log_attempt(callback: Callback, result: str, *, by: User, at: datetime, note: str = "") -> Callback:
    """Keep one call, answered or not; with the third unanswered one the request is closed and the client is told.

    Raises CallNotClaimed unless ``by`` has taken it, CallClosed if it is closed.
    """
    callback = _lock(callback, by)
    _require_own(callback, by)
    CallAttempt.objects.create(callback=callback, by=by, at=at, result=result, note=note.strip()[:300])
    trail.record("callback.called", callback, by=by, at=at, result=result)
    if calling.is_unreached(callback.attempts.values_list("result", flat=True), POLICY):
        callback = _close(callback, State.UNREACHED, by=by, at=at)
        outbox.plan([messages_calls.owed("callback_unreached", callback, at=at)], at=at)
    return callback


@transaction.atomic
def finish(callback: Callback, *, by: User, at: datetime, note: str = "") -> Callback:
    """The call was made and the matter is settled, or goes on elsewhere. Raises CallNotClaimed or CallClosed."""
    callback = _lock(callback, by)
    _require_own(callback, by)
    return _close(callback, State.DONE, by=by, at=at, note=note)


@transaction.atomic
def close_as_out_of_scope(callback: Callback, topic: str, *, by: User, at: datetime, note: str = "") -> Callback:
    """Close it with the answer where to turn with ``topic`` (B-17). Raises CallClaimed or CallClosed."""
    callback = _lock(callback, by)
    if callback.claimed_by not in (None, by):
        raise CallClaimed(callback.claimed_by)
    callback.topic = topic
    callback.save(update_fields=["topic"])
    callback = _close(callback, State.OUT_OF_SCOPE, by=by, at=at, note=note)
    outbox.plan([messages_calls.owed("callback_out_of_scope", callback, at=at)], at=at)
    return callback


@transaction.atomic
def close_as_closed(callback: Callback, *, by: User, at: datetime) -> Callback:
    """Calls have been closed to the client since (R-4): the client is told why nobody calls.

    Raises CallsOpen where nothing closes them, CallClaimed while a colleague has it, CallClosed if it is closed.
    """
    callback = _lock(callback, by)
    if gate_is_open(callback.client, Gate.CALLBACK, at):
        raise CallsOpen
    if callback.claimed_by not in (None, by):
        raise CallClaimed(callback.claimed_by)
    callback = _close(callback, State.CANCELLED, by=by, at=at)
    outbox.plan([messages_calls.owed("callback_closed", callback, at=at)], at=at)
    return callback


# -- what stands behind the verbs --------------------------------------------------------------------------------------


def _open_of(client: User) -> Callback | None:
    return Callback.objects.open().filter(client=client).select_for_update(no_key=True, of=("self",)).first()


def _lock(callback: Callback, *others: User) -> Callback:
    """The row as it is now, locked after its people. Raises CallClosed unless it is open."""
    locked = _read(callback, *others)
    _require_open(locked)
    return locked


def _read(callback: Callback, *others: User) -> Callback:
    lock_people(callback.client_id, *(other.pk for other in others))
    rows = Callback.objects.select_related("client__account", "claimed_by")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=callback.pk)


def _require_open(callback: Callback) -> None:
    if not callback.is_open:
        raise CallClosed


def _require_own(callback: Callback, by: User) -> None:
    if callback.claimed_by is None:
        raise CallNotClaimed
    if callback.claimed_by != by:
        raise CallClaimed(callback.claimed_by)


def _close(callback: Callback, state: str, *, by: User, at: datetime, note: str = "") -> Callback:
    callback.state, callback.closed_at, callback.note = state, at, note.strip()
    callback.version += 1
    callback.save(update_fields=["state", "closed_at", "note", "version"])
    outbox.void(messages_calls.SUBJECT_TYPE, callback.pk, below_version=callback.version)
    trail.record(f"callback.{state}", callback, by=by, at=at)
    return callback
