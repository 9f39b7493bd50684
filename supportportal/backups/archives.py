"""One backup: a tar with the database, the private files, and a manifest that says what they were."""

import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from django.core.files.storage import Storage, storages
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from . import databases
from .databases import BackupFailed

MANIFEST = "manifest.json"
FILES = "files/"
NAMED = re.compile(r"portal-\d{8}T\d{6}Z\.tar")


@dataclass(frozen=True)
class Manifest:
    """``migrations``: what the database had been through, such as "outbox.0003_message_failed"."""

    made_at: datetime
    vendor: str
    migrations: frozenset[str]
    sha256: dict[str, str]

    def as_bytes(self) -> bytes:
        said = {
            "made_at": self.made_at.isoformat(),
            "vendor": self.vendor,
            "migrations": sorted(self.migrations),
            "sha256": self.sha256,
        }
        return json.dumps(said, indent=1).encode()


def make(folder: Path, *, at: datetime, with_files: bool = True) -> Path:
    """Write a backup into ``folder`` and return its file. What was begun and not finished never has its name.

    The database comes first: a file is kept for a day after nothing refers to it, so every file that the copy of the
    database refers to is still there afterwards. Raises BackupFailed, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"portal-{at:%Y%m%dT%H%M%SZ}.tar"
    begun = target.with_suffix(".part")
    try:
        with tempfile.TemporaryDirectory(dir=folder) as scratch, begun.open("wb") as out:
            begun.chmod(0o600)
            dumped = Path(scratch) / databases.member()
            databases.dump(dumped)
            _write(out, dumped, at, with_files)
            out.flush()
            os.fsync(out.fileno())
        begun.rename(target)
    finally:
        begun.unlink(missing_ok=True)
    return target


def prune(folder: Path, *, keep: int) -> list[Path]:
    """Delete all but the newest ``keep`` backups of ``folder``; other files there are left alone."""
    ours = sorted(path for path in folder.iterdir() if NAMED.fullmatch(path.name))
    gone = ours[:-keep]
    for path in gone:
        path.unlink()
    return gone


def read_manifest(archive: Path) -> Manifest:
    """Raises BackupFailed if it is not a backup of ours."""
    try:
        with tarfile.open(archive) as tar:
            said = json.load(_member(tar, MANIFEST))
        return Manifest(
            datetime.fromisoformat(said["made_at"]), said["vendor"], frozenset(said["migrations"]), said["sha256"]
        )
    except FileNotFoundError as error:
        raise BackupFailed(f"There is no file {archive}.") from error
    except (OSError, tarfile.TarError, ValueError, KeyError, BackupFailed) as error:
        raise BackupFailed(f"{archive.name} is no backup of this portal, or it is damaged ({error}).") from error


def verify(archive: Path) -> Manifest:
    """Read all of it and compare with what was written. Raises BackupFailed."""
    manifest = read_manifest(archive)
    with tarfile.open(archive) as tar:
        for name, digest in manifest.sha256.items():
            if _digest(_member(tar, name)) != digest:
                raise BackupFailed(f"{name} in {archive.name} is damaged.")
    return manifest


def restore_database(archive: Path) -> None:
    with tempfile.TemporaryDirectory(dir=archive.parent) as scratch, tarfile.open(archive) as tar:
        dumped = Path(scratch) / databases.member()
        with dumped.open("wb") as out:
            _copy(_member(tar, databases.member()), out)
        databases.load(dumped)


def restore_files(archive: Path) -> int:
    """Put back the files that are missing; return how many. One that is there is the same: files are never changed."""
    storage, count = storages["private"], 0
    with tarfile.open(archive) as tar:
        for entry in tar:
            name = entry.name.removeprefix(FILES)
            if entry.name.startswith(FILES) and entry.isfile() and not storage.exists(name):
                storage.save(name, _member(tar, entry.name))
                count += 1
    return count


def applied() -> frozenset[str]:
    return frozenset(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def _write(out: IO[bytes], dumped: Path, at: datetime, with_files: bool) -> None:
    digests: dict[str, str] = {}
    with tarfile.open(fileobj=out, mode="w") as tar:
        with dumped.open("rb") as database:
            digests[dumped.name] = _digest(database)
        tar.add(dumped, arcname=dumped.name)
        storage = storages["private"]
        for name in _names(storage) if with_files else ():
            with storage.open(name) as content:
                digests[FILES + name] = _digest(content)
                content.seek(0)
                entry = tarfile.TarInfo(FILES + name)
                entry.size, entry.mode = content.size, 0o600
                tar.addfile(entry, content)
        manifest = Manifest(at, connection.vendor, applied(), digests).as_bytes()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(manifest), 0o600
        tar.addfile(entry, io.BytesIO(manifest))


def _names(storage: Storage, folder: str = "") -> Iterator[str]:
    """Every file of a storage, on a disk or elsewhere."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(files):
        yield f"{folder}/{name}" if folder else name
    for inner in sorted(folders):
        yield from _names(storage, f"{folder}/{inner}" if folder else inner)


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        found = tar.extractfile(name)
    except KeyError:
        found = None
    if found is None:
        raise BackupFailed(f"{name} is missing")
    return found


def _digest(content: IO[bytes]) -> str:
    return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while part := source.read(1 << 20):
        target.write(part)
