"""The public complaint form, sent: against a page with one query and an empty view, in one process without a socket."""

from itertools import count

from .common import in_turns
from .figures import Figure, compare, milliseconds

TITLE = "Complaint form"
ON = ["PostgreSQL", "SQLite"]
BOUND = (
    "Sending a complaint is bound by what it sets going: three deadlines counted day by day, names looked for in"
    " what was written, the acknowledgement owed, the trail."
)


def figures(quick: bool, database: str) -> list[Figure]:
    import uuid

    from django.test import Client
    from django.urls import reverse

    from bookings.models import SessionType
    from complaints.models import Complaint
    from tests.factories import ClientFactory, FirmFactory, StaffFactory

    FirmFactory()
    for _n in range(20):
        StaffFactory()
    SessionType.objects.create(slug="bench", name="Bench", place="https://video.example")
    signed_in, stranger, numbers = Client(), Client(), count()
    signed_in.force_login(ClientFactory(), backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("complaints:complain")

    def send() -> None:
        number = next(numbers)
        answer = stranger.post(
            address,
            {
                "name": f"Complainant {number}",
                "email": f"complainant{number}@example.net",
                "country": "IT",
                "about": "service",
                "summary": "Nobody called me back for three days, though I had asked for it twice.",
                "form_key": str(uuid.uuid4()),
            },
            REMOTE_ADDR=f"10.{number // 62500}.{number // 250 % 250}.{number % 250}",
        )
        assert answer.status_code == 302, (answer.status_code, answer.content[:3000].decode())

    ways = {
        "sent": send,
        "form": lambda: stranger.get(address),
        "one": lambda: signed_in.get("/bench/one/"),
        "empty": lambda: signed_in.get("/bench/empty/"),
    }
    times = in_turns(ways, rounds=5 if quick else 15, each=4)
    assert Complaint.objects.count() == next(numbers)
    about = {"database": database, "bound": BOUND}
    detail = milliseconds(sent=times["sent"], form=times["form"], one_query=times["one"], empty_view=times["empty"])
    return [
        compare(
            "complaint sent, per second", "page with one query", times["one"], times["sent"], detail=detail, **about
        ),
        compare("complaint form shown, per second", "page with one query", times["one"], times["form"], **about),
        compare("page with one query, per second", "empty view", times["empty"], times["one"], **about),
    ]
