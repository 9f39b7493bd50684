"""The complaints' data; one module per part."""

from .appeal import Appeal, OmbudsmanScheme, Referral
from .complaint import MANAGERS, SENIORS, Appointment, Complaint, Evidence, NamedStaff
from .deadlines import Deadline, Rebasing
from .letters import Letter
from .mail import MailMention
from .review import Note, Point, Remedy, Reply, Statement
from .sources import Use

__all__ = [
    "MANAGERS",
    "SENIORS",
    "Appeal",
    "Appointment",
    "Complaint",
    "Deadline",
    "Evidence",
    "Letter",
    "MailMention",
    "NamedStaff",
    "Note",
    "OmbudsmanScheme",
    "Point",
    "Rebasing",
    "Referral",
    "Remedy",
    "Reply",
    "Statement",
    "Use",
]
