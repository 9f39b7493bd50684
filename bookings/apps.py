from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

AGENT_PERMISSIONS = [
    "bookings.view_booking",
    "bookings.change_booking",
    "bookings.view_agent",
    "bookings.change_agent",
    *(
        f"bookings.{verb}_{model}"
        for verb in ("view", "add", "change", "delete")
        for model in ("workinghours", "timeoff")
    ),
    *(f"bookings.view_{model}" for model in ("sessiontype", "openinghours", "holiday", "closure", "termsversion")),
]
MANAGER_PERMISSIONS = [
    *(
        f"bookings.{verb}_{model}"
        for verb in ("add", "change", "delete")
        for model in ("sessiontype", "openinghours", "holiday", "closure", "termsversion")
    ),
    "bookings.add_agent",
    "bookings.view_termsacceptance",
]


class BookingsConfig(AppConfig):
    name = "bookings"
    verbose_name = _("Sessions")

    def ready(self) -> None:
        from supportportal import explain
        from supportportal.demo import builders
        from supportportal.outbox import kinds, own_words
        from supportportal.pages import checklist
        from supportportal.pages.panels import help_board, home_board
        from supportportal.people import kept_open, roles
        from supportportal.people.models import Role
        from supportportal.trail import words
        from supportportal.watch import doctor, metrics

        from . import (
            cells,
            demo,
            doctor_checks,
            forgetting,
            numbers,
            own_data,
            registration_calendar,
            registration_calls,
            registration_firm,
            registration_ladder,
            registration_outcomes,
            registration_waiting,
            timetable_triggers,
            wordables,
        )
        from .explanations import TOPICS
        from .messages import KINDS
        from .panels import CHECKLIST, HELP_PANELS, HOME_PANELS, WAYS_KEPT_OPEN
        from .trail_words import TRAIL_VERBS

        words.register(TRAIL_VERBS)

        for topic in TOPICS:
            explain.register(topic)
        kinds.register(*KINDS)
        own_words.describe(wordables.WORDABLES)
        home_board.register(*HOME_PANELS)
        help_board.register(*HELP_PANELS)
        kept_open.register(*WAYS_KEPT_OPEN)
        checklist.register(*CHECKLIST)
        builders.register("bookings", demo.build, clear=demo.clear)
        roles.grant(Role.AGENT, *AGENT_PERMISSIONS)
        roles.grant(Role.MANAGER, *MANAGER_PERMISSIONS)
        registration_calendar.register()
        registration_calls.register()
        registration_firm.register()
        registration_ladder.register()
        registration_outcomes.register()
        registration_waiting.register()
        own_data.register()
        forgetting.register()
        metrics.register(numbers.CONFLICTS)
        doctor.register(doctor_checks.what_to_book)
        pre_migrate.connect(cells.drop_before_migrate, sender=self)
        post_migrate.connect(cells.create_after_migrate, sender=self)
        checks.register(cells.check_cells, checks.Tags.database)
        pre_migrate.connect(timetable_triggers.drop_before_migrate, sender=self)
        post_migrate.connect(timetable_triggers.create_after_migrate, sender=self)
        checks.register(timetable_triggers.check_triggers, checks.Tags.database)
