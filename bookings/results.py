"""What people say of our support, added up for managers: by agent, by session type, by quarter (B-19)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from .models import Feedback, SurveyAnswer

RATINGS = (5, 4, 3, 2, 1)


@dataclass(frozen=True)
class Line:
    """One row of a table of results, with what its chart needs: the mean as a share of five."""

    name: str
    counts: tuple[int, ...]

    @property
    def number(self) -> int:
        return sum(self.counts)

    @property
    def mean(self) -> float:
        return sum(rating * count for rating, count in zip(RATINGS, self.counts, strict=True)) / self.number

    @property
    def bar(self) -> str:
        """The width of the bar of 200 units that stands for five."""
        return f"{self.mean / 5 * 200:.0f}"


def by_agent(feedback: QuerySet[Feedback]) -> list[Line]:
    return _lines(_counted(feedback, "booking__agent__user__name"))


def by_type(feedback: QuerySet[Feedback]) -> list[Line]:
    return _lines(_counted(feedback, "booking__session_type__name"))


def by_quarter() -> list[Line]:
    answered = SurveyAnswer.objects.filter(rating__isnull=False)
    return _lines(_counted(answered, "quarter"))[::-1]


def comments(feedback: QuerySet[Feedback], most: int) -> Sequence[Feedback]:
    rows = feedback.exclude(comment="").select_related("booking__agent__user", "booking__session_type")
    return rows.order_by("-given_at")[:most]


def since(at: datetime | None) -> QuerySet[Feedback]:
    return Feedback.objects.filter(given_at__gte=at) if at else Feedback.objects.all()


def _counted(rows: QuerySet[Any], name: str) -> Iterable[tuple[str, int, int]]:
    return rows.order_by().values_list(name, "rating").annotate(Count("pk")).order_by(name)


def _lines(counted: Iterable[tuple[str, int, int]]) -> list[Line]:
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for name, rating, number in counted:
        found[name][rating] = number
    return [Line(name, tuple(counts.get(rating, 0) for rating in RATINGS)) for name, counts in found.items()]
