"""Contact stopped at once because of a threat (R-7a)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from supportportal.people.models import Restriction

from .incident import Incident


class EmergencyStop(models.Model):
    """A duty manager's stop of all contact for up to 72 hours: no measure, once per incident, ends by itself (R-7a)."""

    incident = models.OneToOneField(Incident, models.CASCADE, related_name="emergency_stop")
    restriction = models.OneToOneField(Restriction, models.PROTECT, related_name="emergency_stop")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"))
    reasons = models.TextField(_("reasons"))
    notice = models.TextField(_("notice to the client"))
    ended_at = models.DateTimeField(_("ended early"), null=True, blank=True)
    end_told_at = models.DateTimeField(_("told that it ended by itself"), null=True, blank=True)

    class Meta:
        verbose_name = _("emergency stop")
        verbose_name_plural = _("emergency stops")
        constraints = [
            models.CheckConstraint(condition=models.Q(until__gt=models.F("at")), name="emergency_stop_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.incident}: {_('contact stopped')}"
