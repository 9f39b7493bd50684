"""The pictures of the manuals: walked in a real browser over the demo, so that they cannot rot.

Each run opens every page that is pictured and looks for what the manual says of it; ``make pictures`` keeps what it
sees. A picture that no manual shows, or that a manual shows and nobody takes, fails (``tests/house/test_docs.py``).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import Page, expect

from bookings import messages
from bookings.models import Booking, Callback, Strike
from complaints.models import Complaint
from conduct.models import Incident, Measure
from supportportal.demo import builders
from supportportal.pages import manuals
from supportportal.people.models import User
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "pictures"
NOW = datetime(2026, 11, 24, 12, 7, tzinfo=UTC)  # a Tuesday, 13:07 in Rome
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Picture:
    """What ``who`` sees ``where``, from the top of ``part`` or of the page; the words ``shows`` stand there."""

    name: str
    who: str
    where: Callable[[], str]
    shows: str
    part: str = ""
    height: int = 860
    phone: bool = False


def current_session() -> str:
    agents = Booking.objects.filter(agent__user__email="agent@demo.example").upcoming(NOW)
    return reverse("admin:bookings_booking_change", args=[agents.order_by("first_cell").first().pk])


def case_about_staff() -> str:
    seen = Complaint.objects.visible_to(User.objects.get(email="senior@demo.example"))
    return reverse("admin:complaints_complaint_change", args=[seen.filter(points__isnull=False).first().pk])


def incident_to_decide() -> str:
    waiting = Incident.objects.open().filter(client__email="bruno@studiomoretti.example").first()
    return reverse("admin:conduct_incident_decide", args=[waiting.pk])


def measure_to_approve() -> str:
    return reverse("admin:conduct_measure_approve", args=[Measure.objects.get(state=Measure.State.PROPOSED).pk])


def strike_to_look_at() -> str:
    return reverse("admin:bookings_strike_answer", args=[Strike.objects.get(reviews__isnull=False).pk])


def callback_taken() -> str:
    return reverse("admin:bookings_callback_change", args=[Callback.objects.get(claimed_by__isnull=False).pk])


def to_cancel_late() -> str:
    return messages.manage_path(Booking.objects.get(reference="LATE-DEMO"), "cancel")


def page_of(name: str) -> Callable[[], str]:
    return lambda: reverse(name)


PICTURES = [
    Picture("first-page", "agent", page_of("admin:index"), "My sessions today"),
    Picture("session", "agent", current_session, "Messages"),
    Picture("ill-today", "agent", lambda: reverse("admin:bookings_agent_ill") + "?until=today", "I'm ill today"),
    Picture("callback", "agent", callback_taken, "Call"),
    Picture(
        "report",
        "agent",
        page_of("admin:conduct_incident_add"),
        "Would these words be acceptable",
        "label[for=id_words]",
    ),
    Picture("strike", "manager", strike_to_look_at, "Strike"),
    Picture("board", "senior", page_of("admin:complaints_complaint_changelist"), "Enter a complaint"),
    Picture("case", "senior", case_about_staff, "Points"),
    Picture("decide", "manager2", incident_to_decide, "Comparable", "#precedents"),
    Picture("approve", "senior", measure_to_approve, "Approve"),
    Picture("consistency", "senior", page_of("admin:conduct_incident_consistency"), "By month"),
    Picture("times", "client", lambda: "/book/quick-assist/", "Choose a day and time"),
    Picture("times-phone", "client", lambda: "/book/quick-assist/", "Choose a day and time", phone=True),
    Picture("late-phone", "late", to_cancel_late, "no-show", ".notice", phone=True),
]


@pytest.fixture
def demo(settings):
    settings.DEMO = True
    with time_machine.travel(NOW):
        builders.bring_to(NOW)
        yield


def test_every_picture_shows_what_its_manual_says(page, sign_in, demo):
    for picture in PICTURES:
        sign_in(User.objects.get(email=f"{picture.who}@demo.example"))
        page.set_viewport_size(PHONE if picture.phone else {"width": 1280, "height": picture.height})
        page.goto(picture.where())
        expect(page.locator("main").get_by_text(picture.shows).first).to_be_visible()
        if os.environ.get("PICTURES"):
            take(page, picture)


def test_the_manuals_can_be_read_by_everyone(page, width, sign_in, axe):
    page.goto(reverse("help"))
    axe(page)
    sign_in(StaffFactory(roles=["manager"]))
    page.goto(reverse("admin:index"))
    page.locator(".staff-help").click()
    expect(page.locator("#your-first-page")).to_be_in_viewport()
    assert page.evaluate("document.images[0].naturalWidth") > 0
    for address in [reverse("admin:help"), *(reverse("admin:help_manual", args=[name]) for name in manuals.SHOWN)]:
        page.goto(address)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def take(page: Page, picture: Picture) -> None:
    """The demo's bar is no part of the portal."""
    page.evaluate("document.querySelector('.demo-bar')?.remove()")
    if picture.part:
        page.locator(picture.part).first.evaluate("part => scrollTo(0, part.getBoundingClientRect().top - 16)")
    FOLDER.mkdir(exist_ok=True)
    page.screenshot(path=FOLDER / f"{picture.name}.png", animations="disabled")
