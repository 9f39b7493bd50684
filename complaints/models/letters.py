"""Letters to the complainant: every one is written, kept as it was sent, and stops a clock only when it has gone."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from supportportal.files.models import StoredFile

from .complaint import Complaint, NamedStaff


class LetterQuerySet(models.QuerySet):
    def waiting_for_post(self):
        return self.filter(way=Letter.Way.POST, state=Letter.State.LEAVING)

    def handled_by(self, user):
        """What ``user`` may print and post: letters of the complaints seen through the gate; and of those that the user
        entered, named by none of it, the acknowledgement, which tells nothing that was not written down then (C-4)."""
        barred = NamedStaff.objects.barring().filter(person=user.pk).values("complaint")
        own = Complaint.objects.filter(entered_by=user.pk).exclude(pk__in=barred)
        seen = Q(complaint__in=Complaint.objects.visible_to(user).values("pk"))
        if not (user.is_active and user.is_staff):
            return self.none()
        return self.filter(seen | Q(kind=Letter.Kind.ACKNOWLEDGEMENT, complaint__in=own.values("pk")))


class Letter(models.Model):
    """One letter, by e-mail or by post. Only ``complaints.operations.letters`` changes it."""

    class Kind(models.TextChoices):
        ACKNOWLEDGEMENT = "acknowledgement", _("acknowledgement")
        UPDATE = "update", _("progress update")
        RESPONSE = "response", _("formal response")
        CLOSING = "closing", _("closing")
        APPEAL_RECEIVED = "appeal_received", _("appeal received")
        FINAL = "final", _("final answer")
        OMBUDSMAN = "ombudsman", _("ombudsman letter")
        LETTER = "letter", _("letter")

    class Way(models.TextChoices):
        EMAIL = "email", _("e-mail")
        POST = "post", _("post")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        LEAVING = "leaving", _("on its way")  # owed to the outbox, or to be printed and posted
        GONE = "gone", _("sent")
        FAILED = "failed", _("not delivered")

    NEXT_STATES = {
        State.DRAFT: {State.LEAVING},
        State.LEAVING: {State.GONE, State.FAILED},
        State.GONE: {State.FAILED},
    }

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="letters")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    way = models.CharField(_("way"), max_length=5, choices=Way.choices)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=150)
    body = models.TextField(_("text"))
    days = models.JSONField(default=dict, blank=True)  # the dates that the text tells, by what they are for
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("written by")
    )
    written_at = models.DateTimeField(_("written"))
    content = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("as sent")
    )
    gone_at = models.DateTimeField(_("sent on"), null=True, blank=True)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("posted by")
    )
    instead_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replacements")

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["written_at", "pk"]
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="gone") | Q(gone_at__isnull=False), name="letter_that_has_gone_says_when"
            ),
            models.UniqueConstraint(
                fields=["complaint"],
                condition=Q(kind="ombudsman") & ~Q(state="failed"),
                name="one_ombudsman_letter_per_complaint",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.complaint_id}: {self.get_kind_display()}"

    def can_become(self, state: str) -> bool:
        return state in self.NEXT_STATES.get(self.State(self.state), set())
