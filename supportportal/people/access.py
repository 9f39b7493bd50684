"""Who may use what, and if not, why not, in words fit to show (P-1, P-2, R-4).

A *use* is anything a plan can grant: a ``Channel``, or what another app offers to plans. It has ``plans``,
``minimum_seats`` and ``gate``, the name of what a restriction can close (or an empty text).

The words of a restriction are between us and whom it names: what others read is ``told_to`` them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol, cast

from django.db.models import Model, prefetch_related_objects
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from . import decisions
from .models import Account, Plan, Restriction, User


class Use(Protocol):
    plans: Any
    minimum_seats: int

    @property
    def gate(self) -> str: ...


@dataclass(frozen=True)
class Access:
    """A yes, or a no with its reason. ``plan`` is the lowest-ranked plan that would grant the use, where that helps;
    ``closed_by`` is the restriction whose notice the reason is.

    A no is falsy.
    """

    allowed: bool
    code: str = ""
    reason: Any = ""
    plan: Plan | None = None
    closed_by: Restriction | None = None

    def __bool__(self) -> bool:
        return self.allowed


YES = Access(True)
RESTRICTED = "restricted"


def may_use(person: User, use: Use, at: datetime) -> Access:
    """Whether ``person`` may use ``use`` at that instant. Three queries at most."""
    return may_use_all(person, [use], at)[0]


def may_use_all(person: User, uses: Iterable[Use], at: datetime) -> list[Access]:
    """The same for many uses, in their order, in as many queries as for one."""
    uses = list(uses)
    for_everything = _of_person(person)
    if for_everything is not None:
        return [for_everything] * len(uses)
    account = Account.objects.select_related("plan").get(users=person)
    person.account = account  # read again just now; whoever names it on the page need not
    if not account.is_active:
        return [_subscription(account)] * len(uses)
    if len(uses) > 1:  # the plans of one are read for less where they are asked for
        for _kind, alike in groupby(sorted(uses, key=_class_name), key=_class_name):
            prefetch_related_objects(cast(list[Model], list(alike)), "plans")
    restrictions = _in_force(person, at)
    return [_of_use(person, account, restrictions, use) for use in uses]


def gate_is_open(person: User, gate: str, at: datetime) -> Access:
    """Whether no restriction closes ``gate`` to the person or the account; asks nothing of plans."""
    closed = _closed(_in_force(person, at), gate, person)
    return YES if closed is None else closed


def restrictions_on(person: User, at: datetime) -> Sequence[Restriction]:
    """What closes anything to the person or the account, the longest first, as the person is told of it."""
    found = _in_force(person, at)
    return sorted(found, key=_length, reverse=True)


def told_to(access: Access, reader: User | None, *, about: User) -> Access:
    """The answer about ``about`` in words for ``reader``, who is None where a link was opened without signing in.

    Colleagues get copies of mails with links, so who holds a link is not told what a notice says either.
    """
    if access.code != RESTRICTED or reader == about:
        return access
    if reader is None:
        reason = _("This can't be done at the moment. Whoever it concerns can read why after signing in.")
    elif reader.is_staff:
        reason = format_lazy(
            _("A restriction closes this to {person} at the moment. They have been told why, and until when."),
            person=about,
        )
    else:
        reason = format_lazy(
            _("This can't be done for {person} at the moment. If you have a question about it, please ask us."),
            person=about,
        )
    return replace(access, reason=reason, closed_by=None)


def _of_person(person: User) -> Access | None:
    if not person.is_active:
        return Access(False, "inactive", _("This sign-in is switched off."))
    if person.is_staff:
        return Access(False, "staff", _("Staff book for clients, not for themselves."))
    if person.account_id is None:
        return Access(False, "no_account", _("You do not belong to a customer account yet. Please ask us to add you."))
    return None


def _subscription(account: Account) -> Access:
    if account.subscription == Account.Subscription.SUSPENDED:
        reason = _("The subscription of {account} is suspended. It opens again as soon as the subscription is active.")
    else:
        reason = _("The subscription of {account} has ended.")
    return Access(False, "subscription", format_lazy(reason, account=account.name))


def _in_force(person: User, at: datetime) -> Sequence[Restriction]:
    return list(Restriction.objects.on(person).in_force(at))


def _of_use(person: User, account: Account, restrictions: Sequence[Restriction], use: Use) -> Access:
    closed = _closed(restrictions, use.gate, person)  # a no is falsy, so it is compared with None
    return _granted(account, use) if closed is None else closed


def _closed(restrictions: Sequence[Restriction], gate: str, person: User) -> Access | None:
    """The words of the restriction that closes ``gate`` for longest, if any does, made when they are read."""
    closing = [one for one in restrictions if gate and gate in one.gates]
    if not closing:
        return None
    longest = max(closing, key=_length)
    return Access(False, RESTRICTED, _words(longest, person), closed_by=longest)


def _length(restriction: Restriction) -> tuple[bool, datetime]:
    return restriction.ends_at is None, restriction.ends_at or restriction.starts_at


def _granted(account: Account, use: Use) -> Access:
    plans = list(use.plans.all())
    if account.plan not in plans:
        return _not_in_plan(account, plans)
    if account.seats < use.minimum_seats:
        reason = format_lazy(
            _("This needs an account with at least {minimum} users; {account} has {seats}."),
            minimum=use.minimum_seats,
            account=account.name,
            seats=account.seats,
        )
        return Access(False, "seats", reason)
    return YES


def _not_in_plan(account: Account, plans: Sequence[Plan]) -> Access:
    if not plans:
        return Access(False, "plan", _("No plan includes this at the moment."))
    granting = min(plans, key=lambda plan: (plan.rank, plan.code))
    # The plans are put in as objects, so that they are named in the language in which the sentence is read.
    reason = format_lazy(
        _("The plan {plan} does not include this. It is part of the plan {granting}."),
        plan=account.plan,
        granting=granting,
    )
    return Access(False, "plan", reason, granting)


_words = lazy(decisions.words, str)


def _class_name(use: Use) -> str:
    return type(use).__name__
