"""What the watch adds to the shared kernel; called by ``registration``."""

from supportportal.outbox import kinds

from . import digests
from .messages_watch import KINDS


def register() -> None:
    kinds.register(*KINDS, digests.KIND)
