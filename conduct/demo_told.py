"""What happened in the demo, and what was decided about it."""

from dataclasses import dataclass

from supportportal.people.models import Gate

from .models import Appeal, Category, Incident, Measure

Kind, Channel, Outcome = Measure.Kind, Incident.Channel, Appeal.Outcome
MINOR, SERIOUS, GRAVE = 1, 2, 3


@dataclass(frozen=True)
class Story:
    """``length`` in days of a restriction; without a ``kind`` it was closed, for ``reasons``.

    ``days`` ago it was reported, and two days later decided.
    """

    client: str
    reporter: str
    days: int
    words: str
    categories: tuple[str, ...]
    severity: int = MINOR
    kind: str = ""
    gates: tuple[str, ...] = ()
    length: int = 0
    by: str = "manager"
    second: str = ""
    reasons: str = ""
    account: str = ""
    channel: str = Channel.SESSION
    appeal: str = ""
    outcome: str = ""
    decision: str = ""


PAST = [
    Story(
        "pieter@devries.example",
        "sofie",
        240,
        "What kind of idiot set this up? You, I suppose.",
        (Category.LANGUAGE, Category.PERSONAL),
        kind=Kind.WARNING,
        reasons="Once, in anger after a lost morning, and he said sorry the next day. A warning is enough.",
    ),
    Story(
        "anouk@devries.example",
        "daan",
        190,
        "I will ring you every hour until you do as I say. I know when your shift ends.",
        (Category.HARASSMENT, Category.BULLYING),
        SERIOUS,
        Kind.LIMITED,
        (Gate.CALLBACK,),
        14,
        "manager2",
        reasons="Eleven calls in one day, after two requests to stop. Two weeks without calls; mail stays open.",
        channel=Channel.CALLBACK,
    ),
    Story(
        "helen@harbourstreet.example",
        "priya",
        170,
        "Your whole team is a joke, and everybody at the clinic says so.",
        (Category.TEAM,),
        kind=Kind.WARNING,
        reasons="Rude about the team, not about a person, and the delay was ours. A warning, with our apology.",
        channel=Channel.EMAIL,
    ),
    Story(
        "chiara@bottegaferri.example",
        "luca",
        150,
        "I found your house on the map. Nice garden.",
        (Category.HARASSMENT, Category.THREAT),
        GRAVE,
        Kind.LIMITED,
        (Gate.BOOKING, Gate.WAITLIST, Gate.CALLBACK),
        90,
        "manager2",
        second="senior",
        reasons="It was meant to frighten, and it did. Three months in writing alone, approved by a second manager.",
        channel=Channel.CHAT,
    ),
    Story(
        "marco@bottegaferri.example",
        "matteo",
        130,
        "Fix it today, or my next review will be one star on every page there is.",
        (Category.THREAT,),
        SERIOUS,
        Kind.LIMITED,
        (Gate.BOOKING,),
        30,
        reasons="A threat with public posts as leverage, after a request to stop.",
        appeal="I was angry and I would have written the review anyway. That is my right. Nobody asked me first.",
        outcome=Outcome.QUASHED,
        decision="A bad review is everybody's right. The words were a complaint, forcefully made, and no threat.",
    ),
    Story(
        "paolo@studiomoretti.example",
        "luca",
        110,
        "Put somebody on who speaks properly. You are too stupid to hold a phone.",
        (Category.PERSONAL, Category.LANGUAGE),
        SERIOUS,
        Kind.LIMITED,
        (Gate.CALLBACK,),
        30,
        reasons="Twice in one week, aimed at where a colleague comes from. Thirty days without calls.",
        channel=Channel.CALLBACK,
        appeal="I was in a hurry. Thirty days is a lot for two sentences.",
        outcome=Outcome.UPHELD,
        decision="It was the second time in a week, after a request to stop. Sessions and mail stay open throughout.",
    ),
    Story(
        "twice@demo.example",
        "priya",
        90,
        "You people lose things on purpose. I want that noted.",
        (Category.ACCUSATION,),
        reasons="Forceful, and partly right: we had lost two files. It is with the complaints desk now.",
        channel=Channel.EMAIL,
    ),
    Story(
        "tom@harbourstreet.example",
        "priya",
        60,
        "Shut up and click where I tell you, for God's sake.",
        (Category.LANGUAGE, Category.BULLYING),
        SERIOUS,
        Kind.LIMITED,
        (Gate.BOOKING,),
        14,
        "manager2",
        reasons="Shouted through half a session, after a request to stop. Two weeks, as in comparable cases.",
    ),
]
# The client of the incident that waits to be decided.
EARLIER = [
    Story(
        "bruno@studiomoretti.example",
        "matteo",
        120,
        "This is ridiculous. Do you even test anything?",
        (Category.TEAM,),
        reasons="Sharp, and no abuse. The update did break the export.",
    ),
    Story(
        "bruno@studiomoretti.example",
        "luca",
        45,
        "Are you slow, or do you just sound like it?",
        (Category.PERSONAL,),
        kind=Kind.WARNING,
        by="manager2",
        reasons="A personal attack in front of two colleagues. The first time, so a warning.",
    ),
]
TO_DECIDE = Story(
    "bruno@studiomoretti.example",
    "agent",
    0,
    "I have had it with you. You are useless, and whoever hired a girl for this is an idiot.",
    (Category.PERSONAL, Category.LANGUAGE),
    account="The bank feed had stopped twice this week. I had just asked him to share the screen.",
)
STOP_REQUEST = (
    "Dear Bruno Sala,\n\nwe want to solve this with you, and we will. Please speak with us without personal remarks: "
    "otherwise my colleague may end the session.\n\nKind regards"
)
ANSWER = "Fine. But the feed has been down three times this month and nobody tells me why."
RESTRICTED = Story(
    "restricted@demo.example",
    "daan",
    12,
    "You will pick up when I call, day or night. I decide when this is over.",
    (Category.HARASSMENT, Category.BULLYING),
    SERIOUS,
    Kind.LIMITED,
    (Gate.BOOKING, Gate.WAITLIST, Gate.CALLBACK),
    30,
    "manager2",
    reasons="Nineteen calls in two days, some at night, after two requests to stop. Thirty days in writing alone.",
    channel=Channel.CALLBACK,
)
APPEALED = Story(
    "elena@studiomoretti.example",
    "matteo",
    11,
    "Somebody like you should not be let near a customer.",
    (Category.PERSONAL,),
    SERIOUS,
    Kind.LIMITED,
    (Gate.CALLBACK,),
    30,
    reasons="Said three times in one call, after a request to stop.",
    channel=Channel.CALLBACK,
    appeal="The line was bad, and I did not say it three times. I would like somebody else to listen to it.",
)
TO_APPROVE = Story(
    "sander@devries.example",
    "agent",
    1,
    "I know which train you take home. One of these days we talk there.",
    (Category.HARASSMENT, Category.THREAT),
    GRAVE,
    Kind.LIMITED,
    (Gate.BOOKING, Gate.WAITLIST, Gate.CALLBACK),
    90,
    reasons="It was meant to frighten, and it did. Three months in writing alone, as in a comparable case.",
    channel=Channel.CHAT,
)
STOPPED = Story(
    "karin@devries.example",
    "sofie",
    0,
    "If this invoice goes out again I come by and smash the place up.",
    (Category.THREAT,),
    account="By phone, twice, the second time shouting. A colleague heard it too.",
    channel=Channel.CALLBACK,
)
NOTES = [
    "We talked for half an hour. It was the tone more than the words. No calls this afternoon.",
    "Thank you. I am all right, and I would rather not have him again for a while.",
]
