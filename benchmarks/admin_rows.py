"""A portal's years of work in one PostgreSQL database: so many clients, sessions, messages, complaints, trail entries.

``python -m benchmarks.admin_rows 1000000`` fills the database of DATABASE_URL and prints the key of an owner's session.
Of a hundred sessions one is still to come, of a hundred messages two are waiting and few failed; 500 complaints are
open however many there are.
"""

import sys
from datetime import timedelta

import django

from .common import multiply, sign_in, write

OPEN_COMPLAINTS = 500
FIRST_NAMES = "Anna,Bruno,Carla,Dirk,Elisa,Franco,Greta,Hendrik,Irene,Jan"
NAMES = "Rossi,Bianchi,Conti,Visser,Bakker,Greco,Jansen,Marino,Smit,Ricci,Mulder,Gallo"
NAME = f"split_part('{FIRST_NAMES}', ',', 1 + n % 10) || ' ' || split_part('{NAMES}', ',', 1 + n / 10 % 12) || n"


def main(rows: int) -> str:
    django.setup()
    from django.utils import timezone

    from tests.factories import AgentFactory, ClientFactory, FirmFactory, SessionTypeFactory, StaffFactory

    at = timezone.now()
    FirmFactory()
    owner = StaffFactory(name="Owner", email="owner@bench.example", roles=["owner"])
    reviewers = [StaffFactory(roles=["senior manager"]) for _n in range(8)]
    session_type = SessionTypeFactory(slug="bench")
    agents = [AgentFactory() for _n in range(20)]
    client = ClientFactory(name="First")
    people(client, rows)
    sessions(client, agents, session_type, rows, at)
    letters(client, rows, at)
    complaints(reviewers, rows, at)
    entries(owner, rows, at)
    write("VACUUM ANALYZE")
    return sign_in(owner)


def people(client, rows: int) -> None:
    from supportportal.people.models import Account

    accounts = max(rows // 20, 1)
    multiply(client.account, (1, accounts), name="'Company ' || n")
    first = Account.objects.order_by("-pk").first().pk - accounts
    multiply(
        client,
        (1, rows),
        name=NAME,
        email="'person' || n || '@client' || n % 5000 || '.example'",
        phone="'+39055' || lpad(n::text, 7, '0')",
        account_id=f"{first} + 1 + n % {accounts}",
        last_login="CASE WHEN n % 9 > 0 THEN one.created_at END",
    )


def sessions(client, agents: list, session_type, rows: int, at) -> None:
    from supportportal.lattice import cell_at
    from tests.factories import BookingFactory

    one = BookingFactory(agent=agents[0], session_type=session_type, client=client, starts=at - timedelta(days=4000))
    coming, now = max(rows // 100, 60), cell_at(at)
    # The triggers would write the cells of each: what is over has none any more.
    write("ALTER TABLE bookings_booking DISABLE TRIGGER USER")
    listed = ",".join(str(agent.pk) for agent in agents)
    many = {
        "reference": "'B' || lpad(n::text, 9, '0')",
        "client_id": f"{client.pk} + 1 + n % {rows}",
        "agent_id": f"(ARRAY[{listed}])[1 + n % {len(agents)}]",
        "topic": "'How do I close the year ' || n",
    }
    over = many | {
        "state": "CASE n % 12 WHEN 0 THEN 'no_show' ELSE 'attended' END",
        "outcome_at": "one.booked_at",
        "first_cell": f"{now - 300} - n * 6 / {len(agents)} * 6",
    }
    multiply(one, (1, rows - coming), **over)
    multiply(one, (rows - coming + 1, rows), **many, first_cell=f"{now + 20} + (n - {rows - coming}) / 20 * 6")
    write("ALTER TABLE bookings_booking ENABLE TRIGGER USER")


def letters(client, rows: int, at) -> None:
    """Of the sessions' reminders and confirmations; and letters about complaints, which not everybody may see."""
    from bookings.models import Booking
    from supportportal.outbox.models import Message

    last = Booking.objects.order_by("-pk").first().pk
    one = Message.objects.create(
        key="first",
        kind="reminder_24h",
        channel="email",
        subject_type="bookings.booking",
        subject_id=last,
        recipient=client,
        state="sent",
        due_at=at - timedelta(days=3000),
        try_at=at,
        created_at=at - timedelta(days=3001),
        sent_at=at - timedelta(days=3000),
    )
    every = {
        "key": "'bench:' || n",
        "kind": "CASE n % 3 WHEN 0 THEN 'booking_confirmed' ELSE 'reminder_24h' END",
        "recipient_id": f"{client.pk} + 1 + n % {rows}",
        "subject_id": f"{last} - n % {rows}",
        "sent_to": f"'person' || 1 + n % {rows} || '@client' || (1 + n % {rows}) % 5000 || '.example'",
    }
    to_go = max(rows // 50, 60)
    failed = max(rows // 2000, 60)
    back = f"one.due_at + (n / {rows}.0) * interval '2900 days'"
    multiply(one, (1, rows - to_go - failed), **every, due_at=back, try_at=back, sent_at=back)
    soon = "now() + n % 20000 * interval '1 minute' + interval '1 hour'"
    multiply(one, (rows - to_go - failed + 1, rows - failed), **every, state="'planned'", due_at=soon, try_at=soon)
    lately = "now() - n % 40000 * interval '1 minute'"
    multiply(one, (rows - failed + 1, rows), **every, state="'failed'", due_at=lately, try_at=lately)


def complaints(reviewers: list, rows: int, at) -> None:
    from complaints.models import Complaint, Deadline

    one = Complaint.objects.create(
        reference="C0",
        source="form",
        state="answered",
        arrived_at=at - timedelta(days=20),
        entered_at=at,
        name="First",
        email="first@bench.example",
        country="IT",
        language="en",
        time_zone="Europe/Rome",
        summary="Nobody called me back for three days. " * 5,
        decided_at=at - timedelta(days=10),
        reviewer=reviewers[0],
    )
    listed = ",".join(str(one.pk) for one in reviewers)
    every = {
        "reference": "'C' || lpad(n::text, 9, '0')",
        "name": NAME,
        "email": "'person' || n || '@client' || n % 5000 || '.example'",
        "reviewer_id": f"(ARRAY[{listed}])[1 + n % {len(reviewers)}]",
    }
    answered = rows - OPEN_COMPLAINTS
    long_ago = f"one.arrived_at - interval '3650 days' * (({answered} - n) / {answered}.0)"
    decided = f"one.decided_at - interval '3650 days' * (({answered} - n) / {answered}.0)"
    multiply(one, (1, answered), **every, arrived_at=long_ago, decided_at=decided)
    arrived = "now() - (n % 700) * interval '1 hour'"
    multiply(one, (answered + 1, rows), **every, state="'open'", arrived_at=arrived, decided_at="NULL")
    step = Deadline.objects.create(
        complaint=one, step="respond", start_at=at, due_at=at, outcome="met", met_at=at, day=at.date()
    )
    first = one.pk
    multiply(step, (1, answered), complaint_id=f"{first} + n")
    due = "now() + (n % 900 - 300) * interval '1 hour'"
    multiply(step, (answered + 1, rows), complaint_id=f"{first} + n", outcome="'running'", due_at=due, met_at="NULL")


def entries(owner, rows: int, at) -> None:
    from supportportal.trail.models import Entry

    one = Entry.objects.create(
        verb="booking.booked", subject_type="bookings.booking", subject_id=1, by=owner, at=at, facts={"agent": 1}
    )
    verbs = "booking.booked,booking.cancelled,person.changed,booking.outcome,complaint.lodged"
    kinds = "bookings.booking,bookings.booking,people.user,bookings.booking,complaints.complaint"
    last = f"(SELECT max(id) FROM bookings_booking) - n % {rows}"
    about = f"CASE n % 5 WHEN 4 THEN (SELECT max(id) FROM complaints_complaint) - n % {rows} ELSE {last} END"
    multiply(
        one,
        (1, rows),
        verb=f"split_part('{verbs}', ',', 1 + n % 5)",
        subject_type=f"split_part('{kinds}', ',', 1 + n % 5)",
        subject_id=about,
        at=f"one.at - interval '3000 days' * (({rows} - n) / {rows}.0)",
    )
    write(
        "INSERT INTO trail_seal (number, entry_id, digest, sealed_at)"
        " SELECT id, id, repeat('0', 64), at FROM trail_entry ORDER BY id"
    )


if __name__ == "__main__":
    print(main(int(sys.argv[1])))
