"""Whether like cases are decided alike: counts of decisions, times and appeals, and the register of a quarter (R-9)."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from complaints.reports import WIDTH, Line, Table, length, percentile
from supportportal import reader, wording
from supportportal.people.models import Gate, User

from . import rules
from .models import Appeal, Approval, Category, Incident, Measure

Kind, State, Outcome = Measure.Kind, Measure.State, Appeal.Outcome
TAKEN = [State.TAKEN, State.LIFTED, State.QUASHED]
OVERTURNED = (Outcome.QUASHED, Outcome.VARIED)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NONE = "–"


@dataclass(frozen=True)
class Period:
    """What is looked at: from the first instant on, up to the second; without the first, all there is."""

    since: datetime | None
    until: datetime
    zone: ZoneInfo

    def within(self, field: str) -> dict[str, datetime]:
        begins = {f"{field}__gte": self.since} if self.since else {}
        return {**begins, f"{field}__lt": self.until}


@dataclass(frozen=True)
class Quarter:
    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Quarter":
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def named(cls, text: str) -> "Quarter | None":
        """From "2026-Q4"; None for anything else."""
        year, _dash, number = text.partition("-Q")
        if not (year.isascii() and year.isdigit() and len(year) == 4 and number in {"1", "2", "3", "4"}):
            return None
        return cls(int(year), int(number)) if 2000 <= int(year) <= 2999 else None

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def first_day(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def before(self) -> "Quarter":
        return Quarter.of(self.first_day - DAY)

    @property
    def after(self) -> "Quarter":
        return Quarter.of(self.first_day + 100 * DAY)

    def period(self, zone: ZoneInfo) -> Period:
        return Period(rules.midnight(self.first_day, zone), rules.midnight(self.after.first_day, zone), zone)


class Decisions:
    """What was decided in a period, read once: three queries for all that is counted."""

    def __init__(self, user: User, period: Period) -> None:
        self.period = period
        self._seen = Incident.objects.visible_to(user).order_by()

    @cached_property
    def measures(self) -> list[Measure]:
        """Those that were taken, the oldest first."""
        rows = Measure.objects.filter(state__in=TAKEN, incident__in=self._seen, **self.period.within("taken_at"))
        related = ["incident", "assessment", "decided_by", "approval__by", "appeal", "restriction"]
        return list(rows.select_related(*related).order_by("taken_at", "pk"))

    @cached_property
    def closed(self) -> list[Incident]:
        """Those closed without a measure."""
        rows = self._seen.filter(state=Incident.State.CLOSED, **self.period.within("closed_at"))
        return list(rows.select_related("closed_by").order_by("closed_at", "pk"))

    @cached_property
    def reported(self) -> list[datetime]:
        return list(self._seen.filter(**self.period.within("reported_at")).values_list("reported_at", flat=True))

    def approvals(self) -> QuerySet[Approval]:
        rows = Approval.objects.filter(measure__incident__in=self._seen, **self.period.within("asked_at"))
        return rows.order_by()


def tables(decisions: Decisions, *, by_quarter: bool) -> list[Table]:
    """All that is counted, in a fixed number of queries."""
    return [
        _over_time(decisions, by_quarter=by_quarter),
        _by_category(decisions),
        _by_manager(decisions),
        _times(decisions),
        _approvals(decisions),
        _appeals(decisions),
    ]


def _over_time(decisions: Decisions, *, by_quarter: bool) -> Table:
    zone = decisions.period.zone

    def name(when: datetime) -> str:
        day = when.astimezone(zone).date()
        return str(Quarter.of(day)) if by_quarter else f"{day:%Y-%m}"

    reported = Counter(name(when) for when in decisions.reported)
    measures = Counter(name(one.taken_at) for one in decisions.measures if one.taken_at)
    closed = Counter(name(one.closed_at) for one in decisions.closed if one.closed_at)
    rows = [(one, reported[one], measures[one], closed[one]) for one in sorted({*reported, *measures, *closed})]
    most = max((number for _name, *numbers in rows for number in numbers), default=0)
    lines = [Line(one, tuple(numbers), _bar(numbers[1], most)) for one, *numbers in rows]
    title = _("By quarter") if by_quarter else _("By month")
    first = _("Quarter") if by_quarter else _("Month")
    columns = (first, _("Reported"), _("Measures"), _("Closed without one"))
    return Table("time", title, columns, lines)


def _by_category(decisions: Decisions) -> Table:
    """A measure counts in each category of its incident."""
    steps = _steps(decisions)
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for one in decisions.measures:
        for category in one.incident.categories:
            counted[category][one.kind] += 1
    closed = Counter(category for one in decisions.closed for category in one.categories)
    most = max((sum(kinds.values()) for kinds in counted.values()), default=0)
    lines = []
    for category in Category:
        kinds = counted[category.value]
        number = sum(kinds.values())
        if number or closed[category.value]:
            cells = (number, *(kinds[kind.value] for kind in steps), closed[category.value])
            lines.append(Line(str(category.label), cells, _bar(number, most)))
    return Table("categories", _("By category"), (_("Category"), *_step_columns(steps)), lines)


def _by_manager(decisions: Decisions) -> Table:
    """Who decided, with what became of it on appeal."""
    steps = _steps(decisions)
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    appeals: dict[str, list[bool]] = defaultdict(list)
    for one in decisions.measures:
        counted[str(one.decided_by)][one.kind] += 1
        if (outcome := _outcome_of(one)) is not None:
            appeals[str(one.decided_by)].append(outcome in OVERTURNED)
    closed = Counter(str(one.closed_by) for one in decisions.closed)
    most = max((sum(kinds.values()) for kinds in counted.values()), default=0)
    lines = []
    for name in sorted({*counted, *closed}):
        kinds, decided = counted[name], appeals[name]
        number = sum(kinds.values())
        overturned = f"{sum(decided)} / {len(decided)}" if decided else NONE
        cells = (number, *(kinds[kind.value] for kind in steps), closed[name], overturned)
        lines.append(Line(name, cells, _bar(number, most)))
    columns = (_("Manager"), *_step_columns(steps), _("Overturned of appeals decided"))
    return Table("managers", _("By manager"), columns, lines)


def _times(decisions: Decisions) -> Table:
    """From the report until something was taken, approval included, or the incident was closed.

    What follows later for the same incident, an extension or a report, is no answer to it.
    """
    taken: dict[str, list[timedelta]] = defaultdict(list)
    answered: set[int] = set()
    for one in decisions.measures:
        if one.extends_id is None and one.taken_at and one.incident_id not in answered:
            answered.add(one.incident_id)
            taken[str(one.get_kind_display())].append(one.taken_at - one.incident.reported_at)
    without = _("closed without a measure")
    taken[without] = [one.closed_at - one.reported_at for one in decisions.closed if one.closed_at]
    found = [(str(kind.label), sorted(taken[str(kind.label)])) for kind in Kind]
    found = [(name, values) for name, values in [*found, (without, sorted(taken[without]))] if values]
    everything = sorted(value for _name, values in found for value in values)
    if everything:
        found.append((_("all"), everything))
    longest = everything[-1] if everything else HOUR
    lines = []
    for name, values in found:
        half = percentile(values, 0.5)
        first = round(half / longest * WIDTH) if longest else 0
        bar = (("", 0, first), ("bars__soft", first, (round(values[-1] / longest * WIDTH) if longest else 0) - first))
        lines.append(Line(name, (len(values), length(half), length(values[-1])), bar))
    columns = (_("What was decided"), _("How many"), _("Median"), _("Longest"))
    return Table("times", _("Time from the report to the decision"), columns, lines)


def _approvals(decisions: Decisions) -> Table:
    """Of what a second manager was asked for; what was taken back before the answer leaves no approval."""
    counted = Counter(decisions.approvals().values_list("approved", flat=True))
    rows = [(_("approved"), counted[True]), (_("declined"), counted[False]), (_("waiting"), counted[None])]
    asked = sum(counted.values())
    lines = [Line(name, (number,), _bar(number, asked)) for name, number in rows]
    lines.insert(0, Line(_("asked for"), (asked,), _bar(asked, asked)))
    return Table("approvals", _("Approvals"), (_("Second manager"), _("Approvals")), lines if asked else [])


def _appeals(decisions: Decisions) -> Table:
    """Of the measures of the period."""
    found = [one.appeal for one in decisions.measures if hasattr(one, "appeal")]
    counted = Counter(one.outcome for one in found)
    labels = {**dict(Outcome.choices), "": _("not decided yet")}
    lines = [Line(str(label), (counted[code],), _bar(counted[code], len(found))) for code, label in labels.items()]
    decided = len(found) - counted[""]
    if decided:
        overturned = sum(counted[code] for code in OVERTURNED)
        share = f"{overturned / decided * 100:.0f} %"
        lines.append(Line(_("overturned, of those decided"), (share,), _bar(overturned, decided)))
    return Table("appeals", _("Appeals"), (_("Decision"), _("Appeals")), lines if found else [])


# -- what stands now, and the register ---------------------------------------------------------------------------------


def in_force(user: User, at: datetime) -> list[Measure]:
    """Restrictions in force, by their review or end. One query."""
    seen = Incident.objects.visible_to(user).order_by()
    rows = Measure.objects.in_force(at).filter(incident__in=seen)
    found = list(rows.select_related("incident__client", "restriction", "decided_by"))
    far = datetime.max.replace(tzinfo=ZoneInfo("UTC"))
    return sorted(found, key=lambda one: (one.restriction.ends_at or far if one.restriction else far, one.pk))


def in_force_table(measures: Iterable[Measure], zone: ZoneInfo) -> Table:
    """For spreadsheets: clients by the reference of the case."""
    columns = (_("Case"), _("Step"), _("Closes"), _("Since"), _("Ends"), _("Review"), _("Decided by"))
    lines = [
        Line(
            one.incident.reference,
            (
                one.get_kind_display(),
                ", ".join(closes(one)),
                _day(one.taken_at, zone),
                _day(one.restriction.ends_at if one.restriction else None, zone),
                one.review_on.isoformat() if one.review_on else "",
                str(one.decided_by),
            ),
        )
        for one in measures
    ]
    return Table("in_force", _("Restrictions in force"), columns, lines)


def register(decisions: Decisions) -> Table:
    """Every decision of the quarter in the order in which they were made: by the reference of the case, no names of
    clients or of whom it was aimed at."""
    columns = (
        *(
            _("Case"),
            _("Reported"),
            _("What it was"),
            _("Severity"),
            _("Decided on"),
            _("Step"),
            _("Until"),
            _("Review"),
        ),
        *(_("Decided by"), _("Approved by"), _("Appeal"), _("State")),
    )
    zone = decisions.period.zone
    rows = [(one.taken_at, _entry(one, zone)) for one in decisions.measures]
    rows += [(one.closed_at, _closing(one, zone)) for one in decisions.closed]
    lines = [line for _when, line in sorted(rows, key=lambda row: (row[0], row[1].name))]
    return Table("register", _("Register of decisions"), columns, lines)


def _entry(one: Measure, zone: ZoneInfo) -> Line:
    approval = getattr(one, "approval", None)
    approver = str(approval.by) if approval is not None and approval.approved else ""
    outcome = _outcome_of(one)
    appeal = "" if not hasattr(one, "appeal") else _("open") if outcome is None else str(Outcome(outcome).label)
    cells = (
        _day(one.incident.reported_at, zone),
        ", ".join(one.incident.category_labels),
        one.assessment.get_severity_display(),
        _day(one.taken_at, zone),
        one.get_kind_display(),
        _day(one.until, zone),
        one.review_on.isoformat() if one.review_on else "",
        str(one.decided_by),
        approver,
        appeal,
        one.get_state_display(),
    )
    return Line(one.incident.reference, cells)


def _closing(one: Incident, zone: ZoneInfo) -> Line:
    what = ", ".join(one.category_labels)
    decided = (_day(one.reported_at, zone), what, "", _day(one.closed_at, zone), one.get_state_display())
    return Line(one.reference, (*decided, "", "", str(one.closed_by), "", "", one.get_state_display()))


def closes(measure: Measure) -> list[str]:
    return [str(Gate(gate).label) for gate in measure.gates if gate in Gate.values]


def _outcome_of(measure: Measure) -> str | None:
    """What came of a decided appeal; None where there is none, or none yet."""
    return (measure.appeal.outcome or None) if hasattr(measure, "appeal") else None


def _steps(decisions: Decisions) -> list[Kind]:
    """Those that occur, so that the table stays narrow."""
    found = {one.kind for one in decisions.measures}
    return [kind for kind in Kind if kind in found]


def _step_columns(steps: Iterable[Kind]) -> tuple[str, ...]:
    return (_("Measures"), *(str(kind.label) for kind in steps), _("Closed without one"))


def _bar(number: int, most: int) -> tuple[tuple[str, int, int], ...]:
    return (("", 0, round(number / most * WIDTH) if most else 0),)


def _day(when: datetime | None, zone: ZoneInfo) -> str:
    """A local day, as spreadsheets read it."""
    return when.astimezone(zone).date().isoformat() if when else ""


def written_quarter(quarter: Quarter) -> str:
    """The days of it in words, for who reads them on paper."""
    language = reader.language()
    last = quarter.after.first_day - DAY
    days = [wording.written_day(day, language, year=True) for day in (quarter.first_day, last)]
    return _("%(first)s to %(last)s") % {"first": days[0], "last": days[1]}
