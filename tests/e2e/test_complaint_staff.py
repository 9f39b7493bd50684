"""Staff and complaints in a real browser, on the demo's forty: the board, a case to its answer, entering one."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from complaints import demo
from complaints.models import Complaint, NamedStaff
from supportportal.demo import people
from supportportal.people.models import User
from tests.support import restoring

pytestmark = pytest.mark.django_db(transaction=True)
BOARD = "admin:complaints_complaint_changelist"
WIDER = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText)"
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(autouse=True)
def forty():
    restoring.made_once(build)


def build():
    at = timezone.now()
    people.build(at)
    demo.build(at)


@pytest.fixture
def enter(page, sign_in):
    """``enter("senior")``: that person of the demo is signed in, in the language given."""

    def enter(name, language="en"):
        person = User.objects.get(email=f"{name}@demo.example")
        User.objects.filter(pk=person.pk).update(language=language)
        sign_in(person)
        return person

    return enter


def case_of(name):
    return Complaint.objects.get(name=name)


def address_of(complaint):
    return reverse("admin:complaints_complaint_change", args=[complaint.pk])


def under(page, heading):
    return page.locator(f"section:has(> #{heading})")


def test_a_senior_brings_a_case_from_the_board_to_its_answer(page, width, enter, axe):
    enter("senior")
    page.goto(reverse(BOARD))
    case = case_of("Helen Okafor")
    page.get_by_role("link", name=case.reference).first.click()
    expect(page).to_have_url(re.compile(re.escape(address_of(case))))
    under(page, "assign").get_by_label("Reviewer").select_option(label="Carla Rinaldi")
    under(page, "assign").get_by_role("button", name="Assign").click()
    expect(page.get_by_text("Carla Rinaldi reviews this case.")).to_be_visible()
    page.get_by_text("Change the points").click()
    page.get_by_role("textbox", name="Points").fill("No appointment list for a morning.\n\nNobody could say how long.")
    page.locator("#points form[action$='/points/']").get_by_role("button", name="Keep").click()
    expect(page.get_by_text("The points are kept.")).to_be_visible()
    second = page.locator("#point-2")
    second.get_by_text("Write the finding").click()
    second.get_by_role("combobox", name="Finding").select_option("upheld")
    second.get_by_label("Reasons").fill("Nobody had the number of the hosting firm.")
    second.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("The finding is kept.")).to_be_visible()
    axe(page)
    letters = page.locator("#letters")
    letters.get_by_label("Letter").select_option("update")
    letters.get_by_role("button", name="Write").click()
    expect(page.get_by_label("Text")).to_have_value(re.compile("2\\. Nobody could say how long"))
    axe(page)
    page.get_by_role("button", name="Send by e-mail").click()
    expect(page.get_by_text("The letter is on its way.")).to_be_visible()
    letters.get_by_label("Letter").select_option("response")
    letters.get_by_role("button", name="Write").click()
    expect(page.get_by_label("Outcome")).to_have_value("upheld")
    page.get_by_label("Root cause").fill("Backup too slow")
    page.get_by_role("button", name="Answer the complaint with this letter").click()
    expect(page.locator(".case-head")).to_contain_text("answered")
    axe(page)
    assert case_of("Helen Okafor").root_cause == "Backup too slow"


def test_a_clerk_enters_a_letter_and_learns_what_follows(page, width, enter, axe):
    enter("agent")
    page.goto(reverse("admin:complaints_complaint_add"))
    axe(page)
    page.get_by_role("link", name="A letter").click()
    page.get_by_label("What happened, in the complainant's own words").fill("The parcel of March never came.")
    page.get_by_label("Name of the complainant").fill("Edith Marsh")
    page.get_by_label("Kind of post").fill("registered")
    page.get_by_role("button", name="Take the complaint").click()
    page.locator(".error-summary").wait_for()
    axe(page)
    page.get_by_label("Postal address").fill("3 Mill Lane\nBath")
    with page.expect_navigation():
        page.get_by_role("button", name="Take the complaint").click()
    entered = Complaint.objects.get(name="Edith Marsh")
    expect(page.get_by_text(entered.reference)).to_be_visible()
    axe(page)
    assert (entered.source, entered.post) == ("letter", "registered")
    assert page.request.get(address_of(entered)).status == 404


def test_the_agent_complained_about_is_asked_and_sees_nothing_else(page, enter, axe):
    person = enter("agent")
    case = NamedStaff.objects.get(part="about", person=person).complaint
    assert page.request.get(reverse(BOARD)).status == 404
    assert page.request.get(address_of(case)).status == 404
    page.goto(reverse("admin:index"))
    page.locator("a[href*='/statements/']").first.click()
    expect(page.get_by_text("spoke over me")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text(case.reference)
    expect(page.locator("body")).not_to_contain_text(case.name)
    axe(page)
    page.get_by_label("Your statement").fill("I did interrupt, and said nothing about age.")
    page.get_by_role("button", name="Hand in the statement").click()
    expect(page.get_by_text("Your statement has been handed over")).to_be_visible()


def test_the_board_and_a_case_fit_and_can_be_read_in_each_language(page, width, language, enter, axe):
    enter("senior", language)
    cases = ["Paolo Moretti", "Robin Ashdown", "Agnes Whitfield", "Arthur Penrose"]
    for address in [reverse(BOARD), f"{reverse(BOARD)}?view=table", *(address_of(case_of(name)) for name in cases)]:
        page.goto(address)
        axe(page)
        assert page.evaluate(FITS), address
        assert page.eval_on_selector_all(".case-column, .case-card", WIDER) == [], address
