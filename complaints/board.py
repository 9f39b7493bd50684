"""The managers' board: what is due next, step by step; as many queries for ten thousand complaints as for ten (C-7)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, When
from django.utils.translation import gettext_lazy as _

from supportportal.people.models import User

from .models import Complaint, Deadline, Letter, NamedStaff, Referral, Reply

Step = Deadline.Step
SHOWN = 8  # cards in a column; what is more stands behind a link
ANSWERED_FOR = timedelta(days=30)
LONGEST_SEARCH = 60
OMBUDSMAN, ANSWERED = "ombudsman", "answered"
COLUMNS = {
    Step.ACKNOWLEDGE: _("To acknowledge"),
    Step.UPDATE: _("Progress update"),
    Step.RESPOND: _("Formal response"),
    Step.APPEAL: _("Appeal"),
    OMBUDSMAN: _("Ombudsman"),
    ANSWERED: _("Answered in the last 30 days"),
}
STEPS = (Step.ACKNOWLEDGE, Step.UPDATE, Step.RESPOND, Step.APPEAL)
DUE = {"late": _("Late"), "today": _("Due today"), "fault": _("No date")}


@dataclass(frozen=True)
class Asked:
    """What the address asks for; anything odd in it counts as not asked."""

    who: str = ""  # "mine", "nobody", or the id of a reviewer
    due: str = ""
    about: str = ""
    step: str = ""
    q: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Asked":
        who, due, about, step = (given.get(name, "") for name in ("who", "due", "about", "step"))
        is_person = who.isascii() and who.isdigit() and len(who) < 10
        return cls(
            who if who in ("mine", "nobody") or is_person else "",
            due if due in DUE else "",
            about if about in Complaint.About.values else "",
            step if step in COLUMNS else "",
            given.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH],
        )

    def but(self, **other: str) -> str:
        """The address of the same list with something else asked."""
        asked = replace(self, **other)
        return "?" + urlencode({name: value for name, value in vars(asked).items() if value})

    @property
    def anything(self) -> bool:
        return any(vars(self).values())


@dataclass(frozen=True)
class Scope:
    """Who looks, when, and what the desk calls today."""

    user: User
    at: datetime
    end_of_today: datetime
    asked: Asked = Asked()

    def visible(self) -> QuerySet[Complaint]:
        found = Complaint.objects.visible_to(self.user)
        if self.asked.about:
            found = found.filter(about=self.asked.about)
        if self.asked.q:
            found = found.filter(Q(reference__icontains=self.asked.q) | Q(name__icontains=self.asked.q))
        return found


@dataclass(frozen=True)
class Card:
    complaint: Complaint
    deadline: Deadline | None = None
    reviewer: User | None = None
    is_late: bool = False
    hints: tuple[tuple[str, str], ...] = ()  # the state of a pill, and its words
    since: date | None = None


@dataclass(frozen=True)
class Column:
    code: str
    title: Any
    number: int
    late: int
    cards: list[Card]
    more: str  # the address of all of them, where there are more


@dataclass
class Totals:
    """How many next steps there are: in all, and by what the counts link to."""

    all: int = 0
    late: int = 0
    today: int = 0
    fault: int = 0
    mine: int = 0
    nobody: int = 0
    by_step: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Load:
    """What one reviewer has open."""

    pk: int | None
    name: str
    number: int
    late: int


def next_steps(scope: Scope) -> QuerySet[Deadline]:
    """The first step that each visible open complaint still owes, with who has it (``holder``)."""
    return _all_next_steps(scope).filter(_narrowing(scope))


def referred(scope: Scope) -> QuerySet[Referral]:
    """Complaints at the ombudsman's until what was decided has been followed."""
    found = Referral.objects.filter(followed_up_on__isnull=True, complaint__in=scope.visible())
    return found if not scope.asked.due and _closed_who(scope) is None else _of_reviewer(found, scope)


def answered(scope: Scope) -> QuerySet[Complaint]:
    """Decided of late, and nothing owed."""
    owes = Deadline.objects.owed().filter(complaint=OuterRef("pk"))
    found = scope.visible().filter(~Exists(owes), decided_at__gt=scope.at - ANSWERED_FOR)
    if scope.asked.due:
        return found.none()
    who = _closed_who(scope)
    return found if who is None else found.filter(who)


def totals(scope: Scope) -> Totals:
    """The counts of the whole board, which link to what they count; those of each column are of what is asked for."""
    asked = _narrowing(scope)
    counts = (
        _all_next_steps(scope)
        .order_by()
        .values("step")
        .annotate(
            n_all=Count("pk"),
            n_late=Count("pk", filter=_late(scope)),
            n_today=Count("pk", filter=_today(scope)),
            n_fault=Count("pk", filter=Q(due_at__isnull=True)),
            n_mine=Count("pk", filter=Q(holder=scope.user.pk)),
            n_nobody=Count("pk", filter=Q(holder__isnull=True)),
            here=Count("pk", filter=asked),
            late_here=Count("pk", filter=asked & _late(scope)),
        )
    )
    found = Totals()
    for row in counts:
        found.by_step[row["step"]] = row["here"], row["late_here"]
        for name in ("all", "late", "today", "fault", "mine", "nobody"):
            setattr(found, name, getattr(found, name) + row[f"n_{name}"])
    return found


def workload(scope: Scope) -> list[Load]:
    """Open cases of each reviewer, the heaviest load first; nobody's cases last."""
    rows = _all_next_steps(replace(scope, asked=Asked())).order_by()
    counts = rows.values("holder").annotate(n=Count("pk"), n_late=Count("pk", filter=_late(scope)))
    found = {row["holder"]: (row["n"], row["n_late"]) for row in counts}
    people = User.objects.in_bulk([pk for pk in found if pk])
    loads = [Load(pk, str(people[pk]), *found[pk]) for pk in people]
    loads.sort(key=lambda load: (-load.number, load.name))
    if None in found:
        loads.append(Load(None, "", *found[None]))
    return loads


def columns(scope: Scope, counted: Totals) -> list[Column]:
    """The board: the most urgent cards of each step; only the column that is asked for, if one is."""
    wanted = [code for code in COLUMNS if scope.asked.step in ("", code)]
    rows: dict[str, list[Any]] = {code: list(_rows(code, scope)[: SHOWN + 1]) for code in wanted}
    numbers = {code: counted.by_step.get(code, (0, 0)) for code in STEPS}
    for code, found in ((OMBUDSMAN, referred), (ANSWERED, answered)):
        if code in rows:
            numbers[code] = found(scope).count(), 0
    cards = cards_of([row for found in rows.values() for row in found[:SHOWN]], scope)
    made = []
    for code, found in rows.items():
        here = [cards[_complaint(row).pk] for row in found[:SHOWN]]
        more = scope.asked.but(step=code) + "&view=table" if len(found) > SHOWN else ""
        made.append(Column(code, COLUMNS[code], *numbers[code], here, more))
    return made


def listed(scope: Scope) -> QuerySet[Any]:
    """The rows of the plain table: of one column if one is asked for, else every next step."""
    return _rows(scope.asked.step, scope)


def cards_of(rows: Iterable[Any], scope: Scope) -> dict[int, Card]:
    """A card for each row (deadline, referral or complaint), by complaint: three queries for all of them."""
    rows = list(rows)
    pks = [_complaint(row).pk for row in rows]
    hints = _hints(pks)
    return {_complaint(row).pk: _card(row, tuple(hints[_complaint(row).pk]), scope) for row in rows}


def _rows(code: str, scope: Scope) -> QuerySet[Any]:
    if code == OMBUDSMAN:
        return referred(scope).select_related("complaint__reviewer", "scheme").order_by("referred_on", "pk")
    if code == ANSWERED:
        return answered(scope).select_related("reviewer").order_by("-decided_at")
    steps = next_steps(scope).filter(step=code) if code else next_steps(scope)
    return steps.select_related("complaint__reviewer", "complaint__appeal__reviewer")


def _complaint(row: Any) -> Complaint:
    return row if isinstance(row, Complaint) else row.complaint


def _card(row: Any, hints: tuple[tuple[str, str], ...], scope: Scope) -> Card:
    if isinstance(row, Deadline):
        complaint = row.complaint
        reviewer = complaint.appeal.reviewer if row.step == Step.APPEAL else complaint.reviewer
        return Card(complaint, row, reviewer, row.is_late(scope.at), hints)
    if isinstance(row, Referral):
        return Card(row.complaint, None, row.complaint.reviewer, hints=hints, since=row.referred_on)
    return Card(row, None, row.reviewer, hints=hints)


def _hints(pks: list[int]) -> dict[int, list[tuple[str, str]]]:
    """What else somebody should know of a card before opening it."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    names = NamedStaff.objects.filter(complaint__in=pks, part__in=NamedStaff.BARRING)
    parts = defaultdict(set)
    for pk, part in names.values_list("complaint", "part").distinct():
        parts[pk].add(part)
    for pk, kinds in parts.items():
        if NamedStaff.Part.ABOUT in kinds:
            found[pk].append(("warning", _("about staff")))
        if NamedStaff.Part.MENTIONED in kinds:
            found[pk].append(("neutral", _("names to match")))
    posting = Letter.objects.filter(complaint__in=pks, way=Letter.Way.POST, state=Letter.State.LEAVING)
    for pk in posting.order_by().values_list("complaint", flat=True).distinct():
        found[pk].append(("warning", _("letter to post")))
    unread = Reply.objects.filter(complaint__in=pks, read_at__isnull=True)
    for pk in unread.order_by().values_list("complaint", flat=True).distinct():
        found[pk].append(("info", _("new reply")))
    return found


def _all_next_steps(scope: Scope) -> QuerySet[Deadline]:
    owed = Deadline.objects.owed()
    earlier = owed.filter(complaint=OuterRef("complaint"), pk__lt=OuterRef("pk"))
    holder = Case(When(step=Step.APPEAL, then=F("complaint__appeal__reviewer")), default=F("complaint__reviewer"))
    return owed.filter(~Exists(earlier), complaint__in=scope.visible()).annotate(holder=holder)


def _narrowing(scope: Scope) -> Q:
    asked = scope.asked
    who = {"": Q(), "mine": Q(holder=scope.user.pk), "nobody": Q(holder__isnull=True)}
    due = {"": Q(), "late": _late(scope), "today": _today(scope), "fault": Q(due_at__isnull=True)}
    return (who[asked.who] if asked.who in who else Q(holder=int(asked.who))) & due[asked.due]


def _closed_who(scope: Scope) -> Q | None:
    match scope.asked.who:
        case "":
            return None
        case "mine":
            return Q(reviewer=scope.user.pk)
        case "nobody":
            return Q(reviewer__isnull=True)
    return Q(reviewer=int(scope.asked.who))


def _of_reviewer(found: QuerySet[Referral], scope: Scope) -> QuerySet[Referral]:
    if scope.asked.due:
        return found.none()
    who = _closed_who(scope)
    return found if who is None else found.filter(complaint__in=Complaint.objects.filter(who))


def _late(scope: Scope) -> Q:
    return Q(due_at__lt=scope.at)


def _today(scope: Scope) -> Q:
    return Q(due_at__gte=scope.at, due_at__lte=scope.end_of_today)
