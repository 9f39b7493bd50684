"""The way to the firm's single sign-on and back. Where none is set up, there are no such pages."""

from collections.abc import Callable
from functools import wraps
from typing import cast

from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from . import sign_on
from .models import User
from .sign_on_adapter import Endpoints, out_of_order

View = Callable[[HttpRequest], HttpResponse]


def _set_up(view: View) -> View:
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        if not settings.OIDC:
            raise Http404
        try:
            return view(request)
        except (OAuth2Error, RequestException) as error:
            return out_of_order(request, error)

    return wrapped


@never_cache
@_set_up
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """To the provider: to sign in, or (``again``) to prove that it is still the same person.

    By a page that leads on, since a form of ours may only be answered by ourselves (form-action in our own policy).
    """
    if too_many := ratelimit.consume_or_429(request, action="login"):
        return too_many
    is_again = bool(request.POST.get("again")) and request.user.is_authenticated
    provider = get_adapter(request).get_provider(request, settings.OIDC["ISSUER"])
    process = AuthProcess.REDIRECT if is_again else AuthProcess.LOGIN
    answer = provider.redirect(request, process, get_next_redirect_url(request))
    if not isinstance(answer, HttpResponseRedirect):
        return answer
    return render(request, "people/sign_on_leaving.html", {"address": answer.url, "provider": sign_on.provider_name()})


@never_cache
@_set_up
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    return OAuth2CallbackView.adapter_view(Endpoints(request, settings.OIDC["ISSUER"]))(request)


@_set_up
@login_required
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    if sign_on.remove(cast(User, request.user), at=timezone.now()):
        messages.success(request, _("The single sign-on has been removed from your sign-in."))
    return redirect("people:profile")
