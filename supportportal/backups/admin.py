"""Restores from backups, and letting messages leave again after one."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal.outbox import restored
from supportportal.outbox.models import Restoration


@admin.register(Restoration)
class RestorationAdmin(admin.ModelAdmin):
    """To read, and to release: a restore is made at the command line."""

    list_display = ["backup_at", "restored_at", "released_at", "released_by", "sent"]
    list_select_related = ["released_by"]
    ordering = ["-restored_at"]
    actions = ["release_without", "release_with"]
    nav_position = 90

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Restoration | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Restoration | None = None) -> list[str]:
        return self.list_display

    @admin.action(
        permissions=["change"], description=gettext_lazy("Let messages leave; skip what was due before the restore")
    )
    def release_without(self, request: HttpRequest, queryset: Any) -> None:
        self._release(request, queryset, send=False)

    @admin.action(
        permissions=["change"],
        description=gettext_lazy("Let messages leave; send that too, even if it arrives a second time"),
    )
    def release_with(self, request: HttpRequest, queryset: Any) -> None:
        self._release(request, queryset, send=True)

    def _release(self, request: HttpRequest, queryset: Any, *, send: bool) -> None:
        for held in queryset.filter(released_at=None):
            restored.release(held, send=send, by=request.user, at=timezone.now())
        self.message_user(request, _("Messages leave again."), messages.SUCCESS)
