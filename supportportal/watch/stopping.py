"""Whether this process has been asked to end: what takes long then finishes what it has in hand, and takes no more."""

import threading

_asked = threading.Event()


def begin() -> None:
    _asked.set()


def has_begun() -> bool:
    return _asked.is_set()
