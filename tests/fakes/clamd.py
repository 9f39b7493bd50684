"""ClamAV's daemon on loopback, or on a socket file, as far as the portal talks to it."""

import socketserver
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .serving import Fake, Mode, reset, serve

# In two halves, so that no scanner on a developer's machine takes this file away.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + rb"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
FOUND = "Eicar-Test-Signature"
TRICKLE = "trickle"  # a piece of an answer now and then, and never its end


class FakeClamd(Fake):
    """``scanned`` holds each content that it took whole. ``says``: its answer to every question, whatever it is."""

    def __init__(self) -> None:
        super().__init__()
        self.path: Path | None = None
        self.scanned: list[bytes] = []
        self.largest = 10**9
        self.says: bytes | None = None
        self.version = "ClamAV 1.4.3/27801/Tue Nov 24 07:12:32 2026"
        self.meanwhile: Callable[[], None] = lambda: None  # happens while it scans

    @property
    def url(self) -> str:
        return f"unix://{self.path}" if self.path else f"tcp://127.0.0.1:{self.port}"


@contextmanager
def fake_clamd(path: Path | None = None) -> Iterator[FakeClamd]:
    fake = FakeClamd()
    fake.path = path

    class Handler(_Handler):
        provider = fake

    if path is None:
        server: socketserver.BaseServer = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    else:
        server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
    with serve(fake, server):
        yield fake


class _Handler(socketserver.StreamRequestHandler):
    provider: FakeClamd

    def handle(self) -> None:
        try:
            self._answer()
        except (ConnectionError, struct.error, ValueError):
            return  # the client is gone

    def _answer(self) -> None:
        command = self._until_nul()
        if self.provider.says is not None:
            self.wfile.write(self.provider.says)
        elif command == b"zPING":
            self._say("PONG")
        elif command == b"zVERSION":
            self._say(self.provider.version)
        elif command == b"zINSTREAM":
            self._scan()

    def _until_nul(self) -> bytes:
        said = b""
        while (byte := self.rfile.read(1)) not in (b"", b"\0"):
            said += byte
        return said

    def _scan(self) -> None:
        if self.provider.mode == Mode.RESET:
            reset(self.connection)
            return
        content = b""
        while length := struct.unpack(">I", self.rfile.read(4))[0]:
            if len(content) + length > self.provider.largest:
                self._say("INSTREAM size limit exceeded. ERROR")
                return  # with more to come unread, as the real one does
            content += self.rfile.read(length)
        match self.provider.mode:
            case Mode.HANG:
                self.provider.hang()
            case Mode.LOSE_ANSWER:
                reset(self.connection)
            case Mode.DOWN:
                self._say("Can't allocate memory ERROR")
            case "trickle":
                self._trickle()
            case _:
                with self.provider.lock:
                    self.provider.scanned.append(content)
                self.provider.meanwhile()
                self._say(f"stream: {FOUND} FOUND" if EICAR in content else "stream: OK")

    def _trickle(self) -> None:
        while not self.provider.ending.is_set():
            self.wfile.write(b"s")
            time.sleep(0.02)

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\0")

    def finish(self) -> None:
        if self.connection.fileno() != -1:
            super().finish()
