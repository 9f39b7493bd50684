"""What the trail calls the things that happen to messages and mails."""

from django.utils.translation import gettext_lazy

TRAIL_VERBS = {
    "message.sent_again": gettext_lazy("Message sent again"),
    "mail.done": gettext_lazy("Mail dealt with"),
    "mail.assigned": gettext_lazy("Mail filed"),
    "mail.put_back": gettext_lazy("Mail put back among those to deal with"),
    "wording.changed": gettext_lazy("Wording of a message changed"),
    "outbox.restored": gettext_lazy("Restored from a backup; messages held"),
    "outbox.released": gettext_lazy("Held messages released"),
}
