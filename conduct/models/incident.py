"""An incident as it was reported, and the polite request to stop (R-1, R-1a, R-2)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint
from supportportal.files.models import StoredFile
from supportportal.people.models import Role

MANAGERS = (Role.MANAGER, Role.DUTY_MANAGER, Role.SENIOR_MANAGER, Role.OWNER, Role.DEPUTY)


class Category(models.TextChoices):
    """What an incident can be (R-1). A complaint or a bad review alone is none of these (R-1a)."""

    LANGUAGE = "language", _("aggressive, offensive or vulgar language")
    BULLYING = "bullying", _("bullying")
    PERSONAL = "personal", _("personal attack")
    HARASSMENT = "harassment", _("harassment")
    THREAT = "threat", _("threat, also of public negative posts as leverage")
    ACCUSATION = "accusation", _("accusations about how we work, made as facts")
    TEAM = "team", _("negative and offensive remarks about the team")
    OTHER = "other", _("something else")


class IncidentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """An agent sees what he or she reported, managers see all, an outside reviewer the case appointed to (R-10).

        One that belongs to a complaint tells of it: of those, managers see what the complaint's own gate shows (C-8).
        """
        if not (user.is_active and user.is_staff):
            return self.none()
        if user.is_superuser or user.has_role(*MANAGERS):
            return self.filter(_open_to(user) | Q(reporter=user.pk))
        appointed = Q(measures__appointments__person=user.pk, measures__appointments__ended_at__isnull=True)
        return self.filter(Q(reporter=user.pk) | appointed).distinct()

    def in_full_for(self, user):
        """Of those, the ones whose measures and letters ``user`` may read too; an agent reads none of them (R-10)."""
        if user.is_active and user.is_staff and (user.is_superuser or user.has_role(*MANAGERS)):
            return self.visible_to(user)
        appointed = Q(measures__appointments__person=user.pk, measures__appointments__ended_at__isnull=True)
        return self.visible_to(user).filter(appointed).distinct()

    def not_closed_to(self, user):
        """Those that belong to no complaint, or to one that ``user`` may know of (C-8)."""
        return self.filter(_open_to(user))

    def open(self):
        return self.filter(state=Incident.State.OPEN)


def _open_to(user):
    return Q(complaint__isnull=True) | Q(complaint__in=Complaint.objects.visible_to(user).values("pk"))


class Incident(models.Model):
    """What a client said or did. Only ``conduct.operations`` changes it; ``version`` rises with every change, so that
    two managers cannot decide it differently.
    """

    class State(models.TextChoices):
        OPEN = "open", _("to be decided")
        DECIDED = "decided", _("decided")
        CLOSED = "closed", _("closed without a measure")

    NEXT_STATES = {State.OPEN: {State.DECIDED, State.CLOSED}, State.DECIDED: set(), State.CLOSED: set()}

    class Channel(models.TextChoices):
        SESSION = "session", _("session")
        CALLBACK = "callback", _("phone callback")
        EMAIL = "email", _("e-mail")
        CHAT = "chat", _("chat or message")
        COMPLAINT = "complaint", _("complaint")
        PUBLIC = "public", _("public post")
        OTHER = "other", _("elsewhere")

    class Acceptable(models.TextChoices):
        """Whether the same words would be acceptable as a complaint (R-1a). Where they would, there is no incident."""

        NO = "no", _("No: the way it was said is the trouble, not what was asked")
        UNSURE = "unsure", _("I am not sure: a manager should look")
        YES = "yes", _("Yes: it is forceful, but it is a complaint")

    reference = models.CharField(_("reference"), max_length=12, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    version = models.PositiveIntegerField(default=1)
    client = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="incidents", verbose_name=_("client")
    )
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("reported by")
    )
    concerned = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person it was aimed at")
    )
    reported_at = models.DateTimeField(_("reported"))
    happened_at = models.DateTimeField(_("when it happened"))
    channel = models.CharField(_("where"), max_length=10, choices=Channel.choices)
    categories = models.JSONField(_("what it was"), default=list)
    words = models.TextField(_("the words used"))
    account = models.TextField(_("what happened"), blank=True)
    effect = models.TextField(_("what it did to you or your colleague"), blank=True)
    acceptable = models.CharField(
        _("Would these words be acceptable as a complaint?"), max_length=6, choices=Acceptable.choices
    )
    booking = models.ForeignKey("bookings.Booking", models.PROTECT, null=True, blank=True, related_name="incidents")
    callback = models.ForeignKey("bookings.Callback", models.PROTECT, null=True, blank=True, related_name="incidents")
    complaint = models.ForeignKey(
        "complaints.Complaint", models.PROTECT, null=True, blank=True, related_name="incidents"
    )
    files = models.ManyToManyField(StoredFile, blank=True, related_name="+")
    form_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)  # against double submit
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("closed by")
    )
    closing_reason = models.TextField(_("reason"), blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-reported_at"]
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        constraints = [
            models.CheckConstraint(condition=~Q(acceptable="yes"), name="complaint_alone_is_no_incident"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False, closed_by__isnull=False)
                | (~Q(state="closed") & Q(closed_at__isnull=True, closed_by__isnull=True)),
                name="closed_incident_says_by_whom_and_when",
            ),
        ]
        indexes = [models.Index(fields=["state", "reported_at"], name="incident_by_state")]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("admin:conduct_incident_change", args=[self.pk])

    def can_become(self, state: str) -> bool:
        return state in self.NEXT_STATES[self.State(self.state)]

    @property
    def is_threat(self) -> bool:
        return Category.THREAT in self.categories

    @property
    def category_labels(self) -> list[str]:
        return [str(Category(one).label) for one in self.categories]


class StopRequest(models.Model):
    """The polite request to stop, as it was sent: no measure, information for whoever decides (R-2)."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="stop_requests")
    text = models.TextField(_("text"))
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("sent by"))
    sent_at = models.DateTimeField(_("sent"))

    class Meta:
        ordering = ["sent_at", "pk"]
        verbose_name = _("request to stop")
        verbose_name_plural = _("requests to stop")

    def __str__(self) -> str:
        return f"{self.incident}: {_('request to stop')}"


class ClientAnswer(models.Model):
    """What the client wrote back to a request to stop or a notice."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="answers")
    text = models.TextField(_("text"), blank=True)
    files = models.ManyToManyField(StoredFile, blank=True, related_name="+")
    arrived_at = models.DateTimeField(_("arrived"))
    inbound = models.OneToOneField("outbox.Inbound", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["arrived_at", "pk"]
        verbose_name = _("client's answer")
        verbose_name_plural = _("client's answers")

    def __str__(self) -> str:
        return self.text[:60]
