"""What each page answers to each person, told in one sign."""

import logging
import re
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any
from unittest.mock import patch

from django.core.cache import cache
from django.db import transaction
from django.template.backends.django import Template
from django.test import Client

SOMEWHERE = "203.0.113.7"  # not this machine, which may read its own metrics
SIGN_IN = re.compile(r"^/(accounts|admin)/login/")
SIGNS = {200: "+", 404: ".", 403: "x", 405: "#", 400: "?"}


class Asking:
    """One person's browser. Of what is asked the database keeps nothing: the next finds the world as it was."""

    def __init__(self, person: Any, **options: Any) -> None:
        cache.clear()  # which counts how often somebody tried
        self.browser = Client(raise_request_exception=False, REMOTE_ADDR=SOMEWHERE, **options)
        if person is not None:
            self.browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        self.cookies = self.browser.cookies.output(header="")

    def send(self, request: Callable[[Client], Any]) -> tuple[Any, bytes]:
        """What is answered to one request of this browser."""
        self.browser.cookies = SimpleCookie(self.cookies)  # whatever the last answer said: it was not kept
        with transaction.atomic():
            answer = request(self.browser)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        return answer, content

    def signs(self, method: str, addresses: dict[str, str]) -> dict[str, str]:
        """For each address its sign, without a page being drawn."""
        logging.disable(logging.CRITICAL)  # a trace for each refusal takes longer than the refusal
        try:
            with patch.object(Template, "render", lambda *args, **kwargs: ""):
                return {
                    key: sign_of(self.send(lambda browser, there=there: getattr(browser, method)(there))[0])
                    for key, there in addresses.items()
                }
        finally:
            logging.disable(logging.NOTSET)


def sign_of(answer: Any) -> str:
    if answer.status_code in (301, 302, 303):
        return ">" if SIGN_IN.match(answer.url) else "="
    return SIGNS.get(answer.status_code) or str(answer.status_code)[0]
