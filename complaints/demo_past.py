"""How the demo's complaints came about: each step through the operations, at the instant at which it is told to be."""

from datetime import date, datetime, time, timedelta
from textwrap import wrap

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F

from supportportal.files import intake as files
from supportportal.files.models import StoredFile
from supportportal.outbox.models import Message
from supportportal.people.models import User

from . import calendars, messages, rules, warning_times
from .demo_told import Story
from .models import Appeal, Complaint, Deadline, Letter
from .operations import appeals, closing, intake, letters, naming, ombudsman, remedies, review
from .operations.intake import Told

PEOPLE = {
    "agent": "agent@demo.example",
    "daan": "daan@meridian.example",
    "sofie": "sofie@meridian.example",
    "manager": "manager@demo.example",
    "manager2": "manager2@demo.example",
    "senior": "senior@demo.example",
    "senior2": "senior2@demo.example",
}
FARTHEST = timedelta(days=400)
HOUR, _MINUTE, _DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)


class Days:
    """The desk's working days around ``at``, whichever hour and day of the week that is."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.desk = calendars.desk(at - FARTHEST, until=at)
        self.today = self.desk.day_of(at)
        self.end_of_today = rules.end_of(self.today, self.desk.zone)

    def workday(self, number: int) -> date:
        """0 is today, or where that is no working day the next one; below 0 are those before today."""
        if number < 0:
            return self.before(self.today, -number)
        calendar = self.desk.calendar
        first = self.today if calendar.is_workday(self.today) else calendar.add_business_days(self.today, 1)
        return calendar.add_business_days(first, number) if number else first

    def before(self, day: date, number: int) -> date:
        """The working day that is so many working days before ``day``."""
        while number:
            day -= _DAY
            number -= self.desk.calendar.is_workday(day)
        return day

    def on(self, day: date, hour: int, minute: int = 0) -> datetime:
        """That hour at the desk, or a minute ago if it is still to come."""
        return min(datetime.combine(day, time(hour, minute), self.desk.zone), self.at - _MINUTE)


class Past:
    """Writes what happened; mails count as delivered a minute after they were owed."""

    def __init__(self, at: datetime) -> None:
        self.at, self.days = at, Days(at)
        found = {person.email: person for person in User.objects.filter(email__in=PEOPLE.values())}
        self.people = {name: found[address] for name, address in PEOPLE.items()}

    def lodge(self, story: Story, when: datetime) -> Complaint:
        client = User.objects.clients().filter(email=story.email).first()
        complaint = intake.lodge(_told(story), at=when, client=client)
        self.delivered(complaint, when)
        return complaint

    def enter(self, story: Story, arrived: datetime, entered: datetime, *, by: str, **facts) -> Complaint:
        complaint = intake.enter(_told(story), arrived_at=arrived, by=self.people[by], at=entered, **facts)
        self.delivered(complaint, entered)
        return complaint

    def delivered(self, complaint: Complaint, when: datetime) -> None:
        leaving = complaint.letters.filter(way=Letter.Way.EMAIL, state=Letter.State.LEAVING)
        for letter in leaving.order_by("pk"):
            letters.has_gone(letter, when=min(when + _MINUTE, self.at))

    def bounced(self, complaint: Complaint, when: datetime) -> None:
        """Its first letter came back, and waits to be posted where an address is known."""
        letter = complaint.letters.get(kind=Letter.Kind.ACKNOWLEDGEMENT)
        letters.has_failed(letter, at=when)
        Message.objects.about(messages.SUBJECT_TYPE, complaint.pk).update(
            state=Message.State.FAILED, sent_at=F("due_at"), sent_to=F("address"), note="550 5.1.1 unknown mailbox"
        )

    def assign(self, complaint: Complaint, reviewer: str | None, when: datetime) -> None:
        if reviewer:
            person = self.people[reviewer]
            review.assign(complaint, person, by=person, at=when, seen=None)

    def update(self, complaint: Complaint, by: str, when: datetime) -> None:
        letters.send_new(complaint, Letter.Kind.UPDATE, by=self.people[by], at=when)
        self.delivered(complaint, when)

    def review(self, complaint: Complaint, story: Story, by: str, when: datetime) -> None:
        """The points, with what was found so far, and what was promised."""
        who = {"by": self.people[by], "at": when, "seen": None}
        if story.points:
            points = review.set_points(complaint, [text for text, *_rest in story.points], **who)
            for point, (_text, finding, reasons) in zip(points, story.points, strict=True):
                if finding:
                    review.find(point, finding, reasons, **who)
        due_on = self.days.desk.day_of(when) + timedelta(days=21)
        for text, is_done in story.remedies:
            remedy = remedies.promise(complaint, text, owner=self.people[by], due_on=due_on, **who)
            if is_done:
                remedies.done(remedy, "", by=self.people[by], at=min(when + _DAY, self.at))

    def meant(self, complaint: Complaint, person: str, by: str, when: datetime) -> None:
        """The name complained about is this member of staff's; nobody else's occurs."""
        named = complaint.named.get(part="about")
        naming.match(named, self.people[person], by=self.people[by], at=when, seen=None)
        naming.settle(complaint, by=self.people[by], at=when, seen=None)

    def answer(self, complaint: Complaint, story: Story, by: str, when: datetime) -> None:
        person = self.people[by]
        self.review(complaint, story, by, when - HOUR)
        letter = letters.draft(complaint, Letter.Kind.RESPONSE, by=person, at=when)
        told = {"outcome": story.outcome, "root_cause": story.root_cause}
        closing.answer(complaint, letter, **told, by=person, at=when, seen=None)
        self.delivered(complaint, when)

    def close(self, complaint: Complaint, state: str, reason: str, by: str, when: datetime, **facts) -> None:
        closing.close(complaint, state, reason=reason, by=self.people[by], at=when, seen=None, **facts)
        self.delivered(complaint, when)

    def appeal(self, complaint: Complaint, reasons: str, when: datetime) -> Appeal:
        lodged = appeals.lodge(complaint, reasons=reasons, at=when)
        self.delivered(complaint, when)
        return lodged

    def decide(self, appeal: Appeal, outcome: str, words: str, by: str, when: datetime) -> None:
        person = self.people[by]
        draft = letters.draft(appeal.complaint, Letter.Kind.FINAL, by=person, at=when)
        body = draft.body.replace("[…]", str(Appeal.Outcome(outcome).label), 1).replace("[…]", words)
        letters.edit(draft, subject=draft.subject, body=body, by=person, at=when)
        appeals.decide(appeal, draft, outcome=outcome, by=person, at=when, seen=None)
        self.delivered(appeal.complaint, when)

    def close_the_books(self) -> None:
        """What was to be told by now has been told: after this, nothing of the past is owed to anybody."""
        limits = (
            Deadline.objects.running()
            .filter(step=Deadline.Step.OMBUDSMAN, due_at__lte=self.days.end_of_today)
            .order_by("due_at")
        )
        for row in limits.select_related("complaint"):
            when = min(row.due_at - HOUR, self.at - HOUR)  # in the course of the last day, as the sweep does it
            ombudsman.send_due(when)
            self.delivered(row.complaint, when)
        self._warned()
        owed = Message.objects.filter(subject_type__in=[messages.SUBJECT_TYPE, messages.STATEMENT_TYPE])
        sent = owed.filter(state__in=Message.UNSENT)
        for message in sent.filter(recipient__isnull=False).select_related("recipient"):
            message.address = message.recipient.email
            message.save(update_fields=["address"])
        sent.update(
            state=Message.State.DELIVERED,
            sent_to=F("address"),
            sent_at=F("due_at") + _MINUTE,
            delivered_at=F("due_at") + _MINUTE,
        )

    def _warned(self) -> None:
        """Whoever had to be warned of a deadline, or told that it was missed, was."""
        for row in Deadline.objects.to_look_at(self.at).exclude(step=Deadline.Step.OMBUDSMAN):
            reached = {field: when for field, when in warning_times.stages(row, self.days.desk) if when <= self.at}
            for field, when in reached.items():
                setattr(row, field, when)
            row.look_at = warning_times.next_look(row, self.days.desk, after=self.at)
            row.save(update_fields=[*reached, "look_at"])


def scan_of(story: Story, at: datetime) -> StoredFile:
    """What the scanner made of a letter: one page, as a PDF."""
    lines = [story.name, *story.postal_address.splitlines(), "", "", *wrap(story.summary, 70), "", story.name]
    return files.accept(SimpleUploadedFile("letter.pdf", _page(lines), "application/pdf"), at)


def _page(lines: list[str]) -> bytes:
    plain = (line.replace("\\", "").replace("(", "").replace(")", "") for line in lines)
    drawn = "BT /F1 12 Tf 72 760 Td 18 TL " + " ".join(f"({line}) Tj T*" for line in plain) + " ET"
    parts = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Courier>>",
    ]
    made, places = "%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(made))
        made += f"{number} 0 obj{part}endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 6\n0000000000 65535 f \n{table}trailer<</Size 6/Root 1 0 R>>\nstartxref\n{len(made)}\n%%EOF\n"
    return (made + end).encode("ascii", "replace")


def _told(story: Story) -> Told:
    return Told(
        name=story.name,
        summary=story.summary,
        email=story.email,
        postal_address=story.postal_address,
        country=story.country,
        language=story.language,
        time_zone={"GB": "Europe/London", "NL": "Europe/Amsterdam"}.get(story.country, "Europe/Rome"),
        about=story.about,
        complained_about=story.complained_about,
        spoken_with=story.spoken_with,
        references=story.references,
        wish=story.wish,
    )
