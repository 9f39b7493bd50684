"""The sweep over the clocks: reviewers are warned ahead, senior managers told of what was missed; each once (C-7)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from supportportal.outbox import operations as outbox
from supportportal.people.models import Role, User
from supportportal.trail import operations as trail

from .. import calendars, digests, eligibility, warning_times
from ..calendars import Desk
from ..models import Complaint, Deadline

NOBODY_YET = timedelta(hours=1)  # after which somebody to tell is looked for again (S-1)
# Who is told of a missed deadline: the first of these roles that has anybody who may see the case.
TOLD_OF_MISSED = (Role.SENIOR_MANAGER, Role.OWNER, Role.DEPUTY)


def sweep(at: datetime) -> int:
    """Tell what has become due to tell, in opening hours; returns how many people are told.

    One query where nothing is due. Any number of sweeps may run at once: each deadline is taken by one.
    """
    if not Deadline.objects.to_look_at(at).exists():
        return 0  # asked first, so that an idle tick never takes SQLite's write lock
    return _tell(at)


@transaction.atomic
def _tell(at: datetime) -> int:
    rows = list(
        Deadline.objects.to_look_at(at)
        .select_related("complaint__reviewer", "complaint__appeal__reviewer")
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
        .order_by("look_at", "pk")
    )
    if not rows:
        return 0  # another sweep was faster
    desk = calendars.desk(min(row.start_at for row in rows), until=at)
    opens = warning_times.when_open(at, desk)
    if opens > at:
        Deadline.objects.filter(pk__in=[row.pk for row in rows]).update(look_at=opens)
        return 0
    digest: dict[User, list[tuple[Deadline, str]]] = defaultdict(list)
    seen = Sight(row.complaint_id for row in rows)
    for row in rows:
        for person, stage in _look(row, desk, seen, at):
            digest[person].append((row, stage))
    outbox.plan([digests.owed(person, told, at=at) for person, told in digest.items()], at=at)
    return len(digest)


def _look(row: Deadline, desk: Desk, seen: "Sight", at: datetime) -> list[tuple[User, str]]:
    """Note what is told of one deadline now, and when to look again; gives whom to tell."""
    reached = [field for field, when in warning_times.stages(row, desk) if when <= at and getattr(row, field) is None]
    # It is too late to warn of what was missed, and to tell of both warnings at once.
    fields = [field for field in reached if (field == warning_times.MISSED) == row.is_late(at)]
    people = _whom_to_tell(row, seen, missed=row.is_late(at)) if fields else []
    if fields and not people:
        row.look_at = at + NOBODY_YET
        row.save(update_fields=["look_at"])
        return []
    for field in fields:
        setattr(row, field, at)
    row.look_at = warning_times.next_look(row, desk, after=at)
    row.save(update_fields=[*fields, "look_at"])
    if not fields:
        return []
    to = [person.pk for person in people]
    trail.record("deadline.told", row, by=None, at=at, complaint=row.complaint_id, stage=fields[-1], to=to)
    return [(person, fields[-1]) for person in people]


class Sight:
    """Which of these complaints a person may see, asked once for each person."""

    def __init__(self, complaints: Iterable[int]) -> None:
        self._complaints = set(complaints)
        self._seen: dict[int, set[int]] = {}

    def of(self, people: Iterable[User], complaint: Complaint) -> list[User]:
        """Those of them who may see it."""
        return [person for person in people if complaint.pk in self._of(person)]

    def _of(self, person: User) -> set[int]:
        if person.pk not in self._seen:
            visible = Complaint.objects.visible_to(person).filter(pk__in=self._complaints)
            self._seen[person.pk] = set(visible.values_list("pk", flat=True))
        return self._seen[person.pk]


def _whom_to_tell(row: Deadline, seen: Sight, *, missed: bool) -> list[User]:
    if missed:
        of_role = (User.objects.staff().filter(groups__name=role) for role in TOLD_OF_MISSED)
        return next(filter(None, (seen.of(people, row.complaint) for people in of_role)), [])
    assigned = seen.of(filter(None, [_reviewer(row)]), row.complaint)
    return assigned or seen.of(eligibility.of_step(row.complaint), row.complaint)


def _reviewer(row: Deadline) -> User | None:
    if row.step == Deadline.Step.APPEAL:
        return row.complaint.appeal.reviewer
    return row.complaint.reviewer
