"""A client about whom the portal keeps everything that it can keep, all of it over for long."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile

from bookings.models import (
    Booking,
    CallAttempt,
    Callback,
    CallbackAddition,
    Fee,
    Feedback,
    Offer,
    StrikeReview,
    SupportDecision,
    SurveyAnswer,
    WaitlistEntry,
)
from complaints.models import Letter, NamedStaff, Rebasing, Reply
from complaints.operations import appeals as complaint_appeals
from complaints.operations import intake, letters, naming, ombudsman, remedies, review, statements
from conduct.models import Appeal, Approval, EmergencyStop, FollowUp
from conduct.operations import appeals, care, reporting
from supportportal.files.intake import accept
from supportportal.outbox import inbound, mails
from supportportal.outbox.models import DeliveryEvent, Inbound, Message
from supportportal.people.models import DataAccess, Restriction, SignIn, User
from supportportal.retention.models import LegalHold
from supportportal.trail import operations as trail
from tests.factories import (
    MONDAY_TEN,
    BookingFactory,
    ClientFactory,
    FirmFactory,
    StaffFactory,
    StrikeFactory,
    TermsAcceptanceFactory,
)
from tests.factories_complaints import ComplaintFactory, PointFactory, SchemeFactory, decided, final_draft, senior
from tests.factories_conduct import SAID, heard, limited, make_incident, make_measure

THEN = MONDAY_TEN
NOW = THEN.replace(year=2030)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAME, ADDRESS, PHONE = "Canaryname Surname", "canary.address@client.example", "+393331112223"
CONTENT = "zebrafinch"  # in files alone, and in those of no other test


def text_file(name: str = "Canary name.txt"):
    return accept(SimpleUploadedFile(name, f"{CONTENT} {name}".encode()), THEN)


def someone() -> User:
    FirmFactory()
    person = ClientFactory(name=NAME, email=ADDRESS, phone=PHONE, adjustments="Canary adjustments", created_at=THEN)
    person.set_password("Canary password")
    person.sms_consent_at = person.invited_at = person.last_login = THEN
    person.save()
    _signs_in(person)
    _has_sessions(person)
    _calls_and_waits(person)
    complained(person)
    misbehaved(person)
    _is_written_to(person)
    is_over()
    return person


def is_over() -> None:
    """Everything has been sent and read."""
    Message.objects.exclude(state="void").update(state="sent", sent_at=THEN + DAY, sent_to=ADDRESS)
    Inbound.objects.update(state="handled")
    Letter.objects.filter(state="leaving").update(state="gone", gone_at=THEN + 3 * DAY)
    Reply.objects.update(read_at=THEN + DAY)


def _signs_in(person: User) -> None:
    EmailAddress.objects.update_or_create(user=person, email=ADDRESS, defaults={"primary": True, "verified": True})
    Authenticator.objects.create(user=person, type="totp", data={"secret": "Canary secret"})
    SocialAccount.objects.create(user=person, provider="oidc", uid="Canary", extra_data={"email": ADDRESS})
    session = SessionStore()
    session["said"] = "Canary session"
    session.create()
    used = {"since": THEN, "last_used_at": THEN}
    SignIn.objects.create(person=person, session_key=session.session_key, browser="Canary", system="Canary", **used)
    DataAccess.objects.create(person=person, link_until=THEN, link_address=ADDRESS)
    TermsAcceptanceFactory(user=person)
    about = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=StaffFactory(), content_type=about, object_id=person.pk, object_repr=NAME, action_flag=CHANGE
    )
    Restriction.objects.create(user=person, gates=["mail"], starts_at=THEN, ends_at=THEN + DAY, notice="Canary notice")
    lifted = {"placed_by": StaffFactory(), "placed_at": THEN, "lifted_by": StaffFactory(), "lifted_at": THEN}
    LegalHold.objects.create(person=person, reason="Canary", **lifted)
    trail.record("person.changed", person, by=None, at=THEN, fields=["name"])


def _has_sessions(person: User) -> None:
    booking = BookingFactory(
        client=person,
        starts=THEN,
        state=Booking.State.ATTENDED,
        outcome_at=THEN + HOUR,
        **dict.fromkeys(("place", "topic", "details", "outcome_reason", "summary", "notes"), "Canary"),
    )
    booking.files.add(text_file())
    Feedback.objects.create(booking=booking, rating=2, comment="Canary comment", given_at=THEN + DAY)
    strike = StrikeFactory(client=person, starts=THEN + DAY, taken_back_reason="Canary")
    said = {"text": "Canary", "answer": "Canary", "decision": "kept", "asked_at": THEN, "decided_at": THEN}
    StrikeReview.objects.create(strike=strike, decided_by=StaffFactory(), **said)
    decision = {"decision": "unchanged", "reason": "Canary", "decided_at": THEN}
    SupportDecision.objects.create(strike=strike, decided_by=StaffFactory(), **decision)
    money = {"net": 50, "vat_rate": 22, "currency": "EUR", "asked_at": THEN, "account": person.account}
    Fee.objects.create(booking=booking, client=person, state="paid", reason="Canary reason", **money)


def _calls_and_waits(person: User) -> None:
    words = dict.fromkeys(("contact", "description", "note"), "Canary")
    call = Callback.objects.create(
        client=person,
        state="done",
        source="form",
        number=PHONE,
        topic="use",
        requested_at=THEN,
        closed_at=THEN,
        **words,
    )
    CallbackAddition.objects.create(callback=call, text="Canary", source="form", at=THEN)
    CallAttempt.objects.create(callback=call, by=StaffFactory(), at=THEN, result="no_answer", note="Canary")
    booking = Booking.objects.filter(client=person).first()
    waits = WaitlistEntry.objects.create(
        client=person, session_type=booking.session_type, topic="Canary", joined_at=THEN, left_at=THEN
    )
    offered = {"first_cell": booking.first_cell, "offered_at": THEN, "until": THEN}
    Offer.objects.create(entry=waits, agent=booking.agent, freed="1", state="declined", **offered)
    SurveyAnswer.objects.create(client=person, quarter="2026-Q4", asked_at=THEN, rating=4, comment="Canary")


def complained(person: User):
    """A complaint about staff that went as far as it goes."""
    anna, bert, mario = senior(), senior(), StaffFactory(name="Mario Bianchi", roles=["agent"])
    SchemeFactory()
    words = ("references", "occasions", "numbers", "emails", "wish")
    complaint = ComplaintFactory(
        client=person,
        name=NAME,
        email=ADDRESS,
        postal_address="Canary street",
        about="staff",
        summary="Canary Mario was rude",
        files=[text_file("Canary evidence.txt")],
        at=THEN,
        **dict.fromkeys(words, "Canary"),
    )
    intake.add(complaint, text="Canary again", source="page", files=[text_file("Canary more.txt")], at=THEN + HOUR)
    naming.match(complaint.named.get(person=mario), mario, by=anna, at=THEN, seen=None)
    named = naming.add(complaint, "Canary Typed", NamedStaff.Part.ABOUT, by=anna, at=THEN, seen=None, person=mario)
    review.note(complaint, "Canary note", by=anna, at=THEN)
    statement = statements.ask_statement(named, "Canary extract", "Canary?", by=anna, at=THEN)
    statements.give_statement(statement, "Canary statement", by=mario, at=THEN)
    PointFactory(complaint=complaint, text="Canary point", reasons="Canary reasons")
    promised = remedies.promise(complaint, "Canary remedy", by=anna, at=THEN, seen=None)
    remedies.done(promised, "Canary done", by=anna, at=THEN)
    decided(complaint, by=anna, at=THEN + HOUR)
    complaint_appeals.lodge(complaint, reasons="Canary appeal", at=THEN + DAY)
    complaint.refresh_from_db()
    final = final_draft(complaint, by=bert, at=THEN + 2 * DAY)
    complaint_appeals.decide(complaint.appeal, final, outcome="upheld", by=bert, at=THEN + 2 * DAY, seen=None)
    letters.has_gone(final, when=THEN + 2 * DAY)
    referral = ombudsman.refer(complaint, their_reference="Canary", referred_on=THEN.date(), by=anna, at=THEN + 3 * DAY)
    type(referral).objects.update(
        decision="Canary", decided_on=THEN.date(), followed_up="Canary", followed_up_on=THEN.date()
    )
    complaint.deadlines.filter(outcome="running").update(outcome="closed")
    moved = {"to_due_at": THEN, "reason": "Canary", "by": anna, "at": THEN}
    Rebasing.objects.create(deadline=complaint.deadlines.first(), **moved)
    outside = {"person": bert, "appointed_by": anna, "appointed_at": THEN, "ended_at": THEN, "reason": "Canary"}
    complaint.appointments.create(**outside)
    complaint.refresh_from_db()
    return complaint


def misbehaved(person: User):
    """An incident with a measure that is over, appealed, and cared for."""
    reporter, manager, other = StaffFactory(roles=["agent"]), *(StaffFactory(roles=["manager"]) for _ in range(2))
    canaries = {"words": "Canary words", "account": "Canary account", "effect": "Canary effect"}
    incident = make_incident(
        client=person, reporter=reporter, at=THEN, files=[text_file("Canary proof.txt")], **canaries
    )
    reporting.ask_to_stop(incident, "Canary stop", by=reporter, at=THEN)
    heard(incident, "Canary answer", answers=None, at=THEN, files=[text_file("Canary mine.txt")])
    incident.refresh_from_db()
    said = dict.fromkeys(SAID, "Canary")
    measure = make_measure(limited(THEN), incident=incident, by=manager, at=THEN, said=said)
    type(measure).objects.update(told_at=THEN + HOUR)
    measure.refresh_from_db()
    appeal = appeals.lodge(measure, reasons="Canary appeal", at=THEN + DAY)
    appeal = appeal if isinstance(appeal, Appeal) else Appeal.objects.get(measure=measure)
    appeal.files.add(text_file("Canary appeal.txt"))
    appeals.decide(appeal, "upheld", "Canary decision", None, by=other, at=THEN + 2 * DAY, seen=None)
    Approval.objects.create(measure=measure, asked_at=THEN, due_on=THEN.date(), reasons="Canary")
    outside = {"person": other, "appointed_by": manager, "appointed_at": THEN, "ended_at": THEN, "reason": "Canary"}
    measure.appointments.create(**outside)
    closed = Restriction.objects.create(user=person, starts_at=THEN, ends_at=THEN + DAY, notice="Canary")
    span = {"at": THEN, "until": THEN + DAY, "restriction": closed}
    EmergencyStop.objects.create(incident=incident, by=manager, reasons="Canary", notice="Canary", **span)
    follow_up = care.take_on(FollowUp.objects.get(incident=incident), by=manager, at=THEN)
    note = care.note(follow_up, "Canary care", by=manager, at=THEN)
    for one in (manager, reporter):
        care.agree(follow_up, by=one, at=THEN, seen=note.pk)
    incident.refresh_from_db()
    return incident


def _is_written_to(person: User) -> None:
    due = {"due_at": THEN, "try_at": THEN, "created_at": THEN, "channel": "email", "kind": "booking_confirmed"}
    booking = Booking.objects.filter(client=person).first()
    about = {"subject_type": "bookings.booking", "subject_id": booking.pk}
    words = {
        "subject": "Canary",
        "text": "Canary",
        "html": "Canary",
        "note": "bounced: Canary",
        "data": {"a": "Canary"},
    }
    told = Message.objects.create(key="to the client", recipient=person, **due, **about, **words)
    DeliveryEvent.objects.create(message=told, kind="bounced", address=ADDRESS, detail="Canary", at=THEN)
    Message.objects.create(key="to the agent", recipient=booking.agent.user, **due, **about, **words)
    code = {**due, "kind": "sign_in_code", "subject_type": "people.user", "subject_id": person.pk}
    Message.objects.create(key=f"code:1:{ADDRESS}:", address=ADDRESS, **code, **words)
    raw = f"From: {NAME} <{ADDRESS}>\nSubject: Canary\nMessage-ID: <canary@x>\nReferences: <canary@y>\n\n{CONTENT}"
    mail = inbound.receive(raw.encode(), mails.read(raw.encode()), gateway="test", verdict="pass", at=THEN)
    Inbound.objects.filter(pk=mail.pk).update(person=person, sender_name=NAME, recipients="Canary", note="Canary")
