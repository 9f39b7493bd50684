"""What the trail calls the things that happen to files."""

from django.utils.translation import gettext_lazy

TRAIL_VERBS = {
    "file.released": gettext_lazy("Withheld file released"),
    "file.deleted": gettext_lazy("Withheld file deleted"),
}
