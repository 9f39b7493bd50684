"""What of complaints belongs to the complainant's own data: what they said, what we wrote back, by when, the outcome.

No statement, no internal note, no finding before the decision is made, and no name of ours beyond what the complainant
typed or a letter says. Nothing here asks who may see the case: it goes to the complainant alone (R-6, C-8).
"""

import io
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import IO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal.outbox import own_data as messages_own_data
from supportportal.people import own_data
from supportportal.people.models import User
from supportportal.people.own_data import Fact, File, Part, Record, Section, facts_of, stored
from supportportal.trail.models import Entry

from . import digests, messages
from .models import Complaint, Deadline, Evidence, Letter, NamedStaff, Point, Referral, Remedy, Reply

SAID = ("name", "email", "postal_address", "country", "language", "time_zone", "about", "summary", "references")
MORE = ("occasions", "numbers", "emails", "wish")
REFERRED = ("their_reference", "referred_on", "decision", "decided_on", "followed_up", "followed_up_on")


def register() -> None:
    says = gettext_lazy("what you complained of, your files, our letters and our answer")
    own_data.register(Part("complaints", gettext_lazy("Complaints"), says, collect, position=40))
    messages_own_data.leave_out(messages.STATEMENT_ASKED, digests.DEADLINE_DIGEST)


def collect(person: User, at: datetime) -> Iterable[Section]:
    yield Section("complaints", _("Your complaints"), _complaints(person))


def _complaints(person: User) -> Iterator[Record]:
    rows = Complaint.objects.filter(client=person).select_related("appeal", "referral__scheme")
    rows = rows.prefetch_related("named__person", "evidence__file", "replies__files", "letters__content")
    rows = rows.prefetch_related("deadlines", "points__remedies", "remedies")
    added = _names_added_by_us(person)
    for one in rows.order_by("arrived_at", "pk").iterator(own_data.BATCH):
        yield Record(one.reference, [*_told(one, added), *_answered(one), *_afterwards(one)])


def _names_added_by_us(person: User) -> set[int]:
    theirs = Complaint.objects.filter(client=person).values("pk")
    entries = Entry.objects.filter(verb="complaint.name_added", subject_type=messages.SUBJECT_TYPE)
    return {one.facts["named"] for one in entries.filter(subject_id__in=theirs)}


def _told(complaint: Complaint, added: Collection[int]) -> Iterator[Fact]:
    yield from facts_of(complaint, "reference", "arrived_at", "source", "state", *SAID, *MORE)
    named = [one for one in complaint.named.all() if one.pk not in added and _was_typed(one, complaint)]
    yield Fact("names", _("Names you gave"), list(dict.fromkeys(one.typed for one in named)))
    yield Fact("files", _("Files"), stored(one.file for one in complaint.evidence.all() if _is_own(one, complaint)))
    yield Fact("replies", _("What you sent later"), [_reply(one) for one in complaint.replies.all()])


def _was_typed(named: NamedStaff, complaint: Complaint) -> bool:
    """Whether the name is the complainant's own words: our full name may have been found for what they wrote.

    Which part it was given is ours to know: it says whom we took it for.
    """
    if named.person is None or named.typed != named.person.name[:120]:
        return True
    replies = (reply.text for reply in complaint.replies.all())
    said = [*(getattr(complaint, field) for field in (*SAID, *MORE)), *replies]
    return any(named.typed.casefold() in text.casefold() for text in said)


def _is_own(evidence: Evidence, complaint: Complaint) -> bool:
    """Handed in with the complaint, whoever wrote it down, or by the complainant; files of replies stand with those."""
    replied = {file.pk for reply in complaint.replies.all() for file in reply.files.all()}
    came_with_it = evidence.added_by_id is None or evidence.is_scan or evidence.added_at == complaint.entered_at
    return came_with_it and evidence.file_id not in replied


def _reply(reply: Reply) -> Record:
    files = Fact("files", _("Files"), stored(reply.files.all()))
    return Record("", [*facts_of(reply, "arrived_at", "source"), _cleaned("text", _("Text"), reply.text), files])


def _answered(complaint: Complaint) -> Iterator[Fact]:
    sent = [one for one in complaint.letters.all() if one.state != Letter.State.DRAFT]
    yield Fact("letters", _("Our letters"), [_letter(one) for one in sent])
    yield Fact("deadlines", _("Deadlines"), [_deadline(one) for one in complaint.deadlines.all()])
    is_decided = complaint.decided_at is not None
    yield from facts_of(complaint, "decided_at", "outcome")
    yield Fact("points", _("Points"), [_point(one) for one in complaint.points.all()] if is_decided else [])
    whole = [one for one in complaint.remedies.all() if one.point_id is None]
    yield Fact("remedies", _("What we promised"), [_remedy(one) for one in whole] if is_decided else [])


def _letter(letter: Letter) -> Record:
    content = [File(f"{letter.kind}.html", _opener(letter))] if letter.content else []
    return Record(
        letter.subject,
        [
            *facts_of(letter, "kind", "way", "state", "written_at", "gone_at", "subject"),
            _cleaned("text", _("Text"), letter.body),
            Fact("as_sent", _("As it was sent"), content),
        ],
    )


def _opener(letter: Letter) -> Callable[[], IO[bytes]]:
    """The kept letter without anything that opens something."""

    def content() -> IO[bytes]:
        assert letter.content is not None
        with letter.content.content.open("rb") as kept:
            return io.BytesIO(messages_own_data.cleaned(kept.read().decode()).encode())

    return content


def _deadline(row: Deadline) -> Record:
    """Counted out day by day it stands in the letters; who was warned of it is ours."""
    return Record(
        row.get_step_display(),
        [
            *facts_of(row, "step", "day", "due_at", "outcome"),
            Fact("happened_at", _("Happened"), row.happened_at),
        ],
    )


def _point(point: Point) -> Record:
    remedies = Fact("remedies", _("What we promised"), [_remedy(one) for one in point.remedies.all()])
    return Record("", [*facts_of(point, "number", "text", "finding", "reasons"), remedies])


def _remedy(remedy: Remedy) -> Record:
    return Record("", facts_of(remedy, "text", "due_on", "done_at"))


def _afterwards(complaint: Complaint) -> Iterator[Fact]:
    if appeal := getattr(complaint, "appeal", None):
        told = facts_of(appeal, "lodged_at", "reasons", "late_cause", "decided_at", "outcome")
        yield Fact("appeal", _("Appeal"), [Record("", told)])
    if referral := getattr(complaint, "referral", None):
        yield Fact("ombudsman", _("Ombudsman"), [_referral(referral)])


def _referral(referral: Referral) -> Record:
    scheme = Fact("scheme", _("Scheme"), referral.scheme.name)
    return Record("", [scheme, *facts_of(referral, *REFERRED)])


def _cleaned(code: str, label: str, text: str) -> Fact:
    return Fact(code, label, messages_own_data.cleaned(text))
