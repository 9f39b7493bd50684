"""Every message that is owed, as a row: planned, claimed, sent, reconciled (architecture, idea 3)."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from supportportal.files.models import Screened, ScreenedQuerySet, private_storage
from supportportal.longlists import among

from . import kinds

OVERDUE = timedelta(minutes=10)  # what has waited for longer than this, nobody is sending
LOOKED_AT_FOR = timedelta(days=30)  # a failure that nobody did anything about by then is history


class MessageQuerySet(models.QuerySet):
    def about(self, subject_type: str, *subject_ids: int):
        return self.filter(subject_type=subject_type, subject_id__in=subject_ids)

    def to_send(self, channel: str, at: datetime):
        return self.filter(channel=channel, state__in=Message.UNSENT, try_at__lte=at)

    def needing_attention(self, at: datetime):
        """What failed and has not been sent again, what nobody can say of, what is tried again or was never tried."""
        failed = Q(state=Message.State.FAILED, due_at__gt=at - LOOKED_AT_FOR)
        stuck = Q(state=Message.State.PLANNED, try_at__lte=at - OVERDUE)
        in_trouble = failed | stuck | Q(state=Message.State.UNKNOWN) | Q(state=Message.State.RETRYING)
        return self.filter(in_trouble).exclude(pk__in=_sent_again(since=at - LOOKED_AT_FOR))

    def visible_to(self, user):
        """Staff see the messages whose subjects they may see; each kind says for itself (C-8)."""
        if not user.is_staff:
            return self.filter(recipient=user)
        narrowed: dict[Callable[[Any, Any], Any], list[str]] = {}  # kinds of one subject share one subquery
        for kind in kinds.all_kinds():
            if kind.visible_to is not None:
                narrowed.setdefault(kind.visible_to, []).append(kind.code)
        seen = ~Q(kind__in=[code for codes in narrowed.values() for code in codes])
        for visible_to, codes in narrowed.items():
            seen |= Q(kind__in=codes) & Q(among(visible_to(Message.objects.filter(kind__in=codes), user), "pk"))
        return self.filter(seen)


def _sent_again(since: datetime) -> set[int]:
    """Those that stand no more for themselves: each but the last of those sent again."""
    latest: dict[int, int] = {}
    earlier: set[int] = set()
    again = Message.objects.filter(key__startswith="again:", created_at__gt=since).order_by("pk")
    for pk, root in again.values_list("pk", "data__again_of"):
        earlier.add(latest.get(root, root))
        latest[root] = pk
    return earlier


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

    UNSENT = [State.PLANNED, State.RETRYING]
    AT_RISK = [State.SENDING, State.UNKNOWN]  # handed over, or perhaps: nobody else may touch them meanwhile
    NEXT_STATES = {
        State.PLANNED: {State.SENDING, State.VOID, State.SKIPPED},
        State.SENDING: {
            State.SENT,
            State.DELIVERED,
            State.RETRYING,
            State.UNKNOWN,
            State.FAILED,
            State.SKIPPED,
            State.VOID,
        },
        State.RETRYING: {State.SENDING, State.SENT, State.DELIVERED, State.FAILED, State.VOID, State.SKIPPED},
        State.UNKNOWN: {State.RETRYING, State.SENT, State.DELIVERED, State.FAILED, State.SKIPPED},
        State.SENT: {State.DELIVERED, State.FAILED},
        State.FAILED: {State.DELIVERED},
    }

    key = models.CharField(max_length=400, unique=True)
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
    address = models.CharField(
        max_length=254, blank=True, help_text="Where to, if not to the recipient's own address of the hour of sending."
    )
    sent_to = models.CharField(_("address"), max_length=254, blank=True)
    language = models.CharField(_("language"), max_length=8, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    data = models.JSONField(default=dict, blank=True)

    urgent = models.BooleanField(default=False)
    due_at = models.DateTimeField(_("due"))
    useful_until = models.DateTimeField(_("useful until"), null=True, blank=True)
    try_at = models.DateTimeField(_("next try"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    handed_at = models.DateTimeField(
        null=True, blank=True, help_text="Set by the fence, right before the hand-over; empty on a fresh claim."
    )
    overtaken = models.BooleanField(default=False, help_text="Voided while it was being sent: not to be tried again.")
    gateway = models.CharField(max_length=60, blank=True)
    message_id = models.CharField(max_length=120, blank=True)
    provider_id = models.CharField(max_length=120, blank=True)
    digest = models.CharField(max_length=64, blank=True, help_text="Of the text as it was handed over, links and all.")
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
                fields=["channel", "-urgent", "try_at"],
                condition=Q(state__in=["planned", "retrying"]),
                name="message_to_send",
            ),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="message_leased"),
            models.Index(fields=["try_at"], condition=Q(state="unknown"), name="message_to_ask_about"),
            models.Index(fields=["due_at"], condition=Q(state="failed"), name="message_failed"),
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="message_by_provider_id"),
            models.Index(fields=["subject_type", "subject_id"], name="message_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.label} #{self.pk}"

    @classmethod
    def worst_first(cls) -> list[Any]:
        """To order by: what is in trouble, then what is still to go by its time, then the rest, the latest first."""
        trouble, to_go = (
            [cls.State.FAILED, cls.State.UNKNOWN, cls.State.RETRYING],
            [cls.State.PLANNED, cls.State.SENDING],
        )
        rank = Case(When(state__in=trouble, then=Value(0)), When(state__in=to_go, then=Value(1)), default=Value(2))
        return [rank.asc(), Case(When(state__in=to_go, then=F("due_at"))).asc(), "-due_at", "-pk"]

    @classmethod
    def states_before(cls, state: str) -> list[str]:
        """From where ``state`` can be reached; each change filters by it, so a late one finds no row."""
        return [before for before, after in cls.NEXT_STATES.items() if state in after]

    @property
    def label(self) -> str:
        return kinds.label(self.kind)

    @property
    def is_settled(self) -> bool:
        """Nothing more happens to it by itself, but for what a provider may still report."""
        return self.state not in [*self.UNSENT, *self.AT_RISK]

    @property
    def why(self) -> str:
        """The note in the reader's language; notes are kept in English, a provider's own words after a colon."""
        reason, colon, detail = self.note.partition(": ")
        return f"{gettext(reason)}{colon}{detail}" if reason else self.note


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


class Restoration(models.Model):
    """The database was put back from a backup; until it is released, only what is asked for since then may leave."""

    backup_at = models.DateTimeField(_("backup of"))
    restored_at = models.DateTimeField(_("restored"))
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    sent = models.BooleanField(_("what was due before was sent"), default=False)

    class Meta:
        verbose_name = _("restore from a backup")
        verbose_name_plural = _("restores from backups")

    def __str__(self) -> str:
        return f"{self.backup_at:%Y-%m-%d %H:%M}"

    @classmethod
    def holding(cls) -> "Restoration | None":
        return cls.objects.filter(released_at=None).order_by("-restored_at").first()


class Wording(models.Model):
    """What the firm says in its own words in messages of one kind and language; an empty part is as shipped.

    Only ``outbox.rewording`` changes it. Placeholders are kept as they were typed.
    """

    kind = models.CharField(_("kind"), max_length=40)
    language = models.CharField(_("language"), max_length=8)
    subject = models.CharField(_("subject"), max_length=150, blank=True)
    heading = models.CharField(_("heading"), max_length=150, blank=True)
    opening = models.TextField(_("opening"), blank=True)
    closing = models.TextField(_("closing"), blank=True)
    sms = models.CharField(_("text message"), max_length=300, blank=True)
    changed_at = models.DateTimeField(_("changed"))
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    PARTS = ("subject", "heading", "opening", "closing", "sms")

    class Meta:
        ordering = ["kind", "language"]
        verbose_name = _("message wording")
        verbose_name_plural = _("message wording")
        constraints = [models.UniqueConstraint(fields=["kind", "language"], name="one_wording_per_kind_and_language")]

    def __str__(self) -> str:
        return f"{kinds.label(self.kind)} ({self.language})"

    @property
    def parts(self) -> dict[str, str]:
        """The parts that are the firm's own."""
        return {name: getattr(self, name) for name in self.PARTS if getattr(self, name)}


class DeliveryEvent(models.Model):
    """What a provider reported about a message; handled later, apart from its arrival."""

    gateway = models.CharField(max_length=60)
    event_id = models.CharField(max_length=200, unique=True, default=uuid.uuid4)
    provider_id = models.CharField(max_length=120, blank=True)
    message = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="events")
    kind = models.CharField(max_length=30)
    address = models.CharField(max_length=254, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("delivery event")
        verbose_name_plural = _("delivery events")
        indexes = [models.Index(fields=["id"], condition=Q(handled_at__isnull=True), name="event_to_handle")]

    def __str__(self) -> str:
        return f"{self.kind} {self.provider_id}"


class InboundQuerySet(ScreenedQuerySet):
    def to_do(self):
        return self.filter(state=Inbound.State.WAITING)


class Inbound(Screened):
    """One mail that came in. Only ``outbox.inbound`` changes its state; the mail itself is never altered.

    What is screened of it are the files that came with it, all together; its words are shown meanwhile.
    """

    class State(models.TextChoices):
        NEW = "new", _("just arrived")
        WAITING = "waiting", _("to do")
        HANDLED = "handled", _("done")
        UNMATCHED = "unmatched", _("not matched")
        AUTOMATIC = "automatic", _("automatic")
        REFUSED = "refused", _("kept aside")

    NEXT_STATES = {
        State.NEW: {State.WAITING, State.HANDLED, State.UNMATCHED, State.AUTOMATIC, State.REFUSED},
        State.WAITING: {State.HANDLED},
        State.UNMATCHED: {State.HANDLED, State.WAITING},
        State.HANDLED: {State.WAITING},
        State.REFUSED: {State.WAITING},
        State.AUTOMATIC: {State.WAITING},
    }

    class Verdict(models.TextChoices):
        """Whether the mail really comes from the domain of its sender, as the receiving provider says."""

        PASS = "pass", _("sender confirmed")
        FAIL = "fail", _("sender not to be trusted")
        NONE = "none", _("sender not confirmed")

    key = models.CharField(max_length=64, unique=True)
    gateway = models.CharField(_("came by"), max_length=60)
    message_id = models.CharField(max_length=300, blank=True)
    references = models.TextField(blank=True)
    sender = models.CharField(_("from"), max_length=254, blank=True)
    sender_name = models.CharField(_("name"), max_length=200, blank=True)
    recipients = models.TextField(_("to"), blank=True)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    text = models.TextField(_("text"), blank=True)
    raw = models.FileField(storage=private_storage, max_length=120)
    size = models.PositiveBigIntegerField(_("size"))
    verdict = models.CharField(_("sender checked"), max_length=4, choices=Verdict.choices, default=Verdict.NONE)
    is_automatic = models.BooleanField(_("written by a machine"), default=False)
    arrived_at = models.DateTimeField(_("arrived"))

    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.NEW)
    note = models.CharField(_("why"), max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    answers = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="replies")
    subject_type = models.CharField(max_length=64, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    answered_on = models.DateField(null=True, blank=True)
    handled_at = models.DateTimeField(_("done"), null=True, blank=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = InboundQuerySet.as_manager()

    class Meta(Screened.Meta):
        ordering = ["-arrived_at", "-pk"]
        verbose_name = _("request by mail")
        verbose_name_plural = _("requests by mail")
        indexes = [
            *Screened.Meta.indexes,
            models.Index(fields=["state", "arrived_at"], name="inbound_by_state"),
            models.Index(fields=["subject_type", "subject_id"], name="inbound_by_subject"),
        ]
        constraints = [
            # Two mails from one address that cross, or a loop that no header tells, get one answer between them.
            models.UniqueConstraint(
                fields=["sender", "answered_on"],
                condition=Q(answered_on__isnull=False),
                name="one_answer_per_address_and_day",
            )
        ]

    def __str__(self) -> str:
        return self.subject or self.sender

    @property
    def why(self) -> str:
        """The note in the reader's language; notes are kept in English, a provider's own words after a colon."""
        reason, colon, detail = self.note.partition(": ")
        return f"{gettext(reason)}{colon}{detail}" if reason else self.note

    def can_become(self, state: str) -> bool:
        return state in self.NEXT_STATES.get(self.State(self.state), set())
