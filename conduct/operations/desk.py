"""What staff do with a case file besides deciding it."""

from datetime import datetime

from django.db import transaction

from supportportal.files.models import StoredFile
from supportportal.people.models import User
from supportportal.trail import operations as trail

from ..models import Incident


@transaction.atomic
def opened(incident: Incident, file: StoredFile, *, by: User, at: datetime) -> None:
    """Somebody takes a file out: noted on the trail."""
    trail.record("incident.file_opened", incident, by=by, at=at, file=file.pk, sha256=file.sha256)
