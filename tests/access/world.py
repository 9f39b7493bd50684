"""One portal with one of everything, and everybody who might ask for it."""

from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bookings.models import Booking, Closure, Fee, Feedback, Holiday, PeakPeriod, StrikeReview, Unreached
from bookings.operations import reviews
from complaints import messages as complaint_messages
from complaints.models import Complaint, Letter, NamedStaff, Note, Point, Remedy, Reply, Statement
from complaints.operations import intake as complaining
from complaints.operations import letters, statements
from conduct.models import FollowUp, Measure
from conduct.operations import appeals, care
from supportportal.files.intake import accept, keep
from supportportal.outbox import inbound, mails
from supportportal.outbox.models import Gateway, Inbound, Message, Restoration
from supportportal.people.models import Role, User
from supportportal.retention.models import LegalHold
from supportportal.trail.models import Entry
from tests.factories import ClientFactory, RestrictionFactory, StaffFactory, StrikeFactory
from tests.factories_complaints import SchemeFactory
from tests.factories_conduct import limited, make_incident, make_measure

from . import scene
from .map import Page, everything
from .scene import DAY, NOW

CANARIES = ["Zoraida", "zoraida", "zanzibar", "quokka"]  # the complainant, what they wrote, what was written about it
NAMED = "Nadia Haddad"
NOTHING = 2**31 - 1
ABOUT = "about staff"  # the complaint that those called NAMED must not learn of
ASKED = {
    "admin:conduct_incident_consistency_csv": "?table=in_force",
    "admin:complaints_complaint_reports_csv": "?table=ages",
}
# Searches of the fields that are filled in as one types: the model that asks, its field.
AUTOCOMPLETE = {"account": ("people", "user", "account"), "agent": ("bookings", "agent", "user")}


@dataclass
class World:
    cast: dict[str, User | None]
    client: SimpleNamespace
    incident: SimpleNamespace
    hidden: Complaint | None = None

    def addresses(self) -> dict[str, str]:
        """By key of the map; what is about the hidden complaint, once there is one, has that behind its key."""
        found = {}
        for key, page in everything().items():
            if key == "admin:autocomplete":
                for field, (app, model, name) in AUTOCOMPLETE.items():
                    asked = f"?app_label={app}&model_name={model}&field_name={name}&term=a"
                    found[f"{key} @{field}"] = reverse(key) + asked
            elif page.name.startswith(("bookings:", "complaints:", "conduct:", "people:")):
                found[key] = scene.address(page.name, self.client)
            else:
                found[key] = page.address(self._values(page)) + ASKED.get(key, "")
            for label, values in self._others(page).items():
                found[f"{key} @{label}"] = page.address(values)
        return found

    def nowhere(self) -> dict[str, str]:
        """The same pages as those about the hidden complaint, asked about numbers that nothing has."""
        about = {key: page for key, page in everything().items() if ABOUT in self._others(page)}
        gone = dict.fromkeys(("pk", "object_id", "target", "letter", "evidence", "number"), NOTHING)
        return {f"{key} @{ABOUT}": page.address({**self._values(page), **gone}) for key, page in about.items()}

    def _values(self, page: Page) -> dict[str, Any]:
        if page.name.startswith("admin:complaints_") and "ombudsmanscheme" not in page.name:
            return self._of_complaint(self.client.complaint, page)
        if page.name.startswith("admin:conduct_"):
            return self._of_conduct(page.name)
        actions = {"admin:bookings_booking_outcome": "attended", "admin:bookings_callback_act": "claim"}
        values = {
            "name": "portal" if page.name == "stylesheet" else "agents",
            "digest": "1",
            "code": "privacy" if page.name == "legal" else "invitation",
            "language": "en",
            "uidb36": "1",
            "key": "a-b",
            "content_type_id": ContentType.objects.get_for_model(Booking).pk,
            "object_id": self.client.coming.pk,
            "app_label": "bookings",
            "url": "nothing",
            "action": actions.get(page.name, "done"),
            "number": 0,
            "pk": 1,
        }
        if page.name == "twilio_status":
            values["pk"] = Message.objects.order_by("pk").first().pk
        elif (
            page.key.startswith(("admin:", "/admin/"))
            and {"pk", "object_id"} & {*page.arguments}
            and page.name != "admin:view_on_site"
        ):
            values |= dict.fromkeys(("pk", "object_id"), self._row(page.key).pk)
        return values

    def _row(self, page: str) -> Any:
        """The row that a page of the admin is asked about: the first of its model, unless one fits better."""
        app, model = page.removeprefix("admin:").removeprefix("/admin/").replace("/", "_").split("_")[:2]
        rows: dict[str, Any] = {
            "admin:bookings_booking_outcome": self.client.soon,
            "admin:bookings_booking_late": self.client.soon,
            "people_user": self.client.client,
            "admin:retention_legalhold_person": self.client.client,
            "admin:retention_legalhold_anonymise": self.client.client,
            "bookings_agent": self.client.agent,
            "bookings_booking": self.client.coming,
            "outbox_message": Message.objects.about("bookings.booking", self.client.imposed.pk).first(),
            "admin:bookings_strike_answer": StrikeReview.objects.get().strike,
            "outbox_inbound": Inbound.objects.get(subject="Hello"),
            "trail_entry": Entry.objects.filter(subject_type="bookings.booking").first(),
            "admin:bookings_agent_reached": Unreached.objects.first(),
        }
        row = rows.get(page) or rows.get(f"{app}_{model}") or apps.get_model(app, model).objects.order_by("pk").first()
        assert row is not None, f"The world of {__file__} has no {app}.{model}."
        return row

    def _others(self, page: Page) -> dict[str, dict[str, Any]]:
        """Arguments of further objects that the same page may be asked about."""
        found: dict[str, dict[str, Any]] = {}
        if page.name.startswith("admin:people_user_") and page.arguments:
            colleague = self.cast["other agent"].pk
            found["staff"] = {"pk": colleague, "object_id": colleague}
        if self.hidden is None or not page.arguments:
            return found
        rows = {
            "outbox_message": Message.objects.about(complaint_messages.SUBJECT_TYPE, self.hidden.pk).first(),
            "trail_entry": Entry.objects.filter(subject_type=complaint_messages.SUBJECT_TYPE).last(),
            "outbox_inbound": Inbound.objects.filter(subject="Zanzibar").first(),
        }
        for model, row in rows.items():
            if model in page.key.replace("/", "_"):
                found[ABOUT] = {"pk": row.pk, "object_id": row.pk, "action": "done", "number": 0}
        if page.name == "admin:view_on_site":
            kind = ContentType.objects.get_for_model(Complaint)
            found[ABOUT] = {"content_type_id": kind.pk, "object_id": self.hidden.pk}
        if page.name.startswith("admin:complaints_") and "ombudsmanscheme" not in page.name:
            found[ABOUT] = self._of_complaint(self.hidden, page)
        return found

    def _of_complaint(self, complaint: Complaint, page: Page) -> dict[str, Any]:
        letters = complaint.letters.order_by("pk")
        letter = letters.filter(state=Letter.State.DRAFT).first() if page.name.endswith("_letter") else letters.first()
        if page.name.endswith(("_post_print", "_post_done")):
            letter = letters.filter(way=Letter.Way.POST).last()
        own = {
            "admin:complaints_statement": Statement.objects.filter(named__complaint=complaint),
            "admin:complaints_remedy_done": complaint.remedies.all(),
        }
        row = own[page.name].first() if page.name in own else complaint
        return {
            "pk": row.pk if row else 0,
            "action": "read" if "target" in page.arguments else "points",
            "target": complaint.replies.first().pk,
            "letter": letter.pk if letter else 0,
            "evidence": complaint.evidence.first().pk,
        }

    def _of_conduct(self, page: str) -> dict[str, Any]:
        """The rows that the pages about incidents, measures, appeals and follow-ups are asked about."""
        of = self.incident
        fitting = {"admin:conduct_measure_approve": of.proposed, "admin:conduct_appeal_enter": of.decided}
        kinds = {"measure": of.measure, "appeal": of.appeal, "followup": of.follow_up, "incident": of.incident}
        kind = page.removeprefix("admin:conduct_").partition("_")[0]
        row = fitting.get(page) or kinds.get(kind)
        file = of.appeal.files.get() if kind == "appeal" else of.file
        return {"pk": row.pk if row else 0, "file": file.pk, "action": "ask"}


def build() -> World:
    """The portal before anybody complained about staff."""
    anna = scene.client_of_everything()
    cast: dict[str, User | None] = {
        "anonymous": None,
        "client": anna,
        "other client": ClientFactory(),
        "coordinator": ClientFactory(account=anna.account, is_coordinator=True),
        "agent": StaffFactory(roles=[Role.AGENT]),
        "other agent": StaffFactory(roles=[Role.AGENT]),
        "named agent": StaffFactory(roles=[Role.AGENT], name=NAMED),
        "manager": StaffFactory(roles=[Role.MANAGER]),
        "named manager": StaffFactory(roles=[Role.MANAGER], name=NAMED),
        "senior": StaffFactory(roles=[Role.SENIOR_MANAGER]),
        "named senior": StaffFactory(roles=[Role.SENIOR_MANAGER], name=NAMED),
        "owner": StaffFactory(roles=[Role.OWNER]),
        "superuser": StaffFactory(is_superuser=True),
        "named superuser": StaffFactory(is_superuser=True, name=NAMED),
    }
    client = scene.clients_things(anna, agent=cast["agent"])
    world = World(cast, client, _incident(cast))
    _case(client.complaint, cast["senior"], "What was written")
    _rows_of_the_house(client, cast)
    return world


def complain_about_staff(world: World) -> None:
    """Two complaints about the named: one with the names matched, one as it arrived."""
    _complaint_about(world, "zoraida2@example.com")
    hidden = world.hidden = _complaint_about(world, "zoraida@example.com")
    hidden.named.filter(part=NamedStaff.Part.MENTIONED).delete()
    about = {
        who: NamedStaff.objects.create(complaint=hidden, part=NamedStaff.Part.ABOUT, typed="Nadia", person=person)
        for who, person in world.cast.items()
        if who.startswith("named")
    }
    _case(hidden, world.cast["senior"], "quokka")
    statements.ask_statement(about["named agent"], "What happened?", "", by=world.cast["senior"], at=NOW)
    first = Message.objects.about(complaint_messages.SUBJECT_TYPE, hidden.pk).first()
    _mail("Zanzibar", "zoraida@example.com", answers=first, about=hidden)


def _complaint_about(world: World, email: str) -> Complaint:
    told = complaining.Told(
        name="Zoraida Complainant",
        email=email,
        postal_address="Via Roma 1\nRoma",
        country="IT",
        summary="Mrs Haddad promised a zanzibar.",
        complained_about="Nadia",
    )
    return complaining.lodge(told, files=[accept(SimpleUploadedFile("zanzibar.txt", b"zanzibar"), NOW)], at=NOW)


def _case(complaint: Complaint, senior: User, words: str) -> None:
    """What is written about a complaint while it is looked into."""
    Note.objects.create(complaint=complaint, text=f"{words} note", by=senior, at=NOW)
    Point.objects.create(complaint=complaint, number=1, text=f"{words} point")
    Remedy.objects.create(complaint=complaint, text=f"{words} remedy")
    Reply.objects.create(complaint=complaint, source=Reply.Source.PAGE, text=f"{words} reply", arrived_at=NOW)
    letters.has_failed(complaint.letters.order_by("pk").first(), at=NOW)  # so that it goes by post
    letters.draft(complaint, Letter.Kind.LETTER, by=senior, at=NOW)


def _incident(cast: dict[str, Any]) -> SimpleNamespace:
    """An incident with a file, decided, appealed; others whose measure waits for approval, and stands; its follow-up.

    The agent has reported it, it was about the named agent, and the manager looks after them; another decided.
    """
    first, at = StaffFactory(roles=[Role.MANAGER]), NOW
    given = {"client": ClientFactory(), "reporter": cast["agent"], "concerned": cast["named agent"], "at": at}
    file = keep("words.txt", "text/plain", b"Idiots.", at)
    incident = make_incident(**given, files=[file])
    measure = make_measure(limited(at, days=9), incident=incident, by=first, at=at)
    appeal = appeals.lodge(measure, reasons="It was not me.", files=[keep("a.txt", "text/plain", b"a", at)], at=at)
    proposed = make_measure(limited(at, days=60), incident=make_incident(**given), by=first, at=at)
    decided = make_measure(limited(at, days=9), incident=make_incident(**given), by=first, at=at)
    follow_up = FollowUp.objects.get(incident=incident)
    care.take_on(follow_up, by=cast["manager"], at=at)
    assert (measure.state, proposed.state) == (Measure.State.TAKEN, Measure.State.PROPOSED)
    return SimpleNamespace(
        incident=incident,
        measure=measure,
        appeal=appeal,
        proposed=proposed,
        decided=decided,
        follow_up=follow_up,
        file=file,
    )


def _rows_of_the_house(client: SimpleNamespace, cast: dict[str, Any]) -> None:
    """What staff find in the admin beside what clients and cases leave there."""
    today = NOW.date()
    PeakPeriod.objects.create(first_day=today, last_day=today)
    Holiday.objects.create(country="IT", day=date(2026, 12, 8), name="Immacolata")
    Closure.objects.create(starts_at=NOW + 30 * DAY, ends_at=NOW + 31 * DAY)
    SchemeFactory()
    Gateway.objects.create(name="mail")
    Restoration.objects.create(backup_at=NOW - 9 * DAY, restored_at=NOW - 8 * DAY, released_at=NOW - 8 * DAY)
    Feedback.objects.create(booking=client.attended, rating=4, given_at=NOW)
    facts = {"client": client.client, "account": client.client.account, "net": 40, "vat_rate": 22, "currency": "EUR"}
    Fee.objects.create(booking=client.coming, state=Fee.State.ASKED, asked_at=NOW, **facts)
    LegalHold.objects.create(person=cast["other client"], reason="A claim.", placed_by=cast["owner"], placed_at=NOW)
    RestrictionFactory(user=cast["other client"], starts_at=NOW - 30 * DAY)
    reviews.ask(StrikeFactory(starts=NOW - 3 * DAY), text="I was there.", by=cast["other client"], at=NOW)
    moved = {"version": 1, "first_cell": client.imposed.first_cell, "why": Unreached.Why.NO_NUMBER}
    Unreached.objects.create(booking=client.imposed, since=NOW, **moved)
    _mail("Hello", "anna@client.example")


def _mail(subject: str, sender: str, *, answers: Message | None = None, about: Complaint | None = None) -> None:
    letter = EmailMessage()
    letter["From"], letter["Subject"], letter["Message-ID"] = sender, subject, f"<{subject}@example>"
    letter.set_content("A zanzibar again" if about else "Hello")
    letter.add_attachment(b"zanzibar" if about else b"Hello", "text", "plain", filename="words.txt")
    raw = letter.as_bytes()
    mail = inbound.receive(raw, mails.read(raw), gateway="test", verdict=Inbound.Verdict.PASS, at=NOW)
    of = {"subject_type": complaint_messages.SUBJECT_TYPE, "subject_id": about.pk} if about else {}
    Inbound.objects.filter(pk=mail.pk).update(state=Inbound.State.WAITING, answers=answers, **of)
