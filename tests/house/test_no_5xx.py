"""Whatever is asked of whatever page by whomever, the answer is never an error of ours.

The addresses are drawn from the portal's own map, so that a new page is tried too; the rows are the demo's.
"""

import logging
import random
import sys
import traceback
from urllib.parse import quote

import pytest
from django.core.signals import got_request_exception
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone

from bookings import messages, messages_outcomes, messages_waiting
from bookings.models import Agent, Booking, Callback, Fee, Offer, SessionType, Strike
from complaints.models import Complaint
from supportportal import links
from supportportal.demo import builders
from supportportal.people.models import User
from tests.support.pages import address, pages

from . import complaint_pages, conduct_pages

pytestmark = pytest.mark.django_db

EVERYONE = ["", "client@demo.example", "agent@demo.example", "manager@demo.example"]
ODD = [
    *["", "0", "-1", "1", "²", "٣", "9" * 8, "9" * 25, "2147483647", "a\x00b", "\U0001f600\u202e", "x' --", "home"],
    *["0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "Europe/Rome", "../../etc"],
]
LONG = "9" * 5000  # longer than Python turns into a number
FIELDS = [
    "start",
    "day",
    "from",
    "zone",
    "agent",
    "for",
    "version",
    "page",
    "topic",
    "mail",
    "of",
    "asked_at",
    "off",
    "session_type",
    "client",
    "until",
    "state",
    "queue",
    "q",
    "p",
    "o",
    "next",
    "at",
    "meaning",
    "reason",
    "fee",
    "form_key",
    "kept_files",
    "details",
    "phone",
    "sure",
    "answer",
    "days",
    "terms",
    "say",
    "rating",
    "comment",
    "number",
    "contact",
    "description",
    "day_part",
    "attendee",
    "text",
    "language",
    "time_zone",
    "name",
    "person",
    "email",
    "password",
    "whose",
    "session",
    "outcome",
    "summary",
    "note",
    "action",
    "_selected_action",
    "ends_at",
    "first_day",
    "country",
    "who",
    "due",
    "about",
    "step",
    "view",
    "source",
    "table",
    "seen",
    "texts",
    "kind",
    "press",
    "subject",
    "body",
    "case",
    "reviewer",
    "deadline",
    "arrived_on",
    "weeks",
    "applies_from",
    "what",
    "category",
    "happened_at",
    "channel",
    "categories",
    "words",
    "acceptable",
    "concerned",
    "reasons",
    "hours",
    "booking",
    "callback",
    "complaint",
    "feed",
    "busy",
    "address",
]
UNTRIED = {"demo:refresh", "health_jobs"}  # makes all rows anew; says 503 where no ticks run
LEFT_OUT = {"anymail": 0.9, "admin": 0.6}  # the share of pages, which a run is long enough without


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """The demo and more, made once: of what is asked here the database keeps nothing."""
    with django_db_blocker.unblock(), override_settings(DEMO=True), transaction.atomic():
        builders.bring_to(timezone.now())
        conduct_pages.make_rows()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demo(made, settings):
    settings.DEMO = True


@pytest.fixture
def errors():
    """What was raised and became an error page."""
    raised = []

    def keep(**kwargs):
        error = sys.exc_info()[1]
        line = traceback.extract_tb(error.__traceback__)[-1]
        raised.append(f"{type(error).__name__}: {str(error)[:100]} at {line.filename}:{line.lineno}")

    got_request_exception.connect(keep)
    logging.disable(logging.CRITICAL)
    yield raised
    logging.disable(logging.NOTSET)
    got_request_exception.disconnect(keep)


def test_no_request_is_answered_with_an_error_of_ours(demo, errors):
    tried, broken = 0, {}
    for email in EVERYONE:
        draw = random.Random(f"odd:{email}")
        person = User.objects.filter(email=email).first()
        values = known_values(person)
        browser = Client(raise_request_exception=False)
        if person is not None:
            browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        for name, pattern in sorted(dict(pages()).items()):
            path = address(name, pattern, values)
            if path is None or name in UNTRIED or draw.random() < share_left_out(name):
                continue
            for method, where, sent in requests_to(path, draw):
                del errors[:]
                answer = ask(browser, method, where, sent)
                tried += 1
                if answer.status_code >= 500:
                    broken.setdefault((method, name, *errors), (email, where[:300], sent))
    assert tried > 300
    assert not broken, "\n".join(f"{what}: {how}"[:800] for what, how in broken.items())


def test_nothing_typed_into_a_case_is_answered_with_an_error_of_ours(demo, errors):
    person, draw, broken = User.objects.get(email="senior@demo.example"), random.Random("case"), {}
    browser = Client(raise_request_exception=False)
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    seen = Complaint.objects.visible_to(person)
    cases = [seen.filter(state=state).order_by("-version").first() for state in Complaint.State]
    presses = [press for case in cases for press in complaint_pages.presses_on(case, draw)]
    written = list(complaint_pages.pages_to_write(person))
    for where, sent in [*presses, *written, *complaint_pages.entries(draw)]:
        del errors[:]
        if ask(browser, "post", where, sent).status_code >= 500:
            broken.setdefault(tuple(errors), (where, sent))
    assert len(presses) > 100
    assert written
    assert not broken, "\n".join(f"{what}: {how}"[:800] for what, how in broken.items())


def test_nothing_typed_into_an_incident_is_answered_with_an_error_of_ours(demo, errors):
    person, draw, broken = User.objects.get(email="manager@demo.example"), random.Random("incident"), {}
    browser = Client(raise_request_exception=False)
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    presses = list(conduct_pages.presses_on_incidents(person, draw))
    for where, sent in presses:
        del errors[:]
        if ask(browser, "post", where, sent).status_code >= 500:
            broken.setdefault(tuple(errors), (where, sent))
    assert len(presses) > 30
    assert not broken, "\n".join(f"{what}: {how}"[:800] for what, how in broken.items())


def share_left_out(name):
    namespace, _colon, page = name.rpartition(":")
    return 0 if page.startswith(("complaints_", "conduct_")) else LEFT_OUT.get(namespace, 0)


def ask(browser, method, where, sent):
    """One request, of which the database keeps nothing: the next one finds the demo as it was."""
    with transaction.atomic():
        answer = getattr(browser, method)(where, sent)
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer


def requests_to(path, draw):
    some = draw.sample(FIELDS, 3)
    yield "get", path, {}
    yield "get", f"{path}?" + "&".join(f"{field}=%ff%fe" for field in FIELDS), {}
    yield "get", f"{path}?" + "&".join(f"{field}={quote(draw.choice(ODD))}" for field in some), {}
    yield "post", path, {field: draw.choice([*ODD, LONG]) for field in FIELDS}


def known_values(person):
    coming = Booking.objects.upcoming(timezone.now())
    booking = coming.filter(client=person).first() or coming.first()
    attended = Booking.objects.filter(state=Booking.State.ATTENDED).first()
    values = {
        "reference": booking.reference,
        "slug": SessionType.objects.offered().first().slug,
        "token": links.token(messages.LINK_KIND, booking.pk, booking.link_epoch),
        "code": "imprint",
        "action": "attended",
        "object_id": "a\x00b",
        "pk": booking.pk,
        ("bookings:strike", "pk"): Strike.objects.first().pk,
        ("bookings:offer", "token"): links.token(messages_waiting.LINK_KIND, Offer.objects.first().pk),
        ("bookings:feedback", "token"): links.token(messages_outcomes.FEEDBACK_LINK, attended.pk),
        ("bookings:survey", "token"): links.token(messages_outcomes.SURVEY_LINK, 1),
        **complaint_pages.values_of_complaints(person),
        **conduct_pages.values_of_incidents(person),
    }
    rows = {"booking": booking, "strike": Strike, "fee": Fee, "agent": Agent, "callback": Callback}
    for name, row in rows.items():
        row = row if isinstance(row, Booking) else row.objects.first()
        for _page, pattern in pages():
            if pattern.name.startswith(f"bookings_{name}_"):
                values[f"admin:{pattern.name}", "pk"] = values[f"admin:{pattern.name}", "object_id"] = row.pk
    return values
