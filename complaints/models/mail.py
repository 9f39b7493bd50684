"""Mail that perhaps is a complaint: whom it names, from its first moment on (C-8)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from supportportal.outbox.models import Inbound


class MailMention(models.Model):
    """A member of staff whose name occurs in a mail: kept from reading it while it is about nothing yet.

    ``sounds_like_complaint``: kept from it also where it is about something else, such as a session. Once it belongs to
    a complaint, the complaint's own gate decides.
    """

    mail = models.ForeignKey(Inbound, models.CASCADE, related_name="+", verbose_name=_("mail"))
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person"))
    sounds_like_complaint = models.BooleanField(_("sounds like a complaint"), default=False)

    class Meta:
        verbose_name = _("name in a mail")
        verbose_name_plural = _("names in mails")
        constraints = [models.UniqueConstraint(fields=["person", "mail"], name="one_mention_per_mail_and_person")]

    def __str__(self) -> str:
        return f"{self.mail_id}: {self.person_id}"
