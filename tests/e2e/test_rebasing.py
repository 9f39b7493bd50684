"""A manager adds a holiday, is told what it would move, and lets it."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from bookings.models import Holiday
from complaints.models import Deadline
from complaints.operations import clocks
from tests.factories import FirmFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory

pytestmark = pytest.mark.django_db(transaction=True)
Step = Deadline.Step


def a_workday_from(day: date) -> date:
    return day if day.weekday() < 5 else a_workday_from(day + timedelta(days=1))


def test_a_holiday_is_added_and_a_deadline_moved(page, sign_in, axe, width):
    FirmFactory()
    now = timezone.now()
    complaint = ComplaintFactory(at=now)
    clocks.happened(complaint, Step.ACKNOWLEDGE, when=now)
    complaint.deadlines.update(told_at=None)
    before = complaint.deadlines.get(step=Step.UPDATE).day
    sign_in(StaffFactory(roles=["manager"]))
    new = Holiday.objects.create(country="IT", day=a_workday_from(before - timedelta(days=1)), name="Patron saint")
    page.goto(f"/admin/bookings/holiday/{new.pk}/change/")
    page.locator("[name=_save]").first.click()
    page.get_by_role("link", name="See the list").wait_for()
    with page.expect_navigation():
        page.get_by_role("link", name="See the list").click()
    axe(page)
    page.get_by_label(f"{complaint.reference}, progress update").check()
    page.get_by_label("Why they move").fill("The patron saint's day.")
    page.get_by_role("button", name="Move the chosen deadlines").click()
    page.get_by_text("2 deadlines re-based.").wait_for()
    page.get_by_text("The calendar moves no deadline").wait_for()
    assert complaint.deadlines.get(step=Step.UPDATE).day > before
