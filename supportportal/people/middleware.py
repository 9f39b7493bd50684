"""Serve each page in the reader's language and time zone, and none to staff who lack their second factor."""

import logging
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django_htmx.http import HttpResponseClientRedirect

from . import confirming, confirming_views, second_factor, sign_on, signals

logger = logging.getLogger(__name__)


class ReaderMiddleware:
    """A signed-in person's own language and zone win over the browser's."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.user.is_authenticated:
            return self.get_response(request)
        translation.activate(request.user.language)
        request.LANGUAGE_CODE = request.user.language
        with timezone.override(request.user.zone):
            return self.get_response(request)


class SignInsMiddleware:
    """Keep where people are signed in, and when that was last used. A page is never lost for it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        try:
            signals.seen(request)
        except DatabaseError:
            logger.warning("It could not be kept that a session was used.", exc_info=True)
        return response


class SecondFactorMiddleware:
    """Send staff who must still set up a second factor to the page for it, whatever they asked for (STAFF_MFA).

    Asked at each request, so it holds for whoever becomes staff, or loses the last factor, while signed in.
    """

    # Setting one up, proving who one is, leaving; what any page needs to be shown, and health, which is nobody's.
    OPEN = frozenset(
        [
            *("mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes"),
            *("account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_logout"),
            *("people:sign_on", "people:sign_on_callback"),
            *("set_language", "stylesheet", "firm_css", "firm_logo", "legal", "healthz", "readyz", "health_jobs"),
        ]
    )

    ADDING = frozenset(["mfa_activate_totp", "mfa_add_webauthn", "account_set_password"])

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        page = request.resolver_match.view_name if request.resolver_match else ""
        if page in self.ADDING and self._sign_in_is_old(request):
            logout(request)
            return redirect_to_login(request.get_full_path())
        if page in self.OPEN or not second_factor.is_missing(request.user):
            return None
        if sign_on.counts_as_factor(request, request.user):
            return None
        if request.htmx:
            return HttpResponseClientRedirect(reverse("mfa_index"))
        if request.method == "GET":
            request.session[second_factor.GO_ON] = request.get_full_path()
        return redirect("mfa_index")

    def _sign_in_is_old(self, request: HttpRequest) -> bool:
        """Who has nothing to prove themselves with (no password, no factor) signs in anew before adding any: else
        whoever finds an open screen could lock the person out, or prove with it to be them.
        """
        if not request.user.is_authenticated or confirming.can_prove(request):
            return False
        return get_adapter(request).is_reauthentication_required(app="allauth.mfa")


class ConfirmingMiddleware:
    """Ask who it is before a grave act, unless that was proved a short while ago; what was typed stays."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        page = request.resolver_match.view_name if request.resolver_match else ""
        if not request.user.is_authenticated or not confirming.is_grave(request, page, kwargs):
            return None
        return confirming_views.ask(request)
