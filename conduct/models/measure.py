"""What a manager finds and decides, and what follows from it (R-2 to R-5)."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from supportportal.files.models import StoredFile
from supportportal.people.models import Account, Restriction

from .incident import Incident


class Assessment(models.Model):
    """A manager's findings on one incident, in writing, before any decision (R-3); the evidence as it was (R-9a)."""

    class Finding(models.TextChoices):
        FOUNDED = "founded", _("it happened as reported")
        PARTLY = "partly", _("it happened in part")
        UNFOUNDED = "unfounded", _("it did not happen, or was no abuse")

    class Severity(models.IntegerChoices):
        MINOR = 1, _("minor")
        SERIOUS = 2, _("serious")
        GRAVE = 3, _("grave")

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="assessments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("when"))
    finding = models.CharField(_("finding"), max_length=10, choices=Finding.choices)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity.choices)
    facts = models.TextField(_("the facts, with dates and quotes"))
    whose_words = models.TextField(_("whose words, and how we know"), blank=True)
    our_part = models.TextField(_("our own part in it"), blank=True)
    vulnerability = models.TextField(_("known vulnerability or adjustment"), blank=True)
    earlier_steps = models.TextField(_("earlier steps, or why they were skipped"), blank=True)
    proportion = models.TextField(_("why this step and no milder one"), blank=True)
    stays_open = models.TextField(_("what stays open to the client"), blank=True)
    reasons = models.TextField(_("reasons"))
    precedents = models.JSONField(_("comparable decisions in view"), default=list)  # ids of measures
    exhibits = models.JSONField(_("evidence as it was"), default=dict)
    files = models.ManyToManyField(StoredFile, blank=True, related_name="+")  # keeps what the exhibits name

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")

    def __str__(self) -> str:
        return f"{self.incident}: {self.get_finding_display()}"


class MeasureQuerySet(models.QuerySet):
    def standing(self):
        """Taken, and neither lifted nor quashed; whether it still restricts anything is ``in_force``."""
        return self.filter(state=Measure.State.TAKEN)

    def in_force(self, at):
        """Restricting somebody at that instant."""
        return self.standing().filter(restriction__in=Restriction.objects.in_force(at))


class Measure(models.Model):
    """One step against one client for one incident, decided by a manager (R-2, R-3).

    ``until`` is None for a warning, for a permanent restriction, the end of a subscription and a report.
    """

    class Kind(models.TextChoices):
        WARNING = "warning", _("written warning")
        CORRESPONDENCE = "correspondence", _("end of correspondence")
        LIMITED = "limited", _("limited access")
        PERMANENT = "permanent", _("limited access for good")
        SUBSCRIPTION = "subscription", _("end of the subscription")
        AUTHORITIES = "authorities", _("report to the authorities")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("waits for approval")
        DECLINED = "declined", _("not approved")
        WITHDRAWN = "withdrawn", _("withdrawn before approval")
        TAKEN = "taken", _("taken")
        LIFTED = "lifted", _("lifted")
        QUASHED = "quashed", _("quashed on appeal")

    NEXT_STATES = {
        State.PROPOSED: {State.TAKEN, State.DECLINED, State.WITHDRAWN},
        State.TAKEN: {State.LIFTED, State.QUASHED},
        State.LIFTED: {State.QUASHED},
        State.DECLINED: set(),
        State.WITHDRAWN: set(),
        State.QUASHED: set(),
    }
    RESTRICTING = [Kind.CORRESPONDENCE, Kind.LIMITED, Kind.PERMANENT]
    ENDLESS = [Kind.PERMANENT]

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="measures")
    assessment = models.OneToOneField(Assessment, models.PROTECT, related_name="measure")
    kind = models.CharField(_("step"), max_length=16, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PROPOSED)
    # The client's when it was decided: what reaches colleagues stays with it, wherever the client goes.
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("account")
    )
    whole_account = models.BooleanField(
        _("for the whole account"), default=False, help_text=_("Closes the channels to every colleague too.")
    )
    gates = models.JSONField(_("closes"), default=list)  # of people.Gate
    until = models.DateTimeField(_("until"), null=True, blank=True)
    review_on = models.DateField(_("review on"), null=True, blank=True)
    disclosed = models.TextField(_("what was disclosed"), blank=True)
    disclosed_to = models.CharField(_("to whom"), max_length=200, blank=True)
    extends = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="extensions", verbose_name=_("extends")
    )
    second_needed = models.JSONField(default=list)  # codes of ``rules.Second``: why another manager approves
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"))
    taken_at = models.DateTimeField(_("taken"), null=True, blank=True)
    restriction = models.OneToOneField(Restriction, models.PROTECT, null=True, blank=True, related_name="measure")
    subscription_before = models.CharField(max_length=16, blank=True)  # what quashing restores
    notice = models.TextField(_("notice to the client"), blank=True)  # as written when it was taken
    told_at = models.DateTimeField(_("notice sent"), null=True, blank=True)
    posted_at = models.DateTimeField(_("notice posted"), null=True, blank=True)  # where no e-mail tells the client
    posted_to = models.TextField(_("postal address"), blank=True)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("posted by")
    )
    appeal_by = models.DateField(_("appeal until"), null=True, blank=True)
    link_epoch = models.PositiveIntegerField(default=1)
    ended_at = models.DateTimeField(_("lifted or quashed"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )
    ending_reason = models.TextField(_("reason"), blank=True)
    reminded_at = models.DateTimeField(_("reminded of the review"), null=True, blank=True)
    end_told_at = models.DateTimeField(_("told that it ended by itself"), null=True, blank=True)

    objects = MeasureQuerySet.as_manager()

    class Meta:
        ordering = ["-decided_at", "-pk"]
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        constraints = [
            models.UniqueConstraint(
                fields=["incident"], condition=Q(state="proposed"), name="one_proposal_for_an_incident"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["correspondence", "limited"], until__isnull=False)
                | Q(kind="permanent", until__isnull=True, review_on__isnull=False)
                | Q(kind__in=["warning", "subscription", "authorities"], until__isnull=True),
                name="measure_ends_or_is_reviewed",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "declined", "withdrawn"], taken_at__isnull=True)
                | Q(state__in=["taken", "lifted", "quashed"], taken_at__isnull=False),
                name="measure_is_taken_at_an_instant",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["lifted", "quashed"], ended_at__isnull=False, ended_by__isnull=False)
                | (~Q(state__in=["lifted", "quashed"]) & Q(ended_at__isnull=True, ended_by__isnull=True)),
                name="ended_measure_says_by_whom_and_when",
            ),
            models.CheckConstraint(
                condition=Q(posted_at__isnull=True, posted_by__isnull=True, posted_to="")
                | (Q(posted_at__isnull=False, posted_by__isnull=False) & ~Q(posted_to="")),
                name="posted_notice_says_by_whom_and_where_to",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "decided_at"], name="measure_by_state"),
            models.Index(fields=["state", "review_on"], name="measure_by_review"),
        ]

    def __str__(self) -> str:
        return f"{self.incident}: {self.get_kind_display()}"

    def can_become(self, state: str) -> bool:
        return state in self.NEXT_STATES[self.State(self.state)]

    @property
    def is_restricting(self) -> bool:
        return self.kind in self.RESTRICTING

    @property
    def reaches_colleagues(self) -> bool:
        """Whether everybody of the account is concerned: by what is closed to all, or the end of their subscription."""
        return self.kind == self.Kind.SUBSCRIPTION or (self.whole_account and self.is_restricting)

    @property
    def reached_account(self) -> int | None:
        """The key of the account all of which it concerns; None for what concerns the client alone."""
        return self.account_id if self.reaches_colleagues else None

    def all_extensions(self) -> list["Measure"]:
        """What extends it, and what extends that, whatever became of it; the nearest first."""
        found: list[Measure] = []
        nearest = [self]
        while nearest:
            nearest = list(Measure.objects.filter(extends__in=nearest).select_related("restriction").order_by("pk"))
            found += nearest
        for one in found:
            one.incident = self.incident
        return found

    def is_in_force(self, at: datetime) -> bool:
        """Whether it restricts anybody at that instant."""
        if self.state != self.State.TAKEN or self.restriction is None:
            return False
        ends = self.restriction.ends_at
        return self.restriction.starts_at <= at and (ends is None or at < ends)

    @property
    def is_suspended(self) -> bool:
        """Whether it rests until somebody decides the appeal (S-1)."""
        appeal = getattr(self, "appeal", None)
        return appeal is not None and appeal.is_open and appeal.suspended_at is not None

    def closes_anything(self, at: datetime) -> bool:
        """Whether it has an effect at that instant: a restriction in force, or a subscription that it ended."""
        return self.is_in_force(at) or (self.kind == self.Kind.SUBSCRIPTION and self.state == self.State.TAKEN)

    def closed_since(self) -> datetime | None:
        """From when it has had its effect: after a suspension, from the decision on the appeal (S-1)."""
        appeal = getattr(self, "appeal", None)
        return appeal.decided_at if appeal is not None and appeal.suspended_at else self.taken_at


class Approval(models.Model):
    """The second manager's answer, where R-3 or R-7b asks for one."""

    measure = models.OneToOneField(Measure, models.CASCADE, related_name="approval")
    asked_at = models.DateTimeField(_("asked"))
    due_on = models.DateField(_("wanted by"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("when"), null=True, blank=True)
    approved = models.BooleanField(_("approved"), null=True)
    reasons = models.TextField(_("reasons"), blank=True)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.CheckConstraint(
                condition=Q(approved__isnull=True, by__isnull=True, at__isnull=True)
                | Q(approved__isnull=False, by__isnull=False, at__isnull=False),
                name="approval_says_by_whom_and_when",
            )
        ]

    def __str__(self) -> str:
        return str(self.measure)


class AffectedSession(models.Model):
    """What the manager chose for a session that was booked before the measure (R-5)."""

    class Choice(models.TextChoices):
        KEEP = "keep", _("keep")
        CANCEL = "cancel", _("cancel")

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="affected")
    booking = models.ForeignKey("bookings.Booking", models.PROTECT, related_name="+")
    choice = models.CharField(_("choice"), max_length=6, choices=Choice.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("when"))
    restored_at = models.DateTimeField(_("given back"), null=True, blank=True)  # when the measure was quashed

    class Meta:
        verbose_name = _("affected session")
        verbose_name_plural = _("affected sessions")
        constraints = [models.UniqueConstraint(fields=["measure", "booking"], name="one_choice_for_a_session")]

    def __str__(self) -> str:
        return f"{self.booking}: {self.get_choice_display()}"
