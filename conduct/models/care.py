"""Care for the member of staff whom an incident was aimed at (R-8)."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .incident import Incident


class FollowUpQuerySet(models.QuerySet):
    def open(self):
        """Of people who are still here: whoever left needs no talk, and finds it open on coming back."""
        people = {"person__is_active": True, "person__is_staff": True}
        return self.filter(closed_at__isnull=True, handed_on_at__isnull=True, **people)

    def visible_to(self, user):
        """The person and the manager who looks after them; while nobody has taken it, only the person (R-8).

        That one waits for a manager is shown by other means (``waiting``), without anything in it.
        """
        if not (user.is_active and user.is_staff):
            return self.none()
        return self.filter(Q(person=user.pk) | Q(manager=user.pk))

    def waiting(self):
        return self.open().filter(manager__isnull=True)

    def with_noted(self):
        """``is_noted``: whether anything is written, so that the talk is not late any more."""
        return self.annotate(is_noted=Exists(CareNote.objects.filter(follow_up=OuterRef("pk"))))


class FollowUp(models.Model):
    """A talk that is owed to ``person``; open until the two agree to close it. Only the two read its notes.

    Handed on to another manager, it ends where it is, and a new one begins with an empty page: what was noted stays
    between the two who wrote it.
    """

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="follow_ups")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person"))
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("manager")
    )
    opened_at = models.DateTimeField(_("opened"))
    due_on = models.DateField(_("due"))
    taken_at = models.DateTimeField(_("taken"), null=True, blank=True)
    person_agreed_at = models.DateTimeField(_("the person agreed to close it"), null=True, blank=True)
    manager_agreed_at = models.DateTimeField(_("the manager agreed to close it"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    handed_on_at = models.DateTimeField(_("handed on"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("managers reminded"), null=True, blank=True)  # nobody had taken it
    nudged_at = models.DateTimeField(_("its manager reminded"), null=True, blank=True)  # nothing had been noted

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        constraints = [
            models.UniqueConstraint(
                fields=["incident"], condition=Q(handed_on_at__isnull=True), name="one_follow_up_of_an_incident"
            ),
            models.CheckConstraint(condition=~Q(person=models.F("manager")), name="nobody_looks_after_themselves"),
            models.CheckConstraint(
                condition=Q(manager__isnull=True, taken_at__isnull=True)
                | Q(manager__isnull=False, taken_at__isnull=False),
                name="taken_follow_up_says_by_whom_and_when",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True)
                | Q(person_agreed_at__isnull=False, manager_agreed_at__isnull=False),
                name="both_agree_to_close_a_follow_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.due_on}"

    def get_absolute_url(self) -> str:
        return reverse("admin:conduct_followup_care", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.closed_at is None and self.handed_on_at is None


class CareNote(models.Model):
    """A note in a follow-up: not in the case, not in exports, not for anybody but the two."""

    follow_up = models.ForeignKey(FollowUp, models.CASCADE, related_name="notes")
    text = models.TextField(_("note"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("when"))

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("note")
        verbose_name_plural = _("notes")

    def __str__(self) -> str:
        return str(self.at)
