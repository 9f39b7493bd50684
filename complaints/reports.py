"""What managers learn from complaints: counts of what the reader may see, and of nothing else (C-13)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from supportportal import spreadsheets

from . import board
from .models import Appeal, Complaint, Deadline, Remedy

Step, Outcome = Deadline.Step, Deadline.Outcome
WIDTH = 200  # of a chart, in units of its drawing
MOST_CAUSES = 15
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AGES = (1, 3, 7, 14, 30)  # days


@dataclass(frozen=True)
class Line:
    """One row: its name, its cells, and the parts of its bar as (class, offset, width)."""

    name: str
    cells: tuple[Any, ...]
    bar: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True)
class Table:
    code: str
    title: str
    columns: tuple[str, ...]  # the first names the rows
    lines: list[Line]


@dataclass(frozen=True)
class Period:
    """What is reported on: complaints that arrived since then; all of them without."""

    since: datetime | None
    at: datetime
    zone: ZoneInfo

    def of(self, complaints: QuerySet[Complaint]) -> QuerySet[Complaint]:
        return complaints.filter(arrived_at__gte=self.since) if self.since else complaints


def tables(scope: board.Scope, period: Period) -> list[Table]:
    """All of them, in a fixed number of queries."""
    seen = period.of(Complaint.objects.visible_to(scope.user)).order_by()
    return [
        _kept(seen, period),
        _times(seen),
        _ages(Complaint.objects.visible_to(scope.user).open().order_by(), period.at),
        _subjects(seen),
        _outcomes(seen),
        _causes(seen),
        _appeals(seen),
        _workload(scope, seen),
        _remedies(seen, period),
    ]


def csv_of(table: Table) -> str:
    return spreadsheets.written(table.columns, ((line.name, *line.cells) for line in table.lines))


def _kept(seen: QuerySet[Complaint], period: Period) -> Table:
    """Deadlines kept by step and month of the due date; what is missed and still open counts as missed."""
    rows = Deadline.objects.filter(complaint__in=seen, step__in=board.STEPS, due_at__isnull=False).order_by()
    missed = Q(outcome=Outcome.LATE) | Q(outcome=Outcome.RUNNING, due_at__lt=period.at)
    counted = (
        rows.annotate(month=TruncMonth("due_at", tzinfo=period.zone))
        .values("month", "step")
        .annotate(kept=Count("pk", filter=Q(outcome=Outcome.MET)), missed=Count("pk", filter=missed))
        .order_by("month", "step")
    )
    order = {step: place for place, step in enumerate(board.STEPS)}
    found = sorted(counted, key=lambda row: (row["month"], order[row["step"]]))
    lines = []
    for row in found:
        kept, gone = row["kept"], row["missed"]
        if kept + gone:
            width = round(kept / (kept + gone) * WIDTH)
            bar = (("bars__good", 0, width), ("bars__bad", width, WIDTH - width))
            name = f"{row['month']:%Y-%m} {Step(row['step']).label}"
            lines.append(Line(name, (kept, gone, _percent(kept, kept + gone)), bar))
    return Table("kept", _("Deadlines kept"), (_("Month and step"), _("Kept"), _("Missed"), _("Share kept")), lines)


def _times(seen: QuerySet[Complaint]) -> Table:
    """How long each step took from its start: from arrival, for an appeal from when it was lodged."""
    taken: dict[str, list[timedelta]] = defaultdict(list)
    rows = Deadline.objects.filter(complaint__in=seen, step__in=board.STEPS, outcome__in=[Outcome.MET, Outcome.LATE])
    for step, met_at, start_at, arrived_at in rows.order_by().values_list(
        "step", "met_at", "start_at", "complaint__arrived_at"
    ):
        taken[step].append(met_at - (start_at if step == Step.APPEAL else arrived_at))
    found = [(step, sorted(taken[step])) for step in board.STEPS if taken[step]]
    longest = max((percentile(values, 0.9) for _step, values in found), default=HOUR)
    lines = []
    for step, values in found:
        half, most = percentile(values, 0.5), percentile(values, 0.9)
        first = round(half / longest * WIDTH) if longest else 0
        bar = (("", 0, first), ("bars__soft", first, (round(most / longest * WIDTH) if longest else 0) - first))
        lines.append(Line(str(Step(step).label), (len(values), length(half), length(most)), bar))
    return Table("times", _("Time to each step"), (_("Step"), _("How many"), _("Median"), _("90 %")), lines)


def percentile(values: Sequence[timedelta], share: float) -> timedelta:
    """The smallest value that at least ``share`` of the sorted ``values`` do not exceed."""
    return values[max(ceil(share * len(values)) - 1, 0)]


def _ages(open_ones: QuerySet[Complaint], at: datetime) -> Table:
    edges = [at - timedelta(days=days) for days in AGES]
    filters = [Q(arrived_at__gt=edges[0])]
    filters += [Q(arrived_at__lte=younger, arrived_at__gt=older) for younger, older in pairwise(edges)]
    filters.append(Q(arrived_at__lte=edges[-1]))
    names = [_("less than a day")]
    names += [_("%(first)d to %(last)d days") % {"first": first, "last": last} for first, last in pairwise(AGES)]
    names.append(_("more than %(n)d days") % {"n": AGES[-1]})
    counted = open_ones.aggregate(**{f"n{place}": Count("pk", filter=one) for place, one in enumerate(filters)})
    rows = [(name, counted[f"n{place}"]) for place, name in enumerate(names)]
    return Table("ages", _("Open, by age"), (_("Since arrival"), _("Open")), _bars(rows))


def _subjects(seen: QuerySet[Complaint]) -> Table:
    labels = dict(Complaint.About.choices)
    rows = [(str(labels[about]), n) for about, n in _counted(seen, "about")]
    return Table("subjects", _("By subject"), (_("Subject"), _("Complaints")), _bars(rows))


def _outcomes(seen: QuerySet[Complaint]) -> Table:
    labels = dict(Complaint.Outcome.choices)
    rows = [(str(labels[outcome]), n) for outcome, n in _counted(seen.exclude(outcome=""), "outcome")]
    states = dict(Complaint.State.choices)
    others = _counted(seen.filter(state__in=Complaint.OTHER_CLOSINGS), "state")
    rows += [(str(states[state]), n) for state, n in others]
    return Table("outcomes", _("Outcomes"), (_("Outcome"), _("Complaints")), _bars(rows))


def _causes(seen: QuerySet[Complaint]) -> Table:
    rows = _counted(seen.exclude(root_cause=""), "root_cause")[:MOST_CAUSES]
    return Table("causes", _("Root causes"), (_("Root cause"), _("Complaints")), _bars(rows))


def _appeals(seen: QuerySet[Complaint]) -> Table:
    labels = {"": _("open"), **dict(Appeal.Outcome.choices)}
    counted = Appeal.objects.filter(complaint__in=seen).order_by().values_list("outcome").annotate(n=Count("pk"))
    rows = [(str(labels[outcome]), n) for outcome, n in sorted(counted)]
    return Table("appeals", _("Appeals"), (_("Decision"), _("Appeals")), _bars(rows))


def _workload(scope: board.Scope, seen: QuerySet[Complaint]) -> Table:
    done = dict(
        seen.filter(decided_by__isnull=False).values_list("decided_by__name").annotate(n=Count("pk")).order_by()
    )
    loads = {load.name if load.pk else _("nobody yet"): load for load in board.workload(scope)}
    names = [*loads, *sorted(name for name in done if name not in loads)]
    most = max([load.number for load in loads.values()], default=0)
    lines = []
    for name in names:
        load = loads.get(name)
        number, late = (load.number, load.late) if load else (0, 0)
        bar = (("", 0, round(number / most * WIDTH) if most else 0),)
        lines.append(Line(name, (number, late, done.get(name, 0)), bar))
    return Table("workload", _("Workload"), (_("Reviewer"), _("Open"), _("Late"), _("Decided")), lines)


def _remedies(seen: QuerySet[Complaint], period: Period) -> Table:
    today = period.at.astimezone(period.zone).date()
    counted = Remedy.objects.filter(complaint__in=seen).aggregate(
        done=Count("pk", filter=Q(done_at__isnull=False)),
        late=Count("pk", filter=Q(done_at__isnull=True, due_on__lt=today)),
        open=Count("pk", filter=Q(done_at__isnull=True) & (Q(due_on__isnull=True) | Q(due_on__gte=today))),
    )
    rows = [(_("done"), counted["done"]), (_("open"), counted["open"]), (_("overdue"), counted["late"])]
    return Table("remedies", _("Remedies"), (_("State"), _("Remedies")), _bars(rows))


def _counted(rows: QuerySet[Complaint], field: str) -> list[tuple[str, int]]:
    counted = rows.order_by().values_list(field).annotate(n=Count("pk"))
    return sorted(counted, key=lambda row: (-row[1], row[0]))


def _bars(rows: Iterable[tuple[str, int]]) -> list[Line]:
    rows = list(rows)
    most = max((n for _name, n in rows), default=0)
    return [Line(name, (n,), (("", 0, round(n / most * WIDTH) if most else 0),)) for name, n in rows]


def _percent(part: int, whole: int) -> str:
    return f"{part / whole * 100:.0f} %"


def length(value: timedelta) -> str:
    """Hours up to two days, then days; in the reader's numerals."""
    if value < 2 * DAY:
        return _("%(n)s h") % {"n": number_format(value / HOUR, 1)}
    return _("%(n)s days") % {"n": number_format(value / DAY, 1)}
