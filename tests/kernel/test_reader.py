"""The language that something is written in, with and without an active one."""

from django.utils import translation

from supportportal import reader


def test_the_active_language_is_the_readers():
    with translation.override("nl"):
        assert reader.language() == "nl"


def test_where_none_is_active_it_is_english():
    with translation.override(None):
        assert translation.get_language() is None
        assert reader.language() == "en"
