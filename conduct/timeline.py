"""Everything that happened to an incident, oldest first: from its rows, and from the trail for what has none (N-4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from supportportal import reader, wording
from supportportal.files.models import StoredFile
from supportportal.outbox import reading
from supportportal.outbox.models import Message
from supportportal.people.models import User
from supportportal.trail import words
from supportportal.trail.models import Entry

from . import messages, messages_watch
from .models import AffectedSession, Appointment, ClientAnswer, Incident, Measure, StopRequest

State = Measure.State
PILLS = {
    State.PROPOSED: "warning",
    State.DECLINED: "neutral",
    State.WITHDRAWN: "neutral",
    State.TAKEN: "success",
    State.LIFTED: "neutral",
    State.QUASHED: "neutral",
}
ASSIGNED = "appeal.assigned"
LOOKED = ["incident.file_opened", "file.released", "file.deleted"]
# Which message belongs to which row: the kind, and where its data names the row.
ROW_OF = {
    messages.STOP_REQUEST: "request",
    messages.NOTICE: "measure",
    messages.LIFTED: "measure",
    messages.APPROVAL: "measure",
    messages.STOP: "stop",
    messages_watch.STOP_ENDED: "stop",
}


Mails = dict[tuple[str, int], list[reading.Shown]]


@dataclass(frozen=True)
class Happened:
    """One line. ``kind`` says what it looks like: "in", "out" or "" for the rest."""

    at: datetime
    what: Any
    who: Any = ""
    detail: str = ""
    kind: str = ""
    pill: str = ""
    state: Any = ""
    mails: Sequence[reading.Shown] = ()
    files: Sequence[StoredFile] = ()


@dataclass(frozen=True)
class Rows:
    """What the page of an incident is made of, in a fixed number of queries."""

    incident: Incident
    asked: list[StopRequest]
    answers: list[ClientAnswer]
    files: list[StoredFile]
    measures: list[Measure]
    affected: list[AffectedSession]
    mails: Mails
    appointments: list[Appointment]
    noted: list[tuple[Entry, User | None]]

    @classmethod
    def read(cls, incident: Incident, *, all_of_it: bool) -> "Rows":
        """Without ``all_of_it``: what whoever reported it may know, which is nothing of the assessment."""
        together = ("assessment__by", "approval__by", "appeal__decided_by", "appeal__reviewer", "restriction")
        measures = incident.measures.select_related(*together, "decided_by", "ended_by", "posted_by", "extends")
        affected = AffectedSession.objects.filter(measure__incident=incident).select_related("booking", "by")
        return cls(
            incident,
            list(incident.stop_requests.select_related("sent_by")),
            list(messages.heard(incident, all_of_it=all_of_it).prefetch_related("files")),
            list(incident.files.order_by("pk")),
            list(measures.order_by("decided_at", "pk")) if all_of_it else [],
            list(affected.order_by("at", "pk")) if all_of_it else [],
            _mails(incident, all_of_it=all_of_it),
            list(_appointments(incident)) if all_of_it else [],
            _noted(incident) if all_of_it else [],
        )

    def mails_of(self, kind: str, pk: int) -> list[reading.Shown]:
        return self.mails.get((kind, pk), [])


def of(rows: Rows, *, all_of_it: bool) -> list[Happened]:
    parts = [_told(rows), _said(rows)]
    if all_of_it:
        parts += [_moved(rows), _sessions(rows), _letters(rows), _looked(rows)]
    return sorted((one for part in parts for one in part), key=lambda one: one.at)


def changes(rows: Rows) -> list[Happened]:
    """Of all that, what has made a new version of the case."""
    told = (one for one in _told(rows) if one.at > rows.incident.reported_at)
    return [*told, *_said(rows), *_moved(rows)]


def _moved(rows: Rows) -> Iterator[Happened]:
    for part in (_stopped, _decided, _appeals, _appointed):
        yield from part(rows)


def _told(rows: Rows) -> Iterator[Happened]:
    incident = rows.incident
    yield Happened(incident.reported_at, _("Reported"), incident.reporter)
    if incident.closed_at:
        yield Happened(incident.closed_at, _("Closed without a measure"), incident.closed_by, incident.closing_reason)


def _said(rows: Rows) -> Iterator[Happened]:
    for asked in rows.asked:
        mails = rows.mails_of(messages.STOP_REQUEST, asked.pk)
        yield Happened(asked.sent_at, _("Asked politely to stop"), asked.sent_by, asked.text, "out", mails=mails)
    for answer in rows.answers:
        files = list(answer.files.all())
        client = rows.incident.client
        yield Happened(answer.arrived_at, _("The client answered"), client, answer.text, "in", files=files)


def _stopped(rows: Rows) -> Iterator[Happened]:
    stop = getattr(rows.incident, "emergency_stop", None)
    if stop is None:
        return
    mails = rows.mails_of(messages.STOP, stop.pk)
    zone, language = timezone.get_current_timezone(), reader.language()
    what = _("All contact stopped until %(when)s") % {"when": wording.short(stop.until, zone, language)}
    yield Happened(stop.at, what, stop.by, stop.reasons, mails=mails)
    if stop.ended_at:
        yield Happened(stop.ended_at, _("The stop has given way to what was decided"))
    elif stop.end_told_at:
        told = rows.mails_of(messages_watch.STOP_ENDED, stop.pk)
        yield Happened(stop.until, _("The stop has ended by itself"), mails=told)


def _decided(rows: Rows) -> Iterator[Happened]:
    for one in rows.measures:
        step = one.get_kind_display()
        what = (_("Proposed: %(step)s") if one.second_needed else _("Decided: %(step)s")) % {"step": step}
        state = one.get_state_display()
        yield Happened(one.decided_at, what, one.decided_by, pill=PILLS[State(one.state)], state=state)
        if approval := getattr(one, "approval", None):
            asked = rows.mails_of(messages.APPROVAL, one.pk)
            yield Happened(approval.asked_at, _("Another manager asked for approval"), mails=asked)
            if approval.at:
                answer = _("Approved: %(step)s") if approval.approved else _("Not approved: %(step)s")
                yield Happened(approval.at, answer % {"step": step}, approval.by, approval.reasons)
        if one.taken_at:
            notice = rows.mails_of(messages.NOTICE, one.pk)
            yield Happened(one.taken_at, _("In force, and the client is told: %(step)s") % {"step": step}, mails=notice)
        if one.posted_at:
            yield Happened(one.posted_at, _("Notice posted: %(step)s") % {"step": step}, one.posted_by, one.posted_to)
        if one.ended_at:
            told = rows.mails_of(messages.LIFTED, one.pk)
            ended = State.LIFTED.label if _was_lifted(one) else state
            yield Happened(one.ended_at, f"{step}: {ended}", one.ended_by, one.ending_reason, mails=told)


def _was_lifted(measure: Measure) -> bool:
    """Also where an appeal has quashed it later: then that stands with the appeal."""
    appeal = getattr(measure, "appeal", None)
    return measure.state == State.LIFTED or (appeal is not None and appeal.decided_at != measure.ended_at)


def _appeals(rows: Rows) -> Iterator[Happened]:
    for measure in rows.measures:
        appeal = getattr(measure, "appeal", None)
        if appeal is None:
            continue
        reasons = "\n\n".join(filter(None, [appeal.reasons, appeal.late_cause]))
        yield Happened(appeal.lodged_at, _("The client appealed"), rows.incident.client, reasons, "in")
        if appeal.suspended_at:
            yield Happened(appeal.suspended_at, _("The measure rests: nobody could decide the appeal"))
        if appeal.decided_at:
            what = _("Appeal decided: %(outcome)s") % {"outcome": appeal.get_outcome_display()}
            yield Happened(appeal.decided_at, what, appeal.decided_by, appeal.decision)


def _appointed(rows: Rows) -> Iterator[Happened]:
    for one in rows.appointments:
        what = _("Outside reviewer appointed: %(who)s") % {"who": one.person}
        yield Happened(one.appointed_at, what, one.appointed_by, one.reason)
        if one.ended_at:
            yield Happened(one.ended_at, _("%(who)s is outside reviewer no longer") % {"who": one.person})
    for entry, person in rows.noted:
        if entry.verb == ASSIGNED:
            what = _("The appeal was given to somebody") if entry.facts.get("reviewer") else _("Nobody has the appeal")
            yield Happened(entry.at, what, person or "")


def _sessions(rows: Rows) -> Iterator[Happened]:
    for one in rows.affected:
        kept = one.choice == AffectedSession.Choice.KEEP
        what = _("Session %(reference)s kept") if kept else _("Session %(reference)s cancelled")
        yield Happened(one.at, what % {"reference": one.booking}, one.by)
        if one.restored_at:
            yield Happened(one.restored_at, _("Session %(reference)s given back") % {"reference": one.booking})


def _letters(rows: Rows) -> Iterator[Happened]:
    """Mails that tell of nothing above: to colleagues, about an appeal."""
    for (kind, _row), mails in rows.mails.items():
        if kind not in ROW_OF:
            for mail in mails:
                yield Happened(mail.at, mail.label, kind="out", mails=[mail])


def _looked(rows: Rows) -> Iterator[Happened]:
    names = {file.pk: file.name for file in rows.files}
    names |= {file.pk: file.name for answer in rows.answers for file in answer.files.all()}
    for entry, person in rows.noted:
        if entry.verb in LOOKED:
            what, name = words.of(entry.verb), names.get(entry.facts.get("file"), "")
            yield Happened(entry.at, what, person or "", name)


def _mails(incident: Incident, *, all_of_it: bool) -> Mails:
    """Each mail about the incident, by its kind and the row that it tells of."""
    found: Mails = {}
    about = Message.objects.about(messages.SUBJECT_TYPE, incident.pk)
    if not all_of_it:
        about = about.filter(kind=messages.STOP_REQUEST)
    for message in about.defer("text", "html").select_related("recipient").order_by("due_at", "pk"):
        row = message.data.get(ROW_OF.get(message.kind, ""), 0)
        found.setdefault((message.kind, row), []).append(reading.shown(message))
    return found


def _appointments(incident: Incident) -> QuerySet[Appointment]:
    rows = Appointment.objects.filter(measure__incident=incident)
    return rows.select_related("person", "appointed_by").order_by("appointed_at", "pk")


def _noted(incident: Incident) -> list[tuple[Entry, User | None]]:
    """What the trail alone knows."""
    about = Entry.objects.filter(subject_type=messages.SUBJECT_TYPE, subject_id=incident.pk)
    about = about.filter(verb__in=[*LOOKED, ASSIGNED])
    entries = list(about.order_by("pk"))
    people = User.objects.in_bulk({one.by_id for one in entries if one.by_id})
    return [(one, people.get(one.by_id)) for one in entries]
