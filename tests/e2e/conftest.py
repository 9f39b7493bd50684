"""A real browser before a real server: Debian's Chromium, a phone or a desktop, in three languages, watched by axe."""

import os
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Locator, expect

WIDTHS = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}
LANGUAGES = ["en", "it", "nl"]
SERIOUS = {"serious", "critical"}
# Axe would load the style sheets again into inline styles, which our own security policy refuses;
# telling of what was right too takes as long as looking.
AXE_OPTIONS = {"preload": False, "resultTypes": ["violations"]}

expect.set_options(timeout=30_000)  # a busy machine draws slowly, and what comes in the end is right

# Playwright's loop runs in the test's own thread, where Django would otherwise refuse the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    found = next((path for path in map(shutil.which, filter(None, names)) if path), None)
    assert found, "No Chromium: see .ci/browser."
    flags = ["--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    return {**browser_type_launch_args, "executable_path": found, "args": flags}


@pytest.fixture(params=WIDTHS)
def width(request) -> str:
    """``phone`` and ``desktop``; asking for it runs the test once for each."""
    return request.param


@pytest.fixture(params=LANGUAGES)
def language(request) -> str:
    return request.param


@pytest.fixture
def browser_context_args(browser_context_args, request, site):
    """The width and language that the test asks for, else a desktop in English; Rome's clock."""
    width = request.getfixturevalue("width") if "width" in request.fixturenames else "desktop"
    language = request.getfixturevalue("language") if "language" in request.fixturenames else "en"
    return {
        **browser_context_args,
        "base_url": site,
        "viewport": WIDTHS[width],
        "has_touch": width == "phone",
        "locale": language,
        "timezone_id": "Europe/Rome",
        "reduced_motion": "reduce",
    }


@pytest.fixture
def site(live_server, monkeypatch) -> str:
    """The address of the running portal, where links in mails lead too; ``page.goto("/")`` goes there."""
    monkeypatch.setattr(settings, "SITE_URL", live_server.url)
    return live_server.url


@pytest.fixture
def sign_in(context, site, client):
    """``sign_in(user)``: the browser has that person's session. The sign-in page itself has tests of its own."""

    def sign_in(user) -> None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site}])

    return sign_in


@pytest.fixture
def axe():
    """``axe(page)``: fails on any serious or critical finding, and names it."""
    checker = Axe()

    def axe(page) -> None:
        found = [
            f"{violation['impact']} {violation['id']}: {node['html'][:200]}"
            for violation in checker.run(page, options=AXE_OPTIONS).response["violations"]
            if violation["impact"] in SERIOUS
            for node in violation["nodes"]
        ]
        assert found == [], page.url

    return axe


@pytest.fixture(autouse=True)
def whole_pages(monkeypatch):
    """A click that leads to another page ends when that page is whole.

    Playwright's own ends when the page has begun, where a document without a root element can be met.
    """
    click = Locator.click

    def click_and_arrive(self, **options) -> None:
        click(self, **options)
        self.page.wait_for_load_state()

    monkeypatch.setattr(Locator, "click", click_and_arrive)


@pytest.fixture
def page(page):
    """Nothing may go wrong unseen: errors of scripts and refused resources fail the test."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield page
    assert wrong == []
