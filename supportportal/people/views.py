"""What people see of themselves: the profile, what their plan grants, and the way in by an invitation."""

from datetime import datetime
from typing import cast

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from supportportal import links

from . import decisions, operations, plan_page, policy, rules, sign_on
from .access import may_use_all, restrictions_on
from .forms import NewPasswordForm, ProfileForm
from .models import Channel, User


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    person = cast(User, request.user)
    form = ProfileForm(request.POST if request.method == "POST" else None, person=person)
    if form.is_valid():
        changed = operations.change_profile(person, form.cleaned_data, at=timezone.now())
        with override(changed.language):  # the page that follows is in the language just chosen
            messages.success(request, _("Your profile has been saved."))
        return redirect("people:profile")
    shown = {"form": form, "person": person, "sign_on": sign_on.joined(person), "provider": sign_on.provider_name()}
    return render(request, "people/profile.html", shown)


@login_required
@require_safe
def plan(request: HttpRequest) -> HttpResponse:
    """Every channel, with its link or with the reason why not and the plan that would grant it (P-2, P-4)."""
    person, at = cast(User, request.user), timezone.now()
    channels = list(Channel.objects.all())
    accesses = may_use_all(person, channels, at)
    shown = [(one, access, plan_page.address_of(one)) for one, access in zip(channels, accesses, strict=True)]
    sections = plan_page.sections_for(request, at)
    closing = restrictions_on(person, at)
    decisions.load(closing)
    return render(request, "people/plan.html", {"channels": shown, "sections": sections, "restrictions": closing})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Welcome an invited person. Opening the page changes nothing and signs nobody in: mail scanners open links.

    The person types a first password here, or asks for a code by e-mail, which only the owner of the mailbox gets.
    """
    at = timezone.now()
    person = _invited(token, at)
    if person is None:
        return render(request, "people/invitation_closed.html", status=404)
    if person.has_accepted:
        messages.info(request, _("You have access already. Please sign in."))
        return redirect("account_login")
    form = NewPasswordForm(request.POST if request.method == "POST" else None, person=person)
    if form.is_valid():
        try:
            person = operations.accept_invitation(person, form.cleaned_data["password"], at=at)
        except operations.PeopleRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return perform_login(request, person, email=person.email)
    return render(request, "people/invitation.html", {"form": form, "person": person})


def _invited(token: str, at: datetime) -> User | None:
    """The person whom the link invites, as long as it is the latest one, not too old, and the person is active."""
    try:
        named = links.read("invite", token)
    except links.BadLink:
        return None
    person = User.objects.filter(pk=named.pk, is_active=True).first()
    if person is None or person.invitation_epoch != named.epoch:
        return None
    return person if rules.invitation_is_open(person.invited_at, at, policy.current()) else None
