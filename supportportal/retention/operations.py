"""What is due to go, and letting it go: by its time, or with the client who asks for it. And holding it back."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from supportportal.people.models import User
from supportportal.refusals import Refused
from supportportal.trail import operations as trail
from supportportal.watch import stopping

from . import kinds, of_messages, policy
from .kinds import Kind, Open
from .models import Forgotten, LegalHold

BATCH = 100
CLIENTS = "clients"
_NOT_SETTLED = _("Something about it is still on its way, held or not settled. Please try again another day.")
_OF_OTHERS = _("A legal hold on somebody else keeps something that is also about this client. Lift it first.")


class RetentionRefused(Refused):
    """What was asked is not possible now, or not for this person."""


@dataclass(frozen=True)
class Line:
    """What of one kind is due: ``held`` of them stay for a legal hold. ``days`` None: kept for ever, nothing is due."""

    kind: Kind
    days: int | None
    due: int = 0
    held: int = 0
    oldest: datetime | None = None

    @property
    def going(self) -> int:
        return self.due - self.held


@dataclass(frozen=True)
class Share:
    """How many rows of a kind are one client's."""

    kind: Kind
    rows: int


def may_forget(by: User) -> bool:
    """Owners and superusers."""
    return by.is_staff and by.has_perm("retention.forget_person")


# -- what is due -------------------------------------------------------------------------------------------------------


def lines(at: datetime, *, seen_by: User | None = None) -> list[Line]:
    """One line for each kind, a query for each that has a time. Totals alone; ``seen_by``: of what that person may know
    of (C-8)."""
    return [_line(kind, at, seen_by) for kind in kinds.all_kinds()]


def _line(kind: Kind, at: datetime, seen_by: User | None) -> Line:
    kept_for = policy.period(kind.code)
    if kept_for is None:
        return Line(kind, None)
    rows = due(kind, at)
    if seen_by is not None and kind.seen_by is not None:
        rows = rows.filter(pk__in=kind.seen_by(kind.model._base_manager.all(), seen_by).values("pk"))
    stays = held(kind).values("pk")
    found = rows.order_by().aggregate(n=Count("pk"), stay=Count("pk", filter=Q(pk__in=stays)), oldest=Min(kind.since))
    stay = found["stay"]
    if kind.code == CLIENTS and LegalHold.objects.standing().exists():
        stay += len(_staying_with_others(list(rows.exclude(pk__in=stays).values_list("pk", flat=True))))
    return Line(kind, kept_for.days, found["n"], stay, found["oldest"])


def due(kind: Kind, at: datetime) -> QuerySet[Any]:
    """Rows whose time is over and that may go, those of a legal hold among them; none where there is no time."""
    kept_for = policy.period(kind.code)
    return kind.model._base_manager.none() if kept_for is None else _over(kind, at - kept_for, at)


def _over(kind: Kind, before: datetime, at: datetime) -> QuerySet[Any]:
    rows = kind.due(before, at)
    for ids in [*kinds.needed(kind.code, at), *of_messages.owed_about(kind)]:
        rows = rows.exclude(pk__in=ids)
    return rows.exclude(Exists(Forgotten.objects.filter(kind=kind.code, subject_id=OuterRef("pk"))))


def held(kind: Kind) -> QuerySet[Any]:
    """Rows that a legal hold keeps."""
    return of_messages.about(kind, LegalHold.objects.standing().values("person"))


# -- letting go --------------------------------------------------------------------------------------------------------


def prune(at: datetime, *, by: Any = None) -> dict[str, int]:
    """Let go of everything that is due, in small transactions; return how many rows of each kind went.

    Any number may run at once, and one that is stopped is taken up by the next: what has gone is not due again.
    """
    counts: Counter[str] = Counter()
    try:
        for kind in kinds.all_kinds():
            for gone in _batches(kind, at):
                counts[kind.code] += gone
    finally:
        counts = +counts
        if counts:
            trail.record("retention.pruned", Forgotten(pk=0), by=by, at=at, **counts)
    return dict(counts)


def _batches(kind: Kind, at: datetime) -> Iterator[int]:
    """Batch by batch, each looked for from where the last one ended; an idle tick takes no lock."""
    rows, after = due(kind, at).exclude(pk__in=held(kind).values("pk")), 0
    while not stopping.has_begun():
        some = list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not some:
            break
        yield _let_go(kind, rows, some, at)
        after = some[-1]


@transaction.atomic
def _let_go(kind: Kind, rows: QuerySet[Any], some: Sequence[int], at: datetime) -> int:
    """Those of ``rows`` that nobody else changes or forgets meanwhile; what another run has in hand is passed over.

    They are looked at again once they are locked: a hold or a reply may have come just before. A client of whom
    something is held with somebody else stays until that hold is lifted.
    """
    lock = kind.model._base_manager.filter(pk__in=some).order_by("pk")
    lock = lock.select_for_update(no_key=True, skip_locked=connection.features.has_select_for_update_skip_locked)
    mine = list(lock.values_list("pk", flat=True))
    pks = list(rows.filter(pk__in=mine).order_by("pk").values_list("pk", flat=True))
    if kind.code != CLIENTS:
        forget(kind, pks, at)
        return len(pks)
    going = list(User.objects.filter(pk__in=set(pks) - _staying_with_others(pks)).order_by("pk"))
    for person in going:
        _forget_all_of(person, at)
    return len(going)


def forget(kind: Kind, pks: Sequence[int], at: datetime) -> None:
    """Take the words and persons of these rows away, with what was written and mailed about them."""
    if not pks:
        return
    of_messages.forget_about(kind, pks, at)
    kind.forget(pks, at)
    names = {"content_type": ContentType.objects.get_for_model(kind.model), "object_id__in": [str(pk) for pk in pks]}
    LogEntry.objects.filter(**names).update(object_repr="", change_message="")
    rows = [Forgotten(kind=kind.code, subject_id=pk, at=at) for pk in pks]
    Forgotten.objects.bulk_create(rows, ignore_conflicts=True)


def _forget_all_of(person: User, at: datetime) -> None:
    for kind in kinds.all_kinds():
        if kind.code != CLIENTS:
            forget(kind, list(_of(kind, person).values_list("pk", flat=True)), at)
    forget(clients(), [person.pk], at)


def _staying_with_others(people: Sequence[int]) -> set[int]:
    """Those of these clients of whom something is held with somebody else; the more are free, the fewer questions."""
    if not people or (len(people) <= BATCH and not _held_with_others(people)):
        return set()
    if len(people) == 1:
        return set(people)
    middle = len(people) // 2
    return _staying_with_others(people[:middle]) | _staying_with_others(people[middle:])


def _held_with_others(people: Sequence[int]) -> list[Kind]:
    """The kinds of which rows of these clients concern somebody else, about whom a legal hold keeps everything."""
    if not LegalHold.objects.standing().exists():
        return []
    others = [kind for kind in kinds.all_kinds() if kind.code != CLIENTS]
    return [kind for kind in others if held(kind).filter(kind.whose(people)).exists()]


def clients() -> Kind:
    return next(kind for kind in kinds.all_kinds() if kind.code == CLIENTS)


def _of(kind: Kind, person: User) -> QuerySet[Any]:
    return kind.model._base_manager.filter(kind.whose([person.pk]))


# -- one client --------------------------------------------------------------------------------------------------------


def shares(person: User) -> list[Share]:
    """What goes with the client, by kind; nothing that tells of a case (C-8): those are left out."""
    told = [kind for kind in kinds.all_kinds() if kind.seen_by is None]
    found = [Share(kind, of_messages.outside_cases(_of(kind, person)).count()) for kind in told]
    return [share for share in found if share.rows and share.kind.code != CLIENTS]


def why_not(person: User, *, by: User, at: datetime) -> list[Any]:
    """Why this client cannot be anonymised now, as sentences that ``by`` may read; empty where nothing stands against.

    Of what ``by`` may not know, it says the same as of a message on its way (C-8).
    """
    if person.is_staff or person.is_superuser or person.account_id is None:
        return [_("Only clients are anonymised; this is no client of an account.")]
    if is_forgotten(person):
        return [_("This client has been anonymised already.")]
    found = [_said(one, person, by, at) for one in kinds.all_opens() if one.who(at).filter(pk=person.pk).exists()]
    if LegalHold.objects.standing().filter(person=person).exists():
        found.append(_("A legal hold keeps everything about this client. Lift it first."))
    elif kept := _held_with_others([person.pk]):
        can_be_told = any(kind.subjects and kind.seen_by is None for kind in kept)
        found.append(_OF_OTHERS if can_be_told else of_messages.ON_ITS_WAY)
    return list(dict.fromkeys(found))


def _said(one: Open, person: User, by: User, at: datetime) -> Any:
    if one.seen_by is not None and not one.seen_by(at, by).filter(pk=person.pk).exists():
        return of_messages.ON_ITS_WAY
    return one.says


def is_forgotten(person: User) -> bool:
    return Forgotten.objects.filter(kind=CLIENTS, subject_id=person.pk).exists()


@transaction.atomic
def forget_person(person: User, *, by: User, at: datetime) -> None:
    """Anonymise one client, with everything of theirs. Raises RetentionRefused where something stands against it."""
    if not may_forget(by):
        raise RetentionRefused(_("Only owners and superusers anonymise clients."))
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if reasons := why_not(person, by=by, at=at):
        raise RetentionRefused(" ".join(str(reason) for reason in reasons))
    _forget_all_of(person, at)
    trail.record("person.anonymised", person, by=by, at=at)


# -- one case of somebody without an account ---------------------------------------------------------------------------


def why_kept(kind: Kind, row: Any, at: datetime) -> list[Any]:
    """Why this row, which is no client's, cannot be anonymised now, as sentences; empty where nothing stands against.

    Of what keeps it without being its own, no more is said than that something is not settled (C-8).
    """
    rows = kind.model._base_manager.filter(pk=row.pk)
    if Forgotten.objects.filter(kind=kind.code, subject_id=row.pk).exists():
        return [_("It has been anonymised already.")]
    if rows.filter(kind.whose(User.objects.clients().values("pk"))).exists():
        return [_("It is a client's. It goes with everything of theirs: by the button on the page of that person.")]
    if not kind.due(at, at).filter(pk=row.pk).exists():
        return [_("It is open, or can still be taken further.")]
    is_settled = _over(kind, at, at).filter(pk=row.pk).exists() and not held(kind).filter(pk=row.pk).exists()
    return [] if is_settled else [_NOT_SETTLED]


@transaction.atomic
def forget_case(kind: Kind, row: Any, *, by: User, at: datetime) -> None:
    """Anonymise one row that is no client's, whatever its time. Raises RetentionRefused where something stands against
    it. What it leaves on the trail is the caller's to say."""
    if not may_forget(by):
        raise RetentionRefused(_("Only owners and superusers anonymise cases."))
    kind.model._base_manager.select_for_update(no_key=True).get(pk=row.pk)
    if reasons := why_kept(kind, row, at):
        raise RetentionRefused(" ".join(str(reason) for reason in reasons))
    forget(kind, [row.pk], at)


# -- legal holds -------------------------------------------------------------------------------------------------------


@transaction.atomic
def place_hold(person: User, reason: str, *, by: User, at: datetime) -> LegalHold:
    """Keep everything about ``person`` until it is lifted. Raises RetentionRefused where a hold stands already."""
    if not may_forget(by):
        raise RetentionRefused(_("Only owners and superusers place and lift legal holds."))
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if is_forgotten(person):
        raise RetentionRefused(_("This client has been anonymised already."))
    try:
        with transaction.atomic():
            hold = LegalHold.objects.create(person=person, reason=reason.strip(), placed_by=by, placed_at=at)
    except IntegrityError:
        raise RetentionRefused(_("A legal hold on this person stands already.")) from None
    trail.record("hold.placed", hold, by=by, at=at, person=person.pk)
    return hold


@transaction.atomic
def lift_hold(hold: LegalHold, *, by: User, at: datetime) -> None:
    """From now on the person's data goes when its time is over. Nothing happens where it was lifted already."""
    if not may_forget(by):
        raise RetentionRefused(_("Only owners and superusers place and lift legal holds."))
    if LegalHold.objects.standing().filter(pk=hold.pk).update(lifted_by=by, lifted_at=at):
        trail.record("hold.lifted", hold, by=by, at=at, person=hold.person_id)
