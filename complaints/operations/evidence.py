"""The files of a complaint: kept as they came, beside each a copy without an image's metadata for staff to see."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import QuerySet, Sum

from supportportal.files import intake, stripping
from supportportal.files.models import StoredFile
from supportportal.people.models import User

from ..models import Complaint, Evidence
from ..policy import POLICY
from ..refusals import TooMuchEvidence, TooMuchInAll

Copies = Mapping[int, StoredFile]


def require_room(sizes: Sequence[int], beside: Complaint | None = None) -> None:
    """Raises TooMuchEvidence where files of these sizes are too many or too large to be sent together,
    TooMuchInAll where the complaint ``beside`` holds too much already.
    """
    if len(sizes) > POLICY.evidence_files or sum(sizes) > POLICY.evidence_bytes:
        raise TooMuchEvidence
    if beside is None or not sizes:
        return
    held = beside.evidence.aggregate(size=Sum("file__size"))["size"] or 0
    if (
        beside.evidence.count() + len(sizes) > POLICY.evidence_files_in_all
        or held + sum(sizes) > POLICY.evidence_bytes_in_all
    ):
        raise TooMuchInAll


def copies(files: Sequence[StoredFile], at: datetime) -> Copies:
    """By a file's id, its copy without metadata; none for what cannot be stripped. To be made before a transaction."""
    made = {}
    for one in files:
        with one.content.open("rb") as content:
            stripped = stripping.strip(content.read(), one.content_type)
        if stripped is not None:
            made[one.pk] = intake.keep(one.name, one.content_type, stripped, at, is_ours=False)
    return made


def copies_of(file: StoredFile) -> QuerySet[StoredFile]:
    return StoredFile.objects.filter(pk__in=Evidence.objects.filter(file=file).values("shown"))


def unknown(complaint: Complaint, files: Sequence[StoredFile]) -> list[StoredFile]:
    """Those of ``files`` that the complaint does not hold yet, each content once; what was deleted may come again."""
    held = set(
        complaint.evidence.exclude(file__screening=StoredFile.Screening.DELETED).values_list("file__sha256", flat=True)
    )
    fresh: list[StoredFile] = []
    for one in files:
        if one.sha256 not in held:
            held.add(one.sha256)
            fresh.append(one)
    return fresh


def keep(
    complaint: Complaint,
    files: Sequence[StoredFile],
    shown: Copies,
    *,
    by: User | None,
    at: datetime,
    scan: StoredFile | None = None,
) -> None:
    rows = [(one, False) for one in files] + ([(scan, True)] if scan else [])
    Evidence.objects.bulk_create(
        Evidence(complaint=complaint, file=one, shown=shown.get(one.pk), is_scan=is_scan, added_at=at, added_by=by)
        for one, is_scan in rows
    )
