"""A web process that is asked to end answers the requests that it has begun."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.support.processes import answers, die_with_parent, free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a" * 32
BODY = f"csrfmiddlewaretoken={TOKEN}&language=it".encode()
HEAD = (
    "POST /language/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    f"Cookie: csrftoken={TOKEN}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    f"Content-Length: {len(BODY)}\r\n\r\n"
).encode()


def test_a_request_that_has_begun_is_answered_after_term(tmp_path):
    port = free_port()
    log = (tmp_path / "log").open("wb")
    web = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", f"--bind=127.0.0.1:{port}"),
            *("--worker-class=gthread", "--threads=4", "supportportal.wsgi"),
        ],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(tmp_path)},
        stdout=log,
        stderr=log,
        preexec_fn=die_with_parent,
    )
    try:
        wait_until(lambda: answers(port), seconds=60, what="gunicorn")
        with socket.create_connection(("127.0.0.1", port), 60) as visitor:
            visitor.sendall(HEAD + BODY[:10])
            wait_until(lambda: _healthy(port), what="another request, answered while this one waits for its rest")
            web.send_signal(signal.SIGTERM)
            wait_until(lambda: b"Handling signal: term" in (tmp_path / "log").read_bytes(), what="it to be heard")
            visitor.sendall(BODY[10:])
            answer = visitor.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 302")
        assert web.wait(60) == 0
    finally:
        web.kill()
        web.wait()
        log.close()


def _healthy(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 60) as asked:
        asked.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return b"200 OK" in asked.makefile("rb").read()
