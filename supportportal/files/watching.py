"""What operators are told of looking for viruses: how much waits and is withheld, and how the scanner does."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Q

from supportportal.watch.doctor import Visit
from supportportal.watch.metrics import Gauge, Samples
from supportportal.watch.troubles import Trouble, span

from . import clamd, screening

OFTEN, FAR_TOO_OFTEN = 3, 10  # tries without a verdict: a few minutes, half an hour
OLD = timedelta(days=3)  # new signatures come each day
_MADE = re.compile(r"/(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})$")


def troubles(at: datetime) -> Iterator[Trouble]:
    if not settings.CLAMD_URL:
        return
    tried = [model._default_manager.unscreened().filter(screen_tries__gte=OFTEN) for model in screening.kinds()]  # type: ignore[attr-defined]
    if count := sum(rows.count() for rows in tried):
        yield Trouble(
            "files.waiting",
            f"{count} files wait to be looked at for viruses, and nobody can open them: clamd gave no verdict, and the"
            " worker's log says why. manage.py doctor --connect asks it.",
            grave=any(rows.filter(screen_tries__gte=FAR_TOO_OFTEN).exists() for rows in tried),
        )


def _counted(at: datetime) -> Samples:
    """Mails are counted with the files that came with them, as one."""
    for state in (screening.State.WAITING, screening.State.WITHHELD):
        count = sum(model._default_manager.filter(Q(screening=state)).count() for model in screening.kinds())
        yield {"state": state.value}, count if settings.CLAMD_URL or state != screening.State.WAITING else 0


GAUGE = Gauge("portal_files_not_given_out", "Files that wait to be looked at for viruses, or are withheld.", _counted)


def scanner(visit: Visit) -> Iterator[Trouble]:
    """Is it there, are its signatures of these days, and does it take files of the size that we do?"""
    if not settings.CLAMD_URL or not visit.connect:
        return
    try:
        clamd.ping(settings.CLAMD_URL)
        yield from _signatures(clamd.version(settings.CLAMD_URL), visit.at)
        largest = max(settings.FILES_MAX_BYTES, settings.INBOUND_MAX_BYTES)
        clamd.scan(settings.CLAMD_URL, io.BytesIO(bytes(largest)))
    except clamd.TooLarge:
        megabytes = -(-largest // 1024**2)
        yield Trouble("clamd.size", f"clamd takes no files of {megabytes} MB: raise its StreamMaxLength, or they wait.")
    except clamd.Unanswered as fault:
        yield Trouble("clamd", f"clamd does not answer at CLAMD_URL ({fault}): files wait, and nobody can open them.")


def _signatures(version: str, at: datetime) -> Iterator[Trouble]:
    found = _MADE.search(version)
    if found is None:
        yield Trouble("clamd.signatures", f"clamd ({version}) says of no day that its signatures are of: has it any?")
        return
    age = at - datetime.strptime(found[1], "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)  # its zone is not told
    if age > OLD:
        text = f"clamd's signatures are of {span(age)} ago: look at what brings new ones (freshclam)."
        yield Trouble("clamd.signatures", text, grave=False)
