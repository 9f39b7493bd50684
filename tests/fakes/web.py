"""Providers with a web API on loopback: Twilio for its own client, and Mailgun for anymail."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from .serving import Fake, Mode, reset, serve


class FakeTwilio(Fake):
    """``texts`` holds what it took over, newest last. ``refuse_with`` is the error code of Mode.REFUSE."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[dict[str, Any]] = []
        self.requests: list[dict[str, str]] = []
        self.refuse_with = 21211
        self.lists = True
        self.created_at: datetime | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, method: str, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]] | None:
        """Status and JSON, or None where the connection breaks instead."""
        if method == "GET":
            return (200, self._list(form)) if self.lists else (503, {"code": 20503, "message": "down", "status": 503})
        self.requests.append(form)
        mode = self.mode_for(form["To"])
        errors = {
            Mode.BUSY: (429, 20429, "Too many requests"),
            Mode.DOWN: (503, 20503, "Service unavailable"),
            Mode.REFUSE: (400, self.refuse_with, "Not a number that can be reached"),
            Mode.BAD_LOGIN: (401, 20003, "Authenticate"),
        }
        if mode in errors:
            status, code, text = errors[mode]
            return status, {"code": code, "message": text, "status": status}
        if mode == Mode.HANG:
            self.hang()
            return None
        if mode == Mode.RESET:
            return None
        with self.lock:
            text = self._take(form)
        return None if mode == Mode.LOSE_ANSWER else (201, text)

    def _take(self, form: dict[str, str]) -> dict[str, Any]:
        created = format_datetime(self.created_at or datetime.now(UTC))
        text = {
            "sid": f"SM{len(self.texts):032x}",
            "to": form["To"],
            "from": form.get("From", ""),
            "body": form["Body"],
            "status": "queued",
            "date_created": created,
            "date_updated": created,
            "date_sent": None,
            "error_code": None,
            "error_message": None,
        }
        self.texts.append(text)
        return text

    def _list(self, form: dict[str, str]) -> dict[str, Any]:
        found = [text for text in reversed(list(self.texts)) if text["to"] == form["To"]]
        page, size = int(form.get("Page", 0)), int(form["PageSize"])
        end = (page + 1) * size
        following = urlencode({"To": form["To"], "PageSize": size, "Page": page + 1})
        more = f"/2010-04-01/Accounts/AC1/Messages.json?{following}" if end < len(found) else None
        return {"messages": found[page * size : end], "page": page, "page_size": size, "next_page_uri": more, "uri": ""}


class FakeMailgun(Fake):
    def __init__(self) -> None:
        super().__init__()
        self.mails: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v3"

    def answer(self, method: str, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]] | None:
        mode = self.mode_for(form["to"])
        errors = {Mode.BUSY: 429, Mode.DOWN: 503, Mode.REFUSE: 400, Mode.BAD_LOGIN: 401}
        if mode in errors:
            return errors[mode], {"message": mode.value}
        if mode == Mode.HANG:
            self.hang()
            return None
        if mode == Mode.RESET:
            return None
        with self.lock:
            self.mails.append(form)
        taken = {"id": f"<mailgun-{len(self.mails)}@fake>", "message": "Queued. Thank you."}
        return None if mode == Mode.LOSE_ANSWER else (200, taken)


@contextmanager
def fake_web(fake: Any) -> Iterator[Any]:
    class Handler(_Handler):
        provider = fake

    with serve(fake, ThreadingHTTPServer(("127.0.0.1", 0), Handler)):
        yield fake


class _Handler(BaseHTTPRequestHandler):
    provider: Any
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(_first(parse_qs(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "multipart" in self.headers["Content-Type"]:
            self._answer(_multipart(self.headers["Content-Type"], body))
        else:
            self._answer(_first(parse_qs(body.decode(), keep_blank_values=True)))

    def _answer(self, form: dict[str, str]) -> None:
        answer = self.provider.answer(self.command, self.path, form)
        if answer is None:
            self.close_connection = True
            reset(self.connection)
            return
        status, content = answer
        payload = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def finish(self) -> None:
        if self.connection.fileno() != -1:
            super().finish()

    def log_message(self, *args: Any) -> None:
        pass


def _first(form: dict[str, list[str]]) -> dict[str, str]:
    return {name: values[0] for name, values in form.items()}


def _multipart(content_type: str, body: bytes) -> dict[str, str]:
    from email import message_from_bytes

    parts = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body).get_payload()
    return {
        part.get_param("name", header="Content-Disposition"): part.get_payload(decode=True).decode() for part in parts
    }
