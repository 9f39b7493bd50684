"""What the demo has "sent": mails and text messages as they would have arrived."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DemoMailQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(read_at__isnull=True)


class DemoMail(models.Model):
    """One mail (``raw`` is the whole of it, as bytes on the wire) or one text message (``raw`` is its text)."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("e-mail")
        SMS = "sms", _("text message")

    channel = models.CharField(max_length=8, choices=Channel.choices)
    address = models.CharField(max_length=254, db_index=True)
    subject = models.CharField(max_length=300, blank=True)
    raw = models.BinaryField()
    arrived_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = DemoMailQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("demo mail")
        verbose_name_plural = _("demo mails")

    def __str__(self) -> str:
        return f"{self.channel} #{self.pk}"
