"""A person's sessions as a calendar that their own calendar program reads again and again, by a secret address.

Agents see whom they meet and about what, clients what their own pages show; nothing but sessions stands in it. What is
the same is written the same, byte for byte, so that nobody fetches twice what has not changed.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar

from supportportal import links
from supportportal.lattice import cell_at
from supportportal.people.models import Firm, User

from . import ical
from .models import Booking, SessionFeed

LINK_KIND = "calendar"
BACK = timedelta(days=30)
READ_AGAIN = timedelta(hours=1)  # what calendar programs are asked for; many come more rarely


def address(feed: SessionFeed) -> str:
    token = links.token(LINK_KIND, feed.pk, feed.epoch)
    return settings.SITE_URL + reverse("bookings:calendar_feed", args=[token])


def named_by(token: str) -> SessionFeed | None:
    """The feed that the token opens; None for what is forged, revoked, switched off, of staff who have left, or of
    whom nobody can tell any more who it was.

    A client who can't sign in any more reads on, as behind the links in mails: the sessions are still theirs (R-6).
    """
    try:
        named = links.read(LINK_KIND, token)
    except links.BadLink:
        return None
    feeds = SessionFeed.objects.select_related("user").filter(Q(user__is_active=True) | Q(user__is_staff=False))
    found = feeds.filter(pk=named.pk, epoch=named.epoch, is_on=True).first()
    return None if found is None or found.user.is_anonymised else found


def content(feed: SessionFeed, *, at: datetime) -> bytes:
    """The sessions from 30 days back on, the cancelled among them as such, in the person's language."""
    person, firm = feed.user, Firm.current()
    write = _for_agent if person.is_staff else _for_client
    with translation.override(person.language):
        return _calendar((write(one, firm) for one in _sessions(person, at)), firm)


def _sessions(person: User, at: datetime) -> Iterable[Booking]:
    whose = {"agent": person.pk} if person.is_staff else {"client": person.pk}
    return (
        Booking.objects.filter(**whose, first_cell__gte=cell_at(at - BACK)).for_listing().order_by("first_cell", "pk")
    )


def _calendar(events: Iterable[Any], firm: Firm) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//supportportal//sessions//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Sessions – %(firm)s") % {"firm": firm.name})
    calendar.add("refresh-interval", READ_AGAIN, {"value": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for event in events:
        calendar.add_component(event)
    return calendar.to_ical()


def _for_client(booking: Booking, firm: Firm) -> Any:
    url = settings.SITE_URL + booking.get_absolute_url()
    lines = [booking.topic, _("With %(agent)s") % {"agent": booking.agent}, url]
    return ical.event(booking, firm=firm, stamp=_last_change(booking), url=url, description="\n".join(lines))


def _for_agent(booking: Booking, firm: Firm) -> Any:
    url = settings.SITE_URL + reverse("admin:bookings_booking_change", args=[booking.pk])
    return ical.event(
        booking,
        firm=firm,
        stamp=_last_change(booking),
        url=url,
        summary=f"{booking.client} – {booking.session_type.title}",
        description=f"{booking.topic}\n{url}",
    )


def _last_change(booking: Booking) -> datetime:
    """What an entry is stamped with: when it was read would make each reading another one."""
    instants = (booking.booked_at, booking.fixed_at, booking.cancelled_at, booking.outcome_at)
    return max(instant for instant in instants if instant is not None)
