"""What the messages about conduct offer to the firm's own words. What a decision says is written in its case."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording
from supportportal.outbox import samples
from supportportal.outbox.own_words import Wordable
from supportportal.outbox.samples import Named

from .digests import APPEALS_DUE
from .messages import APPROVAL, COLLEAGUE, COLLEAGUE_OPEN, LIFTED, NOTICE, STOP, STOP_REQUEST
from .messages_appeal import APPOINTED, ASKED, DECIDED, KEPT, RECEIVED, SUSPENDED, SUSPENDED_STAFF
from .messages_care import CARE_DUE, HANDED_ON
from .messages_watch import ENDED, LATE, REVIEW, STOP_ENDED
from .models import Measure
from .policy import POLICY

CONDUCT = gettext_lazy("Respect for the team")
CLIENT, COLLEAGUES = gettext_lazy("client"), gettext_lazy("colleagues in the account")
MANAGER, REVIEWER = gettext_lazy("manager"), gettext_lazy("outside reviewer")
DECISION = gettext_lazy("A decision goes out word for word as it is kept; it is written in its case.")
CASE = "I-2027-0017"
_NAMED = {"firm": "firm.name", "name": "recipient_name"}
_CASE = {**_NAMED, "case": "incident"}


def _day(days: int = 0) -> str:
    return wording.written_day(samples.instant(days=days).date(), reader.language(), year=True)


def _measure() -> dict[str, Any]:
    return {
        "recipient_name": samples.CLIENT,
        "what": Measure.Kind.LIMITED.label,
        "taken_on": _day(),
        "answer_by": _day(14),
        "measure": samples.thing(ending_reason=_("We talked, and it is settled.")),
        "links": [samples.link(_("See the decision"), "/m/")],
    }


def _decided() -> dict[str, Any]:
    words = _("We have looked at what was said, and by whom.")
    return {
        **_measure(),
        "appeal": samples.thing(outcome="quashed", decision=words),
        "paragraphs": [words],
        "complain_url": samples.address("/complaints/"),
    }


def _decision() -> dict[str, Any]:
    text = _("What we decided, why, until when, and how to appeal.")
    return {**_measure(), "text": text, "links": [samples.link(_("Appeal"), "/m/")]}


def _account() -> dict[str, Any]:
    return {
        "recipient_name": samples.COLLEAGUE,
        "account": Named(samples.ACCOUNT),
        "closed": [],
        "until": _("until %(day)s") % {"day": _day(14)},
        "complain_url": samples.address("/complaints/"),
    }


def _closed() -> dict[str, Any]:
    return {**_account(), "closed": [_("booking sessions")]}


def _ended() -> dict[str, Any]:
    opened = {"opened": [_("booking sessions")], "stopped_on": _day(-1), "is_open": False}
    return {**_measure(), **opened, "since": _day(), "links": []}


def _staff() -> dict[str, Any]:
    return {
        "recipient_name": samples.AGENT,
        "incident": Named(CASE),
        "what": Measure.Kind.LIMITED.label,
        "due_on": _day(),
        "review_on": _day(1),
        "last_day": _day(),
        "answer_by": _day(),
        "is_appeal": True,
        "links": [samples.link(_("Look at the case"), "/admin/")],
    }


def _care() -> dict[str, Any]:
    links = [samples.link(_("Open the follow-up"), "/admin/")]
    return {
        "recipient_name": samples.AGENT,
        "stage": HANDED_ON,
        "person": samples.COLLEAGUE,
        "due": _day(),
        "links": links,
    }


def _appeals() -> dict[str, Any]:
    line = samples.thing(reference=CASE, answer_by=_day(), is_second=False, url=samples.address("/admin/"))
    links = [samples.link(_("Open the appeals"), "/admin/")]
    return {"recipient_name": samples.AGENT, "lines": [line], "days": POLICY.appeal_suspends_days, "links": links}


def _to_client(sample: Any, **more: str) -> Wordable:
    return Wordable(CONDUCT, CLIENT, sample, {**_NAMED, **more})


def _to_manager(sample: Any = _staff, placeholders: Any = _NAMED, **more: str) -> Wordable:
    return Wordable(CONDUCT, MANAGER, sample, {**placeholders, **more})


_OF_MEASURE = {"what": "what", "decided_on": "taken_on"}

WORDABLES = {
    **{code: Wordable(CONDUCT, CLIENT, _decision, fixed=DECISION) for code in (STOP_REQUEST, NOTICE, STOP)},
    DECIDED: Wordable(CONDUCT, CLIENT, _decided, fixed=DECISION),
    LIFTED: _to_client(_measure, **_OF_MEASURE),
    RECEIVED: _to_client(_measure, **_OF_MEASURE),
    SUSPENDED: _to_client(_measure, **_OF_MEASURE),
    KEPT: Wordable(CONDUCT, CLIENT, _measure, {"firm": "firm.name", **_OF_MEASURE}),
    ENDED: _to_client(_ended, what="what", ended="since"),
    STOP_ENDED: _to_client(_ended, stopped_on="stopped_on"),
    COLLEAGUE: Wordable(CONDUCT, COLLEAGUES, _closed, {**_NAMED, "account": "account"}),
    COLLEAGUE_OPEN: Wordable(CONDUCT, COLLEAGUES, _account, {**_NAMED, "account": "account"}),
    APPROVAL: _to_manager(due_on="due_on"),
    LATE: _to_manager(placeholders=_CASE, due_on="due_on"),
    REVIEW: _to_manager(placeholders=_CASE, what="what", review_on="review_on", last_day="last_day"),
    ASKED: _to_manager(),
    SUSPENDED_STAFF: _to_manager(),
    APPOINTED: Wordable(CONDUCT, REVIEWER, _staff, _NAMED),
    CARE_DUE: _to_manager(_care, person="person", due="due"),
    APPEALS_DUE: _to_manager(_appeals),
}
