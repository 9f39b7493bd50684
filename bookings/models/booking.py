"""A client's claim on one slot, and the cells that keep two claims apart."""

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supportportal.lattice import cell_at

from .. import rules
from .offer import Agent, PlaceKind, SessionType

LONGEST_CELLS = 288  # with buffers: one day; a window's query starts this many cells early


class CellInstant(Func):
    """The UTC instant at which a cell begins, computed by the database, so that cells and times cannot disagree."""

    arity = 1

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="datetime((%(expressions)s) * 300, 'unixepoch')", **context)

    def as_postgresql(self, compiler, connection, **context):
        template = "to_timestamp((%(expressions)s)::double precision * 300)"
        return self.as_sql(compiler, connection, template=template, **context)


class BookingQuerySet(models.QuerySet):
    def live(self):
        return self.filter(state=Booking.State.BOOKED)

    def without_outcome(self, at):
        """Over for an hour, and nobody has said what became of it (B-12)."""
        return self.live().filter(ends_at__lte=rules.open_outcomes_before(at))

    def upcoming(self, at):
        return self.live().filter(ends_at__gt=at)

    def past(self, at):
        """Everything that is over, called off or not."""
        return self.filter(Q(ends_at__lte=at) | ~Q(state=Booking.State.BOOKED))

    def visible_to(self, user):
        """Staff see all; a client the own sessions; a coordinator those of the account.

        Who booked it does not count: a session that a colleague attends instead is the colleague's (B-10).
        """
        if user.is_staff:
            return self
        own = Q(client=user)
        if user.is_coordinator and user.account_id:
            own |= Q(client__account=user.account_id)
        return self.filter(own)

    def for_listing(self):
        return self.select_related("client__account", "agent__user", "session_type")


class Booking(models.Model):
    """A client's claim on one slot. Only ``bookings.operations`` changes its state.

    The slot is kept as cells (``first_cell``, ``cells``); the database makes ``starts_at`` and ``ends_at`` from them.
    ``version`` rises with every change: it numbers the calendar entry (SEQUENCE) and voids older messages.
    """

    class State(models.TextChoices):
        BOOKED = "booked", _("booked")
        CANCELLED = "cancelled", _("cancelled")
        ATTENDED = "attended", _("attended")
        NO_SHOW = "no_show", _("not there")
        INTERRUPTED = "interrupted", _("interrupted")
        OUR_FAULT = "our_fault", _("failed on our side")
        ENDED = "ended", _("ended for conduct")

    OUTCOMES = {State.ATTENDED, State.NO_SHOW, State.INTERRUPTED, State.OUR_FAULT, State.ENDED}
    NEXT_STATES = {State.BOOKED: {State.CANCELLED, *OUTCOMES}}

    class CancelReason(models.TextChoices):
        CANNOT_COME = "cannot_come", _("I can't come at that time")
        SOLVED = "solved", _("The problem is solved")
        MISTAKE = "mistake", _("I booked by mistake")
        OTHER = "other", _("Another reason")
        FIRM = "firm", _("The firm had to cancel")
        FEE = "fee", _("No answer about the fee")
        MEASURE = "measure", _("A measure of the firm")

    REASONS_OF_THE_FIRM = {CancelReason.FIRM, CancelReason.FEE, CancelReason.MEASURE}

    reference = models.CharField(_("reference"), max_length=12, unique=True, editable=False)
    form_key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    session_type = models.ForeignKey(
        SessionType, models.PROTECT, related_name="bookings", verbose_name=_("session type")
    )
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="bookings", verbose_name=_("agent"))
    client = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="bookings", verbose_name=_("client")
    )
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.BOOKED)
    version = models.PositiveIntegerField(default=1)
    link_epoch = models.PositiveIntegerField(default=1)

    first_cell = models.IntegerField()
    cells = models.PositiveSmallIntegerField()
    cells_before = models.PositiveSmallIntegerField(default=0)
    cells_after = models.PositiveSmallIntegerField(default=0)
    starts_at = models.GeneratedField(
        expression=CellInstant(F("first_cell")),
        output_field=models.DateTimeField(),
        db_persist=True,
        verbose_name=_("starts"),
    )
    ends_at = models.GeneratedField(
        expression=CellInstant(F("first_cell") + F("cells")),
        output_field=models.DateTimeField(),
        db_persist=True,
        verbose_name=_("ends"),
    )

    place_kind = models.CharField(_("kind of place"), max_length=10, choices=PlaceKind.choices)
    place = models.CharField(_("place"), max_length=300, blank=True)
    topic = models.CharField(_("what it is about"), max_length=200)
    details = models.TextField(_("details"), blank=True)
    files = models.ManyToManyField("files.StoredFile", related_name="+", blank=True, verbose_name=_("files"))

    booked_at = models.DateTimeField(_("booked"), default=timezone.now)
    fixed_at = models.DateTimeField(_("agreed on this time"), default=timezone.now)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    cancel_reason = models.CharField(_("reason"), max_length=16, choices=CancelReason.choices, blank=True)
    imposed_at = models.DateTimeField(
        _("moved by the firm"), null=True, blank=True
    )  # B-11: refusable free until agreed
    agreed_at = models.DateTimeField(_("agreed by the client"), null=True, blank=True)

    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    late_until = models.DateTimeField(_("client is late until"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("client dropped out"), null=True, blank=True)
    nobody_here_at = models.DateTimeField(_("client found nobody"), null=True, blank=True)
    nobody_here_seen_at = models.DateTimeField(_("someone has looked"), null=True, blank=True)
    nobody_here_seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    outcome_at = models.DateTimeField(_("outcome recorded"), null=True, blank=True)
    outcome_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    outcome_reason = models.TextField(_("why the outcome was corrected"), blank=True)
    summary = models.TextField(_("summary for the client"), blank=True)
    notes = models.TextField(_("notes for the team"), blank=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["-first_cell"]
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [
            # All that a question about free starts reads of the agents' sessions: no row has to be looked up.
            models.Index(
                fields=["agent", "first_cell", "state", "cells", "cells_before", "cells_after"],
                name="booking_by_agent_and_time",
            ),
            models.Index(fields=["client", "first_cell"], name="booking_by_client_and_time"),
            models.Index(fields=["first_cell"], name="booking_by_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(cells__gte=1) & Q(cells__lte=LONGEST_CELLS - F("cells_before") - F("cells_after")),
                name="session_fits_a_day_of_cells",
            ),
            models.CheckConstraint(
                condition=Q(state="cancelled", cancelled_at__isnull=False)
                | (~Q(state="cancelled") & Q(cancelled_at__isnull=True)),
                name="cancelled_at_iff_cancelled",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["booked", "cancelled"], outcome_at__isnull=True)
                | (~Q(state__in=["booked", "cancelled"]) & Q(outcome_at__isnull=False)),
                name="outcome_at_iff_outcome",
            ),
            models.CheckConstraint(condition=~Q(client=F("agent")), name="nobody_books_themselves"),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("bookings:booking", args=[self.reference])

    @property
    def is_live(self) -> bool:
        return self.state == self.State.BOOKED

    @property
    def is_imposed(self) -> bool:
        """Whether its time is one that we chose, and the client has not agreed to it (B-11)."""
        return self.imposed_at is not None and self.agreed_at is None

    def can_become(self, state: str) -> bool:
        return state in self.NEXT_STATES.get(self.State(self.state), set())

    @property
    def is_held_back(self) -> bool:
        """Whether the client said that nobody was there, and nobody has looked into it yet."""
        return self.nobody_here_at is not None and self.nobody_here_seen_at is None

    def is_just_booked(self, at, within) -> bool:
        """Whether it was booked no longer than ``within`` ago, and has kept that time."""
        return self.fixed_at == self.booked_at and at <= self.booked_at + within

    def has_started(self, at) -> bool:
        return cell_at(at) >= self.first_cell


class OccupiedCell(models.Model):
    """Five minutes of one person, taken by one booking or hold. Written by the database's own triggers alone (B-2)."""

    pk = models.CompositePrimaryKey("person", "cell")
    person = models.BigIntegerField()
    cell = models.IntegerField()
    booking = models.ForeignKey(
        Booking, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="occupied_cells"
    )
    hold = models.ForeignKey(
        "bookings.Hold",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="occupied_cells",
    )

    class Meta:
        verbose_name = _("occupied cell")
        verbose_name_plural = _("occupied cells")

    def __str__(self) -> str:
        return f"{self.person}@{self.cell}"


class TakenVersion(models.Model):
    """The tokens that a reader sees for a person stand for all that is seen of the sessions that this person holds.

    Written by the triggers that write ``OccupiedCell``, and only by them: see ``bookings.cells``. Mostly one row; more
    where writers overlap, for none waits for another.
    """

    pk = models.CompositePrimaryKey("person", "token")
    person = models.BigIntegerField()
    token = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.person}: {self.token}"
