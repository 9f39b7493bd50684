"""Every change of a session's state, one atomic verb each."""

from . import feedback, fees, outcomes, reviews, strikes
from .booking import book, cancel, move, new_reference, place_of

__all__ = [
    "book",
    "cancel",
    "feedback",
    "fees",
    "move",
    "new_reference",
    "outcomes",
    "place_of",
    "reviews",
    "strikes",
]
