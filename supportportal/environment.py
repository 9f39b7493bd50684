"""Read settings from the environment, and name the variable whenever its value cannot be used."""

import builtins
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

YES, NO = {"true", "on", "yes", "1"}, {"false", "off", "no", "0", ""}
DATABASES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}


class Environment(environ.Env):
    """django-environ, but a typing mistake stops the start instead of meaning "no"."""

    def __init__(self) -> None:
        super().__init__()
        self.smart_cast = False  # else the type of a default would read "maybe" as no

    def bool(self, var: str, default: Any = environ.Env.NOTSET) -> bool:
        value = self.get_value(var, default=default)
        if isinstance(value, bool):
            return value
        word = str(value).strip().lower()
        if word not in YES | NO:
            raise ImproperlyConfigured(f"{var} is {value!r}; it can be true or false.")
        return word in YES

    def int(self, var: str, default: Any = environ.Env.NOTSET, *, least: builtins.int = 0) -> int:
        value = self.get_value(var, default=default)
        try:
            found = builtins.int(value)
        except ValueError:
            raise ImproperlyConfigured(f"{var} is {value!r}; it has to be a whole number.") from None
        if found < least:
            raise ImproperlyConfigured(f"{var} is {found}; it has to be {least} or more.")
        return found

    def choice(self, var: str, choices: list[str]) -> str:
        """One of ``choices``; the first is the default."""
        value = str(self.get_value(var, default=choices[0]))
        if value not in choices:
            raise ImproperlyConfigured(f"{var} is {value!r}; it can be {' or '.join(choices)}.")
        return value

    def address(self, var: str, *, schemes: tuple[str, ...], default: str = "", secret: builtins.bool = False) -> str:
        """An address with one of ``schemes`` and a host, or an empty default."""
        value = str(self.get_value(var, default=default)).rstrip("/")
        if value and not _is_address(value, schemes):
            shown = "cannot be read" if secret else f"is {value!r}"
            raise ImproperlyConfigured(f"{var} {shown}; it has to look like {schemes[0]}://host.")
        return value

    def secret(self, var: str, *, least: builtins.int) -> str:
        """Empty, or at least ``least`` characters. Never shows the value."""
        value = str(self.get_value(var, default="")).strip()
        if value and len(value) < least:
            raise ImproperlyConfigured(f"{var} is too short to be a secret: it needs {least} characters or more.")
        return value

    def periods(self, var: str) -> dict[str, builtins.int]:
        """Days by name, as in "messages=730,sessions=1095"; empty by default."""
        found: dict[str, builtins.int] = {}
        for pair in filter(None, (one.strip() for one in str(self.get_value(var, default="")).split(","))):
            name, _equals, days = (part.strip() for part in pair.partition("="))
            if not (name and days.isascii() and days.isdigit() and len(days) < 10) or name in found:
                raise ImproperlyConfigured(f"{var} holds {pair!r}; it has to look like messages=730,sessions=1095.")
            found[name] = builtins.int(days)
        return found

    def database(self, var: str, default: str) -> dict[str, Any]:
        """Never shows the value: it holds a password."""
        try:
            found = self.db_url(var, default=default)
        except (ValueError, KeyError, ImproperlyConfigured):
            found = {}
        if found.get("ENGINE") not in DATABASES or not found.get("NAME"):
            example = "postgresql://user:password@host:5432/name or sqlite:////folder/file"
            raise ImproperlyConfigured(f"{var} cannot be read; it has to look like {example}.")
        return found


def _is_address(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname or parts.scheme == "unix") and parts.port != 0
    except ValueError:  # a port that is no number, a bracket left open
        return False
