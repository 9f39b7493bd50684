"""When what runs by itself was last seen to."""

from django.db import models


class Heartbeat(models.Model):
    """The last time that something was done to its end: a tick, beat handing ticks over, a backup."""

    name = models.CharField(max_length=120, primary_key=True)
    at = models.DateTimeField()
    since = models.DateTimeField(help_text="Since when the process that wrote it has been at work.")

    def __str__(self) -> str:
        return self.name
