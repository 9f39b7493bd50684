"""What one source and one address may set off with the public form. A complaint is never lost by it: see ``intake``.

Counts stand in the database, so that several web processes share them; two at the same instant may be one too many.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet, Sum

from supportportal.files import orphans

from ..models import Complaint, Use
from ..policy import POLICY
from ..refusals import NoRoomForFiles, TooManyComplaints, TooManyFiles

Kind = Use.Kind
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def require_turn(source: str, at: datetime) -> None:
    """Raises TooManyComplaints, which says until when, where this source has sent as many as it may in an hour."""
    if not source:
        return
    if until := _full_until(_lately(Kind.COMPLAINT, source, at), POLICY.complaints_per_hour, at):
        raise TooManyComplaints(until)


def require_room(source: str, sizes: Sequence[int], at: datetime) -> None:
    """Raises TooManyFiles where this source has sent its share, NoRoomForFiles where too much waits for its form."""
    if not (source and sizes):
        return
    lately = _lately(Kind.FILE, source, at)
    if until := _full_until(lately, POLICY.files_per_hour + 1 - len(sizes), at):
        raise TooManyFiles(until)
    sent = lately.aggregate(size=Sum("size"))["size"] or 0
    if sent and sent + sum(sizes) > POLICY.file_bytes_per_hour:
        raise TooManyFiles(at + HOUR)
    if orphans.waiting_bytes(at) + sum(sizes) > POLICY.waiting_bytes:
        raise NoRoomForFiles


def note(kind: str, source: str, at: datetime, size: int = 0) -> None:
    """Count one, and forget what no limit asks for any more."""
    if source:
        Use.objects.filter(at__lt=at - DAY).delete()
        Use.objects.create(kind=kind, source=source, size=size, at=at)


def is_told_enough(email: str, at: datetime) -> bool:
    """Whether this address has had as many first replies to forms within a day as it gets by itself.

    What stands behind a "+" leads to the same person.
    """
    if not email:
        return False
    local, _sign, domain = email.casefold().rpartition("@")
    person = local.partition("+")[0]
    lately = Complaint.objects.filter(source=Complaint.Source.FORM, arrived_at__gt=at - DAY)
    alike = lately.filter(email__istartswith=person, email__iendswith=f"@{domain}").values_list("email", flat=True)
    same = [one for one in alike if one.casefold().rpartition("@")[0].partition("+")[0] == person]
    return len(same) >= POLICY.acknowledgements_per_day


def _lately(kind: str, source: str, at: datetime) -> QuerySet[Use]:
    return Use.objects.filter(kind=kind, source=source, at__gt=at - HOUR)


def _full_until(lately: QuerySet[Use], most: int, at: datetime) -> datetime | None:
    """When the first of the last ``most`` is an hour old; None while there is room."""
    if most < 1:
        return at + HOUR
    last = list(lately.order_by("-at").values_list("at", flat=True)[:most])
    return last[-1] + HOUR if len(last) == most else None
