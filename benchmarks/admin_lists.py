"""The staff's long lists with a million rows against their first page with ten thousand, on PostgreSQL behind gunicorn.

The last page is the last that the list leads to: it counts to 2,000 (``supportportal.longlists``). Complaints are
listed by the next step that is owed, and 500 are open however many there are.
"""

from .common import in_turns, portals, postgresql
from .figures import Figure, compare, milliseconds

TITLE = "Staff's lists"
AIM = "≤ 1.3"
FEW, MANY = 10_000, 1_000_000
# Each list: its first page, its last, one filtered, one searched for somebody.
LISTS = {
    "sessions": ("/admin/bookings/booking/?when=all", "&p=40", "&state__exact=no_show", "&q=Conti2413"),
    "sessions to come": ("/admin/bookings/booking/", "", "", ""),
    "messages": ("/admin/outbox/message/?trouble=all", "&p=40", "&state__exact=planned", "&q=person2413"),
    "messages that need attention": ("/admin/outbox/message/", "", "", ""),
    "clients": ("/admin/people/user/?is_active__exact=1", "&p=40", "&access=in", "&q=Conti2413"),
    "complaints": ("/admin/complaints/complaint/?view=table", "&page=10", "&due=late", "&q=Conti"),
    "trail": ("/admin/trail/entry/?o=", "&p=20", "&verb=person.changed", "&q=2413"),
}
PAGES = ("first", "last", "filtered", "searched")
BOUND = "A page is bound by rendering its fifty or hundred rows; a count goes no further than 2,000 rows."


def figures(quick: bool) -> list[Figure]:
    many = 100_000 if quick else MANY
    with postgresql("few", "many") as (few_rows, many_rows):
        given = (few_rows, [str(FEW)]), (many_rows, [str(many)])
        with portals("admin_rows", *given) as (small, large):
            return [figure for name in LISTS for figure in one_list(name, small, large, many, 5 if quick else 12)]


def one_list(name: str, small, large, many: int, rounds: int) -> list[Figure]:
    first, *rest = LISTS[name]
    paths = {"first": first, **{page: first + more for page, more in zip(PAGES[1:], rest, strict=True) if more}}
    ways = {page: lambda path=path: large.get(path) for page, path in paths.items()}
    times = in_turns({"small": lambda: small.get(first), **ways}, rounds=rounds)
    return [
        compare(
            f"{name}, {page} page, time",
            f"the first page at {FEW:,}",
            times[page],
            times["small"],
            aim=AIM,
            database="PostgreSQL",
            rows=f"{many:,}",
            detail=milliseconds(**{page: times[page], "first_at_10,000": times["small"]}),
            bound=BOUND,
        )
        for page in paths
    ]
