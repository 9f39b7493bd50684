"""The policy in force: the defaults with what the settings override."""

from django.conf import settings

from .rules import Policy


def current() -> Policy:
    return Policy(**settings.PEOPLE_POLICY)
