"""Every change of a session's state, one atomic verb each."""

from . import fees, reviews, strikes
from .booking import book, cancel, move, new_reference, place_of

__all__ = ["book", "cancel", "fees", "move", "new_reference", "place_of", "reviews", "strikes"]
