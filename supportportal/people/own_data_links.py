"""Who gets a person's data, and by which way: the person alone, signed in or by a link in a mail (R-6, C-8).

Staff can have the link sent; what is in the archive no member of staff ever sees, so that nobody who is kept from a
complaint reads it there.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import IO, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from supportportal import links
from supportportal.trail import operations as trail
from supportportal.trail.models import Entry

from . import notices, own_data_archive, policy
from .models import DataAccess, User
from .notices import Notice
from .operations import PeopleRefused, require_somebody

MADE_WITHIN = timedelta(minutes=10)  # what has not been made by then was cut off


@transaction.atomic
def send(person: User, *, by: User, at: datetime) -> DataAccess:
    """Owe the person a mail with a link to the own data; the links of earlier ones stop working.

    Works for whoever is switched off or restricted. Raises PeopleRefused for staff, for nobody any more, and where
    ``by`` has changed the address that it would go to: whoever might get the data must not be who sends it.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    require_somebody(person)
    if person.is_staff:
        raise PeopleRefused(_("{name} is staff: this is for clients.").format(name=person))
    if _changed_address(person, by):
        raise PeopleRefused(_("You have changed this person's address: somebody else has to send the data."))
    until = at + policy.current().data_link_lasts
    access = _next(person, until=until, address=person.email)
    data = {"epoch": access.link_epoch, "until": until.isoformat()}
    told = Notice(notices.OWN_DATA, to=person, useful_until=until, once=str(access.link_epoch), data=data)
    notices.tell(told, at=at)
    trail.record("data.sent", person, by=by, at=at, until=until)
    return access


@transaction.atomic
def revoke(person: User, *, by: User, at: datetime) -> None:
    """Close the link that was sent; nothing happens where none is open."""
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if DataAccess.objects.filter(person=person, link_until__isnull=False).exists():
        _next(person, until=None, address="")
        trail.record("data.revoked", person, by=by, at=at)


def named_by(token: str, at: datetime) -> DataAccess | None:
    """The access that a link gives; None for one that is forged, revoked, too old, or went to another address."""
    try:
        named = links.read(notices.OWN_DATA, token)
    except links.BadLink:
        return None
    rows = DataAccess.objects.select_related("person__account__plan")
    access = rows.filter(person=named.pk, link_epoch=named.epoch, person__is_staff=False).first()
    return access if access is not None and access.is_open(at) else None


def collect(person: User, *, by: User | None, at: datetime) -> IO[bytes]:
    """The person's archive, as an open temporary file; noted on the trail. ``by`` is None for a link.

    Raises PeopleRefused while another one is being made for the same person.
    """
    with ExitStack() as if_it_fails:
        with _one_at_a_time(person, at):
            archive = if_it_fails.enter_context(own_data_archive.build(person, at))
        trail.record("data.collected", person, by=by, at=at, way="page" if by else "link")
        if_it_fails.pop_all()
    return archive


@contextmanager
def _one_at_a_time(person: User, at: datetime) -> Iterator[None]:
    access, _created = DataAccess.objects.get_or_create(person=person)
    rows = DataAccess.objects.filter(pk=access.pk)
    if not rows.filter(Q(made_since=None) | Q(made_since__lte=at - MADE_WITHIN)).update(made_since=at):
        raise PeopleRefused(_("Your data is being put together already. Please try again in a few minutes."))
    try:
        yield
    finally:
        rows.filter(made_since=at).update(made_since=None)


def _next(person: User, *, until: datetime | None, address: str) -> DataAccess:
    access, _created = DataAccess.objects.get_or_create(person=person)
    access.link_epoch, access.link_until, access.link_address = access.link_epoch + 1, until, address
    access.save(update_fields=["link_epoch", "link_until", "link_address"])
    return access


def _changed_address(person: User, by: Any) -> bool:
    changes = Entry.objects.filter(subject_type=User._meta.label_lower, subject_id=person.pk, by=by)
    return any("email" in one.facts.get("fields", ()) for one in changes.filter(verb="person.changed"))
