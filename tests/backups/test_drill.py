"""The drill: a portal is backed up, goes on, is lost, and comes back on another database (both kinds)."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
POSTGRESQL = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
# Marked so that the run on PostgreSQL has it too: it makes databases of its own.
pytestmark = pytest.mark.django_db


class Machine:
    """A portal's settings, database and folder, and commands run there."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / name
        self.folder.mkdir()
        self.database = self._postgresql(f"{name}_{os.getpid()}") if POSTGRESQL else ""

    def _postgresql(self, name: str) -> str:
        base = os.environ["DATABASE_URL"].rpartition("/")[0]
        with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"{base}/{name}"

    def run(self, *command: str, fails: bool = False) -> str:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "REDIS_URL") if name in os.environ}
        database = {"DATABASE_URL": self.database} if self.database else {}
        mine = {"VAR_DIR": str(self.folder), "ENV_FILE": "", "SECRET_KEY": "x" * 50, "EMAIL_URL": "smtp://127.0.0.1:1"}
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=kept | database | mine, capture_output=True, text=True
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def manage(self, *command: str, fails: bool = False) -> str:
        return self.run("manage.py", *command, fails=fails)

    def ask(self, expression: str) -> str:
        lines = ["from supportportal.outbox.models import *", "from supportportal.people.models import *"]
        lines += ["from supportportal.files.models import *", "from bookings.models import *", "import datetime"]
        lines += ["from django.utils import timezone", f"print('SAID', {expression})"]
        return self.manage("shell", "--no-imports", "-c", "\n".join(lines)).rpartition("SAID ")[2].strip()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A portal that has been backed up, and the backup."""
    one = Machine(tmp_path_factory.mktemp("kept"), "kept")
    one.manage("migrate", "--verbosity=0")
    one.run("-m", "tests.rehearsal.furnish", "3", "2")
    one.run("-m", "tests.backups.more")
    said = one.manage("backup")
    (archive,) = (one.folder / "backups").glob("portal-*.tar")
    assert str(archive) in said
    return one, archive


def counts(one: Machine) -> str:
    return one.ask(
        "User.objects.count(), WorkingHours.objects.count(), Message.objects.count(), StoredFile.objects.count()"
    )


def test_what_was_backed_up_comes_back_and_owes_nothing_until_released(kept, tmp_path):
    first, archive = kept
    before = counts(first)
    assert archive.stat().st_mode & 0o077 == 0
    with tarfile.open(archive) as tar:
        assert any(name.startswith("files/") for name in tar.getnames())
    first.run("-m", "tests.backups.more")
    assert counts(first) != before  # the control: what came later is not in the backup

    second = Machine(tmp_path, "second")
    said = second.manage("restore", str(archive))
    assert counts(second) == before
    assert "a backup was put back whose trail ended" in second.manage("verify_trail")
    assert "1 files were put back" in said and "1 were due by now" in said
    assert second.ask("StoredFile.objects.get().content.read()") == "b'evidence'"
    assert (
        second.ask("__import__('bookings.cells', fromlist=['x']).stand(__import__('django.db').db.connection)")
        == "True"
    )

    send = "len(__import__('supportportal.outbox.claiming', fromlist=['x']).claim('email', limit=9, at=timezone.now()))"
    assert second.ask(send) == "0"
    assert "Due before the restore: 1, skipped." in second.manage("release_messages", "--skip")
    assert second.ask("[(m.state, m.note) for m in Message.objects.order_by('pk')]").startswith(
        "[('skipped', 'It was due before the restore"
    )
    assert second.ask(send) == "0"
    assert "nothing was restored" in second.manage("release_messages", "--skip", fails=True)

    assert "--replace" in second.manage("restore", str(archive), fails=True)
    second.manage("restore", str(archive), "--replace")  # over what a restore has made
    assert counts(second) == before
    assert "1, sent." in second.manage("release_messages", "--send")
    assert second.ask(send) == "1"


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        pytest.param(lambda raw: raw[: len(raw) // 2], "is no backup of this portal, or it is damaged", id="cut off"),
        pytest.param(lambda raw: b"hello", "is no backup of this portal, or it is damaged", id="something else"),
        pytest.param(lambda raw: raw.replace(b"evidence", b"EVIDENCE"), "is damaged", id="one file changed"),
        pytest.param(
            lambda raw: raw.replace(b'"trail.0001_initial"', b'"trail.9999_initial"'), "newer release", id="newer"
        ),
    ],
)
def test_a_backup_that_cannot_be_used_is_refused(kept, tmp_path, harm, said):
    one, archive = kept
    harmed = tmp_path / archive.name
    harmed.write_bytes(harm(archive.read_bytes()))
    assert said in one.manage("restore", str(harmed), "--replace", fails=True)


def test_a_check_changes_nothing(kept):
    one, archive = kept
    before = counts(one)
    assert "is whole" in one.manage("restore", "--check", str(archive))
    assert counts(one) == before
