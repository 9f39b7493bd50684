"""What the messages about sessions, calls and no-shows offer to the firm's own words."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording
from supportportal.outbox import samples
from supportportal.outbox.own_words import Wordable
from supportportal.outbox.samples import Named

from . import standing_words
from .policy import POLICY

SESSIONS, WAITING = gettext_lazy("Sessions"), gettext_lazy("Waiting list")
CALLS, NO_SHOWS = gettext_lazy("Phone callbacks"), gettext_lazy("No-shows and fees")
CLIENT, AGENT = gettext_lazy("client"), gettext_lazy("agent")

_NAMED = {"firm": "firm.name", "name": "recipient_name"}
_SESSION = {
    **_NAMED,
    "client": "client.name",
    "agent": "agent",
    "what": "booking.session_type.title",
    "when": "when",
    "day": "when_short",
    "clock": "clock",
    "zone": "zone",
    "place": "place",
    "topic": "booking.topic",
    "reference": "booking.reference",
}
_OFFER = {**_NAMED, "agent": "agent", "what": "what", "when": "when", "day": "when_short", "until": "until"}
_CALL = {**_NAMED, "contact": "callback.contact", "number": "number"}
_STRIKE = {**_NAMED, "when": "when", "day": "when_short", "fee": "fee"}


# -- cases that never were ---------------------------------------------------------------------------------------------


def _client() -> Named:
    return Named(samples.CLIENT, account=Named(samples.ACCOUNT))


def _session_links() -> list[dict[str, str]]:
    return [samples.link(_("Change the time")), samples.link(_("Cancel the session"))]


def _times() -> dict[str, Any]:
    zone, language = timezone.get_current_timezone(), reader.language()
    starts_at, ends_at = samples.instant(10), samples.instant(11)
    return {
        "when": wording.written_span(starts_at, ends_at, zone, language),
        "when_short": wording.short(starts_at, zone, language),
        "clock": wording.clock(starts_at, zone),
        "zone": wording.zone_label(zone, language),
        "free_until": wording.short(samples.instant(10, days=-1), zone, language),
    }


def _session(**more: Any) -> dict[str, Any]:
    booking = samples.thing(
        session_type=Named(_("First steps"), title=_("First steps")),
        topic=_("How to import our price list"),
        details=_("We have about 2,000 articles in a spreadsheet."),
        summary=_("We imported the list together."),
        reference="S-7K2M9",
        cancel_reason="",
    )
    return {
        **_times(),
        "recipient_name": samples.CLIENT,
        "booking": booking,
        "client": _client(),
        "agent": samples.AGENT,
        "place": "https://meet.example.com/7k2m9",
        "place_is_link": True,
        "is_free": True,
        "may_move": True,
        "notice_hours": int(POLICY.change_notice.total_seconds() // 3600),
        "late": int(POLICY.agent_late.total_seconds() // 60),
        "page": samples.address(),
        "now": samples.address(),
        "links": _session_links(),
        **more,
    }


def _at_the_door() -> dict[str, Any]:
    return _session(links=[samples.link(_("Join, or say that you are late")), *_session_links()])


def _cancelled() -> dict[str, Any]:
    return _session(links=[samples.link(_("Book a new time"), "/book/")])


def _moved() -> dict[str, Any]:
    was = wording.written_out(samples.instant(10, days=-1), timezone.get_current_timezone(), reader.language())
    return _session(old_when=was)


def _of_agent() -> dict[str, Any]:
    return _session(recipient_name=samples.AGENT, links=[samples.link(_("Open the session"), "/admin/")])


def _released() -> dict[str, Any]:
    return _session(links=[])


def _attended() -> dict[str, Any]:
    return _session(links=[samples.link(_("Tell us how it was"), "/feedback/")])


def _new_date() -> dict[str, Any]:
    return _session(links=[samples.link(_("Choose a new date"), "/book/")])


def _fee_asked() -> dict[str, Any]:
    until = wording.written_out(samples.instant(10, days=-2), timezone.get_current_timezone(), reader.language())
    free_from = standing_words.day(samples.instant(days=30).date())
    links = [samples.link(_("Accept the fee"), "/fee/"), *_session_links()]
    return _session(fee=standing_words.fee(), answer_until=until, free_from=free_from, can_move=True, links=links)


def _survey() -> dict[str, Any]:
    return {"recipient_name": samples.CLIENT, "links": [samples.link(_("Answer in half a minute"), "/survey/")]}


def _offer(**more: Any) -> dict[str, Any]:
    until, zone = samples.instant(18, days=-1), timezone.get_current_timezone()
    return {
        **_times(),
        "recipient_name": samples.CLIENT,
        "client": _client(),
        "agent": samples.AGENT,
        "what": _("First steps"),
        "until": wording.written_out(until, zone, reader.language()),
        "until_clock": wording.clock(until, zone),
        "page": samples.address("/o/"),
        "links": [samples.link(_("Look at the offer"), "/o/")],
        **more,
    }


def _expired() -> dict[str, Any]:
    return _offer(links=[samples.link(_("My sessions"), "/sessions/")])


def _call(**more: Any) -> dict[str, Any]:
    callback = samples.thing(contact=samples.CLIENT, description=_("How to import our price list"), is_open=True)
    span = samples.instant(9), samples.instant(12)
    return {
        "recipient_name": samples.CLIENT,
        "callback": callback,
        "number": samples.PHONE,
        "day_part": _("Morning"),
        "next_call": wording.written_span(*span, timezone.get_current_timezone(), reader.language()),
        "attempts": POLICY.call_attempts,
        "answer": _("Please turn to the maker of your computer."),
        "links": [samples.link(_("See or change the request"), "/callback/")],
        **more,
    }


def _call_over() -> dict[str, Any]:
    shown = _call(links=[samples.link(_("Ask for a new call"), "/callback/")])
    shown["callback"].is_open = False
    return shown


def _call_not_made() -> dict[str, Any]:
    mail = samples.thing(person=samples.CLIENT)
    links = [samples.link(_("Ask for a call on our page"), "/callback/")]
    return {"mail": mail, "missing": [_("the phone number")], "is_refused": False, "links": links}


def _strike() -> dict[str, Any]:
    free_from = standing_words.day(samples.instant(days=30).date())
    return {
        **_times(),
        "recipient_name": samples.CLIENT,
        "client": _client(),
        "strike": samples.thing(cause="missed"),
        "fee": standing_words.fee(),
        "months": POLICY.strike_months,
        "notice_hours": int(POLICY.change_notice.total_seconds() // 3600),
        "following": [],
        "free_from": free_from,
        "review_until": standing_words.day(samples.instant(days=14).date()),
        "review": samples.thing(decision="waived", answer=""),
        "links": [samples.link(_("My sessions"), "/sessions/")],
    }


# -- what each offers --------------------------------------------------------------------------------------------------


def _of_session(sample: Any = _session, **placeholders: str) -> Wordable:
    return Wordable(SESSIONS, CLIENT, sample, {**_SESSION, **placeholders})


def _to_agent() -> Wordable:
    return Wordable(SESSIONS, AGENT, _of_agent, _SESSION)


def _sms(*required: str, sample: Any = _session, group: Any = SESSIONS, **placeholders: str) -> Wordable:
    values = {**(_SESSION if group is SESSIONS else _OFFER), **placeholders}
    return Wordable(group, CLIENT, sample, values, required={"sms": required})


def _of_strike() -> Wordable:
    return Wordable(NO_SHOWS, CLIENT, _strike, _STRIKE)


WORDABLES = {
    "booking_confirmed": _of_session(),
    "booking_moved": _of_session(_moved),
    "booking_cancelled": _of_session(_cancelled),
    "booking_restored": _of_session(),
    "reminder_2d": _of_session(),
    "reminder_24h": _of_session(),
    "reminder_1h": _of_session(_at_the_door),
    "reminder_30m": _sms("clock", "zone", "link", link="now"),
    "firm_moved_sms": _sms("day", "link", link="page"),
    "firm_cancelled_sms": _sms("day", "link", link="page"),
    "agent_late": _of_session(late="late"),
    "agent_late_sms": _sms("late", "clock", late="late"),
    "attendee_replaced": _of_session(),
    "attendee_released": _of_session(_released),
    "session_attended": _of_session(_attended),
    "session_interrupted": _of_session(_new_date),
    "session_our_fault": _of_session(_new_date),
    "session_ended": _of_session(_released),
    "survey_asked": Wordable(SESSIONS, CLIENT, _survey, _NAMED),
    **{f"agent_{code}": _to_agent() for code in ("booked", "moved", "cancelled", "attendee", "restored")},
    "waitlist_offer": Wordable(WAITING, CLIENT, _offer, _OFFER),
    "waitlist_offer_sms": _sms(
        "day", "until_clock", "link", sample=_offer, group=WAITING, until_clock="until_clock", link="page"
    ),
    "waitlist_expired": Wordable(WAITING, CLIENT, _expired, _OFFER),
    "callback_received": Wordable(CALLS, CLIENT, _call, _CALL),
    "callback_cancelled": Wordable(CALLS, CLIENT, _call_over, _CALL),
    "callback_unreached": Wordable(CALLS, CLIENT, _call_over, _CALL),
    "callback_out_of_scope": Wordable(CALLS, CLIENT, _call_over, _CALL),
    "callback_closed": Wordable(CALLS, CLIENT, _call_over, _CALL),
    "callback_not_made": Wordable(CALLS, gettext_lazy("whoever wrote"), _call_not_made, {"firm": "firm.name"}),
    "fee_asked": Wordable(NO_SHOWS, CLIENT, _fee_asked, {**_SESSION, "fee": "fee", "until": "answer_until"}),
    "fee_cancelled": Wordable(NO_SHOWS, CLIENT, _cancelled, _SESSION),
    **{f"strike_{code}": _of_strike() for code in ("warning", "sanction", "renewed", "taken_back", "reviewed")},
}
