"""A senior manager decides an appeal, and the ombudsman's step after it, in a real browser and each language."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from complaints.models import Complaint, Letter
from complaints.operations import appeals, letters
from supportportal.people import roles
from tests.factories import FirmFactory
from tests.factories_complaints import ComplaintFactory, SchemeFactory, decided, final_draft, senior

pytestmark = pytest.mark.django_db(transaction=True)
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture
def words(language):
    """``words("Send")``: what stands on the page in the browser's language."""

    def words(text: str) -> str:
        with translation.override(language):
            return str(_(text))

    return words


@pytest.fixture
def bert(language, sign_in):
    """A senior manager, signed in, who had no part in the first answer."""
    FirmFactory(country="IT")
    roles.sync_after_migrate(apps.get_app_config("complaints"), "default")
    bert = senior(name="Bert Vink", language=language)
    sign_in(bert)
    return bert


@pytest.fixture
def appealed(bert) -> Complaint:
    """Answered a week ago by another senior manager, and appealed against yesterday; a scheme is set."""
    at = timezone.now()
    SchemeFactory(applies_from=(at - timedelta(days=60)).date())
    complaint = ComplaintFactory(at=at - timedelta(days=9))
    decided(complaint, by=senior(name="Anna Rossi"), at=at - timedelta(days=7))
    appeals.lodge(complaint, reasons="You overlooked the mail of Monday.", at=at - timedelta(days=1))
    return complaint


def case(page, complaint):
    page.goto(reverse("admin:complaints_complaint_change", args=[complaint.pk]))


def test_another_senior_manager_decides_the_appeal(page, width, words, axe, bert, appealed):
    case(page, appealed)
    page.get_by_text("You overlooked the mail of Monday.").first.wait_for()
    assigned = page.locator("section:has(> #assign-appeal)")
    assert "Anna Rossi" not in assigned.inner_text()  # who answered first is not offered
    assigned.locator("select").select_option(label="Bert Vink")
    with page.expect_navigation():
        assigned.get_by_role("button", name=words("Assign")).click()
    with page.expect_navigation():
        page.locator("#letters select").select_option("final")
        page.locator("#letters").get_by_role("button", name=words("Write")).click()
    send = page.get_by_role("button", name=words("Decide the appeal with this letter"))
    with page.expect_navigation():
        send.click()
    page.locator(".error-summary").wait_for()  # something is still to be written, and to be chosen
    axe(page)
    text = page.locator("textarea[name=body]")
    text.fill(text.input_value().replace("[…]", "It was overlooked, and we are sorry."))
    page.locator("select[name=outcome]").select_option("varied")
    with page.expect_navigation():
        send.click()
    axe(page)
    assert page.evaluate(FITS)
    appealed.refresh_from_db()
    assert (appealed.state, appealed.appeal.outcome) == (Complaint.State.FINAL, "varied")
    assert appealed.appeal.decided_by == bert
    gone = appealed.letters.exclude(state=Letter.State.DRAFT).values_list("kind", flat=True)
    assert {"final", "ombudsman"} <= set(gone)


def test_a_referral_its_decision_and_what_we_did_are_written_down(page, width, words, axe, bert, appealed):
    at = timezone.now()
    final = final_draft(appealed, by=bert, at=at)
    appeals.decide(appealed.appeal, final, outcome="upheld", by=bert, at=at, seen=None)
    letters.has_gone(appealed.letters.get(kind="ombudsman"), when=at)
    case(page, appealed)
    today = timezone.localdate().isoformat()
    page.get_by_text(words("The complainant has turned to the ombudsman")).click()
    for action, values in (
        ("refer", {"their_reference": "CO-1234", "referred_on": today}),
        ("decision", {"decision": "They shall pay 50 euro.", "decided_on": today}),
        ("follow-up", {"followed_up": "Paid.", "on": today}),
    ):
        form = page.locator(f"form[action$='/do/{action}/']")
        for name, value in values.items():
            form.locator(f"[name={name}]").fill(value)
        with page.expect_navigation():
            form.get_by_role("button").click()
    axe(page)
    assert page.evaluate(FITS)
    referral = appealed.referral
    assert (referral.their_reference, referral.decision, referral.followed_up) == (
        "CO-1234",
        "They shall pay 50 euro.",
        "Paid.",
    )
