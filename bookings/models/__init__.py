"""What the bookings app knows. State changes live in ``bookings.operations``."""

from .booking import Booking, OccupiedCell, TakenVersion
from .calendars import BusyCalendar, BusyTime, SessionFeed
from .calls import CallAttempt, Callback, CallbackAddition, PeakPeriod
from .feedback import Feedback, SurveyAnswer
from .firm import Unreached
from .offer import Agent, Closure, Holiday, OpeningHours, SessionType, TimeOff, WorkingHours
from .strikes import Fee, Strike, StrikeReview, SupportDecision
from .terms import TermsAcceptance, TermsVersion
from .timetable import TimetableVersion
from .waiting import Hold, Offer, WaitlistEntry

__all__ = [
    "Agent",
    "Booking",
    "BusyCalendar",
    "BusyTime",
    "CallAttempt",
    "Callback",
    "CallbackAddition",
    "Closure",
    "Fee",
    "Feedback",
    "Hold",
    "Holiday",
    "OccupiedCell",
    "Offer",
    "OpeningHours",
    "PeakPeriod",
    "SessionFeed",
    "SessionType",
    "Strike",
    "StrikeReview",
    "SupportDecision",
    "SurveyAnswer",
    "TakenVersion",
    "TermsAcceptance",
    "TermsVersion",
    "TimeOff",
    "TimetableVersion",
    "Unreached",
    "WaitlistEntry",
    "WorkingHours",
]
