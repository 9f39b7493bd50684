"""The clocks of a complaint: one row each, which can say how it came about (C-5)."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from supportportal.people.models import User

from .. import rules
from .complaint import Complaint


class DeadlineQuerySet(models.QuerySet):
    def running(self):
        return self.filter(outcome=Deadline.Outcome.RUNNING)

    def owed(self):
        """Running, for a step that somebody has to take; the ombudsman letter goes out by itself."""
        return self.running().exclude(step=Deadline.Step.OMBUDSMAN)

    def to_look_at(self, at):
        """Where a warning or an escalation has become due; what has none is never looked at."""
        return self.running().filter(look_at__lte=at)


class Deadline(models.Model):
    """One step's deadline. ``due_at`` is the end of ``day`` (24:00 at the desk), or an instant where hours count.

    Only ``complaints.operations.clocks`` writes it. ``told_at`` is the due time that the complainant was told: no
    change of the calendar moves the deadline behind it (C-6). ``look_at`` is when the sweep next has something to do.
    """

    class Step(models.TextChoices):
        ACKNOWLEDGE = "acknowledge", _("acknowledgement")
        UPDATE = "update", _("progress update")
        RESPOND = "respond", _("formal response")
        APPEAL = "appeal", _("answer to the appeal")
        OMBUDSMAN = "ombudsman", _("ombudsman letter")

    class Outcome(models.TextChoices):
        RUNNING = "running", _("running")
        MET = "met", _("on time")
        LATE = "late", _("late")
        SUPERSEDED = "superseded", _("superseded")
        CLOSED = "closed", _("not needed any more")

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="deadlines")
    step = models.CharField(_("step"), max_length=12, choices=Step.choices)
    start_at = models.DateTimeField(_("counted from"))
    is_projected = models.BooleanField(_("projected"), default=False)
    day = models.DateField(_("last day"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    fault = models.CharField(_("why it cannot be computed"), max_length=200, blank=True)
    calendar_version = models.CharField(_("calendar"), max_length=16, blank=True)
    explanation = models.JSONField(_("day by day"), default=list)  # [[day, number or null, why not], …]
    told_at = models.DateTimeField(_("told to the complainant"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, default=Outcome.RUNNING)
    met_at = models.DateTimeField(_("happened"), null=True, blank=True)
    warned_at = models.DateTimeField(_("warned"), null=True, blank=True)
    warned_last_day_at = models.DateTimeField(_("warned on the last business day"), null=True, blank=True)
    escalated_at = models.DateTimeField(_("escalated"), null=True, blank=True)
    look_at = models.DateTimeField(null=True, blank=True)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        ordering = [F("due_at").asc(nulls_first=True), "pk"]
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        constraints = [
            models.UniqueConstraint(fields=["complaint", "step"], name="one_clock_per_step_of_a_complaint"),
            models.CheckConstraint(
                condition=Q(due_at__isnull=False) | ~Q(fault=""), name="deadline_has_a_date_or_says_why_not"
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=["met", "late"]) | Q(met_at__isnull=False), name="what_was_met_says_when"
            ),
        ]
        indexes = [
            models.Index(fields=["look_at"], condition=Q(outcome="running"), name="deadline_to_look_at"),
            models.Index(fields=["due_at"], condition=Q(outcome="running"), name="deadline_running_by_due"),
        ]

    def __str__(self) -> str:
        return f"{self.complaint_id}: {self.get_step_display()}"

    @property
    def happened_at(self) -> datetime | None:
        """When the step was really done; a superseded one never was."""
        return self.met_at if self.outcome in (self.Outcome.MET, self.Outcome.LATE) else None

    @property
    def due(self) -> rules.Due | None:
        """As the rules know it; None where the calendar could not say."""
        if self.due_at is None:
            return None
        return rules.Due(rules.Step(self.step), self.start_at, self.due_at, self.day, self.is_projected)

    def is_late(self, at) -> bool:
        """Missed: still running behind its due time, or met behind it; exactly then is on time (C-4)."""
        if self.outcome == self.Outcome.RUNNING:
            return self.due_at is not None and at > self.due_at
        return self.outcome == self.Outcome.LATE


class Rebasing(models.Model):
    """A manager's decision that a change of the calendar moves a deadline (C-6)."""

    deadline = models.ForeignKey(Deadline, models.CASCADE, related_name="rebasings")
    from_due_at = models.DateTimeField(_("before"), null=True, blank=True)  # none where it could not be computed
    to_due_at = models.DateTimeField(_("after"))
    reason = models.TextField(_("reason"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("re-based deadline")
        verbose_name_plural = _("re-based deadlines")

    def __str__(self) -> str:
        before = f"{self.from_due_at:%Y-%m-%d}" if self.from_due_at else "?"
        return f"{self.deadline}: {before} → {self.to_due_at:%Y-%m-%d}"
