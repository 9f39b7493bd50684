"""The policy's numbers in words: ``{% load policy %}{% how_long "agent_late" as late %}``."""

from django import template

from .. import policy_words
from ..policy import POLICY

register = template.Library()
register.simple_tag(policy_words.how_long)
register.simple_tag(policy_words.how_long_before)


@register.simple_tag
def how_many(name: str) -> int:
    """One of the policy's plain numbers, by its name there."""
    return getattr(POLICY, name)
