from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PeopleConfig(AppConfig):
    name = "supportportal.people"
    label = "people"

    def ready(self) -> None:
        from . import roles
        from .models import Role

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
        roles.grant(
            Role.OWNER,
            "people.add_plan",
            "people.change_plan",
            "people.add_channel",
            "people.change_channel",
            "people.add_firm",
            "people.change_firm",
        )
