"""Whom a mail names, noted as it arrives: nobody reads what perhaps is a complaint about them (C-8)."""

import re
from collections.abc import Iterable

from supportportal.outbox import mail_files
from supportportal.outbox.models import Inbound
from supportportal.people.models import User

from .. import names
from ..models import MailMention

_LONGEST_FILE = 200_000  # bytes of an attached text that are looked through
# How complaints are called in our languages; the words are looked at without capitals and accents.
_COMPLAINS = re.compile(r"\b(complain|reclam|lament|klacht|klag|beklag)")


def own_words(text: str) -> str:
    """A reply without the lines that it quotes; all of it where nothing else is there."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(">")]
    return "\n".join(lines).strip() or text.strip()


def note(mail: Inbound) -> int:
    """Note whom a mail that has just arrived names; in the transaction that keeps it. Returns how many.

    One that names everybody and does not sound like a complaint keeps out nobody: somebody has to read it.
    """
    texts = [*_said_in(mail), *_said_in_files(mail)]
    staff = list(User.objects.staff().only(*names.READ))
    found, sounds = names.mentioned(texts, staff), _sounds_like_complaint(texts)
    if len(found) == len(staff) and not sounds:
        return 0
    rows = [MailMention(mail=mail, person=person, sounds_like_complaint=sounds) for person in found]
    return len(MailMention.objects.bulk_create(rows))


def heed(person: User) -> int:
    """Keep a member of staff who is new, has another name or is back from the mails that name them."""
    if not (person.is_staff and person.is_active):
        return 0
    known = MailMention.objects.filter(person=person).values("mail")
    mails = Inbound.objects.exclude(pk__in=known).only("subject", "text", "answers")
    rows = [
        MailMention(mail=mail, person=person, sounds_like_complaint=_sounds_like_complaint(texts))
        for mail in mails.order_by("pk").iterator(chunk_size=500)
        if names.mentioned(texts := _said_in(mail), [person])
    ]
    return len(MailMention.objects.bulk_create(rows, ignore_conflicts=True))


def _said_in(mail: Inbound) -> list[str]:
    """What its sender says; what a reply quotes of our own mail names whoever it was about."""
    return [mail.subject, own_words(mail.text) if mail.answers_id else mail.text]


def _said_in_files(mail: Inbound) -> Iterable[str]:
    if not mail.raw:  # let go since
        return
    with mail.raw.open("rb") as raw:
        attached = mail_files.read(raw.read())
    for file in attached:
        yield file.name
        if b"\0" not in file.content:
            yield file.content[:_LONGEST_FILE].decode("utf-8", "replace")


def _sounds_like_complaint(texts: Iterable[str]) -> bool:
    return any(_COMPLAINS.search(names.plain(text)) for text in texts)
