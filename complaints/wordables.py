"""What the messages about complaints offer to the firm's own words. A letter is worded in its case, or in its draft."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording
from supportportal.outbox import samples
from supportportal.outbox.own_words import Wordable

from .digests import DEADLINE_DIGEST
from .messages import LETTER, STATEMENT_ASKED

COMPLAINTS = gettext_lazy("Complaints")
REFERENCE = "C-2027-0042"


def _letter() -> dict[str, Any]:
    body = _("Dear %(name)s,") % {"name": samples.CLIENT}
    letter = samples.thing(subject=_("Your complaint %(reference)s") % {"reference": REFERENCE}, body=body)
    return {"letter": letter, "paragraphs": [body], "links": [samples.link(_("See your complaint"), "/c/")]}


def _statement() -> dict[str, Any]:
    return {
        "recipient_name": samples.AGENT,
        "extract": _("The session ended before the list was imported."),
        "questions": "",
        "wanted_by": _day(),
        "links": [samples.link(_("Give your statement"), "/admin/")],
    }


def _digest() -> dict[str, Any]:
    deadline = samples.thing(
        complaint=samples.thing(reference=REFERENCE), get_step_display=gettext_lazy("final response")
    )
    line = samples.thing(deadline=deadline, due=_day(), url=samples.address("/admin/"))
    return {"recipient_name": samples.AGENT, "missed": [], "soon": [line], "links": [_board()]}


def _board() -> dict[str, str]:
    return samples.link(_("Open the board"), "/admin/")


def _day() -> str:
    return wording.written_day(samples.instant().date(), reader.language())


_STAFF = {"firm": "firm.name", "name": "recipient_name"}

WORDABLES = {
    LETTER: Wordable(
        COMPLAINTS,
        gettext_lazy("complainant"),
        _letter,
        fixed=gettext_lazy("Each letter is written in its case; nothing may be added to it on the way."),
    ),
    STATEMENT_ASKED: Wordable(
        COMPLAINTS, gettext_lazy("named colleague"), _statement, {**_STAFF, "wanted_by": "wanted_by"}
    ),
    DEADLINE_DIGEST: Wordable(COMPLAINTS, gettext_lazy("whoever handles complaints"), _digest, _STAFF),
}
