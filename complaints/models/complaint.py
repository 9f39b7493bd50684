"""A complaint as it came: who, what, how, and every name and file that came with it."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from supportportal.files.models import StoredFile
from supportportal.people.models import Role

SENIORS = (Role.SENIOR_MANAGER, Role.OWNER, Role.DEPUTY)
MANAGERS = (Role.MANAGER, Role.DUTY_MANAGER, *SENIORS)


class ComplaintQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state__in=Complaint.OPEN)

    def visible_to(self, user):
        """The one gate (C-8), for every list, search, count, export, file, feed, message log and trail.

        Nobody complained about, and until names are matched nobody whose name occurs in it, sees a complaint: superuser
        or not. One about staff is for senior managers; an outside reviewer sees the case appointed to (S-1).
        """
        if not (user.is_active and user.is_staff):
            return self.none()
        # Asked once, not for each complaint: a person is named in few.
        found = self.exclude(pk__in=NamedStaff.objects.barring().filter(person=user.pk).values("complaint"))
        if user.is_superuser or user.has_role(*SENIORS):
            return found
        appointed = Q(appointments__person=user.pk, appointments__ended_at__isnull=True)
        if user.has_role(*MANAGERS):
            return found.filter(~_is_staff_case() | Exists(_appointed(user)))
        return found.filter(appointed).distinct()


def _is_staff_case():
    """Whether a complaint is about somebody: derived, so that it cannot drift from the names (C-8)."""
    about = NamedStaff.objects.filter(complaint=OuterRef("pk"), part=NamedStaff.Part.ABOUT)
    return Q(about=Complaint.About.STAFF) | Exists(about)


def _appointed(user):
    return Appointment.objects.filter(complaint=OuterRef("pk"), person=user.pk, ended_at__isnull=True)


class Complaint(models.Model):
    """One complaint. Only ``complaints.operations`` changes it; ``version`` rises with every change of the review."""

    class State(models.TextChoices):
        OPEN = "open", _("in review")
        ANSWERED = "answered", _("answered")
        APPEALED = "appealed", _("appealed")
        FINAL = "final", _("final answer given")
        WITHDRAWN = "withdrawn", _("withdrawn")
        DUPLICATE = "duplicate", _("duplicate")
        NOT_A_COMPLAINT = "not_a_complaint", _("not a complaint")

    OPEN = [State.OPEN, State.APPEALED]
    OTHER_CLOSINGS = [State.WITHDRAWN, State.DUPLICATE, State.NOT_A_COMPLAINT]  # C-9a
    NEXT_STATES = {
        State.OPEN: {State.ANSWERED, *OTHER_CLOSINGS},
        State.ANSWERED: {State.APPEALED},
        State.WITHDRAWN: {State.APPEALED},
        State.DUPLICATE: {State.APPEALED},
        State.NOT_A_COMPLAINT: {State.APPEALED},
        State.APPEALED: {State.FINAL, State.WITHDRAWN},
    }

    class Source(models.TextChoices):
        """How it came. There is no phone: what is told on the phone is written down on the form (C-1)."""

        FORM = "form", _("online form")
        ASSISTED = "assisted", _("form, filled in by staff")
        LETTER = "letter", _("letter")
        MAIL = "mail", _("e-mail")

    class About(models.TextChoices):
        SERVICE = "service", _("the service")
        STAFF = "staff", _("a member of staff")
        DATA = "data", _("my personal data")
        MEASURE = "measure", _("a measure against me")
        OTHER = "other", _("something else")

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("upheld")
        PARTLY = "partly", _("partly upheld")
        NOT_UPHELD = "not_upheld", _("not upheld")

    reference = models.CharField(_("reference"), max_length=12, unique=True)
    form_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)  # against double submit
    link_epoch = models.PositiveIntegerField(default=1)  # raised to revoke the status page's link (C-3)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.OPEN)
    version = models.PositiveIntegerField(default=1)

    source = models.CharField(_("came by"), max_length=10, choices=Source.choices)
    arrived_at = models.DateTimeField(_("arrived"))
    entered_at = models.DateTimeField(_("entered"))
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("entered by")
    )
    late_entry_reason = models.CharField(_("why it was entered late"), max_length=300, blank=True)
    post = models.CharField(_("kind of post"), max_length=60, blank=True)
    read_back = models.BooleanField(_("read back to the complainant"), default=False)

    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail address"), blank=True)
    postal_address = models.TextField(_("postal address"), max_length=500, blank=True)
    country = models.CharField(_("country"), max_length=2)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    time_zone = models.CharField(_("time zone"), max_length=64)
    client = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="complaints",
        verbose_name=_("client"),
    )  # fmt: skip

    about = models.CharField(_("about"), max_length=10, choices=About.choices, default=About.SERVICE)
    summary = models.TextField(_("what happened"))
    references = models.TextField(_("references"), blank=True)
    occasions = models.TextField(_("dates and times"), blank=True)
    numbers = models.TextField(_("phone numbers called from"), blank=True)
    emails = models.TextField(_("e-mails"), blank=True)
    wish = models.TextField(_("what would put it right"), blank=True)

    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reviewer")
    )
    names_settled_at = models.DateTimeField(_("names matched"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, blank=True)
    root_cause = models.CharField(_("root cause"), max_length=120, blank=True)
    closing_reason = models.TextField(_("reason"), blank=True)
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="duplicates")
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        ordering = ["-arrived_at"]
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        constraints = [
            models.CheckConstraint(
                condition=~Q(email="") | ~Q(postal_address=""), name="complainant_can_be_reached_in_writing"
            ),
            models.CheckConstraint(
                condition=Q(state="duplicate", duplicate_of__isnull=False)
                | (~Q(state="duplicate") & (Q(duplicate_of__isnull=True) | ~Q(state="open"))),
                name="duplicate_names_the_other_complaint",
            ),
            models.CheckConstraint(
                condition=Q(source="form", entered_by__isnull=True) | (~Q(source="form") & Q(entered_by__isnull=False)),
                name="complaint_entered_by_staff_says_by_whom",
            ),
        ]
        indexes = [models.Index(fields=["state", "arrived_at"], name="complaint_by_state")]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("admin:complaints_complaint_change", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def by_post(self) -> bool:
        return not self.email

    def can_become(self, state: str) -> bool:
        return state in self.NEXT_STATES.get(self.State(self.state), set())


class NamedStaffQuerySet(models.QuerySet):
    def barring(self):
        return self.filter(part__in=NamedStaff.BARRING, person__isnull=False)


class NamedStaff(models.Model):
    """A name in a complaint, as it was typed, and the member of staff it was matched to."""

    class Part(models.TextChoices):
        ABOUT = "about", _("complained about")
        SPOKEN_WITH = "spoken_with", _("spoken with")  # bars from reviewing only
        MENTIONED = "mentioned", _("name occurs, not matched yet")
        CLEARED = "cleared", _("not meant")

    BARRING = [Part.ABOUT, Part.MENTIONED]

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="named")
    part = models.CharField(_("part"), max_length=12, choices=Part.choices)
    typed = models.CharField(_("name as written"), max_length=120)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    matched_at = models.DateTimeField(_("matched"), null=True, blank=True)
    matched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("matched by")
    )

    objects = NamedStaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("name in a complaint")
        verbose_name_plural = _("names in complaints")
        constraints = [
            models.CheckConstraint(
                condition=~Q(part="mentioned") | Q(person__isnull=False), name="mention_is_of_somebody"
            ),
            models.CheckConstraint(
                condition=Q(matched_by__isnull=True) | Q(person__isnull=True) | ~Q(matched_by=models.F("person")),
                name="nobody_matches_the_own_name",
            ),
        ]

    def __str__(self) -> str:
        return self.typed


class Evidence(models.Model):
    """A file that belongs to a complaint: kept as it came; staff see a copy without the image's metadata, if any."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="evidence")
    file = models.OneToOneField(StoredFile, models.PROTECT, related_name="+", verbose_name=_("file"))
    shown = models.OneToOneField(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("copy for staff")
    )
    is_scan = models.BooleanField(_("scan of the letter"), default=False)
    added_at = models.DateTimeField(_("added"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("added by")
    )

    class Meta:
        ordering = ["added_at", "pk"]
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")

    def __str__(self) -> str:
        return self.file.name


class Appointment(models.Model):
    """An outside reviewer for one case, appointed by the owner or a deputy where nobody else may review it (S-1)."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="appointments")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person"))
    appointed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("appointed by")
    )
    appointed_at = models.DateTimeField(_("appointed"))
    reason = models.TextField(_("reason"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("outside reviewer")
        verbose_name_plural = _("outside reviewers")
        constraints = [
            models.UniqueConstraint(
                fields=["complaint"], condition=Q(ended_at__isnull=True), name="one_outside_reviewer_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.complaint}: {self.person}"
