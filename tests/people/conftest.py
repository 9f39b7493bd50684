"""Imports stand inside: pytest reads this file before Django is set up."""

from types import SimpleNamespace

import pytest


@pytest.fixture(autouse=True)
def own_counts(settings, request):
    """Rate limits count in the cache, which outlives a test: each test gets a cache of its own."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": request.node.nodeid}}


@pytest.fixture(autouse=True)
def clock_of_apps(monkeypatch):
    """Half a minute ends in the midst of a test now and then, and the number with it."""
    from .one_time import AT

    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda: AT))


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
