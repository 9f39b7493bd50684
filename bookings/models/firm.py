"""People whom our own change of plan could not reach in time: somebody has to call them."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from supportportal.lattice import instant_at

from .booking import Booking


class UnreachedQuerySet(models.QuerySet):
    def to_call(self):
        return self.filter(reached_at__isnull=True)

    def for_listing(self):
        return self.select_related(
            "booking__client__account", "booking__agent__user", "booking__session_type", "reached_by"
        )


class Unreached(models.Model):
    """A client to call about a session that we moved or cancelled shortly before its start (``first_cell``)."""

    class Why(models.TextChoices):
        NO_NUMBER = "no_number", _("no phone number")
        NO_CONSENT = "no_consent", _("has not agreed to text messages")
        NOT_DELIVERED = "not_delivered", _("the text message did not arrive")

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="unreached", verbose_name=_("session"))
    version = models.PositiveIntegerField()
    first_cell = models.IntegerField()
    why = models.CharField(_("why"), max_length=16, choices=Why.choices)
    since = models.DateTimeField(_("since"))
    reached_at = models.DateTimeField(_("reached"), null=True, blank=True)
    reached_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    objects = UnreachedQuerySet.as_manager()

    class Meta:
        ordering = ["first_cell", "pk"]
        verbose_name = _("client to call")
        verbose_name_plural = _("clients to call")
        constraints = [models.UniqueConstraint(fields=["booking", "version"], name="one_call_per_change_of_a_session")]

    def __str__(self) -> str:
        return f"{self.booking}: {self.get_why_display()}"

    def get_absolute_url(self) -> str:
        return reverse("admin:bookings_agent_to_call")

    @property
    def was_at(self):
        """The start that the client still has in mind."""
        return instant_at(self.first_cell)
