"""What is locked in the database opens with the portal's keys and with nothing else."""

import pytest

from bookings.forms_calendar import LONGEST
from bookings.models import BusyCalendar
from supportportal import secrets_at_rest
from supportportal.secrets_at_rest import CannotUnlock

SECRET = "https://calendar.example/private-é/basic.ics"


def test_what_is_locked_tells_nothing_and_opens_again():
    kept = secrets_at_rest.lock(SECRET, "a")
    assert secrets_at_rest.is_locked(kept) and "calendar" not in kept and kept.isascii()
    assert secrets_at_rest.unlock(kept, "a") == SECRET
    assert secrets_at_rest.lock(SECRET, "a") != kept


@pytest.mark.parametrize("text", ["JBSWY3DPEHPK3PXP", "https://calendar.example/a.ics", ""])
def test_what_stands_there_from_before_is_read_as_it_is(text):
    assert secrets_at_rest.unlock(text, "a") == text


def test_another_purpose_another_key_or_another_letter_opens_nothing(settings):
    kept = secrets_at_rest.lock(SECRET, "a")
    wrong = [(kept, "b"), (kept[:-5], "a"), (secrets_at_rest.MARK, "a"), (f"{secrets_at_rest.MARK}é\x00", "a")]
    for text, purpose in wrong:
        assert not secrets_at_rest.can_unlock(text, purpose)
    settings.SECRET_KEY = "another key"
    with pytest.raises(CannotUnlock) as error:
        secrets_at_rest.unlock(kept, "a")
    assert "another key" not in str(error.value) and kept not in str(error.value)


def test_an_earlier_key_opens_and_the_newest_locks(settings):
    before, kept = settings.SECRET_KEY, secrets_at_rest.lock(SECRET, "a")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [before]
    assert secrets_at_rest.unlock(kept, "a") == SECRET
    anew = secrets_at_rest.lock(SECRET, "a")
    settings.SECRET_KEY_FALLBACKS = []
    assert secrets_at_rest.unlock(anew, "a") == SECRET and not secrets_at_rest.can_unlock(kept, "a")


def test_the_longest_address_fits_its_column():
    kept = secrets_at_rest.lock("a" * LONGEST, "calendar address")
    assert len(kept) <= BusyCalendar._meta.get_field("address").max_length


def test_two_apps_cannot_hold_the_same(monkeypatch):
    monkeypatch.setattr(secrets_at_rest, "_holdings", {})
    secrets_at_rest.register(secrets_at_rest.Holding("a", list, int))
    with pytest.raises(ValueError, match="twice"):
        secrets_at_rest.register(secrets_at_rest.Holding("a", tuple, int))
