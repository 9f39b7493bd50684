"""Servers on loopback that do no more than show a certificate: at once, or after STARTTLS."""

import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes.serving import Fake, serve


@contextmanager
def tls_server(context: ssl.SSLContext) -> Iterator[int]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with context.wrap_socket(self.request, server_side=True) as secured:
                secured.recv(1)

    with _serving(Handler) as port:
        yield port


@contextmanager
def tls_smtp(context: ssl.SSLContext) -> Iterator[int]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"220 fake\r\n")
            while (line := self.request.recv(1000).upper()) and not line.startswith(b"QUIT"):
                if line.startswith(b"STARTTLS"):
                    self.request.sendall(b"220 go on\r\n")
                    self.request = context.wrap_socket(self.request, server_side=True)
                else:
                    self.request.sendall(b"250-fake\r\n250 STARTTLS\r\n")
            self.request.sendall(b"221 bye\r\n")

        def finish(self) -> None:
            self.request.close()

    with _serving(Handler) as port:
        yield port


@contextmanager
def _serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    fake = Fake()

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True

    with serve(fake, Server(("127.0.0.1", 0), handler)):
        yield fake.port
