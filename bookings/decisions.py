"""What managers have to decide about clients who miss sessions again and again (B-13.5)."""

from django.db.models import Count

from .models import Strike
from .rules.ladder import RENEWED
from .standing import StrikeRecord, records_of

WAIVE = "bookings.waive_strike"


def to_decide_on() -> list[tuple[Strike, StrikeRecord]]:
    """Each client of level 3 about whom nobody has decided since the newest strike, with that strike."""
    often = Strike.objects.counting().order_by().values("client").annotate(count=Count("pk")).filter(count__gte=RENEWED)
    records = records_of(often.values_list("client", flat=True))
    newest = {
        record.strikes[-1].pk: record
        for record in records.values()
        if record.standing(reviewed_too=True).level == RENEWED
    }
    rows = Strike.objects.filter(pk__in=list(newest), support_decision__isnull=True).select_related("client__account")
    return [(strike, newest[strike.pk]) for strike in rows.order_by("day", "pk")]
