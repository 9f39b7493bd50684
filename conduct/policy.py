"""The policy in force: the defaults of ``rules.Policy`` with what the settings override."""

from django.conf import settings

from .rules import Policy

POLICY = Policy(**settings.CONDUCT_POLICY)
