"""How a complaint stands, as its complainant may know it: the next step, the letters, what was sent (C-3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count

from . import appeal_time, expectations
from .expectations import Next
from .models import Complaint, Letter, OmbudsmanScheme, Reply
from .operations import ombudsman


@dataclass(frozen=True)
class AppealChance:
    """Until when the decision can be appealed; None where its letter has not gone yet. After that, with a cause."""

    last_day: date | None
    is_in_time: bool


@dataclass(frozen=True)
class Standing:
    next: Next | None
    appeal: AppealChance | None
    letters: Sequence[Letter]
    replies: Sequence[Reply]  # each with ``file_count``
    file_count: int  # of the complaint itself
    can_withdraw: bool
    scheme: OmbudsmanScheme | None  # whom to turn to once we have said all we can


def of(complaint: Complaint, at: datetime) -> Standing:
    """As many queries for thirty letters as for one."""
    replies = list(complaint.replies.annotate(file_count=Count("files")))
    return Standing(
        next=expectations.next_step(complaint, at),
        appeal=appeal_of(complaint, at),
        letters=_letters(complaint),
        replies=replies,
        file_count=complaint.evidence.count() - sum(reply.file_count for reply in replies),
        can_withdraw=complaint.can_become(Complaint.State.WITHDRAWN),
        scheme=ombudsman.scheme_of(complaint) if complaint.state == Complaint.State.FINAL else None,
    )


def appeal_of(complaint: Complaint, at: datetime) -> AppealChance | None:
    """None where there is nothing to appeal against, or where that has been done (C-10)."""
    if not complaint.can_become(Complaint.State.APPEALED) or hasattr(complaint, "appeal"):
        return None
    return AppealChance(appeal_time.last_day(complaint), appeal_time.is_in_time(complaint, at))


def _letters(complaint: Complaint) -> list[Letter]:
    """Those that have left; of one that came back, the one that went in its place."""
    gone = complaint.letters.exclude(state=Letter.State.DRAFT).filter(replacements__isnull=True)
    return list(gone.order_by("-written_at", "-pk"))
