"""Recorded no-shows, what they cost, and requests to look at one again (B-10, B-13)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from supportportal.people.models import Account

from .booking import Booking


class StrikeQuerySet(models.QuerySet):
    def counting(self):
        """Those that were not taken back: a waived or undone strike counts nowhere."""
        return self.filter(taken_back_at__isnull=True)

    def final(self, at):
        """Those that can't be undone by the client any more (B-9a)."""
        return self.counting().filter(final_at__lte=at)


class Strike(models.Model):
    """One recorded no-show of one person. What follows from it is never stored: ``rules.ladder`` works it out."""

    class Cause(models.TextChoices):
        LATE_CANCEL = "late_cancel", _("cancelled late")
        LATE_MOVE = "late_move", _("moved late")
        NO_SHOW = "no_show", _("not there")

    class TakenBack(models.TextChoices):
        UNDONE = "undone", _("undone by the client")
        CORRECTED = "corrected", _("recorded by mistake")
        WAIVED = "waived", _("waived")

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="strikes", verbose_name=_("session"))
    client = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="strikes", verbose_name=_("client")
    )
    cause = models.CharField(_("why"), max_length=16, choices=Cause.choices)
    first_cell = models.IntegerField()  # the start that was missed: a session can be missed once per start
    day = models.DateField(_("date"), help_text=_("The client's local date of the missed start, as it was then."))
    recorded_at = models.DateTimeField(_("recorded"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    final_at = models.DateTimeField(_("final"))
    taken_back = models.CharField(_("taken back"), max_length=10, choices=TakenBack.choices, blank=True)
    taken_back_at = models.DateTimeField(_("taken back on"), null=True, blank=True)
    taken_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    taken_back_reason = models.TextField(_("reason"), blank=True)

    objects = StrikeQuerySet.as_manager()

    class Meta:
        ordering = ["day", "pk"]
        verbose_name = _("strike")
        verbose_name_plural = _("strikes")
        permissions = [("waive_strike", "Can waive strikes and answer requests to look again")]
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "first_cell"],
                condition=Q(taken_back_at__isnull=True),
                name="a_start_is_missed_once",
            ),
            models.CheckConstraint(
                condition=Q(taken_back="", taken_back_at__isnull=True)
                | (~Q(taken_back="") & Q(taken_back_at__isnull=False)),
                name="taken_back_iff_taken_back_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client}, {self.day}"


class StrikeReview(models.Model):
    """A client's request to look at a strike again; decided by somebody who did not mark it (B-13)."""

    class Decision(models.TextChoices):
        KEPT = "kept", _("the strike stays")
        WAIVED = "waived", _("the strike is waived")

    strike = models.ForeignKey(Strike, models.PROTECT, related_name="reviews")
    asked_at = models.DateTimeField(_("asked"))
    text = models.TextField(_("what the client says"))
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answer = models.TextField(_("answer"), blank=True)

    class Meta:
        ordering = ["asked_at"]
        verbose_name = _("request to look again")
        verbose_name_plural = _("requests to look again")
        constraints = [models.UniqueConstraint(fields=["strike"], name="a_strike_is_looked_at_again_once")]

    def __str__(self) -> str:
        return str(self.strike)


class SupportDecision(models.Model):
    """What a manager decided about a client whose newest strike led to level 3 (B-13.5)."""

    class Decision(models.TextChoices):
        UNCHANGED = "unchanged", _("support goes on as it is")
        REDUCED = "reduced", _("support is reduced")

    strike = models.OneToOneField(Strike, models.PROTECT, related_name="support_decision", verbose_name=_("strike"))
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices)
    reason = models.TextField(_("reason"))
    decided_at = models.DateTimeField(_("decided"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-decided_at"]
        verbose_name = _("decision on support")
        verbose_name_plural = _("decisions on support")

    def __str__(self) -> str:
        return str(self.strike)


class Fee(models.Model):
    """What one session costs under a sanction: asked, accepted, and owed once attended or missed (B-13.3, B-13.4)."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        ACCEPTED = "accepted", _("accepted")
        LAPSED = "lapsed", _("lapsed")
        OWED = "owed", _("owed")
        WAIVED = "waived", _("waived")
        INVOICED = "invoiced", _("invoiced")
        PAID = "paid", _("paid")

    # The first four follow from sessions and strikes, both ways, as those are undone or corrected; people do the rest.
    NEXT_STATES = {
        State.ASKED: {State.ACCEPTED, State.LAPSED},
        State.ACCEPTED: {State.OWED, State.LAPSED},
        State.LAPSED: {State.ASKED, State.ACCEPTED, State.OWED},
        State.OWED: {State.ACCEPTED, State.LAPSED, State.WAIVED, State.INVOICED},
        State.INVOICED: {State.PAID, State.WAIVED},
    }

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="fees", verbose_name=_("session"))
    client = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="fees", verbose_name=_("client"))
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="fees", verbose_name=_("invoiced to"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    net = models.DecimalField(_("net amount"), max_digits=8, decimal_places=2)
    vat_rate = models.DecimalField(_("VAT in per cent"), max_digits=5, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    asked_at = models.DateTimeField(_("asked"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        ordering = ["asked_at"]
        verbose_name = _("fee")
        verbose_name_plural = _("fees")
        constraints = [
            models.UniqueConstraint(
                fields=["booking"], condition=~Q(state__in=["lapsed", "waived"]), name="a_session_has_one_fee"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.net} {self.currency}, {self.booking}"

    def can_become(self, state: str) -> bool:
        return state in self.NEXT_STATES.get(self.State(self.state), set())
