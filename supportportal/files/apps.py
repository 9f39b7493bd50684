from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "supportportal.files"
    label = "files"

    def ready(self) -> None:
        from supportportal.trail import words
        from supportportal.watch import doctor, metrics
        from supportportal.watch import troubles as watched

        from . import screening, watching
        from .models import StoredFile
        from .trail_words import TRAIL_VERBS

        words.register(TRAIL_VERBS)
        screening.register(StoredFile, lambda file: [file.content.open("rb")])
        watched.register(watching.troubles)
        metrics.register(watching.GAUGE)
        doctor.register(watching.scanner, needs_database=False)
