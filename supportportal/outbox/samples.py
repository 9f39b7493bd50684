"""A case that never was, to show messages with: the same people, day and links in every preview."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.utils import timezone

DAY = (2027, 3, 9)  # a Tuesday without a change of clocks anywhere
CLIENT, COLLEAGUE, AGENT, ACCOUNT = "Anna Rossi", "Bram de Vries", "Alex Morgan", "Rossi S.r.l."
PHONE, TOKEN = "+39 02 5550 1234", "4711.1.only-a-sample-no-link0"


class Named(str):
    """Something that templates show by its name, with whatever else they ask it for."""

    def __new__(cls, name: str, /, **more: Any) -> "Named":
        one = super().__new__(cls, name)
        one.__dict__.update({**more, "name": name})
        return one


def thing(**facts: Any) -> SimpleNamespace:
    return SimpleNamespace(**facts)


def instant(hour: int = 10, *, days: int = 0) -> datetime:
    """An hour of the day of the sample, where the reader is."""
    return datetime(*DAY, hour, tzinfo=timezone.get_current_timezone()) + timedelta(days=days)


def address(path: str = "/s/") -> str:
    """Looks like a link of ours and is as long as one, but leads nowhere."""
    return f"{settings.SITE_URL}{path}{TOKEN}/"


def link(label: str, path: str = "/s/") -> dict[str, str]:
    return {"label": label, "url": address(path)}
