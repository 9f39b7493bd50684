"""Clients who go the ways of the portal, and what became of each attempt."""

import contextlib
import random
import re
import threading
import time
from dataclasses import dataclass, field

from tests.factories import PASSWORD
from tests.support.processes import wait_until

from .stage import Stage
from .visitor import Visitor

RECOVERY = 5  # seconds after which nothing may fail any more: connections are checked, Redis asked again


def visitor(stage, number=0):
    return Visitor([web.port for web in stage.webs], address=f"203.0.113.{number + 1}")


def signed_in(stage, number):
    return sign_in(visitor(stage, number), f"client{number}@client.example")


def sign_in(one, address):
    page = one.get("/accounts/login/")
    page = one.submit(page, "password", login=address, password=PASSWORD)
    assert "sessionid" in one.cookies, f"{page.status} {page.path} {page.text[:3000]}"
    return one


def book(visitor, pick):
    """Go the way from the picker to the session's page; its reference, or None if the time was just taken."""
    page = visitor.get("/book/quick/")
    page = visitor.submit(page, "start", start=pick(page.form_with("start").choices["start"]))
    if "topic" not in page.text:
        return None
    page = visitor.submit(page, "topic", topic="The year's end", terms="on")
    booked = re.fullmatch(r"/sessions/([^/?]+)/(\?.*)?", page.path)
    return booked.group(1) if booked and page.status == 200 else None


@dataclass
class Load:
    """Clients who book and cancel, and what became of each attempt."""

    stage: Stage
    clients: int
    pause: float = 0  # seconds between two attempts of one client
    kept: float = 0.3  # of the sessions
    ending: threading.Event = field(default_factory=threading.Event)
    booked: list[str] = field(default_factory=list)
    troubles: list[tuple[float, float, str]] = field(default_factory=list)  # tried from, until, what
    requests: int = 0
    faults: list[str] = field(default_factory=list)

    def run(self):
        people = [signed_in(self.stage, number) for number in range(self.clients)]
        crowd = [threading.Thread(target=self._client, args=(one, random.Random(n))) for n, one in enumerate(people)]
        for one in crowd:
            one.start()
        return crowd

    def _client(self, one, chance):
        try:
            while not self.ending.is_set():
                self._attempt(one, chance)
                self.requests += len(one.statuses)
                one.statuses.clear()
                self.ending.wait(self.pause)
        except Exception as error:  # a thread's fault has to reach the test
            self.faults.append(f"{type(error).__name__}: {error}")

    def _attempt(self, one, chance):
        begun = time.monotonic()
        try:
            reference = book(one, chance.choice)
            if reference:
                self.booked.append(reference)
                if chance.random() >= self.kept:
                    page = one.get(f"/sessions/{reference}/")
                    link = re.search(r'"(/s/[^"]+/cancel/)"', page.text)
                    if link:
                        one.submit(one.get(link.group(1)), "reason", reason="other")
        except (OSError, AssertionError) as error:
            self.troubles.append((begun, time.monotonic(), repr(error)[:300]))
            self.ending.wait(0.2)
        bad = [status for status in one.statuses if status >= 500]
        self.troubles += [(begun, time.monotonic(), str(status)) for status in bad]


@dataclass
class Downs:
    """From when until when something was down."""

    spans: list[tuple[float, float]] = field(default_factory=list)

    @contextlib.contextmanager
    def span(self):
        began = time.monotonic()
        yield
        self.spans.append((began, time.monotonic() + RECOVERY))

    def touch(self, begun, ended):
        """Whether something was down at some time between: who asked then may be told so only later."""
        return any(down <= ended and begun <= up for down, up in self.spans)


def more(load, count):
    goal = len(load.booked) + count
    wait_until(lambda: load.faults or len(load.booked) >= goal, seconds=120, what="more sessions to be booked")
    assert load.faults == []
