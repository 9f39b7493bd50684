"""What the trail calls the things that happen to what is kept, and for how long."""

from django.utils.translation import gettext_lazy

TRAIL_VERBS = {
    "retention.pruned": gettext_lazy("Old data deleted"),
    "person.anonymised": gettext_lazy("Person anonymised"),
    "hold.placed": gettext_lazy("Legal hold placed"),
    "hold.lifted": gettext_lazy("Legal hold lifted"),
}
