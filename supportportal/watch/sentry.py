"""Errors told to Sentry, where a SENTRY_DSN is set: what broke and where, and nothing about whom it was for."""

import re
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from supportportal import logs

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
NUMBER = re.compile(r"\+?\d[\d ()/-]{7,}\d")
QUERY = re.compile(r"\?[^\s\"']*")
KEPT_OF_A_REQUEST = ("method", "url")
OURS = ("stacktrace", "timestamp", "event_id", "modules")  # of the code and of Sentry; without the values of variables


def start(dsn: str) -> None:
    """Raises ImproperlyConfigured, with what to do, where the package is missing."""
    try:
        sdk = import_module("sentry_sdk")
    except ImportError:
        raise ImproperlyConfigured(
            'SENTRY_DSN is set, but sentry-sdk is not installed: pip install "sentry-sdk~=2.0" (the extra "sentry").'
        ) from None
    sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=20,
        before_send=blanked,
        before_breadcrumb=lambda crumb, hint: _blanked(crumb),
    )


def blanked(event: dict[str, Any], hint: dict[str, Any] | None = None) -> dict[str, Any]:
    """An event without the person, the request's head, cookies and body, addresses, numbers and links' tokens."""
    if "request" in event:
        event["request"] = {name: value for name, value in event["request"].items() if name in KEPT_OF_A_REQUEST}
    event.pop("user", None)
    tags = {**event.get("tags", {}), "request": logs.request_id.get()}
    return {**_blanked(event), "tags": tags}


def _blanked(value: Any) -> Any:
    if isinstance(value, str):
        return _blanked_text(value)
    if isinstance(value, dict):
        return {name: one if name in OURS else _blanked(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_blanked(one) for one in value]
    return value


def _blanked_text(text: str) -> str:
    return NUMBER.sub("…", ADDRESS.sub("…", QUERY.sub("", logs.TOKEN.sub("…", text))))
