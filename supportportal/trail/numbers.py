"""What is counted of the trail, for those who watch the portal."""

from datetime import datetime

from supportportal.watch.metrics import Gauge, Samples

from . import operations


def _unsealed(at: datetime) -> Samples:
    return [({}, operations.unsealed(at=at).count())]


GAUGES = [Gauge("portal_trail_unsealed", "Entries of the trail that no seal covers yet.", _unsealed)]
