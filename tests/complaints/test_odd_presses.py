"""Presses that no page of ours offers, and days that no calendar knows: refused in words, with nothing changed."""

from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.urls import reverse

from complaints.models import Complaint
from supportportal.people import roles

from ..factories import MONDAY_TEN
from ..factories_complaints import ComplaintFactory, decided, senior

NOW = MONDAY_TEN + timedelta(hours=1)


@pytest.fixture
def press(client, firm):
    roles.sync_after_migrate(apps.get_app_config("complaints"), "default")

    def press(complaint, action, by, **given):
        client.force_login(by)
        with time_machine.travel(NOW, tick=False):
            address = reverse("admin:complaints_complaint_act", args=[complaint.pk, action])
            return client.post(address, {"seen": complaint.version, **given})

    return press


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("assign-appeal", {"reviewer": ""}),
        ("decision", {"decision": "Refund.", "decided_on": "2026-01-12"}),
        ("follow-up", {"followed_up": "Paid.", "on": "2026-01-12"}),
    ],
    ids=["no appeal", "no referral to decide", "no referral to follow"],
)
def test_a_press_for_what_the_case_does_not_have_is_refused(press, action, given):
    complaint = ComplaintFactory()
    answer = press(complaint, action, senior(), **given)
    assert answer.status_code == 200
    assert answer.context["failed"].action == action
    assert Complaint.objects.get().version == complaint.version


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_far_from_any_calendar_is_an_error_beside_the_field(press, day):
    manager = senior()
    complaint = decided(ComplaintFactory(), by=manager, at=NOW - timedelta(minutes=5))
    answer = press(complaint, "lodge-appeal", manager, arrived_on=day, reasons="You overlooked the mail.")
    assert answer.status_code == 200
    assert "arrived_on" in answer.context["failed"].errors
    assert Complaint.objects.get().state == Complaint.State.ANSWERED
