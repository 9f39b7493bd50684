"""Every message that is owed, as a row: planned, claimed, sent, reconciled (architecture, idea 3)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MessageQuerySet(models.QuerySet):
    def about(self, subject_type: str, *subject_ids: int):
        return self.filter(subject_type=subject_type, subject_id__in=subject_ids)


class Message(models.Model):
    """One message to one recipient. Only ``outbox.operations`` changes its state."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("e-mail")
        SMS = "sms", _("text message")

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        SENDING = "sending", _("sending")
        RETRYING = "retrying", _("trying again")
        UNKNOWN = "unknown", _("unknown")
        SENT = "sent", _("sent")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")
        SKIPPED = "skipped", _("skipped")
        VOID = "void", _("overtaken")

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(_("kind"), max_length=40)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PLANNED)
    subject_type = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    version = models.PositiveIntegerField(default=1)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="messages"
    )
    copy = models.CharField(max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=254, blank=True, help_text=_("Empty until it is sent."))
    language = models.CharField(_("language"), max_length=8, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    data = models.JSONField(default=dict, blank=True)

    due_at = models.DateTimeField(_("due"))
    useful_until = models.DateTimeField(_("useful until"), null=True, blank=True)
    try_at = models.DateTimeField(_("next try"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=120, blank=True)
    provider_id = models.CharField(max_length=120, blank=True)
    note = models.CharField(_("why"), max_length=300, blank=True)

    subject = models.CharField(_("subject"), max_length=300, blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(blank=True)

    created_at = models.DateTimeField(_("written"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(
                fields=["channel", "try_at"],
                condition=Q(state__in=["planned", "retrying"]),
                name="message_to_send",
            ),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="message_leased"),
            models.Index(fields=["subject_type", "subject_id"], name="message_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class Gateway(models.Model):
    """A provider that messages leave by; paused after a time-out or a run of failures."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    note = models.CharField(_("why"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("gateway")
        verbose_name_plural = _("gateways")

    def __str__(self) -> str:
        return self.name


class DeliveryEvent(models.Model):
    """What a provider reported about a message; handled later, apart from its arrival."""

    gateway = models.CharField(max_length=60)
    event_id = models.CharField(max_length=200, unique=True, default=uuid.uuid4)
    provider_id = models.CharField(max_length=120, blank=True)
    message = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="events")
    kind = models.CharField(max_length=30)
    detail = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("delivery event")
        verbose_name_plural = _("delivery events")
        indexes = [models.Index(fields=["id"], condition=Q(handled_at__isnull=True), name="event_to_handle")]

    def __str__(self) -> str:
        return f"{self.kind} {self.provider_id}"
