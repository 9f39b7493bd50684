"""What the trail calls the things that happen to people and their accounts."""

from django.utils.translation import gettext_lazy

TRAIL_VERBS = {
    "account.created": gettext_lazy("Account added"),
    "account.changed": gettext_lazy("Account changed"),
    "firm.changed": gettext_lazy("Details of the firm changed"),
    "person.added": gettext_lazy("Person added"),
    "person.imported": gettext_lazy("Person added from a file"),
    "person.invited": gettext_lazy("Invitation sent"),
    "person.invitation_accepted": gettext_lazy("Invitation accepted"),
    "person.changed": gettext_lazy("Person's record changed"),
    "person.second_factor_added": gettext_lazy("Second factor set up"),
    "person.second_factor_removed": gettext_lazy("Second factor removed"),
    "person.second_factor_reset": gettext_lazy("Lost second factor taken away"),
    "person.recovery_code_used": gettext_lazy("Signed in with a recovery code"),
    "person.sign_on_joined": gettext_lazy("First signed in by single sign-on"),
    "person.sign_on_removed": gettext_lazy("Single sign-on removed"),
    "sms.consented": gettext_lazy("Agreed to text messages"),
    "sms.withdrawn": gettext_lazy("Consent to text messages ended"),
    "data.sent": gettext_lazy("Link to own data sent"),
    "data.revoked": gettext_lazy("Link to own data revoked"),
    "data.collected": gettext_lazy("Own data downloaded"),
}
