"""The support terms, by version, and who accepted which, when (B-3)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from supportportal import reader


class TermsVersion(models.Model):
    version = models.CharField(_("version"), max_length=20, unique=True)
    published_at = models.DateTimeField(_("in force from"))
    text_en = models.TextField(_("English text"))
    text_it = models.TextField(_("Italian text"), blank=True)
    text_nl = models.TextField(_("Dutch text"), blank=True)

    class Meta:
        ordering = ["-published_at"]
        get_latest_by = "published_at"
        verbose_name = _("version of the terms")
        verbose_name_plural = _("support terms")

    def __str__(self) -> str:
        return self.version

    @property
    def text(self) -> str:
        return getattr(self, f"text_{reader.language()[:2]}", "") or self.text_en

    @classmethod
    def current(cls, at) -> "TermsVersion | None":
        return cls.objects.filter(published_at__lte=at).order_by("-published_at").first()

    @classmethod
    def to_accept(cls, client, at) -> "TermsVersion | None":
        """The version in force, unless ``client`` has accepted it."""
        current = cls.current(at)
        return None if current is None or current.acceptances.filter(user=client).exists() else current


class TermsAcceptance(models.Model):
    terms = models.ForeignKey(TermsVersion, models.PROTECT, related_name="acceptances")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="terms_acceptances")
    accepted_at = models.DateTimeField(_("accepted"))

    class Meta:
        verbose_name = _("acceptance of the terms")
        verbose_name_plural = _("acceptances of the terms")
        constraints = [models.UniqueConstraint(fields=["terms", "user"], name="terms_accepted_once_per_version")]

    def __str__(self) -> str:
        return f"{self.user}: {self.terms}"
