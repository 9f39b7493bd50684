"""A mail server on loopback that smtplib talks to."""

import socketserver
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from .serving import Fake, Mode, reset, serve


class FakeSmtp(Fake):
    """``accepted`` holds each mail that it took over, as (recipient, raw bytes)."""

    def __init__(self) -> None:
        super().__init__()
        self.accepted: list[tuple[str, bytes]] = []
        self.connections = 0
        self.pace = 0.0  # seconds that it takes over each mail

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return [recipient for recipient, _ in self.accepted]

    def parsed(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=policy.default) for _, raw in self.accepted]

    def message_ids(self) -> Counter[str]:
        """How often each Message-ID came; found without parsing, there may be thousands."""
        return Counter(_header(raw, b"Message-ID") for _, raw in self.accepted)


def _header(raw: bytes, name: bytes) -> str:
    start = raw.index(b"\r\n" + name + b": ") + len(name) + 4
    return raw[start : raw.index(b"\r\n", start)].decode()


@contextmanager
def fake_smtp() -> Iterator[FakeSmtp]:
    fake = FakeSmtp()

    class Handler(_Handler):
        provider = fake

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        request_queue_size = 50

    with serve(fake, Server(("127.0.0.1", 0), Handler)):
        yield fake


class _Handler(socketserver.StreamRequestHandler):
    provider: FakeSmtp
    disable_nagle_algorithm = True

    def handle(self) -> None:
        try:
            self._converse()
        except (ConnectionError, ValueError):
            return  # the client is gone: killed, or we have hung up ourselves

    def _converse(self) -> None:
        self.provider.connections += 1
        recipient = ""
        self._say("220 fake")
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            match verb.upper():
                case "EHLO":
                    self._say("250-fake\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME")
                case "AUTH" if self.provider.mode == Mode.BAD_LOGIN:
                    self._say("535 no such user")
                case "AUTH":
                    self._say("235 welcome")
                case "RCPT":
                    recipient = rest[rest.index("<") + 1 : rest.index(">")]
                    if not self._answer_recipient(self.provider.mode_for(recipient)):
                        return
                case "DATA":
                    self._say("354 go on")
                    if not self._take(recipient):
                        return
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _answer_recipient(self, mode: Mode) -> bool:
        match mode:
            case Mode.RESET:
                reset(self.connection)
                return False
            case Mode.REFUSE:
                self._say("550 no such mailbox")
            case Mode.DOWN:
                self._say("451 try later")
            case Mode.BUSY:
                self._say("421 too busy")
                return False
            case _:
                self._say("250 ok")
        return True

    def _take(self, recipient: str) -> bool:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False  # killed in the middle: nothing was taken over
            lines.append(line[1:] if line.startswith(b"..") else line)
        mode = self.provider.mode_for(recipient)
        if mode == Mode.HANG:
            self.provider.hang()
            return False
        time.sleep(self.provider.pace)
        with self.provider.lock:
            self.provider.accepted.append((recipient, b"".join(lines)))
        if mode == Mode.LOSE_ANSWER:
            reset(self.connection)
            return False
        self._say("250 taken")
        return True

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
