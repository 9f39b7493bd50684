"""What letters say: from a template in the complainant's language, and kept as bytes once they leave (C-9)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation

from supportportal import wording
from supportportal.files import intake
from supportportal.files.models import StoredFile
from supportportal.people.models import Firm

from . import authorities, calendars, expectations
from .models import Complaint, Deadline, Letter, OmbudsmanScheme


@dataclass(frozen=True)
class Written:
    subject: str
    body: str


def write(complaint: Complaint, kind: str, *, at: datetime) -> Written:
    """What the template of this kind says for this complaint, in the complainant's language, with the desk's dates."""
    firm = Firm.current()
    with translation.override(complaint.language), timezone.override(calendars.zone_of(firm)):
        shown = context(complaint, kind, firm, at)
        subject = " ".join(render_to_string(f"complaints/letters/{kind}/subject.txt", shown).split())
        return Written(subject[:150], render_to_string(f"complaints/letters/{kind}/body.txt", shown).strip())


def context(complaint: Complaint, kind: str, firm: Firm, at: datetime) -> dict[str, Any]:
    """What templates of letters can say: dates are the desk's, written out."""
    day = calendars.desk(complaint.arrived_at, firm=firm).day_of
    by = {
        step: wording.written_day(due.day or day(due.due_at), complaint.language, year=True)
        for step, due in expectations.told_by(kind, complaint, at).items()
    }
    return {
        "firm": firm,
        "complaint": complaint,
        "arrived": wording.written_day(day(complaint.arrived_at), complaint.language, year=True),
        "today": wording.written_day(day(at), complaint.language, year=True),
        "update_by": by.get(Deadline.Step.UPDATE, ""),
        "respond_by": by.get(Deadline.Step.RESPOND, ""),
        "appeal_answer_by": by.get(Deadline.Step.APPEAL, ""),
        "points": list(complaint.points.prefetch_related("remedies")),
        "remedies": list(complaint.remedies.filter(point=None)),
        "appeal": getattr(complaint, "appeal", None),
        "authority": authorities.of(complaint.country),
        "scheme": OmbudsmanScheme.on(day(complaint.arrived_at)),
        "is_about_data": complaint.about == Complaint.About.DATA,
    }


def keep(letter: Letter, *, at: datetime) -> StoredFile:
    """The letter as it leaves: one page of HTML that prints well, kept with its hash."""
    firm = Firm.current()
    with translation.override(letter.language), timezone.override(calendars.zone_of(firm)):
        page = render_to_string("complaints/letters/page.html", {"letter": letter, "firm": firm, "at": at})
    name = f"{letter.complaint.reference}-{letter.kind}.html"
    return intake.keep(name, "text/html", page.encode(), at)
