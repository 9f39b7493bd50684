from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DemoConfig(AppConfig):
    name = "supportportal.demo"
    label = "demo"

    def ready(self) -> None:
        from . import builders, doors, mailbox, people

        builders.register("people", people.build, position=0)
        builders.register("mailbox", lambda at: None, clear=mailbox.clear, position=90)
        doors.register(
            doors.Door(
                _("Book a session"),
                _("You are a client with a question: choose what you need and when, and see what arrives."),
                "client@demo.example",
                "bookings:book",
                icon="calendar",
                position=10,
            ),
            doors.Door(
                _("The agent's day"),
                _("You hold the sessions: today's list, your hours, and every message that went out."),
                "agent@demo.example",
                "admin:index",
                icon="list",
                position=20,
            ),
            doors.Door(
                _("The mailbox"),
                _("Every e-mail and text message of the portal, as it would arrive."),
                "",
                "demo:mailbox",
                icon="mail",
                position=30,
            ),
            doors.Door(
                _("The design system"),
                _("Every part that the pages are made of, live."),
                "",
                "demo:components",
                icon="pencil",
                position=90,
            ),
        )
