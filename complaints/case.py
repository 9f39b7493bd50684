"""What the page of a case shows, read in a fixed number of queries."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from supportportal.people.models import User

from . import appeal_time, eligibility, timeline
from .models import Appeal, Complaint, Deadline, Letter, NamedStaff, Point, Referral, Remedy
from .operations import appointments
from .timeline import Happened, Rows

State, Part = Complaint.State, NamedStaff.Part
WHY_NOT = {"weekend": gettext_lazy("weekend"), "closed": gettext_lazy("closed"), "holiday": gettext_lazy("holiday")}


@dataclass(frozen=True)
class Case:
    """A case as ``reader`` sees it."""

    complaint: Complaint
    rows: Rows
    timeline: list[Happened]
    next: Deadline | None
    points: list[Point]
    remedies: list[Remedy]
    appeal: Appeal | None
    referral: Referral | None
    reader: User
    may_review: bool
    may_appoint: bool
    is_about_staff: bool
    appeal_until: Any

    @property
    def named(self) -> list[NamedStaff]:
        return self.rows.named

    @property
    def names_open(self) -> bool:
        return any(one.part == Part.MENTIONED or one.matched_at is None for one in self.named) and (
            self.complaint.names_settled_at is None
        )

    @property
    def to_post(self) -> list[Letter]:
        return [one for one in self.rows.letters if one.way == Letter.Way.POST and one.state == Letter.State.LEAVING]

    @property
    def drafts(self) -> list[Letter]:
        return [one for one in self.rows.letters if one.state == Letter.State.DRAFT]

    @property
    def is_mine(self) -> bool:
        return self.complaint.reviewer_id == self.reader.pk

    @property
    def appointment(self) -> Any:
        return next((one for one in self.rows.appointments if one.ended_at is None), None)

    @property
    def told(self) -> list[tuple[str, str]]:
        """What the complainant wrote besides the story, as label and text; only what is there."""
        complaint = self.complaint
        names = ("wish", "references", "occasions", "numbers", "emails")
        meta = complaint._meta
        return [(str(meta.get_field(name).verbose_name), text) for name in names if (text := getattr(complaint, name))]


def load(complaint: Complaint, reader: User) -> Case:
    rows = Rows.read(complaint)
    appeal = getattr(complaint, "appeal", None)
    running = [row for row in rows.deadlines if row.outcome == Deadline.Outcome.RUNNING]
    owed = [row for row in running if row.step != Deadline.Step.OMBUDSMAN]
    return Case(
        complaint=complaint,
        rows=rows,
        timeline=timeline.of(rows),
        next=(owed or running or [None])[0],
        points=list(complaint.points.all()),
        remedies=list(complaint.remedies.select_related("owner", "point")),
        appeal=appeal,
        referral=Referral.objects.filter(complaint=complaint).select_related("scheme").first(),
        reader=reader,
        may_review=complaint.state == State.OPEN and eligibility.reviewers(complaint).filter(pk=reader.pk).exists(),
        may_appoint=complaint.is_open
        and appointments.may_appoint(complaint, reader)
        and not appointments.nobody_needed(complaint),
        is_about_staff=any(one.part == Part.ABOUT for one in rows.named) or complaint.about == Complaint.About.STAFF,
        appeal_until=appeal_time.last_day(complaint) if complaint.can_become(State.APPEALED) and not appeal else None,
    )


def days_of(deadline: Deadline) -> list[tuple[str, int | None, str]]:
    """How a deadline came about: each day in ISO form, its number if it counts, else why not (C-5)."""
    return [(day, number, str(WHY_NOT.get(why, why))) for day, number, why in deadline.explanation]
