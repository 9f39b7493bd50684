"""What staff of each role may do in the admin. Each app says so for its own models, in ``AppConfig.ready()``.

Roles are groups. After every migration a role's permissions on an app's models are made to be exactly what that app
grants, so that a change here reaches an installation by itself; superusers may do everything without any role.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

from .models import Role

# Whoever has the role on the left may also do what the one on the right may.
INCLUDES: dict[str, str] = {
    Role.MANAGER: Role.AGENT,
    Role.DUTY_MANAGER: Role.MANAGER,
    Role.SENIOR_MANAGER: Role.MANAGER,
    Role.OWNER: Role.SENIOR_MANAGER,
    Role.DEPUTY: Role.SENIOR_MANAGER,
}

_granted: dict[str, set[str]] = {role: set() for role in Role.values}


def grant(role: str, *permissions: str) -> None:
    """Give a role, and those that include it, permissions such as "bookings.change_booking"."""
    _granted[role].update(permissions)


def granted(role: str) -> set[str]:
    """Everything that a role may do, with what the roles it includes may."""
    included = INCLUDES.get(role)
    return _granted[role] | (granted(included) if included else set())


def sync_after_migrate(app_config: AppConfig, using: str, verbosity: int = 0, **kwargs: Any) -> None:
    """Bring the groups up to date with what is granted on this app's models."""
    wanted = {role: set(_of_app(granted(role), app_config.label)) for role in Role.values}
    if not any(wanted.values()):
        return
    # The signal reaches this app before Django's own, which makes the permissions.
    create_permissions(app_config, verbosity=verbosity, using=using)
    permissions = Permission.objects.using(using).filter(content_type__app_label=app_config.label)
    by_codename = {permission.codename: permission for permission in permissions}
    for role, codenames in wanted.items():
        group, _created = Group.objects.using(using).get_or_create(name=role)
        held = set(group.permissions.filter(content_type__app_label=app_config.label))
        wished = {by_codename[codename] for codename in codenames}
        group.permissions.remove(*(held - wished))
        group.permissions.add(*(wished - held))


def _of_app(permissions: Iterable[str], app_label: str) -> Iterable[str]:
    for permission in permissions:
        label, _dot, codename = permission.partition(".")
        if label == app_label:
            yield codename
