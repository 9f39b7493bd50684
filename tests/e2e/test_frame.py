"""The frame of every page: reachable, readable, in each language and at each width."""

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_first_page_shows_and_satisfies_axe(page, language, width, axe):
    page.goto("/")
    assert page.locator("html").get_attribute("lang") == language
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    axe(page)
