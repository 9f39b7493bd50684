"""What operators are told about the trail."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from supportportal.watch.troubles import Trouble, span

from . import operations

PATIENCE = timedelta(minutes=5)


def found(at: datetime) -> Iterator[Trouble]:
    oldest = operations.unsealed(at=at).first()
    if oldest is not None and at - oldest.at > PATIENCE:
        yield Trouble("trail", f"Entries of the trail have not been sealed for {span(at - oldest.at)}.")
