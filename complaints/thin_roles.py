"""Whether there are enough people in the roles that the rules need (S-1)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from supportportal.people.models import Role, User

from .models import MANAGERS, SENIORS


@dataclass(frozen=True)
class Thin:
    """One warning: what is missing, in words for staff."""

    code: str
    text: Any


NO_REVIEWER = Thin("reviewer", _("Nobody can review complaints: give somebody the role of manager."))
NO_SENIOR = Thin("senior", _("Nobody can review a complaint about a member of staff: that needs a senior manager."))
NO_SECOND = Thin(
    "second", _("An appeal needs a second senior manager: there is one alone, who may have reviewed the complaint.")
)
NO_THIRD = Thin(
    "third",
    _("With two senior managers, a complaint about one of them leaves nobody for the appeal: a third one helps."),
)
NO_OWNER = Thin("owner", _("Nobody has the role of owner, who appoints an outside reviewer where nobody else is left."))
NO_DEPUTY = Thin("deputy", _("No deputy is set, who stands in for the owner in a complaint about the owner."))


def thin_roles() -> list[Thin]:
    """What is missing, the gravest first; empty where the roles are filled. One query."""
    held: dict[str, set[int]] = {}
    rows = User.objects.staff().filter(groups__name__in=MANAGERS).values_list("groups__name", "pk")
    for role, pk in rows:
        held.setdefault(role, set()).add(pk)
    seniors = {pk for role in SENIORS for pk in held.get(role, ())}
    owners, deputies = held.get(Role.OWNER, set()), held.get(Role.DEPUTY, set())
    found = []
    if not held:
        found.append(NO_REVIEWER)
    if len(seniors) < 3:
        found.append((NO_SENIOR, NO_SECOND, NO_THIRD)[len(seniors)])
    if not owners:
        found.append(NO_OWNER)
    if not deputies - owners:
        found.append(NO_DEPUTY)
    return found
