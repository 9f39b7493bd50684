"""A weak pin fails the check, and nothing passes for looked up that was not."""

import json
import subprocess
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
HASH = f"--hash=sha256:{'0' * 64}"


@pytest.fixture
def audit(monkeypatch):
    loader = SourceFileLoader("audit", str(ROOT / ".ci" / "audit"))
    module = module_from_spec(spec_from_loader("audit", loader))
    loader.exec_module(module)
    monkeypatch.delenv("AUDIT", raising=False)
    monkeypatch.setattr(module, "ask", lambda lock: (0, []))
    return module


@pytest.fixture
def lock(tmp_path):
    def write(*lines: str) -> Path:
        path = tmp_path / "requirements.lock"
        path.write_text("\n".join(["# made by hand", *lines]))
        return path

    return write


def test_the_lock_of_the_portal_passes_and_it_is_said_that_nobody_was_asked(audit, capsys):
    assert audit.main(ROOT / "requirements.lock") == 0
    assert "told nothing of any" in capsys.readouterr().out


def test_every_floor_is_of_something_that_is_pinned(audit):
    pins, _wrong = audit.read((ROOT / "requirements.lock").read_text())
    floors = [line.split(None, 2) for line in (ROOT / ".ci" / "advisories").read_text().splitlines() if line[0] != "#"]
    assert {name for name, _floor, _why in floors} <= pins.keys()
    assert all(why for _name, _floor, why in floors)


@pytest.mark.parametrize(
    "line, told",
    [
        (f"django==5.2.7 \\\n    {HASH}", "django 5.2.7 is below 5.2.8"),
        ("django==5.2.19", "not pinned by version and hash: django==5.2.19"),
        (f"django>=5.2.19 {HASH}", "not pinned by version and hash: django>=5.2.19"),
        (f"django @ https://files.example/django.whl {HASH}", "not pinned by version and hash: django @"),
    ],
    ids=["below a floor", "no hash", "no exact version", "from an address"],
)
def test_a_planted_pin_fails(audit, lock, capsys, line, told):
    assert audit.main(lock(line)) == 1
    assert told in capsys.readouterr().out


def test_where_the_data_must_be_within_reach_its_absence_fails(audit, monkeypatch):
    monkeypatch.setenv("AUDIT", "required")
    assert audit.main(ROOT / "requirements.lock") == 1


@pytest.fixture
def told(audit, monkeypatch):
    """What pip-audit would print."""
    monkeypatch.undo()

    def say(*dependencies, text=""):
        printed = text or json.dumps({"dependencies": dependencies})
        monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: SimpleNamespace(stdout=printed))

    return say


def test_a_known_weakness_fails(audit, told, lock, capsys):
    weakness = {"id": "PYSEC-0", "fix_versions": ["5.2.20"]}
    told({"name": "django", "version": "5.2.19", "vulns": [weakness]})
    assert audit.main(lock(f"django==5.2.19 {HASH}")) == 1
    assert "django 5.2.19: PYSEC-0, mended in ['5.2.20']" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "Traceback", "[]"])
def test_what_is_no_answer_is_not_taken_for_one(audit, told, lock, text):
    told({"name": "django", "version": "5.2.19", "skip_reason": "not found"}, text=text)
    assert audit.ask(lock(f"django==5.2.19 {HASH}")) == (0, [])
