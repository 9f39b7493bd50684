"""Who may import whom: left to right is never allowed, and never hidden inside a function."""

import ast
from pathlib import Path

import pytest

from tests.house.arrows import APPS, read_imports, wrong_arrows

ROOT = Path(__file__).resolve().parents[2]
# Where someone or something comes in from outside, and the clock is read; everything else is told the time.
ASKERS = ("views", "admin", "tasks", "webhooks", "adapter", "staff", "signals")


def test_every_import_follows_the_arrows():
    assert wrong_arrows(read_imports(ROOT)) == []


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        pytest.param("supportportal/trail/a.py", "from bookings import rules", "bookings stands", id="kernel to app"),
        pytest.param("supportportal/people/a.py", "from supportportal.outbox import kinds", "outbox", id="kernel"),
        pytest.param("supportportal/lattice.py", "from .trail import models", "trail stands", id="from the ground"),
        pytest.param("supportportal/new/a.py", "from supportportal import lattice", "no place", id="unknown part"),
        pytest.param("bookings/models.py", "from . import operations", "operations stands", id="between rooms"),
        pytest.param("bookings/models.py", "from . import helper", "operations stands", id="round a corner"),
        pytest.param("bookings/views.py", "def f():\n    from . import rules", "inside a function", id="hidden"),
        pytest.param("bookings/views.py", "from . import tasks", "only Celery", id="tasks"),
        pytest.param("bookings/rules.py", "from supportportal import celery", "wiring", id="wiring"),
    ],
)
def test_a_wrong_arrow_is_found(tmp_path, file, text, why):
    names = [
        "supportportal/celery",
        "supportportal/lattice",
        "supportportal/trail/models",
        "supportportal/outbox/kinds",
    ]
    for name in [*names, *(f"bookings/{room}" for room in ("rules", "models", "operations", "views", "tasks"))]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.py").touch()
    (tmp_path / "bookings" / "helper.py").write_text("from .operations import anything")
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    (wrong,) = wrong_arrows(read_imports(tmp_path))
    assert why in wrong


def test_only_those_who_ask_read_the_clock():
    files = [file for app in APPS for file in (ROOT / app).rglob("*.py") if "migrations" not in file.parts]
    told = [file for file in files if not _asks(file)]
    assert [f"{file.relative_to(ROOT)}:{line}" for file in told for line in _clock_readings(file)] == []


def _asks(file: Path) -> bool:
    return file.stem.endswith(ASKERS) or file.stem.startswith("admin") or "commands" in file.parts


def _clock_readings(file: Path) -> list[int]:
    """Lines that call ``timezone.now()``, ``datetime.now()``, ``date.today()`` and the like."""
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    return [
        call.lineno
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and (call.func.attr in {"now", "today", "utcnow"} or (call.func.attr == "localdate" and not call.args))
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in {"timezone", "datetime", "date"}
    ]
