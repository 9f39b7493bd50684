"""Puts the portal's own admin site in the place of Django's."""

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig

# What other packages would show there: roles are given on a person's page, addresses follow the person's own,
# and a second factor is nobody's to look at. Who is joined to which identity of the single sign-on, the provider says.
NOT_FOR_STAFF = ["auth.Group", "account.EmailAddress", "mfa.Authenticator"]
NOT_FOR_STAFF += ["socialaccount.SocialApp", "socialaccount.SocialToken", "socialaccount.SocialAccount"]


class PortalAdminConfig(AdminConfig):
    default_site = "supportportal.pages.staff.PortalAdminSite"

    def ready(self) -> None:
        super().ready()
        admin.site.unregister([apps.get_model(label) for label in NOT_FOR_STAFF])
