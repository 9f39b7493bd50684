"""What the buttons of a case do: one form, one operation, and the words for who pressed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from supportportal.files.intake import accept
from supportportal.people.models import Firm, User

from . import calendars, rules
from .forms_case import (
    AddNameForm,
    AppealForm,
    AppointForm,
    AskStatementForm,
    AssignForm,
    CaseForm,
    CloseForm,
    DecisionForm,
    DoneForm,
    FindForm,
    FollowUpForm,
    MatchForm,
    NoteForm,
    NothingForm,
    PointsForm,
    PostedForm,
    PromiseForm,
    ReferForm,
    ReplyForm,
)
from .models import Appointment, Complaint, Letter, NamedStaff, Point, Remedy, Reply
from .operations import (
    appeals,
    appointments,
    closing,
    desk,
    intake,
    letters,
    naming,
    ombudsman,
    remedies,
    review,
    statements,
)
from .refusals import ArrivedInFuture, NoOtherComplaint, NotLawful

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Act:
    """One press: on which case and row, by whom, when, and the version of the case that its page showed."""

    complaint: Complaint
    by: User
    at: datetime
    seen: int
    given: dict[str, Any]
    target: Any = None

    @property
    def who(self) -> dict[str, Any]:
        return {"by": self.by, "at": self.at}

    @property
    def swap(self) -> dict[str, Any]:
        return {**self.who, "seen": self.seen}


@dataclass(frozen=True)
class Press:
    """``target``: the model of the row that the button stands beside; its rows are found by ``complaint``."""

    do: Callable[[Act], str]
    form: type[CaseForm] = NothingForm
    target: type[Model] | None = None


def _assign(act: Act) -> str:
    review.assign(act.complaint, act.given["reviewer"], **act.swap)
    if act.given["reviewer"] is None:
        return _("Nobody reviews this case now.")
    return _("%(who)s reviews this case.") % {"who": act.given["reviewer"]}


def _take(act: Act) -> str:
    review.assign(act.complaint, act.by, **act.swap)
    return _("You review this case.")


def _assign_appeal(act: Act) -> str:
    appeals.assign(_of_case(act, "appeal"), act.given["reviewer"], **act.swap)
    return _("The appeal has a reviewer now.") if act.given["reviewer"] else _("Nobody reviews the appeal now.")


def _note(act: Act) -> str:
    review.note(act.complaint, act.given["text"], **act.who)
    return _("The note is kept. Only who may see this case can read it.")


def _match(act: Act) -> str:
    naming.match(act.target, act.given["person"], **act.swap)
    return _("Matched: %(who)s can no longer see this case.") % {"who": act.given["person"]}


def _clear(act: Act) -> str:
    naming.clear(act.target, **act.swap)
    return _("Noted: nobody of us is meant by this name.")


def _settle(act: Act) -> str:
    naming.settle(act.complaint, **act.swap)
    return _("All names are dealt with.")


def _add_name(act: Act) -> str:
    naming.add(act.complaint, act.given["typed"], act.given["part"], **act.swap)
    return _("The name is written down.")


def _points(act: Act) -> str:
    review.set_points(act.complaint, act.given["texts"], **act.swap)
    return _("The points are kept.")


def _find(act: Act) -> str:
    review.find(act.target, act.given["finding"], act.given["reasons"], **act.swap)
    return _("The finding is kept.")


def _promise(act: Act) -> str:
    given = dict(act.given)
    remedies.promise(act.complaint, given.pop("text"), **given, **act.swap)
    return _("Written down. It stays on the list until it is done.")


def _done(act: Act) -> str:
    remedies.done(act.target, act.given["note"], **act.who)
    return _("Done: it is off the list.")


def _ask_statement(act: Act) -> str:
    statements.ask_statement(act.given["named"], act.given["extract"], act.given["questions"], **act.who)
    return _("The person is asked. They see the extract and your questions, and nothing else.")


def _close(act: Act) -> str:
    other = None
    if act.given["duplicate_of"]:
        visible = Complaint.objects.visible_to(act.by)
        other = visible.filter(reference__iexact=act.given["duplicate_of"]).first()
        if other is None:
            raise NoOtherComplaint
    closing.close(act.complaint, act.given["state"], reason=act.given["reason"], duplicate_of=other, **act.swap)
    return _("Closed. The complainant is told why, and how to appeal.")


def _lodge_appeal(act: Act) -> str:
    given = dict(act.given)
    arrived_at = moment_of(given.pop("arrived_on"), None, act.at)
    appeals.lodge(act.complaint, **given, arrived_at=arrived_at, **act.who)
    return _("The appeal is taken, and the complainant is told so.")


def _refer(act: Act) -> str:
    ombudsman.refer(act.complaint, **act.given, **act.swap)
    return _("The referral is written down.")


def _decision(act: Act) -> str:
    ombudsman.record_decision(_of_case(act, "referral"), **act.given, **act.who)
    return _("The decision is written down.")


def _follow_up(act: Act) -> str:
    referral = _of_case(act, "referral")
    known = {"decision": referral.decision, "decided_on": referral.decided_on}
    followed = {"followed_up": act.given["followed_up"], "followed_up_on": act.given["on"]}
    ombudsman.record_decision(referral, **known, **followed, **act.who)
    return _("Written down: the referral is off the board.")


def _appoint(act: Act) -> str:
    appointments.appoint(act.complaint, act.given["person"], reason=act.given["reason"], **act.swap)
    return _("%(who)s can see and review this one case now.") % {"who": act.given["person"]}


def _end_appointment(act: Act) -> str:
    appointments.end(act.target, **act.who)
    return _("The appointment has ended.")


def _posted(act: Act) -> str:
    when = moment_of(act.given["posted_on"], act.given["posted_clock"], act.at)
    letters.mark_posted(act.target, posted_at=when, **act.who)
    return _("Noted as posted. The clock has stopped at that time.")


def _send(act: Act) -> str:
    letters.send(act.target, **act.who)
    if act.target.way == Letter.Way.POST:
        return _("The letter is ready: print it, post it, and note the day.")
    return _("The letter is on its way.")


def _reply(act: Act) -> str:
    given = act.given
    files = [accept(upload, act.at) for upload in given["files"]]
    arrived_at = moment_of(given["arrived_on"], None, act.at)
    if arrived_at > act.at:
        raise ArrivedInFuture
    intake.add(act.complaint, text=given["text"], source=Reply.Source.POST, files=files, by=act.by, at=arrived_at)
    return _("It has joined the case.")


def _read(act: Act) -> str:
    desk.read(act.target, **act.who)
    return _("Noted as read.")


def _new_link(act: Act) -> str:
    desk.renew_link(act.complaint, **act.swap)
    return _("Links that were sent no longer open the complainant's page. The next e-mail bears a new one.")


PRESSES: dict[str, Press] = {
    "assign": Press(_assign, AssignForm),
    "take": Press(_take),
    "assign-appeal": Press(_assign_appeal, AssignForm),
    "note": Press(_note, NoteForm),
    "match": Press(_match, MatchForm, NamedStaff),
    "clear": Press(_clear, target=NamedStaff),
    "settle": Press(_settle),
    "add-name": Press(_add_name, AddNameForm),
    "points": Press(_points, PointsForm),
    "find": Press(_find, FindForm, Point),
    "promise": Press(_promise, PromiseForm),
    "done": Press(_done, DoneForm, Remedy),
    "ask-statement": Press(_ask_statement, AskStatementForm),
    "close": Press(_close, CloseForm),
    "lodge-appeal": Press(_lodge_appeal, AppealForm),
    "refer": Press(_refer, ReferForm),
    "decision": Press(_decision, DecisionForm),
    "follow-up": Press(_follow_up, FollowUpForm),
    "appoint": Press(_appoint, AppointForm),
    "end-appointment": Press(_end_appointment, target=Appointment),
    "reply": Press(_reply, ReplyForm),
    "posted": Press(_posted, PostedForm, Letter),
    "send": Press(_send, target=Letter),
    "read": Press(_read, target=Reply),
    "new-link": Press(_new_link),
}


def _of_case(act: Act, name: str) -> Any:
    """The appeal or the referral of the case. Raises NotLawful where there is none (any more)."""
    found = getattr(act.complaint, name, None)
    if found is None:
        raise NotLawful
    return found


def moment_of(day: date, clock: time | None, at: datetime) -> datetime:
    """An instant at the desk that somebody typed; without an hour the end of that day, or now where that is today."""
    zone = calendars.zone_of(Firm.current())
    if clock is not None:
        return datetime.combine(day, clock, zone)
    return max(datetime.combine(day, time.min, zone), min(rules.end_of(day, zone) - _MOMENT, at))
