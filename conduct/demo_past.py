"""How the demo's incidents came about: each step through the operations, at the instant at which it is told to be."""

from datetime import datetime, timedelta

from django.db.models import F

from complaints.demo_past import Days
from supportportal.outbox.models import Message
from supportportal.people.models import User

from .demo_told import NOTES, Story
from .models import Assessment, FollowUp, Incident, Measure
from .operations import appeals, care, deciding, reporting, watching
from .rules import Grounds

PEOPLE = {
    "agent": "agent@demo.example",
    "daan": "daan@meridian.example",
    "luca": "luca@meridian.example",
    "priya": "priya@meridian.example",
    "sofie": "sofie@meridian.example",
    "matteo": "matteo@meridian.example",
    "manager": "manager@demo.example",
    "manager2": "manager2@demo.example",
    "senior": "senior@demo.example",
    "senior2": "senior2@demo.example",
}
HOUR, _MINUTE, _DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)


class Past:
    """Writes what happened; mails count as delivered a minute after they were owed."""

    def __init__(self, at: datetime) -> None:
        self.at, self.days = at, Days(at)
        found = {person.email: person for person in User.objects.filter(email__in=PEOPLE.values())}
        self.people = {name: found[address] for name, address in PEOPLE.items()}

    def ago(self, days: int, hour: int) -> datetime:
        """That hour at the desk so many days ago; today, or where it is still to come, a minute ago."""
        return self.days.on(self.days.today - days * _DAY, hour)

    def report(self, story: Story, when: datetime) -> Incident:
        said = reporting.Report(
            client=User.objects.get(email=story.client),
            happened_at=when - 20 * _MINUTE,
            channel=story.channel,
            categories=story.categories,
            words=story.words,
            account=story.account,
            acceptable=Incident.Acceptable.NO,
        )
        return reporting.report(said, by=self.people[story.reporter], at=when)

    def looked_after(self, incident: Incident, by: str, when: datetime, *, closed: bool = True) -> None:
        """A manager has talked with whom it was aimed at; both agreed that this was enough, or it goes on."""
        follow_up, manager = FollowUp.objects.get(incident=incident), self.people[by]
        care.take_on(follow_up, by=manager, at=when)
        care.note(follow_up, NOTES[0], by=manager, at=when + _MINUTE)
        seen = care.note(follow_up, NOTES[1], by=follow_up.person, at=when + 2 * _MINUTE).pk
        if closed:
            for number, one in enumerate((manager, follow_up.person), 3):
                care.agree(follow_up, by=one, at=when + number * _MINUTE, seen=seen)

    def decided(self, story: Story, *, looked_after: bool = True) -> Measure | None:
        """Reported at ten, decided two days later at noon; None where it was closed without a measure."""
        incident = self.report(story, self.ago(story.days, 10))
        if looked_after:
            self.looked_after(incident, "senior", self.ago(story.days, 15))
        when = self.ago(max(story.days - 2, 0), 12)
        by = self.people[story.by]
        if not story.kind:
            deciding.close(incident, story.reasons, by=by, at=when, seen=None)
            return None
        measure = deciding.decide(incident, _findings(story), _step(story, when), by=by, at=when, seen=None)
        if story.second:
            measure = deciding.approve(measure, by=self.people[story.second], at=when + 3 * HOUR, seen=None)
        if measure.taken_at:
            Measure.objects.filter(pk=measure.pk).update(told_at=measure.taken_at + _MINUTE)
        return measure

    def appealed(self, measure: Measure, story: Story, days: int) -> None:
        """Appealed a working week after it was decided; decided, where the story says how, a week later."""
        measure.refresh_from_db()
        appeal = appeals.lodge(measure, reasons=story.appeal, at=self.ago(days, 9))
        if story.outcome:
            when = self.ago(days - 7, 16)
            by = self.people["senior2"]
            appeals.decide(appeal, story.outcome, story.decision, by=by, at=when, seen=None)

    def close_the_books(self) -> None:
        """What was to be told by now has been told: after this, nothing of the past is owed to anybody."""
        over = Measure.objects.standing().filter(restriction__ends_at__lte=self.at, end_told_at__isnull=True)
        for ended_at in sorted(over.values_list("restriction__ends_at", flat=True)):
            watching.sweep(ended_at)
        FollowUp.objects.waiting().filter(due_on__lt=self.days.today).update(reminded_at=self.at)
        owed = Message.objects.filter(kind__startswith="conduct_", state__in=Message.UNSENT)
        for message in owed.filter(recipient__isnull=False).select_related("recipient"):
            message.address = message.recipient.email
            message.save(update_fields=["address"])
        owed.update(state=Message.State.DELIVERED, sent_to=F("address"), sent_at=F("due_at"), delivered_at=F("due_at"))


def _findings(story: Story) -> deciding.Findings:
    said = {
        Grounds.FACTS: f"In the words of the report, which you do not deny: “{story.words}”",
        Grounds.WHOSE_WORDS: "The client's own, heard by the agent and noted the same hour.",
        Grounds.OUR_PART: "We had made the client wait before. That explains anger, and not these words.",
        Grounds.VULNERABILITY: "None is known; no adjustment is agreed.",
        Grounds.EARLIER_STEPS: "A polite request to stop was made and had no effect.",
        Grounds.PROPORTION: "A warning would not protect the colleague. Nothing is closed that need not be.",
        Grounds.STAYS_OPEN: "Writing to us, in every matter.",
        Grounds.REASONS: story.reasons,
    }
    return deciding.Findings(
        finding=Assessment.Finding.FOUNDED,
        severity=story.severity,
        said={part.value: text for part, text in said.items()},
    )


def _step(story: Story, when: datetime) -> deciding.Step:
    until = when + story.length * _DAY if story.length else None
    return deciding.Step(story.kind, gates=story.gates, until=until)
