"""The legal pages that every portal has. The texts are templates; what is the firm's own comes from its settings."""

from django.utils.translation import gettext_lazy as _

TEXTS = {"privacy": _("Privacy"), "accessibility": _("Accessibility"), "imprint": _("Imprint")}
