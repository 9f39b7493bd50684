"""An OpenID Connect provider on loopback, as strict as real ones: a code counts once, PKCE and the secret are asked."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

from .serving import Fake, Mode, reset, serve

CLIENT_ID, CLIENT_SECRET = "portal", "a-secret-of-the-firm-and-its-provider"


class FakeOidc(Fake):
    """Whoever comes is ``person``. ``tokens`` and ``answers`` change what it says; ``mode`` whether it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.person: dict[str, Any] = {"sub": "rita-1", "email": "rita@example.com", "email_verified": True}
        self.tokens: dict[str, Any] = {}  # of the ID token, other than right
        self.answers: dict[str, Any] = {}  # by path, in place of the right one: bytes, or what becomes JSON
        self.asked: list[dict[str, str]] = []  # each way to it
        self.paths: list[str] = []
        self.reauthenticates = True
        self.drips = 0.0  # seconds between two bytes of its answers
        self.refuses = ""  # the error of OAuth with which it sends people back
        self._codes: dict[str, dict[str, str]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, Any]:
        issuer = {"ISSUER": self.url, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET}
        return {**issuer, "NAME": "Rossi account", "TRUST_MFA": False}

    def answer(self, path: str, form: dict[str, str], token: str) -> tuple[int, Any]:
        self.paths.append(path)
        if path in self.answers:
            return 200, self.answers[path]
        match path:
            case "/.well-known/openid-configuration":
                return 200, self._about()
            case "/authorize":
                return 302, self._back(form)
            case "/token":
                return self._tokens(form)
            case "/moved":
                return 307, f"{self.url}/token"
            case "/userinfo" if token in self._codes:
                return 200, {name: value for name, value in self.person.items() if name != "auth_time"}
        return 401, {"error": "invalid_token"}

    def _about(self) -> dict[str, Any]:
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo"}
        known = {name: f"{self.url}/{place}" for name, place in places.items()}
        methods = ["client_secret_post", "client_secret_basic"]
        keys = f"{self.url}/keys"
        return {**known, "issuer": self.url, "jwks_uri": keys, "token_endpoint_auth_methods_supported": methods}

    def _back(self, form: dict[str, str]) -> str:
        self.asked.append(form)
        if self.refuses:
            return f"{form['redirect_uri']}?{urlencode({'error': self.refuses, 'state': form['state']})}"
        code = secrets.token_urlsafe(24)
        self._codes[code] = form
        return f"{form['redirect_uri']}?{urlencode({'code': code, 'state': form['state']})}"

    def _tokens(self, form: dict[str, str]) -> tuple[int, Any]:
        asked = self._codes.pop(form.get("code", ""), None)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        if asked is None or not _is_verified(asked, form) or asked["redirect_uri"] != form["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        said = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.person}
        if self.reauthenticates and asked.get("max_age") == "0":
            said["auth_time"] = now
        said = {name: value for name, value in {**said, **self.tokens}.items() if value is not None}
        access = secrets.token_urlsafe(24)
        self._codes[access] = asked
        token = jwt.encode(said, CLIENT_SECRET, algorithm="HS256")
        return 200, {"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": token}


def _is_verified(asked: dict[str, str], form: dict[str, str]) -> bool:
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return asked.get("code_challenge_method") == "S256" and asked.get("code_challenge") == challenge


@contextmanager
def fake_oidc() -> Iterator[FakeOidc]:
    fake = FakeOidc()

    class Handler(_Handler):
        provider = fake

    with serve(fake, ThreadingHTTPServer(("127.0.0.1", 0), Handler)):
        yield fake


class _Handler(BaseHTTPRequestHandler):
    provider: FakeOidc

    def do_GET(self) -> None:
        self._answer(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, form: str) -> None:
        if self.provider.mode in (Mode.HANG, Mode.RESET):
            if self.provider.mode == Mode.HANG:
                self.provider.hang()
            reset(self.connection)
            return
        status, content = 503, {"error": "temporarily_unavailable"}
        if self.provider.mode != Mode.DOWN:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            values = {name: given[0] for name, given in parse_qs(form).items()}
            status, content = self.provider.answer(urlsplit(self.path).path, values, token)
        self.send_response(status)
        if status in (302, 307):
            self.send_header("Location", content)
            self.end_headers()
            return
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        if not self.provider.drips:
            self.wfile.write(body)
            return
        with suppress(OSError):  # whoever asked has had enough
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.provider.ending.wait(self.provider.drips)

    def finish(self) -> None:
        if self.connection.fileno() != -1:
            super().finish()

    def log_message(self, *args: Any) -> None:
        pass
