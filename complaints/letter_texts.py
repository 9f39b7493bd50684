"""What letters say: from a template in the complainant's language, and kept as bytes once they leave (C-9)."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation

from bookings.rules import add_months
from supportportal import wording
from supportportal.files import intake
from supportportal.files.models import StoredFile
from supportportal.people.models import Firm

from . import appeal_time, authorities, calendars, expectations
from .models import Complaint, Deadline, Letter, OmbudsmanScheme
from .policy import POLICY

TO_WRITE = "[…]"  # what a template leaves to be written; a letter that still holds it does not leave
DAYS = ("update_by", "respond_by", "appeal_answer_by", "appeal_until", "refer_until")
_MARK = "\ue000{}\ue000"  # of Unicode's private use: no text holds it
# What mail programs make a link of: no letter carries a stranger's to a stranger in its first line.
_LINK = re.compile(r"[/@]|\w\.[^\W\d_]{2,}")
_GAP = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Written:
    subject: str
    body: str
    days: dict[str, str]  # the dates that it tells, as they are written, by their names in templates


def write(complaint: Complaint, kind: str, *, at: datetime) -> Written:
    """What the template of this kind says for this complaint, in the complainant's language, with the desk's dates."""
    firm = Firm.current()
    with translation.override(complaint.language), timezone.override(calendars.zone_of(firm)):
        shown = context(complaint, kind, firm, at)
        subject = " ".join(render_to_string(f"complaints/letters/{kind}/subject.txt", shown).split())
        body = render_to_string(f"complaints/letters/{kind}/body.txt", shown)
        told = {name: shown[name] for name in DAYS if shown[name] and shown[name] in body}
        return Written(subject[:150], _GAP.sub("\n\n", body).strip(), told)


def up_to_date(letter: Letter, *, at: datetime) -> tuple[str, dict[str, str]]:
    """The text of a letter that leaves now, and its dates: those that moved since it was drafted are written anew."""
    firm, body, days = Firm.current(), letter.body, {}
    with translation.override(letter.language):
        shown = context(letter.complaint, letter.kind, firm, at)
    for name, old in letter.days.items():
        days[name] = shown[name] or old
        body = body.replace(old, _MARK.format(name))
    for name, new in days.items():
        body = body.replace(_MARK.format(name), new)
    return body, days


def context(complaint: Complaint, kind: str, firm: Firm, at: datetime) -> dict[str, Any]:
    """What templates of letters can say: dates are the desk's, written out."""
    day = partial(calendars.day_of, firm=firm)
    written = partial(wording.written_day, language=complaint.language, year=True)
    by = {step: written(due.day or day(due.due_at)) for step, due in expectations.told_by(kind, complaint, at).items()}
    scheme, appeal = OmbudsmanScheme.on(day(complaint.arrived_at)), getattr(complaint, "appeal", None)
    until = appeal_time.last_day_from(at)
    return {
        "firm": firm,
        "complaint": complaint,
        "greeted": "" if _LINK.search(complaint.name) else complaint.name,
        "arrived": written(day(complaint.arrived_at)),
        "today": written(day(at)),
        "update_by": by.get(Deadline.Step.UPDATE, ""),
        "respond_by": by.get(Deadline.Step.RESPOND, ""),
        "appeal_answer_by": by.get(Deadline.Step.APPEAL, ""),
        "points": list(complaint.points.prefetch_related("remedies")),
        "remedies": list(complaint.remedies.filter(point=None)),
        "appeal": appeal,
        "appealed": written(day(appeal.lodged_at)) if appeal else "",
        "appeal_until": written(until) if until else "",
        "appeal_days": POLICY.appeal_days,
        "appeal_answer_days": POLICY.appeal_answer_days,
        "original": _own_original(complaint),
        "to_write": TO_WRITE,
        "authority": authorities.of(complaint.country),
        "scheme": scheme,
        "refer_until": written(add_months(day(at), scheme.months_to_refer)) if scheme else "",
        "is_about_data": complaint.about == Complaint.About.DATA,
    }


def _own_original(complaint: Complaint) -> str:
    """The reference of the complaint that this one repeats, where it is the same complainant's; else nothing of it."""
    other = complaint.duplicate_of
    if other is None:
        return ""
    same_mail = bool(complaint.email) and complaint.email.casefold() == other.email.casefold()
    same_client = complaint.client_id is not None and complaint.client_id == other.client_id
    return other.reference if same_mail or same_client else ""


def keep(letter: Letter, *, at: datetime) -> StoredFile:
    """The letter as it leaves: one page of HTML that prints well, kept with its hash."""
    firm = Firm.current()
    with translation.override(letter.language), timezone.override(calendars.zone_of(firm)):
        page = render_to_string("complaints/letters/page.html", {"letter": letter, "firm": firm, "at": at})
    name = f"{letter.complaint.reference}-{letter.kind}.html"
    return intake.keep(name, "text/html", page.encode(), at)
