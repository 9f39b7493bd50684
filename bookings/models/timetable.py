"""What tells one state of the timetable from another."""

import uuid

from django.db import models


class TimetableVersion(models.Model):
    """The tokens that a reader sees stand for all that is seen of the timetable's tables.

    Only ``bookings.timetable_triggers`` writes here: a token for each write, and away with those of before. Mostly one
    row; more where writers overlap, for none waits for another.
    """

    token = models.UUIDField(primary_key=True, default=uuid.uuid4)

    def __str__(self) -> str:
        return str(self.token)
