import pytest
from django.utils import translation

from supportportal.trail import operations, words
from supportportal.trail.models import Entry
from tests.factories import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(client, at):
    client.force_login(UserFactory(is_staff=True, is_superuser=True, language="nl"))
    operations.record("account.changed", AccountFactory(), by=None, at=at)
    return Entry.objects.get()


def text_of(client, address):
    return client.get(address).content.decode()


@pytest.mark.parametrize("page", ["", "{}/change/"], ids=["list", "entry"])
def test_an_entry_says_what_happened_in_the_readers_language(client, entry, page):
    shown = text_of(client, "/admin/trail/entry/" + page.format(entry.pk))
    with translation.override("nl"):
        said, kind = words.of(entry.verb), words.kind_of(entry.subject_type)
    assert said not in ("Account changed", entry.verb)
    assert said in shown
    assert kind in shown
    assert entry.verb not in shown


@pytest.mark.parametrize("by_code", [True, False], ids=["its code", "the reader's words"])
def test_an_entry_is_found_by(client, entry, by_code):
    with translation.override("nl"):
        asked = "count.chang" if by_code else words.of(entry.verb)[2:12]
    assert f"/admin/trail/entry/{entry.pk}/change/" in text_of(client, f"/admin/trail/entry/?q={asked}")


def test_an_entry_of_a_kind_and_verb_that_no_release_knows_any_more_is_shown_by_its_codes(client, entry):
    Entry.objects.create(verb="tea.made", subject_type="kitchen.pot", subject_id=1, at=entry.at)
    shown = text_of(client, "/admin/trail/entry/?q=tea")
    assert "tea.made" in shown
    assert "kitchen.pot" in shown
