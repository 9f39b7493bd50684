"""A client of clamd, the daemon of ClamAV, over TCP or a socket file: one connection for each question.

Each takes as long as it is given and no longer, whatever the other side does.
"""

import socket
import struct
import time
from collections.abc import Iterable, Iterator
from typing import IO
from urllib.parse import urlsplit

PORT = 3310
SAYS_WITHIN = 5.0
SCANS_WITHIN = 150.0  # seconds; by itself clamd gives up on a file after two minutes (MaxScanTime)
CHUNK, LONGEST_ANSWER = 64 * 1024, 1000


class Unanswered(Exception):
    """Nothing was said about the file: clamd is not there, broke off, or said what cannot be understood."""


class TooLarge(Unanswered):
    """clamd takes no file of that size (its ``StreamMaxLength``)."""


def ping(url: str) -> None:
    """Raises Unanswered."""
    if (said := _ask(url, b"PING", within=SAYS_WITHIN)) != "PONG":
        raise Unanswered(f"PING was answered by {said!r}")


def version(url: str) -> str:
    """Such as "ClamAV 1.4.3/27801/Sun Nov 22 09:12:32 2026"; without its end where there are no signatures.

    Raises Unanswered.
    """
    return _ask(url, b"VERSION", within=SAYS_WITHIN)


def scan(url: str, content: IO[bytes]) -> str:
    """The name of what was found in ``content``; empty if nothing was. Raises Unanswered, TooLarge."""
    said = _ask(url, b"INSTREAM", _chunks(content), within=SCANS_WITHIN)
    if "size limit exceeded" in said:
        raise TooLarge(said)
    if said == "stream: OK":
        return ""
    virus = said.removeprefix("stream: ").removesuffix(" FOUND")
    if not virus or said != f"stream: {virus} FOUND":
        raise Unanswered(f"INSTREAM was answered by {said!r}")
    return virus


def _chunks(content: IO[bytes]) -> Iterator[bytes]:
    while chunk := content.read(CHUNK):
        yield struct.pack(">I", len(chunk)) + chunk
    yield struct.pack(">I", 0)


def _ask(url: str, command: bytes, pieces: Iterable[bytes] = (), *, within: float) -> str:
    ends, is_sent = time.monotonic() + within, True
    try:
        with _connected(url) as line:
            try:
                for piece in (b"z" + command + b"\0", *pieces):
                    line.settimeout(_left(ends))
                    line.sendall(piece)
            except ConnectionError:
                is_sent = False  # it hangs up on what is too large for it, having said so
            said = _answer(line, ends)
    except OSError as error:
        raise Unanswered(type(error).__name__) from None
    if not is_sent and said.endswith("OK"):
        raise Unanswered("it hung up before it had all")
    return said


def _connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return socket.create_connection((parts.hostname, parts.port or PORT), SAYS_WITHIN)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(SAYS_WITHIN)
    try:
        line.connect(parts.path)
    except OSError:
        line.close()
        raise
    return line


def _answer(line: socket.socket, ends: float) -> str:
    said = b""
    while b"\0" not in said and len(said) < LONGEST_ANSWER:
        line.settimeout(_left(ends))
        if not (piece := line.recv(LONGEST_ANSWER)):
            break
        said += piece
    said, end, _rest = said.partition(b"\0")
    return said.decode("ascii", "replace").strip()[:LONGEST_ANSWER] if end else ""


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
