"""Everything that happened to a case, oldest first: from its rows, and from the trail where no row tells it (N-4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from supportportal.outbox import reading
from supportportal.outbox.models import Message
from supportportal.people.models import User
from supportportal.trail import words
from supportportal.trail.models import Entry

from . import messages
from .models import (
    Appeal,
    Appointment,
    Complaint,
    Deadline,
    Evidence,
    Letter,
    NamedStaff,
    Note,
    Rebasing,
    Reply,
    Statement,
)

LETTER_PILLS = {
    Letter.State.DRAFT: "neutral",
    Letter.State.LEAVING: "info",
    Letter.State.GONE: "success",
    Letter.State.FAILED: "danger",
}
# What the trail alone knows, shown in its words; everything else on it has a row that says more.
ON_TRAIL = [
    "complaint.assigned",
    "appeal.assigned",
    "complaint.name_added",
    "complaint.name_matched",
    "complaint.names_settled",
    "complaint.names_heard",
    "complaint.points",
    "complaint.finding",
    "complaint.remedy",
    "complaint.remedy_done",
    "complaint.letter_failed",
    "complaint.appointment_ended",
    "complaint.referred",
    "referral.decided",
    "referral.followed",
    "complaint.evidence_opened",
    "file.released",
    "file.deleted",
    "complaint.link_renewed",
    "complaint.exported",
    "complaint.anonymised",
    "deadline.reopened",
]


@dataclass(frozen=True)
class Happened:
    """One line of the timeline. ``kind`` says what it looks like: "in", "out", "note" or "" for the rest."""

    at: datetime
    what: Any
    who: Any = ""
    detail: str = ""
    kind: str = ""
    pill: str = ""
    state: Any = ""
    letter: Letter | None = None
    reply: Reply | None = None
    mails: tuple[reading.Shown, ...] = ()


@dataclass(frozen=True)
class Rows:
    """What the timeline of a case is made of."""

    complaint: Complaint
    letters: list[Letter]
    replies: list[Reply]
    notes: list[Note]
    statements: list[Statement]
    deadlines: list[Deadline]
    evidence: list[Evidence]
    named: list[NamedStaff]
    rebasings: list[Rebasing]
    appointments: list[Appointment]

    @classmethod
    def read(cls, complaint: Complaint) -> "Rows":
        """The case's appeal with them, on the complaint itself."""
        if appeal := Appeal.objects.filter(complaint=complaint).select_related("reviewer", "decided_by").first():
            complaint.appeal = appeal
        named = list(complaint.named.select_related("person", "matched_by").order_by("pk"))
        return cls(
            complaint=complaint,
            letters=list(complaint.letters.select_related("written_by", "posted_by", "content")),
            replies=list(complaint.replies.prefetch_related("files")),
            notes=list(complaint.notes.select_related("by")),
            statements=list(Statement.objects.filter(named__in=named).select_related("named__person", "asked_by")),
            deadlines=list(complaint.deadlines.order_by("pk")),
            evidence=list(complaint.evidence.select_related("file", "shown", "added_by")),
            named=named,
            rebasings=list(Rebasing.objects.filter(deadline__complaint=complaint).select_related("deadline", "by")),
            appointments=list(complaint.appointments.select_related("person", "appointed_by").order_by("appointed_at")),
        )


def of(rows: Rows) -> list[Happened]:
    """Three queries of its own, and one where statements were asked for: the mails, the trail, and the people on it."""
    found = [*_arrival(rows), *_letters(rows), *_said(rows), *_clocks(rows), *_later(rows), *_trail(rows)]
    return sorted(found, key=lambda one: one.at)


def mails_of(complaint: Complaint) -> dict[int, list[reading.Shown]]:
    """The mails of each letter, by letter."""
    found: dict[int, list[reading.Shown]] = {}
    about = Message.objects.about(messages.SUBJECT_TYPE, complaint.pk).filter(kind=messages.LETTER)
    for message in about.defer("text", "html").select_related("recipient").order_by("due_at", "pk"):
        found.setdefault(message.data["letter"], []).append(reading.shown(message))
    return found


def _mails_of_statements(rows: Rows) -> dict[int, list[reading.Shown]]:
    """By statement; no query where none was asked for."""
    asked = [statement.pk for statement in rows.statements]
    about = Message.objects.about(messages.STATEMENT_TYPE, *asked) if asked else Message.objects.none()
    found: dict[int, list[reading.Shown]] = {}
    for message in about.defer("text", "html").select_related("recipient").order_by("due_at", "pk"):
        found.setdefault(message.subject_id, []).append(reading.shown(message))
    return found


def _arrival(rows: Rows) -> Iterator[Happened]:
    complaint = rows.complaint
    what = _("Complaint arrived: %(source)s") % {"source": complaint.get_source_display()}
    yield Happened(complaint.arrived_at, what, complaint.name, complaint.post, "in")
    if complaint.entered_by:
        yield Happened(complaint.entered_at, _("Entered"), complaint.entered_by, complaint.late_entry_reason)
    for one in rows.evidence:
        if one.added_at != complaint.entered_at:
            yield Happened(one.added_at, _("File added: %(name)s") % {"name": one}, one.added_by or complaint.name)


def _letters(rows: Rows) -> Iterator[Happened]:
    mails = mails_of(rows.complaint)
    for letter in rows.letters:
        yield Happened(
            letter.gone_at or letter.written_at,
            f"{letter.get_kind_display().capitalize()} ({letter.get_way_display()})",
            letter.written_by or "",
            letter.subject,
            "out",
            LETTER_PILLS[Letter.State(letter.state)],
            letter.get_state_display(),
            letter,
            mails=tuple(mails.get(letter.pk, ())),
        )


def _said(rows: Rows) -> Iterator[Happened]:
    for reply in rows.replies:
        what = _("Reply (%(source)s)") % {"source": reply.get_source_display()}
        pill, state = ("", "") if reply.read_at else ("info", _("not read yet"))
        yield Happened(reply.arrived_at, what, rows.complaint.name, reply.text, "in", pill, state, reply=reply)
    for note in rows.notes:
        yield Happened(note.at, _("Internal note"), note.by, note.text, "note")
    mails = _mails_of_statements(rows)
    for statement in rows.statements:
        person = statement.named.person
        what = _("Statement asked of %(who)s") % {"who": person}
        sent = tuple(mails.get(statement.pk, ()))
        yield Happened(statement.asked_at, what, statement.asked_by, statement.questions, mails=sent)
        if statement.given_at:
            yield Happened(statement.given_at, _("Statement of %(who)s") % {"who": person}, person, statement.text)


def _clocks(rows: Rows) -> Iterator[Happened]:
    for row in rows.deadlines:
        step = row.get_step_display().capitalize()
        if row.outcome == Deadline.Outcome.LATE and row.met_at:
            yield Happened(row.met_at, f"{step}: {row.get_outcome_display()}", pill="danger", state=_("late"))
        elif row.outcome == Deadline.Outcome.MET and row.met_at:
            yield Happened(row.met_at, f"{step}: {row.get_outcome_display()}", pill="success", state=_("on time"))
        if row.escalated_at:
            yield Happened(row.escalated_at, _("%(step)s missed: senior managers told") % {"step": step})
    for one in rows.rebasings:
        step = one.deadline.get_step_display().capitalize()
        yield Happened(one.at, _("%(step)s: deadline re-based") % {"step": step}, one.by, one.reason)


def _later(rows: Rows) -> Iterator[Happened]:
    complaint = rows.complaint
    for one in rows.appointments:
        what = _("Outside reviewer appointed: %(who)s") % {"who": one.person}
        yield Happened(one.appointed_at, what, one.appointed_by, one.reason)
    if appeal := getattr(complaint, "appeal", None):
        yield Happened(appeal.lodged_at, _("Appeal"), complaint.name, appeal.reasons, "in")
        if appeal.decided_at:
            yield Happened(appeal.decided_at, _("Appeal decided"), appeal.decided_by, appeal.get_outcome_display())
    if complaint.decided_at:
        detail = complaint.closing_reason or complaint.get_outcome_display()
        yield Happened(complaint.decided_at, _("Decided"), complaint.decided_by or "", detail)


def _trail(rows: Rows) -> Iterator[Happened]:
    """Entries that name people by id: one query for all of them."""
    about = Entry.objects.filter(subject_type=messages.SUBJECT_TYPE, subject_id=rows.complaint.pk)
    entries = list(about.filter(verb__in=ON_TRAIL).order_by("pk"))
    ids = {one.by_id for one in entries} | {one.facts.get("reviewer") for one in entries}
    people = User.objects.in_bulk([pk for pk in ids if isinstance(pk, int)])
    files = {one.pk: one.file.name for one in rows.evidence}
    names = {one.pk: one.typed for one in rows.named}
    for entry in entries:
        facts = entry.facts
        told = people.get(facts.get("reviewer")) or files.get(facts.get("evidence")) or names.get(facts.get("named"))
        detail = str(told or facts.get("virus") or "")
        if facts.get("original"):
            detail = _("%(name)s, as it came") % {"name": detail}
        yield Happened(entry.at, words.of(entry.verb), people.get(entry.by_id) or "", detail)
