from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class PagesConfig(AppConfig):
    name = "supportportal.pages"
    label = "pages"

    def ready(self) -> None:
        from . import checklist, facts

        checklist.register(
            checklist.Item(
                "name",
                _("The firm's name"),
                _("Name, contact address and time zone, as every page and message shows them."),
                facts.firm_has_a_name,
                lambda: reverse("admin:people_firm_changelist"),
                position=10,
            ),
            checklist.Item(
                "logo",
                _("Logo and colour"),
                _("A small picture beside the name, and the colour of buttons and links."),
                facts.firm_has_a_logo,
                lambda: reverse("admin:people_firm_changelist"),
                position=20,
            ),
        )
