"""Small acts at the complaints desk, each on the trail."""

from datetime import datetime

from django.db import transaction

from supportportal.people.models import User
from supportportal.retention import operations as retention
from supportportal.trail import operations as trail

from ..forgetting import COMPLAINTS
from ..models import Complaint, Evidence, Reply
from .gate import enter, require_sight
from .locking import changed


@transaction.atomic
def opened(evidence: Evidence, *, original: bool, by: User, at: datetime) -> None:
    """Somebody takes a file out; ``original``: as it came, with what a picture tells besides. Raises NotYours."""
    require_sight(evidence.complaint, by)
    facts = {"evidence": evidence.pk, "original": original, "sha256": evidence.file.sha256}
    trail.record("complaint.evidence_opened", evidence.complaint, by=by, at=at, **facts)


@transaction.atomic
def exported(complaint: Complaint, *, sha256: str, by: User, at: datetime) -> None:
    """Somebody takes the whole file of a case out. Raises NotYours."""
    require_sight(complaint, by)
    trail.record("complaint.exported", complaint, by=by, at=at, sha256=sha256)


@transaction.atomic
def anonymise(complaint: Complaint, *, by: User, at: datetime) -> None:
    """Take the words and persons of a case that is over away, for a complainant without an account who asks for it.

    Raises NotYours, and RetentionRefused where something stands against it.
    """
    complaint = enter(complaint, by=by)
    retention.forget_case(COMPLAINTS, complaint, by=by, at=at)
    trail.record("complaint.anonymised", complaint, by=by, at=at)


@transaction.atomic
def read(reply: Reply, *, by: User, at: datetime) -> Reply:
    """Note that what the complainant sent has been read; noting it twice changes nothing. Raises NotYours."""
    complaint = enter(reply.complaint, by=by)
    reply = complaint.replies.get(pk=reply.pk)
    if reply.read_at is None:
        reply.read_at = at
        reply.save(update_fields=["read_at"])
        trail.record("complaint.reply_read", complaint, by=by, at=at, reply=reply.pk)
    return reply


@transaction.atomic
def renew_link(complaint: Complaint, *, by: User, at: datetime, seen: int | None) -> Complaint:
    """Shut the complainant's page to every link that was sent; mail that goes from now on bears a new one (C-3).

    Raises NotYours, Stale.
    """
    complaint = enter(complaint, by=by, seen=seen)
    complaint.link_epoch += 1
    trail.record("complaint.link_renewed", complaint, by=by, at=at, epoch=complaint.link_epoch)
    return changed(complaint, "link_epoch")


def told_caller(*, by: User, at: datetime) -> None:
    """Note that somebody on the phone was told how to complain in writing, and who helps (C-1)."""
    trail.record("complaint.caller_told", by, by=by, at=at)
