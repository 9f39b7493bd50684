"""The books: fees as CSV, for whoever invoices (B-13)."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from supportportal.spreadsheets import harmless

from . import money
from .models import Fee
from .standing import day_of

COLUMNS = [
    "session",
    "date",
    "account",
    "client",
    "net",
    "vat_rate",
    "vat",
    "gross",
    "currency",
    "state",
    "accepted",
    "accepted_by",
    "settled",
    "reason",
]


class _Echo:
    def write(self, line: str) -> str:
        return line


def csv_of(fees: Iterable[Fee]) -> Iterator[str]:
    """One line per fee, dates in ISO form and in the client's zone, as the client knows them; amounts with a point;
    nothing that a spreadsheet would run as a formula.
    """
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for fee in fees:
        zone = fee.client.zone
        gross = money.with_vat(fee.net, fee.vat_rate)
        row = [
            fee.booking.reference,
            day_of(fee.booking.first_cell, zone).isoformat(),
            fee.account or "",
            fee.client,
            fee.net,
            fee.vat_rate,
            gross - fee.net,
            gross,
            fee.currency,
            fee.state,
            _iso(fee.accepted_at, zone),
            fee.accepted_by or "",
            _iso(fee.settled_at, zone),
            fee.reason,
        ]
        yield writer.writerow([harmless(str(value)) for value in row])


def _iso(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat() if at else ""
