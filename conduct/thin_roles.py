"""Whether there are enough managers for what conduct asks of them: decide, approve, hear an appeal (S-1).

Owner and deputy, whom complaints need too, are warned of there.
"""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from complaints.thin_roles import Thin
from supportportal.people.models import Role, User

from . import eligibility
from .operations.stopping import MAY_STOP
from .policy import POLICY

NO_DECIDER = Thin("decider", _("Nobody can decide on an incident: give somebody the role of manager."))
NO_SECOND = Thin(
    "approver",
    format_lazy(
        _("A measure over {days} days needs a second manager, and so does an appeal: there is one alone."),
        days=POLICY.alone_days,
    ),
)
NO_THIRD = Thin(
    "appeal",
    _("With two managers, a measure that both had a part in leaves nobody for its appeal: a third one helps."),
)
NO_STOP = Thin("stop", _("Nobody can stop contact at once after a threat: that needs a duty manager."))


def thin_roles() -> list[Thin]:
    """What is missing, the gravest first; empty where the roles are filled. Two queries."""
    found = []
    count = eligibility.managers().count()
    if count < 3:
        found.append((NO_DECIDER, NO_SECOND, NO_THIRD)[count])
    if not User.objects.staff().filter(groups__name__in=[str(Role(role)) for role in MAY_STOP]).exists():
        found.append(NO_STOP)
    return found
