"""Whom a coordinator can book for, and what their colleagues have booked."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from supportportal.people.models import User

from .models import Booking
from .operations.colleagues import colleagues_of
from .refusals import BookingRefused


def people_for(person: User) -> list[User]:
    """The coordinator first, then the colleagues; for anybody else, only themselves."""
    return [person, *colleagues_of(person)] if person.is_coordinator else [person]


def for_whom(request: HttpRequest, people: list[User]) -> User:
    """Who was chosen, by the form or the address; raises Http404 for anyone the reader may not book for."""
    asked = request.POST.get("for") or request.GET.get("for") or str(request.user.pk)
    chosen = next((person for person in people if str(person.pk) == asked), None)
    if chosen is None:
        raise Http404
    return chosen


def ask_for_whom(form: forms.Form, people: list[User], client: User) -> None:
    """Add the choice to a form of booking; what only the client can say for themselves is not asked of others."""
    if len(people) < 2:
        return
    own, *colleagues = people
    choices: list[Any] = [(own.pk, _("For me")), (_("For a colleague"), [(one.pk, str(one)) for one in colleagues])]
    form.fields["for"] = forms.ChoiceField(label=_("For whom?"), choices=choices, initial=client.pk)
    if client.pk != own.pk:
        for name in ("terms", "phone", "sms_consent"):
            form.fields.pop(name, None)


def require_number(client: User) -> None:
    """Raises BookingRefused where a colleague is to be called and has given no number: nobody gives it for them."""
    if not client.phone:
        text = _("%(who)s has no phone number yet. Ask them to add it to their profile, so that we can call.")
        raise BookingRefused(text % {"who": client})


def of_colleagues(person: User, at: Any) -> list[Booking]:
    """The coming sessions of a coordinator's colleagues: one query; nothing for anybody else."""
    if not person.is_coordinator or person.account_id is None:
        return []
    coming = Booking.objects.upcoming(at).filter(client__account=person.account_id).exclude(client=person)
    return list(coming.for_listing().order_by("first_cell"))
