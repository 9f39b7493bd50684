from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RetentionConfig(AppConfig):
    """Stands behind the apps that register kinds, so that RETENTION can be checked against all of them."""

    name = "supportportal.retention"
    label = "retention"
    verbose_name = _("Retention")

    def ready(self) -> None:
        from supportportal.pages import actions
        from supportportal.people import confirming, roles
        from supportportal.people.models import Role
        from supportportal.trail import words

        from . import kinds, of_messages, of_people, offers, policy
        from .trail_words import TRAIL_VERBS

        words.register(TRAIL_VERBS)
        kinds.register(of_people.CLIENTS, of_messages.MESSAGES, of_messages.MAILS)
        kinds.register_open(*of_people.OPEN, *of_messages.OPEN)
        kinds.register_life(of_messages.wrote)
        policy.check(kind.code for kind in kinds.all_kinds())
        actions.register("people.user", offers.on_person)
        roles.grant(Role.OWNER, "retention.view_legalhold", "retention.forget_person")
        confirming.register(
            confirming.Grave("admin:retention_legalhold_person"),
            confirming.Grave("admin:retention_legalhold_anonymise"),
        )
