"""What came from one source lately: counted against the limits of the public form, then forgotten."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Use(models.Model):
    """One complaint or one file that came from ``source``, which is no address: a keyed hash of one."""

    class Kind(models.TextChoices):
        COMPLAINT = "complaint", _("complaint")
        FILE = "file", _("file")

    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    source = models.CharField(_("source"), max_length=32)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    at = models.DateTimeField(_("when"), db_index=True)

    class Meta:
        verbose_name = _("use of the public form")
        verbose_name_plural = _("uses of the public form")
        indexes = [models.Index(fields=["kind", "source", "at"], name="use_by_source")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
