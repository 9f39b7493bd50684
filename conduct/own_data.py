"""What of conduct belongs to the client's own data: what was reported of them, what we wrote, and what they answered.

Left out is whatever is somebody else's or was never told: who reported it and whom it was aimed at, what it did to that
person, how it was assessed beyond the notice, proposals that came to nothing, and care for the team (R-6, R-8, R-10).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal.outbox import kinds
from supportportal.outbox import own_data as messages_own_data
from supportportal.people import own_data
from supportportal.people.models import Gate, User
from supportportal.people.own_data import Coded, Fact, Part, Record, Section, facts_of, stored
from supportportal.people.own_data_others import Others

from . import incoming, messages, messages_appeal, messages_watch
from .models import Appeal, Category, ClientAnswer, EmergencyStop, Incident, Measure, StopRequest

PREFIX = "conduct_"  # of all our kinds of mail
# What clients are written; every other mail of ours goes to staff, who have none of it once they are clients again.
TO_CLIENTS = (
    *incoming.TO_CLIENT,
    *(messages.COLLEAGUE, messages.COLLEAGUE_OPEN, messages_appeal.KEPT),
    *(messages_watch.ENDED, messages_watch.STOP_ENDED),
)


def register() -> None:
    """Called when all kinds of mail are registered."""
    says = gettext_lazy("what was reported about you, what we decided and wrote to you, and your appeals")
    own_data.register(Part("conduct", gettext_lazy("Incidents and measures"), says, collect, position=45))
    ours = [kind.code for kind in kinds.all_kinds() if kind.code.startswith(PREFIX)]
    messages_own_data.leave_out(*(code for code in ours if code not in TO_CLIENTS))


def collect(person: User, at: datetime) -> Iterable[Section]:
    yield Section("incidents", _("Incidents about you"), _incidents(person))


def _incidents(person: User) -> Iterator[Record]:
    told = Measure.objects.filter(taken_at__isnull=False).select_related("appeal").prefetch_related("appeal__files")
    rows = Incident.objects.filter(client=person).select_related("emergency_stop")
    rows = rows.prefetch_related("stop_requests", "answers__files", Prefetch("measures", told.order_by("taken_at")))
    others = Others.around(person, staff=True)
    for one in rows.order_by("reported_at", "pk").iterator(own_data.BATCH):
        yield Record(one.reference, [*_reported(one, others), *_written(one)])


def _reported(incident: Incident, others: Others) -> Iterator[Fact]:
    yield from facts_of(incident, "reference", "reported_at", "happened_at", "channel", "state")
    labels = dict(Category.choices)
    yield Fact("categories", _("What it was"), [Coded(one, labels.get(one, one)) for one in incident.categories])
    yield Fact("words", _("Words attributed to you"), others.blank(incident.words))


def _written(incident: Incident) -> Iterator[Fact]:
    yield Fact("stop_requests", _("Requests to stop"), [_request(one) for one in incident.stop_requests.all()])
    yield Fact("answers", _("What you answered"), [_answer(one) for one in incident.answers.all()])
    if stop := getattr(incident, "emergency_stop", None):
        yield Fact("contact_stopped", _("Contact stopped"), [_stop(stop)])
    yield Fact("measures", _("Measures"), [_measure(one) for one in incident.measures.all()])


def _request(request: StopRequest) -> Record:
    return Record("", [*facts_of(request, "sent_at"), _cleaned("text", _("Text"), request.text)])


def _answer(answer: ClientAnswer) -> Record:
    files = Fact("files", _("Files"), stored(answer.files.all()))
    return Record("", [*facts_of(answer, "arrived_at"), _cleaned("text", _("Text"), answer.text), files])


def _stop(stop: EmergencyStop) -> Record:
    notice = _cleaned("notice", _("What you were told"), stop.notice)
    return Record("", [*facts_of(stop, "at", "until", "ended_at"), notice])


def _measure(measure: Measure) -> Record:
    gates = dict(Gate.choices)
    facts = [
        *facts_of(measure, "kind", "state", "taken_at", "until", "review_on"),
        Fact("closes", _("Closes"), [Coded(gate, gates.get(gate, gate)) for gate in measure.gates]),
        _cleaned("notice", _("What you were told"), measure.notice),
        *facts_of(measure, "told_at", "posted_at", "posted_to", "appeal_by", "ended_at", "ending_reason"),
    ]
    if appeal := getattr(measure, "appeal", None):
        facts.append(Fact("appeal", _("Your appeal"), [_appeal(appeal)]))
    return Record(measure.get_kind_display(), facts)


def _appeal(appeal: Appeal) -> Record:
    said = facts_of(appeal, "lodged_at", "reasons", "late_cause")
    files = Fact("files", _("Files"), stored(appeal.files.all()))
    return Record("", [*said, files, *facts_of(appeal, "answer_by", "outcome", "decision", "decided_at")])


def _cleaned(code: str, label: str, text: str) -> Fact:
    return Fact(code, label, messages_own_data.cleaned(text))
