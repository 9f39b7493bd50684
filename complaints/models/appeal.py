"""After the answer: the appeal to another senior manager, and the ombudsman (C-10)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .complaint import Complaint


class Appeal(models.Model):
    """The one appeal against a decision. Decided by a senior manager who did not decide first."""

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("the decision stands")
        VARIED = "varied", _("the decision is changed in part")
        QUASHED = "quashed", _("the decision is withdrawn")

    complaint = models.OneToOneField(Complaint, models.CASCADE, related_name="appeal")
    reasons = models.TextField(_("reasons"))
    late_cause = models.TextField(_("why it comes late"), blank=True)
    lodged_at = models.DateTimeField(_("lodged"))
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reviewer")
    )
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(outcome="") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="decided_appeal_says_by_whom_and_when",
            )
        ]

    def __str__(self) -> str:
        return f"{self.complaint}: {_('appeal')}"


class OmbudsmanScheme(models.Model):
    """The scheme that unsettled complaints can be taken to, from a date on: a dated setting (C-10)."""

    name = models.CharField(
        _("name"),
        max_length=120,
        help_text=_("In the United Kingdom, for instance, the Communications Ombudsman."),
    )
    postal_address = models.TextField(_("postal address"))
    url = models.URLField(_("web page"))
    applies_from = models.DateField(
        _("for complaints that came from"), help_text=_("A new rule gets a row of its own: older cases keep theirs.")
    )
    weeks = models.PositiveSmallIntegerField(
        _("weeks until it takes a case"),
        default=6,
        help_text=_("Since 8 April 2026 these are six for communications in the United Kingdom; before, eight."),
    )
    months_to_refer = models.PositiveSmallIntegerField(_("months in which to turn to it"), default=12)

    class Meta:
        ordering = ["-applies_from"]
        verbose_name = _("ombudsman scheme")
        verbose_name_plural = _("ombudsman schemes")
        constraints = [models.UniqueConstraint(fields=["applies_from"], name="one_scheme_at_a_time")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def on(cls, day) -> "OmbudsmanScheme | None":
        """The scheme for a complaint that arrived on ``day``; None where no scheme is set."""
        return cls.objects.filter(applies_from__lte=day).order_by("-applies_from").first()


class Referral(models.Model):
    """The complainant has turned to the ombudsman: their reference, the decision, and what we did to follow it."""

    complaint = models.OneToOneField(Complaint, models.CASCADE, related_name="referral")
    scheme = models.ForeignKey(OmbudsmanScheme, models.PROTECT, related_name="+", verbose_name=_("scheme"))
    their_reference = models.CharField(_("their reference"), max_length=60, blank=True)
    referred_on = models.DateField(_("referred on"))
    decision = models.TextField(_("decision"), blank=True)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    followed_up = models.TextField(_("what we did"), blank=True)
    followed_up_on = models.DateField(_("done on"), null=True, blank=True)

    class Meta:
        verbose_name = _("referral to the ombudsman")
        verbose_name_plural = _("referrals to the ombudsman")

    def __str__(self) -> str:
        return f"{self.complaint}: {self.scheme}"
