"""A full disk as a process meets it that has to open its database first: nothing of it is an error page."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from supportportal import room

ROOT = Path(__file__).resolve().parents[2]
FULL = "The disk or the database is full: make room."


def ask(folder: Path, how: str) -> dict[str, str]:
    """What a portal on SQLite in ``folder`` says, by page and command."""
    settings = {"VAR_DIR": str(folder), "ENV_FILE": "", "DJANGO_SETTINGS_MODULE": "supportportal.settings"}
    # Compiled modules would be cut off where files may not grow, and stay so for everybody.
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50, "PYTHONDONTWRITEBYTECODE": "1", **settings}
    command = [sys.executable, "-m", "tests.watch.full_machine", how]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said: dict[str, str] = {}
    for line in done.stdout.splitlines():
        about, _space, text = line.partition(" ")
        said[about] = said.get(about, "") + text
    return said | {"log": done.stderr}


def test_without_room_for_the_files_beside_it_every_page_says_so(tmp_path):
    said = ask(tmp_path, "full")
    for page in ("/", "/complaint/"):
        assert said[page].startswith("503 text/html")
        assert "Our storage is full. Nothing was changed" in said[page]
    assert said["/healthz"].startswith("200")
    assert said["/readyz"] == f"503 text/plain {FULL}"
    assert said["/health/jobs"].startswith("503 application/json")
    assert FULL in said["/health/jobs"]
    assert said["/metrics"] == f"503 text/plain {FULL}"
    assert FULL in said["WRONG"]
    assert said["backup"] == "No backup was made: the disk or the database is full. Make room."
    assert "so GET '/complaint/' changed nothing" in said["log"]


def test_with_room_the_same_pages_say_something_else(tmp_path):
    said = ask(tmp_path, "roomy")
    assert "storage is full" not in said["/"]
    assert FULL not in "".join(said.values())


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR, sqlite3.SQLITE_IOERR | 22 << 8, sqlite3.SQLITE_CANTOPEN])
def test_an_error_of_a_disk_with_room_is_another(code, db):
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    assert not room.is_used_up(error)


def test_a_backup_that_is_not_there_is_said_to_be_missing(db, tmp_path):
    with pytest.raises(CommandError, match=r"There is no file .*nowhere\.tar"):
        call_command("restore", str(tmp_path / "nowhere.tar"))
