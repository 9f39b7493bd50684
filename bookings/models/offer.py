"""What can be booked: session types, the agents who hold them, and when."""

import zoneinfo
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from supportportal.people.models import Gate, Localised, Plan

FIVE_MINUTES = _("Give a number of minutes that is a multiple of five.")


def multiple_of_five(minutes: int) -> None:
    if minutes % 5:
        raise ValidationError(FIVE_MINUTES)


def on_the_lattice(wall) -> None:
    """Hours begin and end on whole five minutes (the lattice's cells)."""
    if wall.minute % 5 or wall.second or wall.microsecond:
        raise ValidationError(_("Give a time on a whole five minutes, such as 09:05."))


class PlaceKind(models.TextChoices):
    VIDEO = "video", _("video call")
    PHONE = "phone", _("phone call")
    ADDRESS = "address", _("in person")


def speaking(agents: list[Any], client: Any) -> list[Any]:
    """Those of ``agents`` who speak the client's language; all of them where nobody does."""
    return [agent for agent in agents if client.language in agent.languages] or agents


class SessionTypeQuerySet(models.QuerySet):
    def offered(self):
        return self.filter(is_active=True)


class SessionType(Localised):
    """A kind of 1:1 session: its length, its limits, its place and who may book it."""

    slug = models.SlugField(_("address part"), unique=True)
    minutes = models.PositiveSmallIntegerField(
        _("length in minutes"), default=30, validators=[MinValueValidator(5), MaxValueValidator(720), multiple_of_five]
    )
    buffer_before = models.PositiveSmallIntegerField(
        _("minutes kept free before"), default=0, validators=[MaxValueValidator(120), multiple_of_five]
    )
    buffer_after = models.PositiveSmallIntegerField(
        _("minutes kept free after"), default=0, validators=[MaxValueValidator(120), multiple_of_five]
    )
    step_minutes = models.PositiveSmallIntegerField(
        _("a start every … minutes"),
        default=30,
        validators=[MinValueValidator(5), MaxValueValidator(240), multiple_of_five],
    )
    minimum_notice = models.PositiveIntegerField(
        _("minimum notice in minutes"), default=60, help_text=_("How long ahead a session can be booked at the latest.")
    )
    horizon_days = models.PositiveSmallIntegerField(
        _("bookable for … days ahead"), default=28, validators=[MinValueValidator(1), MaxValueValidator(366)]
    )
    plans = models.ManyToManyField(Plan, related_name="session_types", blank=True, verbose_name=_("plans"))
    minimum_seats = models.PositiveIntegerField(_("minimum number of users"), default=0)
    languages = models.JSONField(_("languages"), default=list, help_text=_("Languages in which it can be held."))
    place_kind = models.CharField(_("place"), max_length=10, choices=PlaceKind.choices, default=PlaceKind.VIDEO)
    place = models.CharField(
        _("link, number or address"),
        max_length=300,
        blank=True,
        help_text=_(
            "For a video call: leave it empty to use each agent's own link. For a phone call: empty means we call."
        ),
    )
    is_active = models.BooleanField(_("offered"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    gate = Gate.BOOKING
    objects = SessionTypeQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("session type")
        verbose_name_plural = _("session types")
        constraints = [
            models.CheckConstraint(
                condition=Q(minutes__gte=5) & Q(minutes__lte=1440 - F("buffer_before") - F("buffer_after")),
                name="session_with_buffers_fits_a_day",
            ),
        ]

    def clean(self) -> None:
        if self.place_kind == PlaceKind.ADDRESS and not self.place:
            raise ValidationError({"place": _("Give the address where the session is held.")})

    @property
    def cells(self) -> int:
        return self.minutes // 5

    def agents_for(self, client) -> "list[Agent]":
        """Who can hold it for ``client``: those who speak the client's language; everyone where nobody does."""
        agents = list(self.agents.filter(is_active=True, user__is_active=True).select_related("user"))
        return speaking(agents, client)

    @property
    def place_icon(self) -> str:
        return {PlaceKind.VIDEO: "video", PlaceKind.PHONE: "phone"}.get(PlaceKind(self.place_kind), "place")


class Agent(models.Model):
    """A staff member who holds sessions; shares the person's primary key, so ``agent_id`` is a user's id."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, primary_key=True, verbose_name=_("person"))
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Rome")
    holiday_country = models.CharField(
        _("public holidays of"), max_length=2, blank=True, help_text=_("Empty: the firm's country.")
    )
    video_link = models.URLField(_("video link"), blank=True)
    languages = models.JSONField(_("languages"), default=list)
    session_types = models.ManyToManyField(
        SessionType, related_name="agents", blank=True, verbose_name=_("session types")
    )
    is_active = models.BooleanField(_("takes sessions"), default=True)

    class Meta:
        ordering = ["user__name"]
        verbose_name = _("agent")
        verbose_name_plural = _("agents")

    def __str__(self) -> str:
        return str(self.user)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class Hours(models.Model):
    """One interval of a weekday in local time, ``closes`` excluded; there, 00:00 means midnight at the day's end."""

    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices)
    opens = models.TimeField(_("from"), validators=[on_the_lattice])
    closes = models.TimeField(_("until"), validators=[on_the_lattice], help_text=_("00:00 is midnight."))

    class Meta:
        abstract = True
        ordering = ["weekday", "opens"]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"

    def clean(self) -> None:
        midnight = self.closes is not None and self.closes.hour == 0 and self.closes.minute == 0
        if self.opens is not None and self.closes is not None and not midnight and self.opens >= self.closes:
            raise ValidationError({"closes": _("Must be later than the beginning (00:00 for midnight).")})


class WorkingHours(Hours):
    """When an agent can hold sessions, in the agent's zone."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="working_hours")

    class Meta(Hours.Meta):
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")


class OpeningHours(Hours):
    """When a session type can be held, in the firm's zone; a type without any has no limit of its own (B-1)."""

    session_type = models.ForeignKey(SessionType, models.CASCADE, related_name="opening_hours")

    class Meta(Hours.Meta):
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")


class Span(models.Model):
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        abstract = True
        ordering = ["starts_at"]

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("Must be later than the beginning.")})


class TimeOff(Span):
    """A time in which one agent holds no sessions."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="time_off")

    class Meta(Span.Meta):
        verbose_name = _("time off")
        verbose_name_plural = _("time off")
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="time_off_has_a_length")]

    def __str__(self) -> str:
        return f"{self.agent}: {self.reason or self.starts_at}"


class Closure(Span):
    """A time in which the whole firm holds no sessions."""

    class Meta(Span.Meta):
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="closure_has_a_length")]

    def __str__(self) -> str:
        return self.reason or f"{self.starts_at:%Y-%m-%d}"


class Holiday(models.Model):
    """A public holiday of a country; seeded, and editable (untick what the firm works on)."""

    country = models.CharField(_("country"), max_length=2)
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=120)
    is_observed = models.BooleanField(_("day off"), default=True)

    class Meta:
        ordering = ["day", "country"]
        verbose_name = _("public holiday")
        verbose_name_plural = _("public holidays")
        constraints = [models.UniqueConstraint(fields=["country", "day"], name="one_holiday_per_country_and_day")]

    def __str__(self) -> str:
        return f"{self.name} ({self.day}, {self.country})"
