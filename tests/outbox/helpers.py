"""Messages to test with: kinds whose subjects are people, and a clock that only moves when told."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from supportportal.outbox import operations
from supportportal.outbox.kinds import Attachment, Kind
from supportportal.outbox.models import Message
from supportportal.outbox.operations import Owed
from supportportal.people.models import User

NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)  # in Rome
LINK = "https://portal.example/s/7.1.zledQOWZ7NfY6oSKBW_vug/change/"
ICS = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Sessione \xc3\xa8 qui\r\nEND:VCALENDAR\r\n"
_numbers = count()


class Clock:
    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **span: float) -> None:
        self.at += timedelta(**span)


class Answers:
    """What the test kinds say; a test may change it."""

    def __init__(self) -> None:
        self.not_due = ""
        self.attachments: list[Attachment] = []
        self.outcomes: list[tuple[int, str]] = []
        self.outcome_error: Exception | None = None
        self.hidden: set[int] = set()  # subjects whose load raises
        self.loads = 0


def test_kinds(answers: Answers) -> list[Kind]:
    def load(ids: Any) -> dict[int, User]:
        answers.loads += 1
        if answers.hidden.intersection(ids):
            raise ValueError("this subject cannot be read")
        return User.objects.in_bulk(ids)

    def context(message: Message, person: User) -> dict[str, Any]:
        links = [{"label": "Change", "url": LINK}]
        return {"person": person, "instant": NOON, "link": LINK, "links": links, **message.data}

    def on_outcome(message: Message, outcome: str, at: datetime) -> None:
        if answers.outcome_error:
            raise answers.outcome_error
        answers.outcomes.append((message.pk, outcome))

    shared: dict[str, Any] = {
        "subject_type": "people.user",
        "load": load,
        "context": context,
        "is_due": lambda message, person: answers.not_due,
        "on_outcome": on_outcome,
    }
    return [
        Kind("test_mail", "email", "Test mail", attachments=lambda message, person: answers.attachments, **shared),
        Kind("test_sms", "sms", "Test text", **shared),
        Kind("test_poison", "email", "Poison", **shared),
        Kind("test_secret", "email", "Code", urgent=True, **shared),
    ]


test_kinds.__test__ = False  # type: ignore[attr-defined]


def owe(person: User, kind: str = "test_mail", *, at: datetime = NOON, **rest: Any) -> Message:
    """One message to ``person``, about that person, due ``at``."""
    owed = Owed(kind, rest.pop("subject_id", person.pk), at, recipient=person, **{"copy": str(next(_numbers)), **rest})
    operations.plan([owed], at=at)
    return Message.objects.get(key=owed.key)


def state_of(message: Message) -> str:
    return Message.objects.get(pk=message.pk).state


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)
