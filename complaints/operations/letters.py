"""Letters: drafted from a template, edited, sent by e-mail or post, and kept as they went (C-9)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from supportportal.outbox import operations as outbox
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import eligibility, expectations, letter_texts, messages
from ..models import Complaint, Deadline, Letter
from ..refusals import ComplaintRefused, NotEligible, NotLawful, NotYours
from . import clocks
from .gate import require_sight

Kind, State, Way, Step = Letter.Kind, Letter.State, Letter.Way, Deadline.Step
# Letters that tell of a decision leave with it, never alone.
ONLY_IN = {
    Kind.RESPONSE: [Complaint.State.ANSWERED],
    Kind.CLOSING: Complaint.OTHER_CLOSINGS,
    Kind.APPEAL_RECEIVED: [Complaint.State.APPEALED],
    Kind.FINAL: [Complaint.State.FINAL],
}
# What has happened once a letter of this kind has gone.
STEP_OF = {
    Kind.ACKNOWLEDGEMENT: Step.ACKNOWLEDGE,
    Kind.UPDATE: Step.UPDATE,
    Kind.RESPONSE: Step.RESPOND,
    Kind.FINAL: Step.APPEAL,
    Kind.OMBUDSMAN: Step.OMBUDSMAN,
}
# A decision is told once, by whoever may make it: a draft that was left over is none (C-8, C-10).
DECIDES = {Kind.RESPONSE: eligibility.reviewers, Kind.FINAL: eligibility.appeal_reviewers}


# Others leave by themselves, with a decision or with what has been taken, and are checked there.
FREE = {Kind.UPDATE, Kind.LETTER}


@transaction.atomic
def draft(complaint: Complaint, kind: str, *, by: User | None, at: datetime) -> Letter:
    """A letter of this kind in the complainant's language, with what the template says for this complaint.

    Raises NotYours for whom the gate keeps out, NotEligible for an update or a plain letter by whoever may not take the
    step that the case is in; the acknowledgement leaves by itself, whoever entered the complaint.
    """
    _require_let_in(complaint, kind, by)
    written = letter_texts.write(complaint, kind, at=at)
    return Letter.objects.create(
        complaint=complaint,
        kind=kind,
        way=Way.POST if complaint.by_post else Way.EMAIL,
        language=complaint.language,
        subject=written.subject,
        body=written.body,
        days=written.days,
        written_by=by,
        written_at=at,
    )


@transaction.atomic
def edit(letter: Letter, *, subject: str, body: str, by: User, at: datetime) -> Letter:
    """Change a draft. Raises NotYours, or ComplaintRefused once it has left, or where nothing is left of it."""
    letter = _lock(letter)
    require_sight(letter.complaint, by)
    if letter.state != State.DRAFT:
        raise NotLawful(_("This letter has left already. Write another one."))
    if not (subject.strip() and body.strip()):
        raise ComplaintRefused(_("A letter needs a subject and a text."))
    letter.subject, letter.body, letter.written_by, letter.written_at = subject.strip(), body.strip(), by, at
    letter.save(update_fields=["subject", "body", "written_by", "written_at"])
    return letter


@transaction.atomic
def send(letter: Letter, *, by: User | None, at: datetime) -> Letter:
    """Let a draft leave: owed to the outbox, or to be printed and posted. Sending twice changes nothing.

    What it tells of dates is noted; a clock stops only once it has really gone (C-4). Raises ComplaintRefused while
    something is still to be written, or where the decision that it tells of has not been made or has been told already,
    NotEligible for whom may not write it, and NotYours.
    """
    letter = _lock(letter)
    if letter.state != State.DRAFT:
        return letter
    _require_let_in(letter.complaint, letter.kind, by)
    _require_ready(letter)
    _require_only_decision(letter, by)
    letter.state = State.LEAVING
    letter.body, letter.days = letter_texts.up_to_date(letter, at=at)
    letter.content = letter_texts.keep(letter, at=at)
    letter.save(update_fields=["state", "body", "days", "content"])
    clocks.tell(letter.complaint, expectations.told_by(letter.kind, letter.complaint, at))
    if letter.way == Way.EMAIL:
        outbox.plan([messages.owed(letter, at)], at=at)
    facts = {"letter": letter.pk, "kind": letter.kind, "way": letter.way, "sha256": letter.content.sha256}
    trail.record("complaint.letter", letter.complaint, by=by, at=at, **facts)
    return letter


def send_new(complaint: Complaint, kind: str, *, by: User | None, at: datetime) -> Letter:
    """Draft and send in one go, as the template has it."""
    return send(draft(complaint, kind, by=by, at=at), by=by, at=at)


@transaction.atomic
def mark_posted(letter: Letter, *, posted_at: datetime, by: User, at: datetime) -> Letter:
    """The printed letter was posted at ``posted_at``: its clock stops then (C-4).

    Raises NotYours for whom ``LetterQuerySet.handled_by`` leaves it out, else ComplaintRefused.
    """
    letter = _lock(letter)
    if not Letter.objects.handled_by(by).filter(pk=letter.pk).exists():
        raise NotYours
    if letter.way != Way.POST or letter.state != State.LEAVING:
        raise NotLawful(_("This letter does not wait to be posted."))
    if not letter.written_at <= posted_at <= at:
        raise ComplaintRefused(_("The posting cannot be before the letter was written, nor later than now."))
    letter.posted_by = by
    letter.save(update_fields=["posted_by"])
    _gone(letter, posted_at, by=by)
    trail.record("complaint.letter_posted", letter.complaint, by=by, at=at, letter=letter.pk, posted_at=posted_at)
    return letter


@transaction.atomic
def has_gone(letter: Letter, *, when: datetime) -> None:
    """The provider has taken it. Told twice, or after it came back, this changes nothing."""
    letter = _lock(letter)
    if letter.state == State.LEAVING:
        _gone(letter, when, by=None)


@transaction.atomic
def has_failed(letter: Letter, *, at: datetime) -> None:
    """It bounced or was refused: its clock runs again, and it goes by post where an address is known (C-4)."""
    letter = _lock(letter)
    if not letter.can_become(State.FAILED) or letter.way == Way.POST:
        return
    letter.state = State.FAILED
    letter.save(update_fields=["state"])
    complaint = letter.complaint
    if step := STEP_OF.get(Kind(letter.kind)):
        clocks.reopen(complaint, step, at=at)
        if other := complaint.letters.filter(kind=letter.kind, state=State.GONE).order_by("gone_at").first():
            clocks.happened(complaint, step, when=other.gone_at or at)
    trail.record("complaint.letter_failed", complaint, by=None, at=at, letter=letter.pk)
    if complaint.postal_address:
        again = Letter.objects.create(
            complaint=complaint,
            kind=letter.kind,
            way=Way.POST,
            language=letter.language,
            subject=letter.subject,
            body=letter.body,
            days=letter.days,
            written_by=letter.written_by,
            written_at=at,
            instead_of=letter,
        )
        send(again, by=None, at=at)


def _require_let_in(complaint: Complaint, kind: str, by: User | None) -> None:
    if by is None or kind == Kind.ACKNOWLEDGEMENT:
        return
    require_sight(complaint, by)
    if kind in FREE:
        now = Complaint.objects.get(pk=complaint.pk)  # the step may have changed since the caller read it
        if not eligibility.of_step(now).filter(pk=by.pk).exists():
            raise NotEligible


def _require_ready(letter: Letter) -> None:
    if letter.instead_of is not None:
        return  # it left before, another way
    if letter_texts.TO_WRITE in letter.body:
        raise ComplaintRefused(_("Something is still to be written where the letter says […]."))
    states = ONLY_IN.get(Kind(letter.kind))
    if states and letter.complaint.state not in states:
        raise NotLawful


def _require_only_decision(letter: Letter, by: User | None) -> None:
    may_decide = DECIDES.get(Kind(letter.kind))
    if may_decide is None or letter.instead_of is not None:
        return
    if by is not None and not may_decide(letter.complaint).filter(pk=by.pk).exists():
        raise NotEligible
    told = letter.complaint.letters.filter(kind=letter.kind, state__in=[State.LEAVING, State.GONE])
    if told.exists():
        raise NotLawful


def _gone(letter: Letter, when: datetime, *, by: User | None) -> None:
    letter.state, letter.gone_at = State.GONE, when
    letter.save(update_fields=["state", "gone_at"])
    if step := STEP_OF.get(Kind(letter.kind)):
        clocks.happened(letter.complaint, step, when=when, by=by)


def _lock(letter: Letter) -> Letter:
    """The complaint first, then its letter."""
    Complaint.objects.select_for_update(no_key=True).get(pk=letter.complaint_id)
    rows = Letter.objects.select_related("complaint", "content")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=letter.pk)
