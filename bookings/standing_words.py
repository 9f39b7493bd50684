"""What strikes and fees mean, in plain words of the active language; pages and messages say it the same way."""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from supportportal import reader, wording

from . import money
from .policy import POLICY
from .rules import Standing
from .rules.ladder import RENEWED, SANCTION, WARNING


def fee(net: Decimal = POLICY.fee, rate: Decimal = POLICY.fee_vat, currency: str = POLICY.fee_currency) -> str:
    """Return "€90 (€109.80 with VAT)"."""
    language = reader.language()
    shown = money.written(net, currency, language)
    if not rate:
        return shown
    return _("%(net)s (%(gross)s with VAT)") % {
        "net": shown,
        "gross": money.written(money.with_vat(net, rate), currency, language),
    }


def day(day: date) -> str:
    """Return "Friday 21 May 2027"."""
    return wording.written_day(day, reader.language(), year=True)


def counting(standing: Standing) -> str:
    """What one more strike is, once it stands: "This counts as a no-show, the second within 12 months."."""
    months = {"months": POLICY.strike_months}
    if standing.level == SANCTION:
        text = ngettext(
            "This counts as a no-show, the second within %(months)s month.",
            "This counts as a no-show, the second within %(months)s months.",
            POLICY.strike_months,
        )
    elif standing.level == RENEWED:
        text = ngettext(
            "This counts as one more no-show within %(months)s month of the one before.",
            "This counts as one more no-show within %(months)s months of the one before.",
            POLICY.strike_months,
        )
    else:
        text = ngettext(
            "This counts as a no-show, the first within %(months)s month. It costs nothing; a warning comes by mail.",
            "This counts as a no-show, the first within %(months)s months. It costs nothing; a warning comes by mail.",
            POLICY.strike_months,
        )
    return text % months


def following(standing: Standing) -> list[str]:
    """What follows for the next sessions; nothing where nothing costs."""
    if standing.free_from is None:
        return []
    facts = {"day": day(standing.free_from), "fee": fee()}
    sentences = [_("Your next session, if it starts before %(day)s, carries a fee of %(fee)s.") % facts]
    if standing.level == RENEWED:
        sentences.append(_("A manager will also look at how we go on with these sessions."))
    return sentences


def briefly(standing: Standing, today: date) -> str:
    """Where a client stands, for the staff's lists: "fee before Fri 21 May", "one no-show", "–"."""
    if standing.is_chargeable(today) and standing.free_from is not None:
        return _("fee before %(day)s") % {"day": wording.short_day(standing.free_from, reader.language())}
    if standing.level == WARNING:
        return _("one no-show")
    return _("several no-shows, no fee") if standing.level else "–"
