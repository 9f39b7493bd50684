"""What a reviewer works with: points, remedies, notes, statements, replies."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from supportportal.files.models import StoredFile

from .complaint import Complaint, NamedStaff


class Point(models.Model):
    """One numbered point of a complaint; the response answers each (C-8b)."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="points")
    number = models.PositiveSmallIntegerField(_("number"))
    text = models.TextField(_("what is complained of"))
    finding = models.CharField(_("finding"), max_length=12, choices=Complaint.Outcome.choices, blank=True)
    reasons = models.TextField(_("reasons"), blank=True)

    class Meta:
        ordering = ["number"]
        verbose_name = _("point")
        verbose_name_plural = _("points")
        constraints = [models.UniqueConstraint(fields=["complaint", "number"], name="points_are_numbered")]

    def __str__(self) -> str:
        return f"{self.number}. {self.text[:60]}"

    @property
    def is_answered(self) -> bool:
        return bool(self.finding and self.reasons.strip())


class Remedy(models.Model):
    """Something promised to put things right, tracked to done (C-8b)."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="remedies")
    point = models.ForeignKey(Point, models.CASCADE, null=True, blank=True, related_name="remedies")
    text = models.TextField(_("what we do"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who does it")
    )
    due_on = models.DateField(_("by"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_note = models.CharField(_("what was done"), max_length=300, blank=True)

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = _("remedy")
        verbose_name_plural = _("remedies")

    def __str__(self) -> str:
        return self.text[:60]


class Note(models.Model):
    """An internal note of a reviewer: never shown to the complainant, nor to anybody the gate keeps out."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="notes")
    text = models.TextField(_("note"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("note")
        verbose_name_plural = _("notes")

    def __str__(self) -> str:
        return self.text[:60]


class StatementQuerySet(models.QuerySet):
    def open_for(self, user):
        """What this person, complained about, is asked and has not answered: the extract and questions alone (C-8a)."""
        waiting = self.filter(
            named__person=user.pk,
            named__part=NamedStaff.Part.ABOUT,
            named__complaint__state__in=Complaint.OPEN,
            given_at__isnull=True,
        )
        return waiting.only("extract", "questions", "asked_at", "due_at", "text", "given_at", "named_id")


class Statement(models.Model):
    """What the person complained about says, on the extract that was put to them and nothing else (C-8a)."""

    named = models.ForeignKey(NamedStaff, models.CASCADE, related_name="statements")
    extract = models.TextField(_("extract"))
    questions = models.TextField(_("questions"), blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked"))
    due_at = models.DateTimeField(_("wanted by"))
    text = models.TextField(_("statement"), blank=True)
    given_at = models.DateTimeField(_("given"), null=True, blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "pk"]
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        constraints = [
            models.CheckConstraint(
                condition=Q(given_at__isnull=True, text="") | (Q(given_at__isnull=False) & ~Q(text="")),
                name="statement_given_says_something",
            )
        ]

    def __str__(self) -> str:
        return f"{self.named}: {self.asked_at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        """The page of the person who is asked."""
        return reverse("admin:complaints_statement", args=[self.pk])


class Reply(models.Model):
    """What the complainant sent after the complaint itself: from the status page, by mail or by post (C-9)."""

    class Source(models.TextChoices):
        PAGE = "page", _("status page")
        MAIL = "mail", _("e-mail")
        POST = "post", _("post")

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="replies")
    source = models.CharField(_("came by"), max_length=4, choices=Source.choices)
    text = models.TextField(_("text"), blank=True)
    files = models.ManyToManyField(StoredFile, blank=True, related_name="+")
    arrived_at = models.DateTimeField(_("arrived"))
    inbound = models.OneToOneField("outbox.Inbound", models.PROTECT, null=True, blank=True, related_name="+")
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    class Meta:
        ordering = ["arrived_at", "pk"]
        verbose_name = _("reply")
        verbose_name_plural = _("replies")

    def __str__(self) -> str:
        return self.text[:60]
