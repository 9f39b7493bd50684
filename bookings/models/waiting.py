"""Slots kept for someone for a while, and those who wait for one (B-9a, B-15)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from supportportal.lattice import instant_at

from .booking import Booking
from .offer import Agent, SessionType


class WaitlistEntryQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(left_at__isnull=True)

    def for_listing(self):
        return self.select_related("client__account", "session_type", "booking", "agent__user")


class WaitlistEntry(models.Model):
    """A client who waits: for an earlier slot of ``booking``, or for any slot on one of ``days``."""

    client = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="waiting")
    session_type = models.ForeignKey(SessionType, models.PROTECT, related_name="waiting")
    booking = models.ForeignKey(Booking, models.PROTECT, null=True, blank=True, related_name="waiting")
    agent = models.ForeignKey(Agent, models.PROTECT, null=True, blank=True, related_name="waiting")
    days = models.JSONField(_("days"), default=list, help_text=_("Local dates of the client, as ISO texts."))
    topic = models.CharField(_("what it is about"), max_length=200, blank=True)
    joined_at = models.DateTimeField(_("waiting since"))
    left_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = WaitlistEntryQuerySet.as_manager()

    class Meta:
        ordering = ["joined_at", "pk"]
        verbose_name = _("waiting list entry")
        verbose_name_plural = _("waiting list")
        constraints = [
            models.UniqueConstraint(fields=["booking"], condition=Q(left_at__isnull=True), name="a_session_waits_once"),
        ]

    def __str__(self) -> str:
        return f"{self.client}: {self.session_type}"

    @property
    def is_waiting(self) -> bool:
        return self.left_at is None


class OfferQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state=Offer.State.OPEN)

    def for_listing(self):
        return self.select_related(
            "entry__client__account__plan", "entry__session_type", "entry__booking", "entry__agent", "agent__user"
        )


class Offer(models.Model):
    """A freed slot, offered to one who waits and held until ``until``. The same freed slot never twice to the same."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("expired")
        WITHDRAWN = "withdrawn", _("withdrawn")

    entry = models.ForeignKey(WaitlistEntry, models.PROTECT, related_name="offers")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="+")
    first_cell = models.IntegerField()
    freed = models.CharField(max_length=40, help_text=_("Which slot was freed: session and version."))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    offered_at = models.DateTimeField(_("offered"))
    until = models.DateTimeField(_("until"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["offered_at"]
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.UniqueConstraint(fields=["entry", "freed"], name="a_freed_slot_is_offered_once_to_each"),
            models.UniqueConstraint(fields=["entry"], condition=Q(state="open"), name="one_open_offer_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.entry} ({self.state})"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def starts_at(self):
        return instant_at(self.first_cell)

    @property
    def ends_at(self):
        return instant_at(self.first_cell + self.entry.session_type.cells)


class Hold(models.Model):
    """Cells of one agent that nobody else gets before ``until``: for an undo, then for those who wait.

    One row passes from undo (``booking``) to the first who waits (``offer``) to the next; only the tick passes it on,
    and in between it is nobody's. Two minutes past ``until`` it is in nobody's way any more.
    """

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="holds")
    first_cell = models.IntegerField()  # with buffers: what is held, not what is shown
    cells = models.PositiveSmallIntegerField()
    booking = models.ForeignKey(Booking, models.PROTECT, null=True, blank=True, related_name="holds")
    offer = models.OneToOneField(Offer, models.PROTECT, null=True, blank=True, related_name="hold")
    freed = models.CharField(max_length=40)
    slot = models.JSONField(default=dict, help_text=_("The slot inside: first cell, cells, and what an undo needs."))
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.CheckConstraint(condition=Q(cells__gte=1, cells__lte=288), name="hold_fits_a_day_of_cells"),
            models.CheckConstraint(
                condition=Q(booking__isnull=True) | Q(offer__isnull=True),
                name="hold_is_never_for_an_undo_and_an_offer",
            ),
            models.UniqueConstraint(fields=["freed"], name="a_freed_slot_is_held_once"),
            models.UniqueConstraint(
                fields=["booking"], condition=Q(booking__isnull=False), name="a_session_has_one_undo_hold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent}@{self.first_cell}"
