from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


def _privacy(reader: object) -> str:
    return reverse("legal", args=["privacy"])


class PagesConfig(AppConfig):
    name = "supportportal.pages"
    label = "pages"

    def ready(self) -> None:
        from supportportal.people import confirming, kept_open

        from . import checklist, closed, facts, panels

        confirming.register(confirming.Grave("file_decide"))
        panels.home_board.register(closed.PANEL)
        kept_open.register(
            kept_open.Way("privacy", _("Privacy and legal notices"), _privacy, 90),
        )
        checklist.register(
            checklist.Item(
                "name",
                _("The firm's name"),
                _("Name, contact address and time zone, as every page and message shows them."),
                facts.firm_has_a_name,
                lambda: reverse("admin:people_firm_changelist"),
            ),
            checklist.Item(
                "logo",
                _("Logo and colour"),
                _("A small picture beside the name, and the colour of buttons and links."),
                facts.firm_has_a_logo,
                lambda: reverse("admin:people_firm_changelist"),
            ),
            checklist.of_model(
                "plans",
                "people.Plan",
                _("Plans"),
                _("What your clients have with you, and the channels of support that each plan grants."),
            ),
            checklist.Item(
                "people",
                _("Colleagues"),
                _("Who works here, and in which role: agents, managers. You, too, if you hold sessions."),
                facts.somebody_is_agent,
                lambda: reverse("admin:people_user_changelist", query={"is_staff__exact": 1}),
            ),
            checklist.of_model(
                "terms",
                "bookings.TermsVersion",
                _("Support terms"),
                _("What clients accept before they book. Without terms, nothing is asked."),
            ),
            checklist.of_model(
                "accounts",
                "people.Account",
                _("Accounts"),
                _("The firms that you support, each with its plan."),
            ),
            checklist.Item(
                "clients",
                _("Clients"),
                _("Who may book: added one by one, or brought in from a table. Each is invited by e-mail."),
                facts.there_are_clients,
                lambda: reverse("admin:people_user_changelist", query={"is_staff__exact": 0}),
            ),
            checklist.Item(
                "email",
                _("A test e-mail"),
                _("E-mails leave by the provider named in EMAIL_URL; send yourself one."),
                facts.emails_leave,
                lambda: reverse("admin:outbox_message_try"),
            ),
            checklist.Item(
                "sms",
                _("A test text message"),
                _("Text messages leave by Twilio; send yourself one."),
                facts.text_messages_leave,
                lambda: reverse("admin:outbox_message_try"),
            ),
        )
