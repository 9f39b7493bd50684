"""The secret address under which a person's own calendar reads their sessions: made, made anew, switched off."""

import hashlib
from datetime import datetime

from django.db import transaction

from supportportal.people.models import User
from supportportal.trail import operations as trail

from ..models import SessionFeed
from .locking import lock_people


@transaction.atomic
def new_address(person: User, *, at: datetime) -> SessionFeed:
    """An address that nobody has seen, for whoever had none too; the one before leads nowhere from now on."""
    lock_people(person.pk)
    feed = SessionFeed.objects.filter(pk=person.pk).first()
    if feed is None:
        feed = SessionFeed.objects.create(user=person, made_at=at, changed_at=at)
    else:
        feed.epoch, feed.is_on, feed.made_at, feed.changed_at = feed.epoch + 1, True, at, at
        feed.save(update_fields=["epoch", "is_on", "made_at", "changed_at"])
    trail.record("feed.address", feed, by=person, at=at, epoch=feed.epoch)
    return feed


@transaction.atomic
def switch_off(person: User, *, at: datetime) -> None:
    """The address leads nowhere from now on, nor when the feed is switched on again: that gives another one."""
    if SessionFeed.objects.filter(pk=person.pk, is_on=True).update(is_on=False):
        trail.record("feed.off", SessionFeed(pk=person.pk), by=person, at=at)


def changed_at(feed: SessionFeed, content: bytes, *, at: datetime) -> datetime:
    """Since when it reads as it does: since now, where nobody has read it so before."""
    digest = hashlib.sha256(content).hexdigest()
    if digest != feed.digest:
        feed.digest, feed.changed_at = digest, at
        SessionFeed.objects.filter(pk=feed.pk).update(digest=digest, changed_at=at)
    return feed.changed_at
