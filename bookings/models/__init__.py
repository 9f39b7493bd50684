"""What the bookings app knows. State changes live in ``bookings.operations``."""

from .booking import Booking, OccupiedCell
from .offer import Agent, Closure, Holiday, OpeningHours, SessionType, TimeOff, WorkingHours
from .terms import TermsAcceptance, TermsVersion

__all__ = [
    "Agent",
    "Booking",
    "Closure",
    "Holiday",
    "OccupiedCell",
    "OpeningHours",
    "SessionType",
    "TermsAcceptance",
    "TermsVersion",
    "TimeOff",
    "WorkingHours",
]
