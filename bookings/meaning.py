"""What cancelling or moving means now, as sentences for the page that stands before the button (B-10, B-13)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from supportportal import reader, wording
from supportportal.lattice import instant_at

from . import rules, standing_words
from .models import Booking, Strike
from .operations.consequences import Because, Consequence, consequence
from .policy import POLICY
from .rules import Standing
from .standing import record_of


@dataclass(frozen=True)
class Meaning:
    """``key`` is posted back: if it means something else by then, it is shown again and nothing is done."""

    key: str
    sentences: list[str]
    counts: bool
    consequence: Consequence

    @property
    def kind(self) -> str:
        return "warning" if self.counts else "info"


def meaning_of(booking: Booking, at: datetime, *, cancels: bool) -> Meaning:
    found = consequence(booking, at=at, cancels=cancels)
    sentences = _late(found, cancels=cancels) if found.counts else [_free(found, booking, cancels=cancels)]
    return Meaning(found.key, sentences, found.counts, found)


def _free(found: Consequence, booking: Booking, *, cancels: bool) -> str:
    match found.because:
        case Because.JUST_BOOKED:
            until = {"instant": _short(booking.booked_at + POLICY.undo)}
            return _("You have only just booked this session: cancelling it is free until %(instant)s.") % until
        case Because.FEE_ASKED:
            return _("The fee for this session came after you had booked it: giving it up is free and no no-show.")
        case Because.IMPOSED:
            return _("We chose this time, so changing or cancelling is free until the start.")
        case Because.COUNTED:
            return _("This time has been counted as a no-show already: nothing more follows.")
    until = {"instant": _short(rules.free_until(booking.starts_at, POLICY))}
    if cancels:
        return _("Changing or cancelling is free until %(instant)s.") % until
    return _("Changing is free until %(instant)s.") % until


def _late(found: Consequence, *, cancels: bool) -> list[str]:
    hours = int(POLICY.change_notice.total_seconds() // 3600)
    start = ngettext(
        "The start is less than %(hours)s hour away.", "The start is less than %(hours)s hours away.", hours
    )
    sentences = [f"{start % {'hours': hours}} {standing_words.counting(found.standing)}"]
    sentences += standing_words.following(found.standing)
    if found.fee is not None and found.has_accepted_fee and cancels:
        fee = standing_words.fee(found.fee.net, found.fee.vat_rate, found.fee.currency)
        sentences.append(_("The fee of %(fee)s that you accepted for this session is then due.") % {"fee": fee})
    minutes = int(POLICY.undo.total_seconds() // 60)
    undo = ngettext("You can undo it for %(n)s minute.", "You can undo it for %(n)s minutes.", minutes)
    return [*sentences, undo % {"n": minutes}]


def counted(booking: Booking) -> list[str]:
    """What giving up this session's time too late has counted as; nothing where it was in time, or taken back."""
    late = [Strike.Cause.LATE_CANCEL, Strike.Cause.LATE_MOVE]
    missed = booking.strikes.counting().filter(cause__in=late, client=booking.client_id)
    strike = missed.order_by("-recorded_at", "-pk").first()
    if strike is None:
        return []
    record = record_of(booking.client)
    given_up_at = {"instant": _short(instant_at(strike.first_cell))}
    return [
        _("The time on %(instant)s was given up too late to be free.") % given_up_at,
        standing_words.counting(Standing(record.level_of(strike))),
        *standing_words.following(record.standing()),
    ]


def _short(instant: datetime) -> str:
    return wording.short(instant, timezone.get_current_timezone(), reader.language())
