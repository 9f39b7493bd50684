"""What the performance claims rest on: every benchmark in a process of its own, and one page of results.

python -m benchmarks [NAME …] [--quick]      all, or those named; all of them write docs/figures.md
python -m benchmarks NAME --alone [--profile]   one, in this process
"""

import argparse
import cProfile
import importlib
import pstats
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from . import common, figures

NAMES = [
    "slot_page",
    "slot_kernel",
    "booking",
    "complaint_form",
    "board",
    "admin_lists",
    "idle_tick",
    "claim_loop",
    "dispatch",
    "growth",
    "deadline",
    "memory",
]
ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="*", help=", ".join(NAMES))
    options.add_argument("--quick", action="store_true", help="fewer rounds and rows: rough figures")
    options.add_argument("--alone", action="store_true", help="in this process")
    options.add_argument("--on", choices=["PostgreSQL", "SQLite"], help="the database; with --alone")
    options.add_argument("--profile", action="store_true", help="where this process spends its time; with --alone")
    asked = options.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        options.error(f"There is no {', '.join(sorted(unknown))}.")
    if asked.alone:
        return alone(asked.names[0], on=asked.on, quick=asked.quick, profiled=asked.profile)
    return together(asked.names or NAMES, quick=asked.quick)


def alone(name: str, *, on: str | None, quick: bool, profiled: bool) -> int:
    """A module that names databases (``ON``) finds Django set up on one of them; the others see to it themselves."""
    module, profile = importlib.import_module(f"benchmarks.{name}"), cProfile.Profile()
    with ExitStack() as stack:
        given = [quick]
        if databases := getattr(module, "ON", []):
            given.append(on or databases[0])
            address = stack.enter_context(common.database(given[1]))
            common.set_up(stack.enter_context(tempfile.TemporaryDirectory()), address)
            stack.callback(common.disconnect)
        found = profile.runcall(module.figures, *given) if profiled else module.figures(*given)
    if profiled:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
    figures.hand_over(found)
    return 0


def together(names: list[str], *, quick: bool) -> int:
    """Each in turn; the page is written once all of them have been asked for. 1 where one failed or missed its aim."""
    began = time.monotonic()
    found: dict[str, list[figures.Figure]] = {}
    titles: dict[str, str] = {}
    failed = []
    for name in names:
        since = time.monotonic()
        module = importlib.import_module(f"benchmarks.{name}")
        titles[name], found[name] = module.TITLE, []
        for database in getattr(module, "ON", [""]):
            command = [sys.executable, "-m", "benchmarks", name, "--alone"]
            command += [*(["--quick"] if quick else []), *(["--on", database] if database else [])]
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            if done.returncode:
                failed.append(f"{name} {database}".strip())
            found[name] += figures.taken_over(done.stdout)
        print(f"== {name}, {time.monotonic() - since:.0f} s", flush=True)
        for figure in found[name]:
            print(f"   {figures.line_of(figure)}", flush=True)
    missed = [figure for each in found.values() for figure in each if figure.aim and figure.verdict != "met"]
    if set(names) == set(NAMES) and not failed:
        figures.PAGE.write_text(
            figures.page_of(found, titles, seconds=time.monotonic() - began, shortened=quick), encoding="utf-8"
        )
        print("docs/figures.md is written.")
    if failed:
        print("Failed: " + ", ".join(failed))
    return 1 if failed or missed else 0


if __name__ == "__main__":
    sys.exit(main())
