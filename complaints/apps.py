from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ComplaintsConfig(AppConfig):
    name = "complaints"
    verbose_name = _("Complaints")

    def ready(self) -> None:
        from supportportal.people import confirming
        from supportportal.trail import words

        from . import forgetting, own_data, registration, registration_client, registration_staff
        from .trail_words import TRAIL_VERBS

        words.register(TRAIL_VERBS)
        registration.register()
        registration_client.register()
        registration_staff.register()
        own_data.register()
        forgetting.register()
        confirming.register(
            confirming.Grave("admin:complaints_complaint_export"),
            confirming.Grave("admin:complaints_complaint_anonymise"),
        )
