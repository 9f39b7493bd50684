"""What a benchmark hands over, and the page that all of them make (docs/figures.md)."""

import json
import os
import platform
import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "figures.md"
MARK = "FIGURES "  # before the line by which a benchmark's process hands them over


@dataclass(frozen=True)
class Figure:
    """One measured ratio, with what it was measured against in the same run."""

    name: str
    against: str
    ratio: float
    low: float  # the quartiles over the rounds
    high: float
    aim: str = ""  # "≥ 0.5", "≤ 1.35", or nothing: told for comparison only
    database: str = ""
    rows: str = ""
    bound: str = ""  # what it spends its time on
    detail: str = ""  # the times behind the ratio

    @property
    def verdict(self) -> str:
        if not self.aim:
            return "–"
        sign, number = self.aim.split()
        met = self.ratio >= float(number) if sign == "≥" else self.ratio <= float(number)
        return "met" if met else "**missed**"


def compare(name: str, against: str, above: Sequence[float], below: Sequence[float], **more: str) -> Figure:
    """The ratio of two lists of numbers that were measured in turns: its median and quartiles over the rounds."""
    ratios = [one / other for one, other in zip(above, below, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return Figure(name, against, middle, low, high, **more)


def milliseconds(**ways: Sequence[float]) -> str:
    """The median of each, in words."""
    return ", ".join(f"{name.replace('_', ' ')} {_written(statistics.median(ways[name]) * 1000)} ms" for name in ways)


def _written(number: float) -> str:
    return f"{number:.3g}" if number < 100 else f"{number:.0f}"


def hand_over(figures: Iterable[Figure]) -> None:
    print(MARK + json.dumps([asdict(figure) for figure in figures]), flush=True)


def taken_over(output: str) -> list[Figure]:
    lines = [line.removeprefix(MARK) for line in output.splitlines() if line.startswith(MARK)]
    return [Figure(**figure) for line in lines for figure in json.loads(line)]


def line_of(figure: Figure) -> str:
    aim = f" (aim {figure.aim}: {figure.verdict.strip('*')})" if figure.aim else ""
    spread = f"{figure.low:.2f}–{figure.high:.2f}"
    return f"{figure.name} : {figure.against} = {figure.ratio:.2f}, {spread}{aim}; {figure.detail}"


def page_of(found: dict[str, list[Figure]], titles: dict[str, str], *, seconds: float, shortened: bool) -> str:
    every = [figure for figures in found.values() for figure in figures]
    aimed = [figure for figure in every if figure.aim]
    missed = [figure for figure in aimed if figure.verdict != "met"]
    lines = [
        "# Figures",
        "",
        "Made by `make bench`. Every figure is a ratio: both sides were measured in turns in one run, so that whatever",
        "slows the machine slows both. It is the median over the rounds, with the quartiles beside it.",
        "",
        *_table(["machine", ""], [[name, what] for name, what in machine()]),
        "",
        f"{len(aimed)} aims, {len(aimed) - len(missed)} met"
        + (", missed: " + "; ".join(figure.name for figure in missed) if missed else "")
        + f". The run took {seconds / 60:.0f} minutes"
        + (" (shortened: the figures are rough)." if shortened else "."),
    ]
    for name, figures in found.items():
        rows = [
            [
                figure.name,
                figure.against,
                f"{figure.ratio:.2f} ({figure.low:.2f}–{figure.high:.2f})",
                figure.aim or "–",
                figure.verdict,
                figure.database,
                figure.rows,
                figure.detail,
            ]
            for figure in figures
        ]
        heads = ["what", "against", "ratio", "aim", "", "database", "rows", "medians"]
        bounds = dict.fromkeys(figure.bound for figure in figures if figure.bound)
        lines += ["", f"## {titles[name]}", "", *_table(heads, rows), *(f"\n{bound}" for bound in bounds)]
    return "\n".join(lines) + "\n"


def _table(heads: list[str], rows: Iterable[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows)]


def machine() -> list[tuple[str, str]]:
    """What the figures were measured on: no names, no paths."""
    about = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*: (.*)", about)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        ("processor", f"{model.group(1).strip() if model else platform.machine()}, {os.cpu_count()} cores"),
        ("memory", f"{memory:.0f} GiB"),
        ("system", f"{platform.system()} {platform.release().split('-')[0]}"),
        ("Python, Django", f"{platform.python_version()}, {version('django')}"),
        ("databases", ", ".join(_databases())),
        ("date", f"{datetime.now(UTC):%Y-%m-%d}"),
    ]


def _databases() -> list[str]:
    import sqlite3

    from .common import postgresql_version

    return [f"PostgreSQL {postgresql_version()}", f"SQLite {sqlite3.sqlite_version}"]
