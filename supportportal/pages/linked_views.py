"""Pages for whoever holds a signed link: no sign-in is needed, and opening one changes nothing."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import wraps
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from supportportal import links

from .forgery import answered_by

Page = Callable[[HttpRequest, Any, datetime], HttpResponse]
View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class LinkedPages:
    """Pages about one row each: it has a ``link_epoch``; ``reader`` gives the language and zone of whom it is for."""

    kind: str
    rows: Callable[[], QuerySet[Any]]
    reader: Callable[[Any], tuple[str, tzinfo]]
    invalid: str  # the template of the one plain page for any other token

    def page(self, *methods: str) -> Callable[[Page], View]:
        """The token is what nobody else knows: a form behind it needs no other proof that it was not forged, so that a
        page which had been open for long, or a browser that keeps no cookies, loses nothing.
        """

        def decorate(page: Page) -> View:
            @never_cache
            @wraps(page)
            def view(request: HttpRequest, token: str) -> HttpResponse:
                row = self.named_by(token)
                if row is None:
                    return render(request, self.invalid, status=404)
                language, zone = self.reader(row)
                with ExitStack() as reader:
                    if not request.user.is_authenticated and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
                        reader.enter_context(translation.override(language))
                    reader.enter_context(timezone.override(zone))
                    response = page(request, row, timezone.now())
                # To our own pages only; with "no-referrer" browsers post with the origin "null".
                response["Referrer-Policy"] = "same-origin"
                response["X-Robots-Tag"] = "noindex, nofollow"
                return response

            allowed = require_http_methods(methods)(view) if methods else require_safe(view)
            return answered_by(allowed)(allowed)

        return decorate

    def named_by(self, token: str) -> Model | None:
        """The row that the token names; None for what is forged, cut off or revoked."""
        try:
            named = links.read(self.kind, token)
        except links.BadLink:
            return None
        return self.rows().filter(pk=named.pk, link_epoch=named.epoch).first()
