"""The one appeal against a measure (R-7), and an outside reviewer where nobody else is left (S-1)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from supportportal.files.models import StoredFile

from .incident import MANAGERS, Incident
from .measure import Measure


class AppealQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Managers see those of the incidents that they may see, an outside reviewer the one appointed to; who reported
        it sees what came of it (R-10, C-8).
        """
        if not (user.is_active and user.is_staff):
            return self.none()
        if user.is_superuser or user.has_role(*MANAGERS):
            return self.filter(measure__incident__in=Incident.objects.in_full_for(user).values("pk"))
        appointed = Appointment.objects.filter(person=user.pk, ended_at__isnull=True)
        return self.filter(measure__in=appointed.values("measure"))

    def open(self):
        return self.filter(outcome="")


class Appeal(models.Model):
    """Decided by someone who neither reported, nor decided, nor approved, nor is named in the incident."""

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("the measure stands")
        VARIED = "varied", _("the measure is changed")
        QUASHED = "quashed", _("the measure is withdrawn")

    measure = models.OneToOneField(Measure, models.CASCADE, related_name="appeal")
    reasons = models.TextField(_("reasons"))
    late_cause = models.TextField(_("why it comes late"), blank=True)
    files = models.ManyToManyField(StoredFile, blank=True, related_name="+")
    lodged_at = models.DateTimeField(_("lodged"))
    answer_by = models.DateField(_("answer by"), null=True, blank=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reviewer")
    )
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices, blank=True)
    decision = models.TextField(_("reasons of the decision"), blank=True)
    varied = models.JSONField(_("what was changed"), default=dict, blank=True)  # before and after: until, gates
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded that it is late"), null=True, blank=True)
    pressed_at = models.DateTimeField(_("reminded again"), null=True, blank=True)
    suspended_at = models.DateTimeField(_("measure suspended"), null=True, blank=True)  # S-1

    objects = AppealQuerySet.as_manager()

    class Meta:
        ordering = ["lodged_at", "pk"]
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(outcome="") & ~Q(decision="") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="decided_conduct_appeal_says_by_whom_and_why",
            )
        ]

    def __str__(self) -> str:
        return f"{self.measure}: {_('appeal')}"

    def get_absolute_url(self) -> str:
        return reverse("admin:conduct_appeal_change", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return not self.outcome


class Appointment(models.Model):
    """Somebody whom the owner appointed for one measure: to approve it, or to decide its appeal (S-1)."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="appointments")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person"))
    appointed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("appointed by")
    )
    appointed_at = models.DateTimeField(_("appointed"))
    reason = models.TextField(_("reason"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("outside reviewer")
        verbose_name_plural = _("outside reviewers")
        constraints = [
            models.UniqueConstraint(
                fields=["measure"], condition=Q(ended_at__isnull=True), name="one_outside_reviewer_of_a_measure"
            )
        ]

    def __str__(self) -> str:
        return f"{self.measure}: {self.person}"
