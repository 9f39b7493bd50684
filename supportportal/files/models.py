"""Files that people hand in, kept private: stored under a random name, only ever downloaded."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def private_storage() -> Storage:
    return storages["private"]


class ScreenedQuerySet(models.QuerySet):
    def unscreened(self):
        return self.filter(screening=Screened.Screening.WAITING)

    def withheld(self):
        return self.filter(screening=Screened.Screening.WITHHELD)


class Screened(models.Model):
    """What is looked at for viruses before it is given out, where there is something that looks (CLAMD_URL).

    Only ``files.screening`` changes these fields. ``screen_at`` is when it is looked at next; meanwhile it waits.
    """

    class Screening(models.TextChoices):
        WAITING = "waiting", _("being checked for viruses")
        CLEAN = "clean", _("given out")  # without ``screened_at``: nobody has looked
        WITHHELD = "withheld", _("withheld")
        DELETED = "deleted", _("deleted")

    screening = models.CharField(
        max_length=8, choices=Screening.choices, default=Screening.CLEAN, db_default=Screening.CLEAN, editable=False
    )
    virus = models.CharField(max_length=200, blank=True, default="", db_default="", editable=False)
    screen_at = models.DateTimeField(null=True, blank=True, editable=False)
    screen_tries = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    screened_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["screen_at"], condition=Q(screening="waiting"), name="%(class)s_to_screen"),
            models.Index(fields=["id"], condition=Q(screening="withheld"), name="%(class)s_withheld"),
        ]

    @property
    def is_given_out(self) -> bool:
        """What waits is given out again once there is nothing left that could look at it."""
        return self.screening == self.Screening.CLEAN or (
            self.screening == self.Screening.WAITING and not settings.CLAMD_URL
        )

    @property
    def can_be_decided(self) -> bool:
        """Whether somebody may release or delete it."""
        return self.screening in (self.Screening.WAITING, self.Screening.WITHHELD)

    @property
    def why_withheld(self) -> str:
        """In a few words beside the name; empty for what is given out."""
        if self.is_given_out:
            return ""
        said = self.get_screening_display()
        return f"{said}: {self.virus}" if self.virus else said


def to_be_screened(at: datetime) -> dict[str, Any]:
    """How a row of what comes from outside begins."""
    return {"screening": Screened.Screening.WAITING, "screen_at": at} if settings.CLAMD_URL else {}


class StoredFile(Screened):
    """One kept file. Who may download it is decided by the app that holds it, never here."""

    name = models.CharField(_("name"), max_length=150)
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    content = models.FileField(storage=private_storage, max_length=120)
    uploaded_at = models.DateTimeField(_("uploaded"))

    objects = ScreenedQuerySet.as_manager()

    class Meta(Screened.Meta):
        verbose_name = _("file")
        verbose_name_plural = _("files")

    def __str__(self) -> str:
        return self.name
