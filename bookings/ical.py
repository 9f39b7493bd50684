"""The calendar entry of a session: one UID for its whole life, SEQUENCE raised with each change (B-4)."""

from datetime import datetime
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vText, vUri

from supportportal.people.models import Firm, User

from .models import Booking


def uid(booking: Booking) -> str:
    return f"{booking.reference.lower()}@{urlsplit(settings.SITE_URL).hostname}"


def entry(
    booking: Booking,
    *,
    firm: Firm,
    method: str,
    attendee: User,
    at: datetime,
    url: str = "",
    description: str = "",
    slot: tuple[datetime, datetime] | None = None,
) -> bytes:
    """The session as an iCalendar object: ``method`` is REQUEST, CANCEL or PUBLISH; times are UTC.

    ``slot`` stands in for the booking's own times where an entry of an earlier time or agent is taken back.
    """
    one = event(
        booking,
        firm=firm,
        stamp=at,
        url=url,
        description=description,
        is_cancelled=method == "CANCEL",
        slot=slot,
    )
    guest = vCalAddress(f"mailto:{attendee.email}")
    guest.params["cn"] = vText(attendee.name)
    guest.params["role"] = vText("REQ-PARTICIPANT")
    guest.params["partstat"] = vText("ACCEPTED")
    guest.params["rsvp"] = vText("FALSE")
    one.add("attendee", guest, encode=0)

    calendar = Calendar()
    calendar.add("prodid", "-//supportportal//sessions//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(one)
    return calendar.to_ical()


def event(
    booking: Booking,
    *,
    firm: Firm,
    stamp: datetime,
    url: str = "",
    summary: str = "",
    description: str = "",
    is_cancelled: bool | None = None,
    slot: tuple[datetime, datetime] | None = None,
) -> Event:
    """The session itself, without who is invited; cancelled as the booking is, unless said otherwise."""
    starts_at, ends_at = slot or (booking.starts_at, booking.ends_at)
    if is_cancelled is None:
        is_cancelled = booking.state == Booking.State.CANCELLED
    one = Event()
    one.add("uid", uid(booking))
    one.add("sequence", booking.version - 1)
    one.add("dtstamp", stamp)
    one.add("dtstart", starts_at)
    one.add("dtend", ends_at)
    one.add("summary", summary or f"{booking.session_type.title} – {firm.name}")
    one.add("location", place_in_words(booking))
    one.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    one.add("transp", "OPAQUE")
    if description:
        one.add("description", description)
    if url:
        one["url"] = vUri(url)
    organizer = vCalAddress(f"mailto:{firm.contact_email}")
    organizer.params["cn"] = vText(firm.name)
    one["organizer"] = organizer
    return one


def place_in_words(booking: Booking) -> str:
    """Where the session is held, as one line for pages, mails and calendars (B-1a)."""
    if booking.place:
        return booking.place
    if booking.place_kind == "phone":
        number = booking.client.phone
        return _("We call you on %(number)s") % {"number": number} if number else _("We call you")
    return booking.get_place_kind_display()


def add_links(booking: Booking, *, firm: Firm) -> list[dict[str, str]]:
    """Addresses that add the session to web calendars."""
    title = f"{booking.session_type.title} – {firm.name}"
    place = place_in_words(booking)
    span = f"{booking.starts_at:%Y%m%dT%H%M%SZ}/{booking.ends_at:%Y%m%dT%H%M%SZ}"
    google = {"action": "TEMPLATE", "text": title, "dates": span, "location": place}
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": title,
        "startdt": booking.starts_at.isoformat(),
        "enddt": booking.ends_at.isoformat(),
        "location": place,
    }
    return [
        {"label": "Google Calendar", "url": f"https://calendar.google.com/calendar/render?{urlencode(google)}"},
        {"label": "Outlook", "url": f"https://outlook.live.com/calendar/0/deeplink/compose?{urlencode(outlook)}"},
    ]
