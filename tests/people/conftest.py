"""Imports stand inside: pytest reads this file before Django is set up."""

import pytest


@pytest.fixture(autouse=True)
def no_counts_of_other_tests():
    """Rate limits count in the cache, which outlives a test."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def firm():
    from tests.factories import FirmFactory

    return FirmFactory()


@pytest.fixture
def anna(firm):
    """A client who signs in by code or password."""
    from supportportal.people import operations
    from tests.factories import PASSWORD, ClientFactory

    person = ClientFactory(email="anna@example.org", name="Anna Conti", password=PASSWORD, language="it")
    operations.keep_address(person)
    return person
