"""What the fake providers share: how they misbehave, and a server that starts and ends with a ``with``."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum


class Mode(StrEnum):
    ACCEPT = "accept"
    HANG = "hang"  # never answers
    RESET = "reset"  # breaks the connection before taking anything
    LOSE_ANSWER = "lose answer"  # takes it, and breaks the connection instead of saying so
    BUSY = "busy"  # 429, 421: slow down
    DOWN = "down"  # 503, 451: another time
    REFUSE = "refuse"  # this recipient, never
    BAD_LOGIN = "bad login"


class Fake:
    """``mode`` is how it treats everyone; ``modes`` says otherwise for single recipients."""

    def __init__(self) -> None:
        self.mode = Mode.ACCEPT
        self.modes: dict[str, Mode] = {}
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.port = 0

    def mode_for(self, recipient: str) -> Mode:
        return self.modes.get(recipient, self.mode)

    def hang(self) -> None:
        self.ending.wait(60)


@contextmanager
def serve(fake: Fake, server) -> Iterator[None]:
    """Run a socketserver in a thread; hanging connections are let go at the end."""
    server.daemon_threads = True
    server.handle_error = lambda request, address: None  # a client was killed in the middle of a sentence
    fake.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        fake.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


def reset(connection: socket.socket) -> None:
    """Close so that the other side sees a reset, not an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
