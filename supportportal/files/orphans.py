"""Files that nothing refers to: handed in with a form that was never sent, or let go by whatever held them."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.files.storage import Storage
from django.db import OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.db.models.fields.reverse_related import ForeignObjectRel

from .models import StoredFile, private_storage

KEPT_FOR = timedelta(days=1)  # a form that is shown again keeps its files for as long
BATCH = 100
_FOLDER, _NAME = re.compile(r"[0-9a-f]{2}"), re.compile(r"[0-9a-f]{38}")


def sweep(at: datetime) -> int:
    """Delete files that nothing refers to and that are older than a day, row and content; returns how many rows.

    A file that some transaction is attaching right now is not touched: while anybody writes where files are referred
    to, nothing is deleted, and the next tick tries again. References are foreign keys and many-to-many fields.
    """
    swept = 0
    while deleted := _sweep_some(at - KEPT_FOR):
        swept += deleted
    _sweep_contents(at - KEPT_FOR)
    return swept


def references() -> list[ForeignObjectRel]:
    """Every column that refers to a file, those without a name for the way back and of many-to-many tables included."""
    fields = StoredFile._meta.get_fields(include_hidden=True)
    return [field for field in fields if isinstance(field, ForeignObjectRel) and not field.many_to_many]


def waiting_bytes(at: datetime) -> int:
    """How much is kept for forms that have not been sent yet."""
    lately = StoredFile.objects.filter(uploaded_at__gte=at - KEPT_FOR)
    return _unreferred(lately).aggregate(size=Sum("size"))["size"] or 0


def _orphans(before: datetime) -> QuerySet[StoredFile]:
    return _unreferred(StoredFile.objects.filter(uploaded_at__lt=before))


def _unreferred(found: QuerySet[StoredFile]) -> QuerySet[StoredFile]:
    for relation in references():
        field = relation.field
        referring = relation.related_model._base_manager.filter(**{field.attname: OuterRef(field.target_field.attname)})
        found = found.exclude(Exists(referring))
    return found


def _sweep_some(before: datetime) -> int:
    if not _orphans(before).exists():
        return 0
    with transaction.atomic():
        if not _nobody_refers_meanwhile():
            return 0
        orphans = list(_orphans(before).order_by("pk")[:BATCH])
        contents = [(orphan.content.storage, orphan.content.name) for orphan in orphans]
        StoredFile.objects.filter(pk__in=[orphan.pk for orphan in orphans]).delete()
        # The disk comes last: what is still in the database is still whole. A crash in between is made up for later.
        transaction.on_commit(lambda: _delete(contents))
    return len(orphans)


def _nobody_refers_meanwhile() -> bool:
    """Keep everybody from writing references until the end of the transaction; False if somebody is at it.

    PostgreSQL would not show them to us before they commit. On SQLite a transaction that writes is alone already.
    """
    if connection.vendor != "postgresql":
        return True
    quote = connection.ops.quote_name
    tables = ", ".join(sorted({quote(relation.related_model._meta.db_table) for relation in references()}))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {tables} IN SHARE MODE NOWAIT")
    except OperationalError:
        return False
    return True


def _delete(contents: list[tuple[Storage, str]]) -> None:
    for storage, name in contents:
        storage.delete(name)


def _sweep_contents(before: datetime) -> None:
    """Delete contents that have no row: of a transaction that was rolled back, or of a crash."""
    storage = private_storage()
    for folder in _folders(storage):
        names = {f"{folder}/{name}" for name in storage.listdir(folder)[1] if _NAME.fullmatch(name)}
        known = set(StoredFile.objects.filter(content__in=names).values_list("content", flat=True)) if names else set()
        for name in names - known:
            if storage.get_modified_time(name) < before:
                storage.delete(name)


def _folders(storage: Storage) -> Iterator[str]:
    """Those of files that were handed in; other apps keep what is theirs in the same storage, under other names."""
    try:
        folders, _files = storage.listdir("")
    except FileNotFoundError:  # no file has ever been kept
        return
    yield from (folder for folder in folders if _FOLDER.fullmatch(folder))
