from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "supportportal.backups"
    label = "backups"

    def ready(self) -> None:
        from supportportal.pages.panels import staff_board
        from supportportal.people import roles
        from supportportal.people.models import Role

        from .panels import STAFF_PANELS

        staff_board.register(*STAFF_PANELS)
        roles.grant(Role.MANAGER, "outbox.view_restoration")
        roles.grant(Role.OWNER, "outbox.change_restoration")
