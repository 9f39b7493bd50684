"""People's own calendars: what of the portal they read there, and when an agent is busy there."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .offer import Agent


class SessionFeed(models.Model):
    """Whether somebody's own calendar may read their sessions, and since which address.

    The address itself is not kept: it is derived from ``epoch``, and a higher one revokes it. The row is never deleted
    while the person is there, so that no epoch comes twice.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="session_feed")
    epoch = models.PositiveIntegerField(default=1)
    is_on = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    digest = models.CharField(max_length=64, blank=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.user)


class BusyCalendarQuerySet(models.QuerySet):
    def read_now(self):
        """Those of agents who take sessions."""
        return self.filter(agent__is_active=True, agent__user__is_active=True)

    def due(self, at):
        return self.read_now().filter(next_read_at__lte=at).order_by("next_read_at", "pk")

    def not_read_since(self, instant):
        """Once at least: since ``entered_at`` where no reading ever succeeded."""
        return self.read_now().filter(Q(read_at__lte=instant) | Q(read_at=None, entered_at__lte=instant))


class BusyCalendar(models.Model):
    """An agent's own calendar, read for the times at which the agent is busy, and for nothing else.

    Whoever has ``address`` reads the whole calendar: it is kept locked, and never shown again. ``next_read_at`` is also
    the claim of the worker that reads: see ``operations.busy_calendars``. ``known_until`` is the cell up to which
    ``BusyTime`` was made, by the clock of ``zone``.
    """

    class Problem(models.TextChoices):
        ADDRESS = "address", _("The address does not lead to a public https page.")
        UNREACHABLE = "unreachable", _("The server did not answer.")
        CERTIFICATE = "certificate", _("The server's certificate is not valid, or is for another name.")
        SLOW = "slow", _("The server took too long.")
        REFUSED = "refused", _("The server said no: the address may have been withdrawn.")
        SERVER = "server", _("The server reported an error of its own.")
        REDIRECTS = "redirects", _("The server kept sending us elsewhere.")
        TOO_LARGE = "too_large", _("The calendar is too large.")
        NO_CALENDAR = "no_calendar", _("What stands there is not a calendar that can be read.")
        TOO_MANY = "too_many", _("The calendar holds too many events, or takes too long to read.")
        LOCKED = "locked", _("The portal has lost the key to the address: please enter it again.")

    agent = models.OneToOneField(Agent, models.CASCADE, primary_key=True, related_name="busy_calendar")
    address = models.CharField(_("address"), max_length=2000)
    host = models.CharField(_("server"), max_length=255)
    entered_at = models.DateTimeField(_("entered"))
    next_read_at = models.DateTimeField(db_index=True)
    read_at = models.DateTimeField(_("last read"), null=True, blank=True)
    failed_since = models.DateTimeField(_("could not be read since"), null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    problem = models.CharField(_("problem"), max_length=16, choices=Problem.choices, blank=True)
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    known_until = models.IntegerField(default=0)

    objects = BusyCalendarQuerySet.as_manager()

    class Meta:
        verbose_name = _("own calendar")
        verbose_name_plural = _("own calendars")

    def __str__(self) -> str:
        return f"{self.agent}: {self.host}"

    @property
    def known_at(self):
        """How old what we know is; before the first reading, since when we should know."""
        return self.read_at or self.entered_at


class BusyTime(models.Model):
    """A stretch in which an agent's own calendar says busy: when, and nothing else of what stands there."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="busy_times")
    first_cell = models.IntegerField()
    end_cell = models.IntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(end_cell__gt=F("first_cell")), name="busy_time_has_a_length"),
            models.UniqueConstraint(fields=["agent", "first_cell", "end_cell"], name="busy_time_stands_once"),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id}: {self.first_cell}–{self.end_cell}"
