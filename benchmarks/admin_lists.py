"""The staff's long lists with a million rows against their first page with ten thousand, on PostgreSQL behind gunicorn."""

from .common import in_turns, portals, postgresql
from .figures import Figure, compare, milliseconds

TITLE = "Staff's lists"
AIM = "≤ 1.3"
FEW = 10_000
# Each list: its first page, its last, one filtered, one searched. ``{n}`` is the number of somebody far back.
LISTS = {
    "sessions": ("/admin/bookings/booking/", "?when=all&p=last", "?when=all&state__exact=no_show", "?when=all&q=Conti{n}"),
    "messages": ("/admin/outbox/message/?trouble=all", "&p=last", "&state__exact=planned", "&q=person{n}"),
    "clients": ("/admin/people/user/", "?p=last", "?access=invited", "?q=Conti{n}"),
    "complaints": ("/admin/complaints/complaint/?view=table", "&page=last", "&due=late", "&q=Conti{n}"),
    "trail": ("/admin/trail/entry/", "?p=last", "?verb=person.changed", "?q={n}"),
}
PAGES = ("first", "last", "filtered", "searched")
