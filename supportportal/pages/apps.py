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
            checklist.Item(
                "email",
                _("A test e-mail"),
                _("E-mails leave by the provider named in EMAIL_URL; send yourself one."),
                facts.emails_leave,
                lambda: reverse("admin:outbox_message_try"),
                position=80,
            ),
            checklist.Item(
                "sms",
                _("A test text message"),
                _("Text messages leave by Twilio; send yourself one."),
                facts.text_messages_leave,
                lambda: reverse("admin:outbox_message_try"),
                position=81,
            ),
        )
