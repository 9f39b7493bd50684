"""What has to be true before the embedded portal starts: a free port, one owner of the folder, schema, styles, demo."""

import errno
import fcntl
import hashlib
import socket
from pathlib import Path
from typing import IO

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError

from supportportal.people.models import User


def require_free_port(host: str, port: int) -> None:
    """Raises ImproperlyConfigured: a taken port is as good as a wrong setting."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be used ({error})"
            raise ImproperlyConfigured(f"port {port} {why}; choose another, e.g. PORT={port + 1}.") from None


def lock_folder(folder: Path) -> IO[str]:
    """One portal per folder, for as long as the returned file stays open."""
    folder.mkdir(parents=True, exist_ok=True)
    held = (folder / "running").open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise ImproperlyConfigured(f"it is already running in {folder}; end that one first.") from None
    return held


def empty_queue() -> None:
    """Drop ticks that nobody took: what is owed stands in the database, not here."""
    for left in settings.QUEUE_DIR.glob("*.msg"):
        left.unlink()


def migrate() -> None:
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        raise ImproperlyConfigured(f"the database cannot be used: {reason}") from None


def collect_static() -> None:
    """Only when a file was added, removed or changed: hashing and compressing all of them takes seconds."""
    mark = settings.STATIC_ROOT / ".collected"
    fingerprint = _static_fingerprint()
    if mark.exists() and mark.read_text() == fingerprint:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    mark.write_text(fingerprint)


def _static_fingerprint() -> str:
    found = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found.update(f"{path} {storage.size(path)} {storage.get_modified_time(path)}\n".encode())
    return found.hexdigest()


def is_new() -> bool:
    return not User.objects.exists()
