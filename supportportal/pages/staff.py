"""The staff's admin site, with the portal's own skin."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class PortalAdminSite(AdminSite):
    site_header = _("Support")
    site_title = _("Support")
    index_title = _("Today")
