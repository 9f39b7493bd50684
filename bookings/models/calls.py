"""Phone callbacks: a queue, not a slot (B-16 to B-18), and the peak periods in which waiting is longer."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Topic(models.TextChoices):
    """What a request is about. The ones in ``OUT_OF_SCOPE`` are answered at once, by somebody else (B-17)."""

    USE = "use", _("How to do something in the product")
    FAULT = "fault", _("Something in the product does not work")
    DATA = "data", _("Data or figures that look wrong")
    ACCESS = "access", _("Users, rights and signing in")
    OTHER = "other", _("Something else about the product")
    INTERNET = "internet", _("The internet connection")
    HARDWARE = "hardware", _("A computer, printer or other device")
    SOFTWARE = "software", _("The operating system or another firm's software")
    API = "api", _("Setting up or developing with the API")
    MIGRATION = "migration", _("Moving over from another product")
    TRAINING = "training", _("Training or the first set-up")


OUT_OF_SCOPE = [Topic.INTERNET, Topic.HARDWARE, Topic.SOFTWARE, Topic.API, Topic.MIGRATION, Topic.TRAINING]


class CallbackQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state__in=Callback.OPEN)

    def visible_to(self, user):
        return self if user.is_staff else self.filter(client=user)

    def for_listing(self):
        return self.select_related("client__account", "claimed_by").annotate(
            unanswered=Count("attempts", filter=Q(attempts__result=CallAttempt.Result.UNANSWERED), distinct=True)
        )


class Callback(models.Model):
    """One request to be called. A client has at most one open; what is sent more is added to it.

    Only ``bookings.operations.calls`` changes its state.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        CLAIMED = "claimed", _("claimed")
        DONE = "done", _("done")
        UNREACHED = "unreached", _("not reached")
        OUT_OF_SCOPE = "out_of_scope", _("out of scope")
        CANCELLED = "cancelled", _("cancelled")

    OPEN = [State.WAITING, State.CLAIMED]
    NEXT_STATES = {
        State.WAITING: {State.CLAIMED, State.OUT_OF_SCOPE, State.CANCELLED},
        State.CLAIMED: {State.WAITING, State.DONE, State.UNREACHED, State.OUT_OF_SCOPE, State.CANCELLED},
    }

    class DayPart(models.TextChoices):
        ANY = "any", _("any time")
        MORNING = "morning", _("in the morning")
        AFTERNOON = "afternoon", _("in the afternoon")

    class Source(models.TextChoices):
        FORM = "form", _("form")
        MAIL = "mail", _("e-mail")

    client = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="callbacks", verbose_name=_("client")
    )
    state = models.CharField(_("state"), max_length=14, choices=State.choices, default=State.WAITING)
    source = models.CharField(_("came by"), max_length=5, choices=Source.choices, default=Source.FORM)
    number = models.CharField(_("phone number"), max_length=20)
    contact = models.CharField(_("contact person"), max_length=120)
    topic = models.CharField(_("topic"), max_length=30, choices=Topic.choices, blank=True)
    description = models.TextField(_("description"))
    day_part = models.CharField(_("preferred time"), max_length=10, choices=DayPart.choices, default=DayPart.ANY)
    requested_at = models.DateTimeField(_("requested"))
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("agent")
    )
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    note = models.TextField(_("outcome"), blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = CallbackQuerySet.as_manager()

    class Meta:
        ordering = ["requested_at"]
        verbose_name = _("phone callback")
        verbose_name_plural = _("phone callbacks")
        constraints = [
            models.UniqueConstraint(
                fields=["client"], condition=Q(state__in=["waiting", "claimed"]), name="one_open_callback_per_client"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "claimed"], closed_at__isnull=True)
                | (~Q(state__in=["waiting", "claimed"]) & Q(closed_at__isnull=False)),
                name="callback_closed_at_iff_closed",
            ),
        ]

    def __str__(self) -> str:
        return self.contact if self.contact == self.client.name else f"{self.contact} ({self.client})"

    def get_absolute_url(self) -> str:
        return reverse("bookings:callback")

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def can_become(self, state: str) -> bool:
        return state in self.NEXT_STATES.get(self.State(self.state), set())


class CallbackAddition(models.Model):
    """What the client sent while the request was open already (B-16)."""

    callback = models.ForeignKey(Callback, models.CASCADE, related_name="additions")
    text = models.TextField(_("text"))
    source = models.CharField(_("came by"), max_length=5, choices=Callback.Source.choices)
    at = models.DateTimeField(_("when"))

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("addition to a callback")
        verbose_name_plural = _("additions to callbacks")

    def __str__(self) -> str:
        return f"{self.callback}: {self.text[:40]}"


class CallAttempt(models.Model):
    """One call to the client, answered or not."""

    class Result(models.TextChoices):
        ANSWERED = "answered", _("answered")
        UNANSWERED = "unanswered", _("not answered")

    callback = models.ForeignKey(Callback, models.CASCADE, related_name="attempts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("when"))
    result = models.CharField(_("result"), max_length=12, choices=Result.choices)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("call attempt")
        verbose_name_plural = _("call attempts")

    def __str__(self) -> str:
        return f"{self.callback}: {self.result}"


class PeakPeriod(models.Model):
    """Dates on which pages and confirmations say that waiting is longer (B-18)."""

    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    note = models.CharField(_("what people are told"), max_length=300, blank=True)

    class Meta:
        ordering = ["first_day"]
        verbose_name = _("peak period")
        verbose_name_plural = _("peak periods")
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="peak_ends_after_it_begins")
        ]

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day}"

    @classmethod
    def on(cls, day) -> "PeakPeriod | None":
        return cls.objects.filter(first_day__lte=day, last_day__gte=day).order_by("first_day").first()

    def clean(self) -> None:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValidationError({"last_day": _("Must not be before the first day.")})
