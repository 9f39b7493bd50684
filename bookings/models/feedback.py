"""What people say of our support (B-19)."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .booking import Booking


class Rating(models.Model):
    rating = models.PositiveSmallIntegerField(_("rating"), validators=[MinValueValidator(1), MaxValueValidator(5)])
    comment = models.TextField(_("comment"), blank=True)
    given_at = models.DateTimeField(_("given"))

    class Meta:
        abstract = True


class Feedback(Rating):
    """On one attended session, once; it can be changed by the same link, never given twice."""

    booking = models.OneToOneField(Booking, models.PROTECT, related_name="feedback", verbose_name=_("session"))

    class Meta:
        ordering = ["-given_at"]
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        constraints = [
            models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name="feedback_is_one_to_five")
        ]

    def __str__(self) -> str:
        return f"{self.booking}: {self.rating}"


class SurveyAnswer(Rating):
    """On our support as a whole, once a quarter for each who used it; ``rating`` is empty until answered."""

    client = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="survey_answers")
    quarter = models.CharField(_("quarter"), max_length=7, help_text="2026-Q4")
    asked_at = models.DateTimeField(_("asked"))
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    given_at = models.DateTimeField(_("given"), null=True, blank=True)

    class Meta:
        ordering = ["-asked_at"]
        verbose_name = _("survey answer")
        verbose_name_plural = _("survey answers")
        constraints = [
            models.UniqueConstraint(fields=["client", "quarter"], name="one_survey_a_quarter"),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__gte=1, rating__lte=5), name="survey_is_one_to_five"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client}, {self.quarter}"
