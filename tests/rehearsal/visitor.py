"""A person at a browser without scripts, behind the firm's proxy; every request may go to another web process."""

import http.client
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

HOST = "support.example.org"
REDIRECTS = range(300, 400)


@dataclass
class Form:
    action: str
    is_post: bool
    values: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)  # radios: what can be picked


@dataclass
class Answer:
    status: int
    path: str
    text: str
    forms: list[Form]

    def form_with(self, name: str) -> Form:
        """The form that has a field of this name."""
        for form in self.forms:
            if name in form.choices or any(name == known for known, _value in form.values):
                return form
        raise AssertionError(f"{self.path} ({self.status}) has no form with {name}: {self.text[:2000]}")


class Visitor:
    """Cookies and a number of addresses taken in turns, as a proxy deals requests out."""

    def __init__(self, ports: Iterable[int], *, address: str = "203.0.113.7") -> None:
        self.ports = itertools.cycle(list(ports))
        self.address = address
        self.cookies: dict[str, str] = {}
        self.statuses: list[int] = []

    def get(self, path: str) -> Answer:
        return self._follow("GET", path, None)

    def submit(self, page: Answer, having: str, **values: str) -> Answer:
        """Send the form that has the field ``having``, with what stands in it and ``values``."""
        form = page.form_with(having)
        sent = dict(form.values) | values
        target = urljoin(page.path, form.action) if form.action else page.path
        if form.is_post:
            return self._follow("POST", target, urlencode(sent))
        return self.get(f"{urlsplit(target).path}?{urlencode(sent)}")

    def _follow(self, method: str, path: str, body: str | None) -> Answer:
        for _redirect in range(10):
            status, headers, text = self.request(method, path, body)
            if status not in REDIRECTS:
                reader = _Reader()
                reader.feed(text)
                return Answer(status, path, text, reader.forms)
            location = urlsplit(urljoin(f"https://{HOST}{path}", headers["Location"]))
            method, body, path = "GET", None, location.path + (f"?{location.query}" if location.query else "")
        raise AssertionError(f"{path} leads round in circles.")

    def request(self, method: str, path: str, body: str | None = None) -> tuple[int, http.client.HTTPMessage, str]:
        """One request, without following; raises OSError where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", next(self.ports), timeout=60)
        headers = {
            "Host": HOST,
            "X-Forwarded-For": self.address,
            "X-Forwarded-Proto": "https",
            "Referer": f"https://{HOST}{path}",
            "Accept-Language": "en",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        finally:
            connection.close()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _equals, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        self.statuses.append(response.status)
        return response.status, response.headers, text


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.form: Form | None = None
        self.open_field = ""
        self.options: list[str] = []

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.form = Form(given.get("action", ""), given.get("method", "get").lower() == "post")
            self.forms.append(self.form)
        elif self.form is not None and tag in ("input", "textarea", "select") and given.get("name"):
            self._field(tag, given)
        elif self.form is not None and tag == "option" and self.open_field:
            if "selected" in given or not self.options:
                self._set(self.open_field, given.get("value", ""))
            self.options.append(given.get("value", ""))

    def _field(self, tag, given):
        name, kind = given["name"], given.get("type", "text")
        if tag == "select":
            self.open_field, self.options = name, []
        elif kind == "radio":
            self.form.choices.setdefault(name, []).append(given.get("value", "on"))
            if "checked" in given:
                self._set(name, given.get("value", "on"))
        elif kind == "checkbox":
            self.form.choices.setdefault(name, []).append(given.get("value", "on"))
        elif kind not in ("submit", "button", "file", "image"):
            self._set(name, given.get("value", ""))

    def _set(self, name, value):
        self.form.values = [pair for pair in self.form.values if pair[0] != name] + [(name, value)]

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.open_field = ""
