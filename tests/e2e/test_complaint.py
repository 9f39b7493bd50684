"""A complainant's whole way in a real browser: complain, read, add, appeal, take it back."""

import re

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from playwright.sync_api import expect

from complaints import messages
from complaints.models import Complaint, Letter
from complaints.operations import letters
from supportportal.files.models import StoredFile
from tests.factories import FirmFactory, StaffFactory
from tests.factories_complaints import ComplaintFactory, letter_that_went
from tests.files import pictures, samples

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def firm():
    return FirmFactory(country="IT")


@pytest.fixture
def words(language):
    """``words("Send")``: what stands on the page in the browser's language."""

    def words(text: str) -> str:
        with translation.override(language):
            return _(text)

    return words


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(pictures.JPEG)
    return str(path)


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.exe"
    path.write_bytes(b"MZ\0\0")
    return str(path)


def test_somebody_complains_and_follows_it(page, width, language, words, photo, axe):
    page.goto("/")
    with page.expect_navigation():
        page.get_by_role("contentinfo").get_by_role("link", name=words("Make a complaint")).click()
    axe(page)
    page.get_by_role("button", name=words("Send the complaint")).click()
    page.locator(".error-summary").wait_for()
    assert page.locator("details.more").get_attribute("open") is None
    page.get_by_label(words("What happened?")).fill("The export stops half-way.")
    page.get_by_label(words("Your name")).fill("Anna Neri")
    page.get_by_label(words("E-mail address")).fill("anna@example.org")
    page.get_by_text(words("Add details")).click()
    page.locator("#id_files").set_input_files(photo)
    expect(page.locator(".upload__name")).to_have_text("photo.jpg")
    axe(page)
    page.get_by_role("button", name=words("Send the complaint")).click()
    page.get_by_text(words("We have your complaint"), exact=True).wait_for()
    axe(page)
    complaint = Complaint.objects.get()
    assert complaint.language == language
    assert complaint.evidence.get().shown is not None
    with page.expect_navigation():
        page.get_by_role("link", name=words("Add something")).click()
    axe(page)
    page.get_by_label(words("What do you want to add?")).fill("It happened again.")
    page.get_by_role("button", name=words("Send"), exact=True).click()
    page.get_by_text(words("Thank you: it is with your complaint now")).wait_for()
    axe(page)
    with page.expect_navigation():
        page.get_by_role("link", name=words("Take it back")).click()
    axe(page)
    page.get_by_label(words("I take my complaint back")).check()
    page.get_by_role("button", name=words("Take it back")).click()
    page.get_by_text(words("You have taken it back")).wait_for()
    axe(page)
    assert Complaint.objects.get().state == Complaint.State.WITHDRAWN


def test_an_answer_is_appealed(page, width, language, words, axe):
    complaint = ComplaintFactory(at=timezone.now(), language=language)
    senior = StaffFactory(roles=["senior manager"])
    now = timezone.now()
    Complaint.objects.update(state=Complaint.State.ANSWERED, decided_at=now, decided_by=senior)
    letter = letters.send_new(complaint, Letter.Kind.RESPONSE, by=senior, at=now)
    letter_that_went(letter, now)
    page.goto(messages.status_path(complaint))
    axe(page)
    with page.expect_navigation():
        page.get_by_role("link", name=words("Appeal"), exact=True).click()
    axe(page)
    page.get_by_role("button", name=words("Send the appeal")).click()
    page.locator(".error-summary").wait_for()
    page.get_by_label(words("What is wrong with our answer?")).fill("You overlooked the mail of Monday.")
    page.get_by_role("button", name=words("Send the appeal")).click()
    page.get_by_text(words("We have your appeal"), exact=True).wait_for()
    axe(page)


def test_the_authority_follows_the_country(page):
    page.goto("/complaint/")
    page.get_by_label("Country").select_option("NL")
    expect(page.locator("#authority")).to_contain_text("Autoriteit Persoonsgegevens")


def test_a_bad_file_is_named_and_the_good_one_stays(page, photo, program):
    page.goto("/complaint/")
    page.get_by_text("Add details").click()
    page.locator("#id_files").set_input_files([photo, program])
    expect(page.locator(".upload__name")).to_have_text("photo.jpg")
    expect(page.locator("#files .field__error").first).to_contain_text("program.exe")


def test_a_file_that_is_too_large_is_not_sent(page, tmp_path, settings):
    settings.FILES_MAX_BYTES = 1000
    large = tmp_path / "large.pdf"
    large.write_bytes(samples.PDF.ljust(2000))
    page.goto("/complaint/")
    page.get_by_text("Add details").click()
    page.locator("#id_files").set_input_files(str(large))
    expect(page.locator("[data-trouble]")).to_contain_text("Nothing was sent")
    assert not StoredFile.objects.exists()


class TestTrouble:
    """What does not arrive or does not exist is said, what was typed is safe, and the next try works."""

    @pytest.fixture
    def page(self, context):
        return context.new_page()  # errors on the console are part of this

    def test_a_link_that_does_not_work_is_a_page_of_ours(self, page, axe):
        assert page.goto("/c/a.1.forged/").status == 404
        page.get_by_role("heading", name="This link does not work").wait_for()
        axe(page)

    def test_it_can_be_tried_again(self, page, photo):
        page.route("**/complaint/files/", lambda route: route.abort())
        page.goto("/complaint/")
        page.get_by_label("What happened?").fill("The export stops half-way.")
        page.get_by_text("Add details").click()
        page.locator("#id_files").set_input_files(photo)
        expect(page.locator("[data-trouble]")).to_contain_text("You can try again")
        page.unroute("**/complaint/files/")
        page.locator("#id_files").set_input_files([])
        page.locator("#id_files").set_input_files(photo)
        expect(page.locator(".upload__name")).to_have_text("photo.jpg")
        expect(page.get_by_label("What happened?")).to_have_value("The export stops half-way.")


class TestWithoutScripts:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "java_script_enabled": False}

    def test_the_whole_way(self, page, photo, program):
        page.goto("/complaint/")
        page.get_by_label("What happened?").fill("The export stops half-way.")
        page.get_by_label("Country").select_option("NL")
        page.get_by_text("Add details").click()
        page.locator("#id_files").set_input_files([photo, program])
        page.get_by_role("button", name="Send the complaint").click()
        expect(page.locator("#authority")).to_contain_text("Autoriteit Persoonsgegevens")
        expect(page.locator(".upload__name")).to_have_text("photo.jpg")
        page.get_by_label("Your name").fill("Anna Neri")
        page.get_by_label("Or your postal address").fill("Kade 1\nAmsterdam")
        page.get_by_role("button", name="Send the complaint").click()
        page.get_by_text("We have your complaint").wait_for()
        expect(page.locator(".letter__when").first).to_contain_text("A letter is on its way by post")
        page.get_by_role("link", name="Add something").click()
        page.get_by_label("What do you want to add?").fill("It happened again.")
        page.get_by_role("button", name="Send", exact=True).click()
        page.get_by_text("Thank you: it is with your complaint now").wait_for()
        page.get_by_role("link", name="Take it back").click()
        page.get_by_label("I take my complaint back").check()
        page.get_by_role("button", name="Take it back").click()
        page.get_by_text("You have taken it back").wait_for()
        assert re.match(r".*/c/.+\?done=withdrawn$", page.url)
        assert Complaint.objects.get().evidence.count() == 1
