"""Whoever reads what is being written now: the active language, which Django leaves empty where none is active."""

from django.utils.translation import get_language


def language() -> str:
    return get_language() or "en"
