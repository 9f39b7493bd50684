"""What a backup must not lose, written in a process with a portal's own settings: a file, and a mail that is due."""

import os

import django


def write() -> None:
    from django.core.files.base import ContentFile
    from django.utils import timezone

    from supportportal.files.models import StoredFile
    from supportportal.outbox import operations
    from supportportal.outbox.notices import NOBODY
    from supportportal.outbox.operations import Owed

    at = timezone.now()
    stored = StoredFile(name="a.txt", content_type="text/plain", size=8, sha256="", uploaded_at=at)
    stored.content.save("ab/evidence", ContentFile(b"evidence"))
    owed = Owed("account_access", NOBODY, at, address="a@client.example", language="en", time_zone="UTC")
    operations.plan([owed], at=at)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "supportportal.settings"
    django.setup()
    write()
