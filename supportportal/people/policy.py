"""The policy in force: the defaults with what the settings override."""

from typing import Any

from django.conf import settings

from .rules import Policy


def current() -> Policy:
    overrides: dict[str, Any] = settings.PEOPLE_POLICY
    return Policy(**overrides)
