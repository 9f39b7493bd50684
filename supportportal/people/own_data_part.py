"""What this app keeps of a person: the person and the account, measures in force, what was done with the record."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording
from supportportal.trail.models import Entry

from . import kept_open, own_data
from .models import Gate, Restriction, SignIn, User
from .own_data import Coded, Fact, Part, Record, Section, facts_of

ABOUT_THE_PERSON = (
    *("name", "email", "phone", "sms_consent_at", "language", "time_zone", "adjustments"),
    *("is_coordinator", "is_active", "created_at", "invited_at", "last_login"),
)
# What the trail tells of a person's record, in words for that person.
DONE = {
    "person.added": gettext_lazy("You were added"),
    "person.imported": gettext_lazy("You were added"),
    "person.invited": gettext_lazy("You were invited"),
    "person.invitation_accepted": gettext_lazy("You accepted the invitation"),
    "person.changed": gettext_lazy("Your record was changed"),
    "person.second_factor_added": gettext_lazy("You set up a second factor"),
    "person.second_factor_removed": gettext_lazy("You removed a second factor"),
    "person.recovery_code_used": gettext_lazy("You signed in with a recovery code"),
    "person.second_factor_reset": gettext_lazy("Your second factor was taken away, so that you could sign in again"),
    "person.sign_on_joined": gettext_lazy("You signed in by single sign-on for the first time"),
    "person.sign_on_removed": gettext_lazy("You removed the single sign-on"),
    "sms.consented": gettext_lazy("You agreed to text messages"),
    "sms.withdrawn": gettext_lazy("The consent to text messages ended"),
    "data.sent": gettext_lazy("A link to your data was sent to you"),
    "data.revoked": gettext_lazy("The link to your data was revoked"),
    "data.collected": gettext_lazy("Your data was downloaded"),
}


def register() -> None:
    says = gettext_lazy("who you are to us, how you sign in, what you agreed to, and any measure against you")
    kept_open.register(
        kept_open.Way("own_data", gettext_lazy("Your data"), lambda reader: reverse("people:own_data"), 40)
    )
    own_data.register(Part("person", gettext_lazy("You and your account"), says, collect, position=10))


def collect(person: User, at: datetime) -> Iterable[Section]:
    yield Section("person", _("You"), _person(person))
    yield Section("sign_in", _("Signing in"), _sign_in(person))
    yield Section("restrictions", _("Measures that close something to you"), _restrictions(person))
    yield Section("history", _("What was done with your record"), _history(person))


def _person(person: User) -> Iterator[Record]:
    facts = facts_of(person, *ABOUT_THE_PERSON)
    if account := person.account:
        facts.append(Fact("account", _("Account"), account.name))
        facts.append(Fact("plan", _("Plan"), Coded(account.plan.code, account.plan.title)))
    yield Record("", facts)


def _sign_in(person: User) -> Iterator[Record]:
    addresses = list(EmailAddress.objects.filter(user=person).order_by("pk").values_list("email", flat=True))
    yield Record(
        "",
        [
            Fact("addresses", _("Addresses that sign in"), addresses),
            Fact("password", _("A password is set"), person.has_usable_password()),
        ],
    )
    for one in Authenticator.objects.filter(user=person).order_by("pk"):
        facts = [
            Fact("kind", _("Kind"), Coded(one.type, one.get_type_display())),
            Fact("since", _("Since"), one.created_at),
            Fact("last_used_at", _("Last used"), one.last_used_at),
        ]
        yield Record(_("Second factor"), facts)
    for account in SocialAccount.objects.filter(user=person).order_by("pk"):
        facts = [
            Fact("provider", _("Provider"), account.provider),
            Fact("identity", _("What the provider calls you"), account.uid),
            Fact("since", _("Since"), account.date_joined),
            Fact("last_used_at", _("Last used"), account.last_login),
        ]
        yield Record(_("Single sign-on"), facts)
    for sign_in in SignIn.objects.filter(person=person):
        facts = [
            Fact("device", _("Device"), sign_in.device),
            Fact("since", _("Since"), sign_in.since),
            Fact("last_used_at", _("Last used"), sign_in.last_used_at),
        ]
        yield Record(_("Signed in"), facts)


def _restrictions(person: User) -> Iterator[Record]:
    """One on the whole account without its words: they may tell of somebody else."""
    gates = dict(Gate.choices)
    for one in Restriction.objects.on(person).order_by("starts_at", "pk").iterator(own_data.BATCH):
        is_own = one.user_id == person.pk
        facts = [
            Fact("for", _("For"), Coded("person", _("you")) if is_own else Coded("account", _("the whole account"))),
            Fact("closes", _("Closes"), [Coded(gate, gates.get(gate, gate)) for gate in one.gates]),
            *facts_of(one, "starts_at", "ends_at", "review_on"),
            Fact("notice", _("What you were told"), one.notice if is_own else ""),
        ]
        yield Record(_on(one.starts_at, person), facts)


def _history(person: User) -> Iterator[Record]:
    entries = Entry.objects.filter(subject_type=User._meta.label_lower, subject_id=person.pk, verb__in=DONE)
    for one in entries.order_by("pk").iterator(own_data.BATCH):
        facts = [
            Fact("what", _("What"), Coded(one.verb, DONE[one.verb])),
            Fact("at", _("When"), one.at),
            Fact("by_you", _("By yourself"), one.by_id == person.pk),
        ]
        yield Record("", facts)


def _on(instant: datetime, person: User) -> str:
    return wording.written_out(instant, person.zone, reader.language(), year=True, named=False)
