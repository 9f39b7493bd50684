"""A small calendar server on loopback, with every manner that a calendar server can have."""

import contextlib
import gzip
import http.server
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

BOMB = gzip.compress(b"x" * 10_000_000)


def calendar_of(*events: Iterable[str], extra: Iterable[str] = ()) -> bytes:
    """A calendar with these events, each given by its lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN"]
    for event in events:
        lines += ["BEGIN:VEVENT", "DTSTAMP:20260101T000000Z", *event, "END:VEVENT"]
    return "\r\n".join([*lines, *extra, "END:VCALENDAR", ""]).encode()


@dataclass
class Server:
    """``mode`` says how it answers; ``asked`` keeps path and headers of what was asked."""

    port: int = 0
    mode: str = "calendar"
    body: bytes = field(default_factory=calendar_of)
    etag: str = '"1"'
    location: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def address(self, path: str = "/private/work.ics", host: str = "localhost") -> str:
        return f"http://{host}:{self.port}{path}"


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    server, ending = Server(), threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append((self.path, dict(self.headers)))
            with contextlib.suppress(ConnectionError):  # who asked has had enough
                getattr(self, f"answer_{server.mode}")()

        def log_message(self, *args):
            pass

        def say(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def answer_calendar(self):
            if server.etag and self.headers.get("If-None-Match") == server.etag:
                self.say(304)
            else:
                self.say(200, server.body, ETag=server.etag, Content_Type="text/calendar")

        def answer_html(self):
            self.say(200, b"<!doctype html><title>Sign in</title>", Content_Type="text/html")

        def answer_error(self):
            self.say(500)

        def answer_gone(self):
            self.say(404)

        def answer_redirect(self):
            self.say(302, Location=server.location)

        def answer_once(self):
            server.mode = "calendar"
            self.say(302, Location=server.location)

        def answer_round(self):
            self.say(301, Location=f"{self.path}x")

        def answer_huge(self):
            self.say(200, b"BEGIN:VCALENDAR" + b"x" * 200_000)

        def answer_endless(self):
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(b"x" * 65536)

        def answer_bomb(self):
            self.say(200, BOMB, Content_Encoding="gzip")

        def answer_cut(self):
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(server.body)

        def answer_hang(self):
            ending.wait()

        def answer_drip(self):
            """Alive all the time, and never done."""
            self.send_response(200)
            self.end_headers()
            self.drip(b"x")

        def answer_drip_head(self):
            self.drip(b"H")

        def drip(self, byte):
            while not ending.wait(0.05):
                self.wfile.write(byte)
                self.wfile.flush()

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    server.port = httpd.server_port
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        ending.set()
        httpd.shutdown()
        httpd.server_close()
        thread.join()
