"""Mail that answers a letter about a complaint: it joins the complaint, whoever is restricted or not (C-9, R-6)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from supportportal.files import intake as files_intake
from supportportal.files.models import StoredFile
from supportportal.outbox import mail_files
from supportportal.outbox.inbound import Action, Handler, Mail, Outcome
from supportportal.outbox.models import Inbound
from supportportal.people.models import User

from . import messages
from .digests import DEADLINE_DIGEST
from .models import Complaint, MailMention, Reply, Statement
from .operations import evidence, intake, naming
from .operations.mentions import own_words
from .refusals import NothingSaid, TooMuchEvidence

DONE, TO_DO = Inbound.State.HANDLED, Inbound.State.WAITING
SHUT = gettext_noop("the links and addresses of that time were shut: is it really from the complainant?")
NOT_TAKEN, NOTHING = gettext_noop("files that were not taken"), gettext_noop("nothing in it that could be taken")


def _answers_a_letter(mail: Mail) -> bool:
    return mail.replies_to == messages.SUBJECT_TYPE


def _take(mail: Mail, at: datetime) -> Outcome:
    """A reply with its files; what could not be taken is noted, and the mail is left for staff to look at."""
    complaint = Complaint.objects.filter(pk=mail.answers.subject_id).first() if mail.answers else None
    if complaint is None:
        return Outcome(TO_DO)
    inbound = mail.inbound
    if _is_shut(mail, complaint):
        return Outcome(TO_DO, messages.SUBJECT_TYPE, complaint.pk, note=SHUT)
    files, left_out = files_of(inbound, complaint)
    try:
        intake.add(
            complaint,
            text=own_words(inbound.text),
            source=Reply.Source.MAIL,
            files=files,
            inbound=inbound,
            at=inbound.arrived_at,
        )
        naming.hear(complaint, [inbound.subject], at=inbound.arrived_at)
    except NothingSaid:
        return Outcome(TO_DO, messages.SUBJECT_TYPE, complaint.pk, note=NOTHING)
    note = f"{NOT_TAKEN}: {', '.join(left_out)}" if left_out else ""
    return Outcome(TO_DO if left_out else DONE, messages.SUBJECT_TYPE, complaint.pk, note=note)


def _is_shut(mail: Mail, complaint: Complaint) -> bool:
    """Whether it came to an address that was shut with the links of its time, and not surely from the complainant."""
    if mail.answers is None or mail.answers.data.get("epoch") == complaint.link_epoch:
        return False
    is_confirmed = mail.inbound.verdict == Inbound.Verdict.PASS
    return not (is_confirmed and mail.inbound.sender.casefold() == complaint.email.casefold())


def files_of(inbound: Inbound, complaint: Complaint | None = None) -> tuple[list[StoredFile], list[str]]:
    """The files of a mail that are taken beside what the complaint holds, and the names of the others."""
    taken: list[StoredFile] = []
    left_out: list[str] = []
    if not inbound.raw:  # let go since
        return taken, left_out
    with inbound.raw.open("rb") as raw:
        attached = mail_files.read(raw.read())
    for one in attached:
        try:
            evidence.require_room([*(kept.size for kept in taken), len(one.content)], beside=complaint)
            upload = SimpleUploadedFile(one.name or "file", one.content)
            taken.append(files_intake.accept(upload, inbound.arrived_at))
        except files_intake.NoRoom:
            raise  # the mail is kept whole; it is read again when there is room
        except (ValidationError, TooMuchEvidence):
            left_out.append(one.name or "file")
    return taken, left_out


def visible_to(queryset: Any, user: Any) -> Any:
    """Mails about complaints that the gate lets ``user`` see, and what answers other mails about them: it quotes what
    was put to the person concerned, or which cases a reviewer has. Of others, none that names ``user`` and may be a
    complaint (C-8)."""
    seen = Complaint.objects.visible_to(user).values("pk")
    asked = Statement.objects.filter(named__complaint__in=seen).values("pk")
    return queryset.filter(
        ~Q(subject_type=messages.SUBJECT_TYPE) | Q(subject_id__in=seen),
        ~Q(subject_type=messages.STATEMENT_TYPE) | Q(subject_id__in=asked),
        ~Q(Exists(_names(user)), ~Q(subject_type=messages.SUBJECT_TYPE)),
    ).exclude(Q(answers__kind=DEADLINE_DIGEST) & ~Q(answers__recipient=user.pk))


def _names(user: Any) -> Any:
    about_nothing = Q(mail__subject_type="")
    rows = MailMention.objects.filter(mail=OuterRef("pk"), person=user.pk)
    return rows.filter(about_nothing | Q(sounds_like_complaint=True))


def _about(inbound: Inbound) -> str:
    complaint = Complaint.objects.filter(pk=inbound.subject_id or 0).first()
    return _("Complaint %(reference)s") % {"reference": complaint.reference} if complaint else ""


def _actions(inbound: Inbound) -> Sequence[Action]:
    complaint = Complaint.objects.filter(pk=inbound.subject_id or 0).first()
    return [Action(_("Open the complaint"), complaint.get_absolute_url())] if complaint else []


def _offers(inbound: Inbound, user: User) -> Sequence[Action]:
    """A complaint that came by mail is entered with its words and its instant (C-1)."""
    if not user.has_perm("complaints.add_complaint"):
        return []
    address = reverse("admin:complaints_complaint_add")
    source = Complaint.Source.MAIL.value
    return [Action(_("Enter it as a complaint"), f"{address}?{urlencode({'source': source, 'mail': inbound.pk})}")]


HANDLERS = [
    Handler(
        "complaints.reply",
        _answers_a_letter,
        _take,
        subject_type=messages.SUBJECT_TYPE,
        position=5,
        about=_about,
        actions=_actions,
        visible_to=visible_to,
        offers=_offers,
        never_closed=True,
    )
]
