"""Whether this process can serve requests: what it needs answers soon, and the database is one that the code knows."""

import os
from collections.abc import Iterable
from functools import cache

import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from supportportal import room

ANSWER_WITHIN = 1.0  # seconds, of Redis
Migrations = set[tuple[str, str]]

NO_ROOM = "The disk or the database is full: make room."
NO_DATABASE = "The database does not answer."
BEHIND = "The database is behind this code: run manage.py migrate."
AHEAD = "The database is ahead of this code, as in the midst of an upgrade."
NO_REDIS = "Redis does not answer."
NO_QUEUE = "The queue's folder cannot be written to."


def why_not() -> str:
    """Empty if requests can be served, else the reason, which names no host and no account.

    A database ahead of the code is no reason: migrations only add, and during an upgrade the old processes serve on.
    """
    try:
        if behind():
            return BEHIND
    except Error as error:
        return database_fault(error)
    return broker_fault()


def database_fault(error: Error) -> str:
    """What an error of the database says of it, in a sentence."""
    return NO_ROOM if room.is_used_up(error) else NO_DATABASE


def behind() -> Migrations:
    """The code's migrations that the database has not had."""
    on_disk, applied = _on_disk(), _applied()
    return {key for key, replaces in on_disk.items() if key not in applied and not (replaces and replaces <= applied)}


def ahead() -> Migrations:
    """Migrations that the database has had and the code does not know, of apps that it has."""
    on_disk = _on_disk()
    apps = {app for app, _name in on_disk}
    known = set(on_disk).union(*on_disk.values())
    return {(app, name) for app, name in _applied() - known if app in apps}


def broker_fault() -> str:
    """Empty if ticks can be handed over."""
    if not settings.REDIS_URL:
        return "" if os.access(settings.QUEUE_DIR, os.W_OK) else NO_QUEUE
    try:
        _redis().ping()
    except (redis.RedisError, OSError):
        return NO_REDIS
    return ""


@cache
def _redis() -> redis.Redis:
    try:
        return redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=ANSWER_WITHIN, socket_timeout=ANSWER_WITHIN
        )
    except ValueError:
        raise ImproperlyConfigured("REDIS_URL cannot be read; it has to look like redis://host:6379/0.") from None


@cache
def _on_disk() -> dict[tuple[str, str], Migrations]:
    """Each migration of the code with those that it stands for; reading them takes a while, and they never change."""
    loader = MigrationLoader(None)
    replaced: Iterable[tuple[str, str]] = (key for one in loader.disk_migrations.values() for key in one.replaces)
    left = set(loader.disk_migrations) - set(replaced)
    return {key: set(loader.disk_migrations[key].replaces) for key in left}


def _applied() -> Migrations:
    return set(MigrationRecorder(connection).applied_migrations())
