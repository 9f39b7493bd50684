"""The demo's sessions: types, hours and diaries, past and coming, relative to the instant at which they are made."""

from datetime import date, datetime, time, timedelta
from random import Random

from supportportal.lattice import cell_at
from supportportal.outbox import operations as outbox
from supportportal.outbox.models import Message
from supportportal.people.access import may_use
from supportportal.people.models import Plan, User

from . import availability, messages
from .holidays import seed
from .models import Agent, Booking, SessionType, TermsAcceptance, TermsVersion, TimeOff, WorkingHours
from .operations import new_reference, place_of

COUNTRIES = ["IT", "NL", "GB"]
CLIENT, AGENT = "client@demo.example", "agent@demo.example"

TYPES = [
    {
        "slug": "quick-assist",
        "name": "Quick assist",
        "name_it": "Aiuto rapido",
        "name_nl": "Snelle hulp",
        "description": "One question, answered on your screen.",
        "description_it": "Una domanda, risolta sul Suo schermo.",
        "description_nl": "Eén vraag, opgelost op uw scherm.",
        "minutes": 30,
        "step_minutes": 30,
        "buffer_after": 5,
        "minimum_notice": 60,
        "plans": ["basic", "plus", "advanced"],
    },
    {
        "slug": "implementation",
        "name": "Implementation session",
        "name_it": "Sessione di avviamento",
        "name_nl": "Implementatiesessie",
        "description": "We set up a part of the product together, step by step.",
        "description_it": "Configuriamo insieme una parte del prodotto, passo per passo.",
        "description_nl": "We richten samen een deel van het product in, stap voor stap.",
        "minutes": 60,
        "step_minutes": 30,
        "buffer_before": 10,
        "buffer_after": 10,
        "minimum_notice": 240,
        "plans": ["plus", "advanced"],
    },
    {
        "slug": "phone-review",
        "name": "Phone review",
        "name_it": "Verifica telefonica",
        "name_nl": "Telefonische controle",
        "description": "We call you and go through your month-end together.",
        "description_it": "La chiamiamo e verifichiamo insieme la chiusura del mese.",
        "description_nl": "We bellen u en lopen samen de maandafsluiting door.",
        "minutes": 45,
        "step_minutes": 15,
        "buffer_after": 15,
        "minimum_notice": 120,
        "place_kind": "phone",
        "plans": ["advanced"],
    },
    {
        "slug": "team-training",
        "name": "Team training",
        "name_it": "Formazione per il team",
        "name_nl": "Teamtraining",
        "description": "For teams of fifty and more: a training day plan, made with you.",
        "description_it": "Per team di almeno cinquanta persone: un piano di formazione, preparato con Lei.",
        "description_nl": "Voor teams vanaf vijftig personen: een trainingsplan, samen met u gemaakt.",
        "minutes": 90,
        "step_minutes": 30,
        "minimum_notice": 1440,
        "minimum_seats": 50,
        "plans": ["advanced"],
    },
]
# address, languages, hours as (weekdays, opens, closes), types
AGENTS = [
    (AGENT, ["en", "it"], [(range(5), 9, 13), (range(5), 14, 18)], ["quick-assist", "implementation", "phone-review"]),
    ("daan@meridian.example", ["nl", "en"], [(range(4), 8, 16)], ["quick-assist", "implementation"]),
    ("luca@meridian.example", ["it", "en"], [((0, 2, 4), 10, 19)], ["quick-assist", "implementation", "phone-review"]),
    ("priya@meridian.example", ["en"], [(range(5), 9, 17)], ["quick-assist", "team-training"]),
    ("sofie@meridian.example", ["nl", "en"], [((1, 3), 9, 12), ((1, 3), 13, 21)], ["quick-assist", "implementation"]),
    ("matteo@meridian.example", ["it"], [(range(5), 14, 20)], ["quick-assist", "phone-review"]),
]
TOPICS = [
    "VAT codes on imported invoices",
    "The bank feed stopped on Monday",
    "Moving last year's ledger",
    "Rights for a new colleague",
    "Reminder letters to late payers",
    "The export leaves out credit notes",
    "Setting up cost centres",
    "Closing the quarter",
]
TERMS_EN = """Sessions are held one to one. Come prepared: say what it is about when you book.

You can change or cancel a session for free until 24 hours before it starts. After that it counts as a no-show.

Be there on time. If you have not joined ten minutes after the start, the agent may end the session."""
TERMS_IT = """Le sessioni sono individuali. Ci dica di che cosa si tratta quando prenota.

Può spostare o annullare una sessione gratuitamente fino a 24 ore prima dell'inizio. Dopo, conta come mancata presenza.

La preghiamo di essere puntuale: dieci minuti dopo l'inizio l'operatore può chiudere la sessione."""
TERMS_NL = """Sessies zijn één op één. Vertel bij het boeken waar het over gaat.

U kunt een sessie kosteloos wijzigen of annuleren tot 24 uur voor het begin. Daarna telt het als niet verschenen.

Wees op tijd: tien minuten na het begin mag de medewerker de sessie beëindigen."""


def clear() -> None:
    Message.objects.filter(subject_type=messages.SUBJECT_TYPE).delete()
    Booking.objects.all().delete()
    TimeOff.objects.all().delete()
    TermsAcceptance.objects.all().delete()


def build(at: datetime) -> None:
    for country in COUNTRIES:
        seed(country, range(at.year - 1, at.year + 3))
    TermsVersion.objects.get_or_create(
        version="2026-1",
        defaults={
            "published_at": at - timedelta(days=200),
            "text_en": TERMS_EN,
            "text_it": TERMS_IT,
            "text_nl": TERMS_NL,
        },
    )
    types = {facts["slug"]: _session_type(position, dict(facts)) for position, facts in enumerate(TYPES)}
    agents = [
        _agent(address, languages, hours, [types[slug] for slug in held]) for address, languages, hours, held in AGENTS
    ]
    clients = list(User.objects.clients().filter(account__isnull=False, is_active=True).order_by("pk"))
    diary = Diary(at)
    _sessions_of_the_day(diary, agents[0], clients, types)
    _sessions_of_the_weeks(diary, agents, clients, types)


def _session_type(position: int, facts: dict) -> SessionType:
    plans = Plan.objects.filter(code__in=facts.pop("plans"))
    kept = {**facts, "position": position, "languages": ["en", "it", "nl"]}
    session_type, _made = SessionType.objects.update_or_create(slug=kept.pop("slug"), defaults=kept)
    session_type.plans.set(plans)
    return session_type


def _agent(address: str, languages: list[str], hours: list, held: list[SessionType]) -> Agent:
    user = User.objects.get(email=address)
    room = user.name.lower().replace(" ", "-")
    facts = {"time_zone": user.time_zone, "languages": languages, "video_link": f"https://meet.meridian.example/{room}"}
    agent, _made = Agent.objects.update_or_create(user=user, defaults=facts)
    agent.session_types.set(held)
    agent.working_hours.all().delete()
    WorkingHours.objects.bulk_create(
        WorkingHours(agent=agent, weekday=weekday, opens=time(opens), closes=time(closes))
        for weekdays, opens, closes in hours
        for weekday in weekdays
    )
    return agent


class Diary:
    """Writes sessions with the messages they owe; what was due before ``at`` counts as sent then."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.random = Random(2026)

    def add(
        self, agent: Agent, client: User, session_type: SessionType, start: datetime, booked: timedelta
    ) -> Booking | None:
        """Book it as if ``booked`` before now; None where one of the two is not free."""
        first = cell_at(start)
        span = range(
            first - session_type.buffer_before // 5, first + session_type.cells + session_type.buffer_after // 5
        )
        near = Booking.objects.live().filter(first_cell__range=(first - 300, first + 300))
        taken = near.filter(agent=agent) | near.filter(client=client)
        for one in taken:
            if (
                one.first_cell - one.cells_before < span.stop
                and span.start < one.first_cell + one.cells + one.cells_after
            ):
                return None
        booked_at = min(self.at, start) - booked
        kind, place = place_of(session_type, agent)
        booking = Booking.objects.create(
            reference=new_reference(),
            session_type=session_type,
            agent=agent,
            client=client,
            booked_by=client,
            first_cell=first,
            cells=session_type.cells,
            cells_before=session_type.buffer_before // 5,
            cells_after=session_type.buffer_after // 5,
            place_kind=kind,
            place=place,
            topic=self.random.choice(TOPICS),
            booked_at=booked_at,
            fixed_at=booked_at,
        )
        outbox.plan(messages.owed_for_booking(booking, at=booked_at), at=booked_at)
        return booking

    def close(self) -> None:
        due = Message.objects.filter(subject_type=messages.SUBJECT_TYPE, due_at__lt=self.at)
        for message in due.select_related("recipient"):
            without = message.channel == Message.Channel.SMS and message.recipient.sms_consent_at is None
            message.state = Message.State.SKIPPED if without else Message.State.DELIVERED
            message.note = "no consent to text messages" if without else ""
            message.sent_at = message.delivered_at = None if without else message.due_at
            message.address = message.recipient.email
            message.save(update_fields=["state", "note", "sent_at", "delivered_at", "address"])


def _sessions_of_the_day(diary: Diary, agent: Agent, clients: list[User], types: dict[str, SessionType]) -> None:
    """Today as the agent sees it at any hour, with reminders that fall due in the first minutes."""
    quick = types["quick-assist"]
    soon = diary.at + timedelta(minutes=5 - diary.at.minute % 5, seconds=-diary.at.second)
    client, *others = clients
    offsets = [
        timedelta(hours=-3),
        timedelta(hours=-1, minutes=-40),
        timedelta(minutes=35),  # the text message leaves within five minutes
        timedelta(hours=1, minutes=35),
        timedelta(hours=2, minutes=50),
        timedelta(hours=24, minutes=5),  # the reminder of 24 hours leaves within ten minutes
        timedelta(hours=48, minutes=5),  # and the one of two days
    ]
    people = [others[0], others[1], client, others[2], others[3], client, others[4]]
    for offset, person in zip(offsets, people, strict=True):
        diary.add(agent, person, quick, soon + offset, booked=timedelta(days=4, hours=2))
    one_hour = diary.add(agent, others[5 % len(others)], quick, soon + timedelta(hours=1), booked=timedelta(days=1))
    if one_hour is None:
        diary.add(agent, others[0], quick, soon + timedelta(hours=1, minutes=5), booked=timedelta(days=1))


def _sessions_of_the_weeks(
    diary: Diary, agents: list[Agent], clients: list[User], types: dict[str, SessionType]
) -> None:
    """Two weeks behind and three ahead, each agent about two fifths booked within the hours."""
    today: date = diary.at.date()
    others = [one for one in clients if one.email != CLIENT]  # whose list has to stay readable
    for session_type in types.values():
        granted = [one for one in others if may_use(one, session_type, diary.at)]
        for agent in session_type.agents.all() if granted else ():
            window = availability.day_window(today + timedelta(days=1), 21, agent.zone)
            free = availability.free_starts(session_type, window, diary.at, agents=[agent])
            cells = free.cells()
            for cell in diary.random.sample(cells, k=min(len(cells), 3)):
                start = datetime.fromtimestamp(cell * 300, diary.at.tzinfo)
                diary.add(agent, diary.random.choice(granted), session_type, start, booked=timedelta(days=2))
    for number, agent in enumerate(agents):
        for back in range(1, 15, 3):
            start = datetime.combine(today - timedelta(days=back), time(8 + (number + back) % 8), agent.zone)
            if start.weekday() < 5:
                client = clients[(number + back) % len(clients)]
                diary.add(agent, client, types["quick-assist"], start, booked=timedelta(days=5))
    diary.close()
