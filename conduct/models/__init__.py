"""The data of conduct; one module per part."""

from .appeal import Appeal, Appointment
from .care import CareNote, FollowUp
from .incident import MANAGERS, Category, ClientAnswer, Incident, StopRequest
from .measure import AffectedSession, Approval, Assessment, Measure
from .stop import EmergencyStop

__all__ = [
    "MANAGERS",
    "AffectedSession",
    "Appeal",
    "Appointment",
    "Approval",
    "Assessment",
    "CareNote",
    "Category",
    "ClientAnswer",
    "EmergencyStop",
    "FollowUp",
    "Incident",
    "Measure",
    "StopRequest",
]
