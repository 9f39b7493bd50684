"""The statement of the person complained about: on the extract that is put to them, and nothing else (C-8a)."""

import re
from datetime import datetime, timedelta

from django.db import transaction

from supportportal.businesstime import CalendarHasNoWorkday
from supportportal.outbox import operations as outbox
from supportportal.outbox.operations import Owed
from supportportal.people.models import User
from supportportal.trail import operations as trail

from .. import calendars, eligibility, messages, rules
from ..models import Complaint, NamedStaff, Statement
from ..policy import POLICY
from ..refusals import NoReason, NotEligible, NotLawful, TellsContactData
from .gate import enter
from .locking import changed, lock


@transaction.atomic
def ask_statement(named: NamedStaff, extract: str, questions: str, *, by: User, at: datetime) -> Statement:
    """Ask the person complained about for a statement, by mail and on their own page.

    They get the extract and the questions. Raises NoReason without an extract, TellsContactData where it says how to
    reach the complainant, NotLawful where nobody was matched or the case is over, NotEligible, NotYours.
    """
    complaint = enter(named.complaint, by=by)
    if not eligibility.of_step(complaint).filter(pk=by.pk).exists():
        raise NotEligible
    named = complaint.named.select_related("person").get(pk=named.pk)
    if not complaint.is_open or named.part != NamedStaff.Part.ABOUT or named.person is None:
        raise NotLawful
    if not extract.strip():
        raise NoReason
    if _tells_contact_data(complaint, f"{extract}\n{questions}"):
        raise TellsContactData
    statement = Statement.objects.create(
        named=named,
        extract=extract.strip(),
        questions=questions.strip(),
        asked_by=by,
        asked_at=at,
        due_at=_wanted_by(at),
    )
    outbox.plan([Owed(messages.STATEMENT_ASKED, statement.pk, at, recipient=named.person)], at=at)
    facts = {"statement": statement.pk, "named": named.pk}
    trail.record("complaint.statement_asked", complaint, by=by, at=at, **facts)
    changed(complaint)
    return statement


@transaction.atomic
def give_statement(statement: Statement, text: str, *, by: User, at: datetime) -> Statement:
    """The person concerned answers, once. Raises NotLawful for anybody else and a second time, NoReason."""
    if not text.strip():
        raise NoReason
    complaint = lock(statement.named.complaint)
    waiting = Statement.objects.open_for(by).filter(pk=statement.pk).first()
    if waiting is None:
        raise NotLawful
    waiting.text, waiting.given_at = text.strip(), at
    waiting.save(update_fields=["text", "given_at"])
    trail.record("complaint.statement_given", complaint, by=by, at=at, statement=waiting.pk)
    changed(complaint)
    return waiting


def _wanted_by(at: datetime) -> datetime:
    desk = calendars.desk(at)
    try:
        return rules.end_of(rules.last_day(at, POLICY.statement_days, desk.calendar), desk.zone)
    except CalendarHasNoWorkday:
        return at + timedelta(days=POLICY.statement_days)


def _tells_contact_data(complaint: Complaint, text: str) -> bool:
    """Whether the complainant's address, in mail or by post, or a number they called from stands in the text."""
    said, digits = " ".join(text.casefold().split()), re.sub(r"\D", "", text)
    lines = [complaint.email, *(line for line in complaint.postal_address.splitlines()[:2] if re.search(r"\d", line))]
    numbers = [re.sub(r"\D", "", number) for number in re.split(r"[\n,;]+", complaint.numbers)]
    return any(line.strip() and " ".join(line.casefold().split()) in said for line in lines) or any(
        len(number) >= 7 and number[-7:] in digits for number in numbers
    )
