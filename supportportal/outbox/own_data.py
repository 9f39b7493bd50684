"""What of messages belongs to a person's own data: what we sent to that person, and the mails that came from there.

A message to a person can be about somebody else: each app says which of its own are, in ``AppConfig.ready()``.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal.people import own_data
from supportportal.people.models import User
from supportportal.people.own_data import Coded, Fact, File, Part, Record, Section, facts_of
from supportportal.people.own_data_others import Others

from . import attached, secrecy
from .models import Inbound, Message

_REPLY_TOKEN = re.compile(r"(?i)(\breply\+)[\w.]{16,}")
_to_staff: set[str] = set()
_about_others: list[Q] = []


def leave_out(*kinds: str) -> None:
    """Kinds that go to staff only: somebody who was staff once does not get them, nor what they answered to them."""
    _to_staff.update(kinds)


def leave_out_words(which: Q) -> None:
    """Messages about a colleague: that they were sent is told, what they say is not."""
    _about_others.append(which)


def register() -> None:
    says = gettext_lazy("what we sent you, by e-mail and text message, and the mails you wrote to us")
    own_data.register(Part("messages", gettext_lazy("Messages"), says, collect, position=70))


def collect(person: User, at: datetime) -> Iterable[Section]:
    others = Others.around(person)
    yield Section("sent", _("What we sent you"), _sent(person, others))
    yield Section("received", _("Mails you wrote to us"), _received(person, others))


def _sent(person: User, others: Others) -> Iterator[Record]:
    rows = Message.objects.filter(recipient=person).exclude(state=Message.State.VOID).exclude(kind__in=_to_staff)
    about_others = reduce(or_, _about_others, Q(pk__isnull=True))
    rows = rows.annotate(is_about_others=Case(When(about_others, then=Value(True)), default=Value(False)))
    for one in rows.defer("html").order_by("due_at", "pk").iterator(own_data.BATCH):
        facts = [
            Fact("kind", _("Kind"), Coded(one.kind, one.label)),
            *facts_of(one, "channel", "state"),
            Fact("why", _("Why"), others.blank(one.why)),
            *facts_of(one, "due_at", "sent_at", "delivered_at", "sent_to"),
        ]
        if one.is_about_others:
            facts.append(Fact("about", _("About"), Coded("somebody_else", _("a colleague: the words are left out"))))
        else:
            facts.append(Fact("subject", _("Subject"), others.blank(cleaned(one.subject))))
            facts.append(Fact("text", _("Text"), others.blank(cleaned(one.text))))
        yield Record(one.label, facts)


def _received(person: User, others: Others) -> Iterator[Record]:
    """With the files that came with them, where they are such as we take: of the others, the name."""
    rows = Inbound.objects.filter(person=person).exclude(answers__kind__in=_to_staff)
    for one in rows.order_by("arrived_at", "pk").iterator(own_data.BATCH):
        files, subject = attached.files_of(one), others.blank(cleaned(one.subject))
        yield Record(
            subject or _("(no subject)"),
            [
                *facts_of(one, "arrived_at", "sender", "state"),
                Fact("subject", _("Subject"), subject),
                Fact("text", _("Text"), others.blank(cleaned(one.text))),
                Fact("files", _("Files"), [_file(file, one) for file in files if not file.problem]),
                Fact("files_not_kept", _("Files that we could not take"), [one.name for one in files if one.problem]),
            ],
        )


def _file(file: attached.Attached, mail: Inbound) -> File | Coded:
    return File(file.name, file.open) if mail.is_given_out else own_data.not_given_out(file.name, mail)


def cleaned(text: str) -> str:
    """Without anything that opens something: links of ours, and the addresses that replies go to."""
    return _REPLY_TOKEN.sub(rf"\1{secrecy.BLANK}", secrecy.blank_links(text))
