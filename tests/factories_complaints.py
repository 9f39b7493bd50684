"""Complaints to test with: taken as they are in life, through the operations.

``ComplaintFactory()`` came by the form at ``at`` (MONDAY_TEN unless given) and has its clocks and its first letter.
"""

from datetime import date, datetime

import factory
from factory.django import DjangoModelFactory

from complaints.models import Complaint, OmbudsmanScheme, Point
from complaints.operations import closing, intake, letters
from complaints.operations.intake import Told

from .factories import MONDAY_TEN, StaffFactory


class ToldFactory(factory.Factory):
    """What a person complains of; any field of ``Told`` can be given."""

    class Meta:
        model = Told

    name = factory.Sequence(lambda n: f"Complainant {n}")
    email = factory.Sequence(lambda n: f"complainant{n}@example.net")
    country = "IT"
    summary = "Nobody called me back for three days."


class ComplaintFactory(factory.Factory):
    """It came by the form: fields of ``Told`` say what, ``at`` when; ``client`` and ``files`` as for ``lodge``."""

    class Meta:
        model = Complaint

    @classmethod
    def _create(cls, model_class, *args, at=MONDAY_TEN, client=None, files=(), **told):
        return intake.lodge(ToldFactory(**told), at=at, client=client, files=files)


class PointFactory(DjangoModelFactory):
    """A point with its finding and reasons; without them: ``finding="", reasons=""``."""

    class Meta:
        model = Point

    complaint = factory.SubFactory(ComplaintFactory)
    number = factory.LazyAttribute(lambda point: point.complaint.points.count() + 1)
    text = "Nobody called back."
    finding = Complaint.Outcome.UPHELD
    reasons = "The list of calls shows none."


class SchemeFactory(DjangoModelFactory):
    """A scheme for complaints from 8 April 2026 on: six weeks."""

    class Meta:
        model = OmbudsmanScheme

    name = "Communications Ombudsman"
    postal_address = "PO Box 1\nWarrington"
    url = "https://ombudsman.example/"
    applies_from = date(2026, 4, 8)


def senior(**fields):
    return StaffFactory(roles=["senior manager"], **fields)


def letter_that_went(letter, when: datetime):
    """The provider has taken the mail at ``when``."""
    letters.has_gone(letter, when=when)
    letter.refresh_from_db()
    return letter


def decided(complaint, *, by, at: datetime, outcome: str = Complaint.Outcome.NOT_UPHELD):
    """The complaint, answered by ``by``: its first letter and its response have gone at ``at``."""
    for letter in complaint.letters.filter(state="leaving", way="email"):
        letters.has_gone(letter, when=at)
    if not complaint.points.exists():
        PointFactory(complaint=complaint, finding=outcome)
    response = letters.draft(complaint, "response", by=by, at=at)
    closing.answer(complaint, response, outcome=outcome, root_cause="", by=by, at=at, seen=None)
    if response.way == "email":
        letters.has_gone(response, when=at)
    complaint.refresh_from_db()
    return complaint


def final_draft(complaint, *, by, at: datetime):
    """A final answer with everything written that its template leaves open."""
    draft = letters.draft(complaint, "final", by=by, at=at)
    return letters.edit(draft, subject=draft.subject, body=draft.body.replace("[…]", "It stands."), by=by, at=at)
