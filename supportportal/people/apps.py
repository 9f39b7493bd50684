from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "supportportal.people"
    label = "people"
    verbose_name = _("People")

    def ready(self) -> None:
        from supportportal import secrets_at_rest
        from supportportal.secrets_at_rest import Holding
        from supportportal.trail import words
        from supportportal.watch import doctor

        from . import about, confirming, doctor_checks, kept_open, own_data_part, roles, second_factor_secrets, signals
        from .models import Role
        from .trail_words import TRAIL_VERBS

        words.register(TRAIL_VERBS)
        kept_open.register(
            kept_open.Way("profile", _("Your profile and settings"), lambda reader: reverse("people:profile"), 60)
        )
        about.register(about.CLOSED)
        own_data_part.register()
        doctor.register(*doctor_checks.CHECKS)
        signals.connect()
        secrets_at_rest.register(
            Holding(second_factor_secrets.PURPOSE, second_factor_secrets.texts, second_factor_secrets.relock)
        )
        confirming.register(
            confirming.Grave("admin:people_user_add", confirming.decides_who_gets_in),
            confirming.Grave("admin:people_user_change", confirming.decides_who_gets_in),
            confirming.Grave("admin:people_user_own_data"),
            confirming.Grave("admin:people_user_second_factor"),
            # What is added can prove who it is, and with what is taken away nothing may be left to ask for.
            confirming.Grave("account_set_password"),
            confirming.Grave("people:sign_on_remove"),
        )
        post_migrate.connect(roles.sync_after_migrate, dispatch_uid="people.roles")
        roles.grant(
            Role.AGENT,
            "people.view_user",
            "people.add_user",
            "people.change_user",
            "people.view_account",
            "people.view_plan",
            "people.view_channel",
            "people.view_restriction",
            "people.view_firm",
        )
        roles.grant(Role.MANAGER, "people.add_account", "people.change_account", "trail.view_entry")
        roles.grant(Role.MANAGER, "people.add_dataaccess", "people.change_address")
        roles.grant(
            Role.OWNER,
            "people.add_plan",
            "people.change_plan",
            "people.add_channel",
            "people.change_channel",
            "people.add_firm",
            "people.change_firm",
        )
