"""Cases that are over for long: words, names and files go; dates, subjects and outcomes stay for the reports.

Over is a complaint when its decision and every letter have gone, the time to appeal and to turn to the ombudsman has
passed, and nothing that was promised is left to do (C-8b, C-10).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, Max, Model, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from bookings.rules import add_months
from supportportal.people.models import ANONYMISED, User
from supportportal.retention import kinds
from supportportal.retention.blanking import blank
from supportportal.retention.kinds import Condition, Kind, Open

from .models import (
    Appeal,
    Appointment,
    Complaint,
    Deadline,
    Evidence,
    Letter,
    NamedStaff,
    Note,
    OmbudsmanScheme,
    Point,
    Rebasing,
    Referral,
    Remedy,
    Reply,
    Statement,
)

# Longer than the twenty business days of C-10 can take with holidays and closures; a late appeal needs the words too.
APPEAL_TIME = timedelta(days=90)
ANSWERS = [Letter.Kind.RESPONSE, Letter.Kind.CLOSING, Letter.Kind.FINAL]
BLANK: dict[type[Model], tuple[str, ...]] = {
    Complaint: (
        *("name", "postal_address", "summary", "references", "occasions", "numbers", "emails", "wish"),
        *("late_entry_reason", "post", "closing_reason"),
    ),
    Appeal: ("reasons", "late_cause"),
    Referral: ("their_reference", "decision", "followed_up"),
    Point: ("text", "reasons"),
    Remedy: ("text", "done_note"),
    Note: ("text",),
    Reply: ("text",),
    Letter: ("subject", "body"),
    NamedStaff: ("typed",),
    Appointment: ("reason",),
}


def register() -> None:
    kinds.register(COMPLAINTS)
    kinds.register_open(OPEN)
    kinds.register_life(_complained_since)


def over(at: datetime) -> QuerySet[Complaint]:
    """Complaints about which nothing is open, owed or inside a time of somebody's own."""
    lately = at - APPEAL_TIME
    answers = Letter.objects.filter(complaint=OuterRef("pk"), kind__in=ANSWERS, state=Letter.State.GONE)
    found = Complaint.objects.exclude(state__in=Complaint.OPEN).filter(Exists(answers.filter(gone_at__lte=lately)))
    for still in (
        answers.filter(gone_at__gt=lately),
        Letter.objects.filter(complaint=OuterRef("pk"), state=Letter.State.LEAVING),
        _to_refer(at),
        Deadline.objects.running().filter(complaint=OuterRef("pk")),
        Appeal.objects.filter(complaint=OuterRef("pk"), outcome=""),
        Referral.objects.filter(complaint=OuterRef("pk"), followed_up_on__isnull=True),
        Remedy.objects.filter(complaint=OuterRef("pk"), done_at__isnull=True),
        Reply.objects.filter(complaint=OuterRef("pk"), read_at__isnull=True),
    ):
        found = found.exclude(Exists(still))
    return found


def _to_refer(at: datetime) -> QuerySet[Letter]:
    """Ombudsman letters whose time to turn to the scheme has not passed; the longest that any scheme gives."""
    months = OmbudsmanScheme.objects.aggregate(most=Max("months_to_refer"))["most"] or 0
    first = datetime.combine(add_months(at.date(), -months), at.timetz())
    sent = Letter.objects.filter(complaint=OuterRef("pk"), kind=Letter.Kind.OMBUDSMAN)
    return sent.exclude(state=Letter.State.FAILED).filter(Q(gone_at__isnull=True) | Q(gone_at__gte=first))


def _due(before: datetime, at: datetime) -> QuerySet[Complaint]:
    found = over(at).filter(entered_at__lte=before).exclude(decided_at__gt=before)
    for later in (
        Letter.objects.filter(complaint=OuterRef("pk"), gone_at__gt=before),
        Appeal.objects.filter(complaint=OuterRef("pk"), decided_at__gt=before),
        Referral.objects.filter(complaint=OuterRef("pk"), followed_up_on__gt=before.date()),
        Remedy.objects.filter(complaint=OuterRef("pk"), done_at__gt=before),
        Reply.objects.filter(complaint=OuterRef("pk"), arrived_at__gt=before),
    ):
        found = found.exclude(Exists(later))
    return found


def _forget(pks: Sequence[int], at: datetime) -> None:
    """Who of staff had a part in it stays: the gate (C-8) and the reports (C-13) ask for them. The complainant goes."""
    for model, fields in BLANK.items():
        blank(model, *fields, **{"pk__in" if model is Complaint else "complaint__in": pks})
    Complaint.objects.filter(pk__in=pks).exclude(email="").update(email=f"complaint@{ANONYMISED}")
    Complaint.objects.filter(pk__in=pks).update(
        client=None,
        form_key=None,
        link_epoch=F("link_epoch") + 1,
        version=F("version") + 1,
    )
    blank(Statement, "extract", "questions", "text", named__complaint__in=pks)
    blank(Rebasing, "reason", deadline__complaint__in=pks)
    Letter.objects.filter(complaint__in=pks).update(content=None)
    Reply.files.through.objects.filter(reply__complaint__in=pks).delete()
    Evidence.objects.filter(complaint__in=pks).delete()


def _theirs(people: Any) -> Condition:
    """Also those that they sent without signing in, from their own address."""
    address = User.objects.filter(pk__in=people, email__iexact=OuterRef("email"))
    return Q(client__in=people) | Q(Q(client__isnull=True) & Exists(address))


def _about(people: Any) -> Condition:
    part = Q(named__person__in=people) | Q(reviewer__in=people) | Q(decided_by__in=people)
    return _theirs(people) | part


COMPLAINTS = Kind(
    code="complaints",
    title=_("Complaints that are over"),
    what=_("Complainant, words, letters and files go; dates, subject, outcome and deadlines stay for the reports."),
    model=Complaint,
    due=_due,
    forget=_forget,
    since="arrived_at",
    whose=_theirs,
    about=_about,
    subjects={"complaints.complaint": "pk", "complaints.statement": "named__complaint"},
    keeps_mail=True,
    seen_by=lambda complaints, user: complaints.filter(pk__in=Complaint.objects.visible_to(user).values("pk")),
    position=80,
)


def _clients_of(complaints: QuerySet[Complaint]) -> QuerySet[User]:
    same = Q(client=OuterRef("pk")) | Q(client__isnull=True, email__iexact=OuterRef("email"))
    return User.objects.filter(Exists(complaints.filter(same)))


def _not_over(at: datetime) -> QuerySet[Complaint]:
    return Complaint.objects.order_by().exclude(pk__in=over(at).values("pk"))


OPEN = Open(
    "complaints",
    _("A complaint of this client is open, or can still be taken further."),
    lambda at: _clients_of(_not_over(at)),
    seen_by=lambda at, user: _clients_of(_not_over(at).filter(pk__in=Complaint.objects.visible_to(user).values("pk"))),
    position=40,
)


def _complained_since(since: datetime) -> QuerySet[Any]:
    lately = Complaint.objects.filter(Q(arrived_at__gt=since) | Q(replies__arrived_at__gt=since))
    return lately.filter(client__isnull=False).values("client")
