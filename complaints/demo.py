"""The demo's forty complaints, in every state, relative to the instant at which they are made."""

from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from supportportal.demo.doors import Door
from supportportal.outbox.models import Message

from . import demo_ended as ended
from . import demo_told as told
from . import digests, messages
from .demo_past import HOUR, Past, scan_of
from .demo_told import Story
from .models import Complaint, Letter, OmbudsmanScheme, Reply
from .operations import appeals, closing, intake, letters, ombudsman, review, statements

State, Source = Complaint.State, Complaint.Source
DOORS = [
    Door(
        _("Make a complaint"),
        _("You were let down: write what happened, and see what happens next and by when. No sign-in needed."),
        "",
        "complaints:complain",
        icon="message",
        position=16,
    ),
    Door(
        _("The board of complaints"),
        _(
            "You are a senior manager: see what is due next and open a case. One of them is about the agent of this "
            "demo: the agent and the managers cannot see it, however they search."
        ),
        "senior@demo.example",
        "admin:complaints_complaint_changelist",
        icon="list",
        position=17,
    ),
]
# Public facts: who takes such cases in the United Kingdom, and after how many weeks.
OMBUDSMAN = {
    "name": "Communications Ombudsman",
    "postal_address": "PO Box 730\nWarrington\nWA4 6WU\nUnited Kingdom",
    "url": "https://www.commsombudsman.org/",
}
WEEKS = {date(2009, 9, 1): 8, date(2026, 4, 8): 6}


def clear() -> None:
    kinds = [messages.LETTER, messages.STATEMENT_ASKED, digests.DEADLINE_DIGEST]
    Message.objects.filter(kind__in=kinds).delete()
    while (replaced := Letter.objects.filter(instead_of__isnull=False, replacements=None)).exists():
        replaced.delete()
    while (doubled := Complaint.objects.filter(duplicate_of__isnull=False, duplicates=None)).exists():
        doubled.delete()
    Complaint.objects.all().delete()


def build(at: datetime) -> None:
    for day, weeks in WEEKS.items():
        OmbudsmanScheme.objects.update_or_create(applies_from=day, defaults={**OMBUDSMAN, "weeks": weeks})
    past = Past(at)
    _to_acknowledge(past)
    _to_update(past)
    _to_answer(past)
    _about_staff(past)
    _answered(past)
    _closed(past)
    _appealed(past)
    past.close_the_books()


def _to_acknowledge(past: Past) -> None:
    """By post, and by mail that came back: the clock runs until the letter is posted."""
    at, days = past.at, past.days
    # Due today at any hour: the twenty-four hours end between now and midnight.
    arrived = at - timedelta(hours=24) + min(2 * HOUR, (days.end_of_today - at) / 2)
    past.enter(
        told.BY_LETTER,
        arrived,
        arrived + HOUR,
        by="daan",
        source=Source.LETTER,
        post="registered",
        scan=scan_of(told.BY_LETTER, arrived + HOUR),
    )
    came = days.on(days.workday(-2), 9, 20)
    past.enter(told.BY_LETTER_LATE, came, came + 2 * HOUR, by="daan", source=Source.LETTER, post="registered")
    bounced = past.lodge(told.BOUNCED, at - 6 * HOUR)
    past.bounced(bounced, at - 5 * HOUR)


def _to_update(past: Past) -> None:
    at, days = past.at, past.days
    for number, story in enumerate(told.FRESH):
        past.lodge(story, at - timedelta(minutes=20 + 170 * number))
    past.lodge(told.MENTIONS, at - 26 * HOUR)
    helped = at - 21 * HOUR
    past.enter(told.ASSISTED, helped, helped, by="sofie", source=Source.ASSISTED, read_back=True)
    for story, due, reviewer in [*told.TO_UPDATE, *told.UPDATE_LATE]:
        complaint = _arrived(past, story, days.before(days.workday(due), 3))
        past.assign(complaint, reviewer, complaint.arrived_at + 2 * HOUR)
    drafted = Complaint.objects.get(name=told.TO_UPDATE[0][0].name)
    letters.draft(drafted, Letter.Kind.UPDATE, by=past.people["manager"], at=at - HOUR)


def _to_answer(past: Past) -> None:
    days, at = past.days, past.at
    for story, due, reviewer in [(told.DRAFTED, 0, "senior"), *told.TO_ANSWER, *told.ANSWER_LATE]:
        complaint = _updated(past, story, days.before(days.workday(due), 7), reviewer)
        past.review(complaint, story, reviewer or "senior", days.on(days.workday(-1), 12))
        if story is told.DRAFTED:
            letters.draft(complaint, Letter.Kind.RESPONSE, by=past.people["senior"], at=at - HOUR)
    smit, okafor = (Complaint.objects.get(name=name) for name in ("Anouk Smit", "Helen Okafor"))
    words = "Inmiddels is ook de sessie van vrijdag verzet."
    intake.add(smit, text=words, source=Reply.Source.PAGE, at=at - 3 * HOUR)
    words = "It happened again this morning, for half an hour."
    reply = intake.add(okafor, text=words, source=Reply.Source.MAIL, at=days.on(days.workday(-2), 10))
    Reply.objects.filter(pk=reply.pk).update(read_at=days.on(days.workday(-2), 14))
    words = "The hosting firm confirms the three hours. Their report is due this week."
    review.note(okafor, words, by=past.people["manager2"], at=days.on(days.workday(-1), 16))


def _about_staff(past: Past) -> None:
    """For senior managers alone: whoever is complained about is asked for a statement and sees nothing else."""
    days = past.days
    asked_at = days.on(days.workday(-1), 11)
    for story, person, due in ((told.ABOUT_AGENT, "agent", 4), (told.ABOUT_ANOTHER, "daan", 3)):
        complaint = _arrived(past, story, days.before(days.workday(due), 9))
        past.meant(complaint, person, "senior", complaint.arrived_at + HOUR)
        past.assign(complaint, "senior", complaint.arrived_at + 2 * HOUR)
        past.update(complaint, "senior", days.on(days.before(days.workday(due), 7), 15, 20))
        past.review(complaint, story, "senior", asked_at)
        named = complaint.named.get(part="about")
        question = "How did the session go, as you remember it?"
        statement = statements.ask_statement(named, story.summary, question, by=past.people["senior"], at=asked_at)
        if person == "daan":
            words = "The line broke after a quarter of an hour. I called back twice and left word."
            statements.give_statement(statement, words, by=past.people[person], at=asked_at + HOUR)
    complaint = _arrived(past, told.ABOUT_MANAGER, days.before(days.workday(1), 3))
    past.meant(complaint, "manager", "senior2", complaint.arrived_at + HOUR)
    past.assign(complaint, "senior2", complaint.arrived_at + 2 * HOUR)


def _answered(past: Past) -> None:
    days = past.days
    for story, since, taken, reviewer in ended.ANSWERED:
        day = days.workday(-since)
        complaint = _updated(past, story, days.before(day, taken), reviewer)
        past.answer(complaint, story, reviewer, days.on(day, 16))


def _closed(past: Past) -> None:
    days = past.days
    withdrawn = _arrived(past, ended.WITHDRAWN, days.workday(-9))
    when = withdrawn.arrived_at + 20 * HOUR
    closing.withdraw(withdrawn, at=when)
    past.delivered(withdrawn, when)
    duplicate = _arrived(past, ended.DUPLICATE, days.workday(-4))
    original = Complaint.objects.get(name=duplicate.name, state=State.OPEN, arrived_at__lt=duplicate.arrived_at)
    past.assign(duplicate, "manager", duplicate.arrived_at + 2 * HOUR)
    reason = "The same month, told once more: both are answered together."
    past.close(duplicate, State.DUPLICATE, reason, "manager", duplicate.arrived_at + 4 * HOUR, duplicate_of=original)
    question = _arrived(past, ended.NOT_A_COMPLAINT, days.workday(-6))
    past.assign(question, "manager2", question.arrived_at + 2 * HOUR)
    reason = "A question about the product; the help desk has answered it."
    past.close(question, State.NOT_A_COMPLAINT, reason, "manager2", question.arrived_at + 4 * HOUR)


def _appealed(past: Past) -> None:
    days = past.days
    for (story, reviewer, reasons), since, assigned in zip(ended.APPEALED, (4, 1), (True, False), strict=True):
        appeal = _appeal(past, story, reviewer, reasons, days.workday(-since))
        if assigned:
            person = past.people["senior2"]
            appeals.assign(appeal, person, by=person, at=days.on(days.workday(-3), 10), seen=None)
    story, reviewer, reasons = ended.FINAL
    appeal = _appeal(past, story, reviewer, reasons, days.workday(-20))
    words = "De waarschuwing ging naar het oude adres. Zij telt, maar de afsluiting wordt met een maand verkort."
    past.decide(appeal, "varied", words, "senior", days.on(days.workday(-12), 15))
    story, reviewer, reasons = ended.REFERRED
    appeal = _appeal(past, story, reviewer, reasons, days.workday(-33))
    words = "The product was ready from the first day on; that nobody had time for it is no ground for a refund."
    past.decide(appeal, "upheld", words, "senior2", days.on(days.workday(-25), 15))
    day = days.workday(-10)
    facts = {"their_reference": "CO-418207", "referred_on": day, "by": past.people["senior2"], "at": days.on(day, 11)}
    ombudsman.refer(appeal.complaint, **facts)


def _arrived(past: Past, story: Story, day: date) -> Complaint:
    return past.lodge(story, past.days.on(day, 9 + len(story.name) % 4, len(story.summary) % 60))


def _updated(past: Past, story: Story, day: date, reviewer: str | None) -> Complaint:
    """A complaint that was updated on ``day``, two working days after it came."""
    days = past.days
    complaint = _arrived(past, story, days.before(day, 2))
    past.assign(complaint, reviewer, complaint.arrived_at + 2 * HOUR)
    past.update(complaint, reviewer or "senior", days.on(day, 15, 20))
    return complaint


def _appeal(past: Past, story: Story, reviewer: str, reasons: str, day: date):
    """The answer came three working days before the appeal."""
    days = past.days
    answered = days.before(day, 3)
    complaint = _updated(past, story, days.before(answered, 7), reviewer)
    past.answer(complaint, story, reviewer, days.on(answered, 16))
    return past.appeal(complaint, reasons, days.on(day, 10))
