"""What is kept on purpose, and what has been let go."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LegalHoldQuerySet(models.QuerySet):
    def standing(self) -> "LegalHoldQuerySet":
        return self.filter(lifted_at__isnull=True)


class LegalHold(models.Model):
    """While it stands, nothing about ``person`` is deleted or anonymised. Only ``retention.operations`` changes it."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="legal_holds", verbose_name=_("person")
    )
    reason = models.TextField(_("reason"))
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("placed by")
    )
    placed_at = models.DateTimeField(_("since"))
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lifted by")
    )
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at", "-pk"]
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        permissions = [("forget_person", _("Can see what is due to go, and anonymise a client"))]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(lifted_at__isnull=True), name="one_standing_hold_per_person"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="lifted_hold_says_by_whom_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}"

    @property
    def is_standing(self) -> bool:
        return self.lifted_at is None


class Forgotten(models.Model):
    """A row whose words and persons are gone: nothing is due for it any more. Holds no personal data itself."""

    kind = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject_id"], name="a_row_is_forgotten_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"
