"""What staff type when somebody is away, and when they act for a client."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supportportal import reader, wording
from supportportal.choosing import KeySelect
from supportportal.lattice import instant_at
from supportportal.people.models import User

from .admin_forms import StaffMoveForm
from .models import Agent, Booking, SessionType
from .operations.firm import Choice
from .proposals import Proposal

CANCEL, LEAVE = "cancel", "leave"


class AwayForm(forms.Form):
    """Who is away, from now until when."""

    TODAY, DAY = "today", "day"
    agent = forms.ModelChoiceField(label=_("Who is away?"), queryset=Agent.objects.none(), empty_label=None)
    until = forms.ChoiceField(
        label=_("Until when?"),
        choices=[(TODAY, _("For the rest of today")), (DAY, _("Until the end of a day"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose.")},
    )
    day = forms.DateField(
        label=_("Last day away"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def __init__(self, *args: Any, agents: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        self.fields["agent"].queryset = agents
        if len(agents) == 1:
            self.fields["agent"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        agent: Agent | None = given.get("agent")
        if agent is None or "until" not in given:
            return given
        today = self.at.astimezone(agent.zone).date()
        day = today if given["until"] == self.TODAY else given.get("day")
        if day is None:
            if "day" not in self.errors:
                self.add_error("day", _("Please give the last day."))
        elif not today <= day <= today + timedelta(days=366):
            self.add_error("day", _("Please give a day from today on, within a year."))
        else:
            given["ends_at"] = datetime.combine(day + timedelta(days=1), time.min, agent.zone)
        return given


class PlanForm(forms.Form):
    """What becomes of each session: the proposal is chosen already, everything else is one choice away."""

    def __init__(self, *args: Any, proposals: Iterable[Proposal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = []
        for one in proposals:
            what, version = f"what-{one.booking.pk}", f"version-{one.booking.pk}"
            self.fields[what] = forms.ChoiceField(
                label=_("What becomes of it"),
                choices=_choices(one),
                initial=one.best.value if one.best else CANCEL,
            )
            self.fields[version] = forms.IntegerField(widget=forms.HiddenInput, initial=one.booking.version)
            self.rows.append((one, self[what], self[version]))


def _choices(proposal: Proposal) -> list[Any]:
    zone, language = timezone.get_current_timezone(), reader.language()
    same, later = [], []
    for option in proposal.options:
        when = wording.short(instant_at(option.first_cell), zone, language)
        text = f"{when} – {option.agent}"
        (same if proposal.is_same_time(option) else later).append((option.value, text))
    groups = [(_("At the same time"), same), (_("Later"), later)]
    otherwise = [(CANCEL, _("Cancel with an apology")), (LEAVE, _("Leave it for now"))]
    return [*((name, options) for name, options in groups if options), (_("Otherwise"), otherwise)]


def choices_posted(data: QueryDict) -> list[Choice]:
    """What was chosen on the page, whatever has happened to the sessions since; what makes no sense is left out."""
    agents = {str(agent.pk): agent for agent in Agent.objects.select_related("user")}
    found = []
    for name, value in data.items():
        pk = name.removeprefix("what-")
        version = data.get(f"version-{pk}", "")
        are_numbers = all(one.isdecimal() and len(one) < 10 for one in (pk, version))
        if pk == name or not are_numbers or value == LEAVE:
            continue
        if value == CANCEL:
            found.append(Choice(int(pk), int(version)))
            continue
        agent, _colon, cell = value.partition(":")
        if agent in agents and cell.isdecimal() and len(cell) < 9:
            found.append(Choice(int(pk), int(version), agents[agent], int(cell)))
    return found


class LocalInstantField(forms.DateTimeField):
    """An instant on the reader's own clock."""

    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
    input_formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


class ForWhom(forms.Form):
    """On whose behalf staff act: the firm, or a client who asked at a given instant (B-11)."""

    CLIENT, FIRM = "client", "firm"
    whose = forms.ChoiceField(
        label=_("Who wants this?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose.")},
    )
    asked_at = LocalInstantField(
        label=_("When did the client ask?"),
        help_text=_("When the mail arrived or the call came in. It decides whether the change was in time."),
        required=False,
        error_messages={"required": _("Please say when the client asked.")},
    )
    meaning = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)

    def prepare(self, booking: Booking, at: datetime) -> None:
        self.booking, self.at = booking, at
        choices = [(self.CLIENT, _("The client asked for it")), (self.FIRM, _("We have to: it never counts"))]
        has_started = booking.has_started(at)
        self.fields["whose"].choices = choices[:1] if has_started else choices
        whose = self.data.get("whose") if self.is_bound else self.initial.get("whose")
        self.fields["asked_at"].required = has_started or whose == self.CLIENT

    def clean_asked_at(self) -> datetime | None:
        """A clock shows whole minutes: the minute of the booking, or of now, is not before or after it."""
        asked = self.cleaned_data["asked_at"]
        if asked is None:
            return None
        booked = self.booking.booked_at
        if booked.replace(second=0, microsecond=0) <= asked < booked:
            asked = booked
        if not booked <= asked <= self.at:
            raise forms.ValidationError(_("The client can only have asked between the booking and now."))
        if self.booking.has_started(asked):
            text = _("At that time the session had already begun. Record what became of it instead.")
            raise forms.ValidationError(text)
        return asked

    @property
    def is_for_client(self) -> bool:
        return self.cleaned_data.get("whose") == self.CLIENT

    @property
    def asked(self) -> datetime | None:
        """The instant given so far, whatever else is missing."""
        if not self.is_bound:
            return self.initial.get("asked_at")
        self.errors  # noqa: B018  (cleans the form)
        return self.cleaned_data.get("asked_at") if self.is_for_client else None


class ActCancelForm(ForWhom):
    reason = forms.ChoiceField(
        label=_("Why does the client cancel?"),
        choices=[choice for choice in Booking.CancelReason.choices if choice[0] not in Booking.REASONS_OF_THE_FIRM],
        initial=Booking.CancelReason.CANNOT_COME,
        required=False,
    )

    def __init__(self, *args: Any, booking: Booking, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prepare(booking, at)


class ActMoveForm(ForWhom, StaffMoveForm):
    field_order = ["whose", "asked_at", "start"]

    def __init__(self, *args: Any, booking: Booking, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, booking=booking, at=at, **kwargs)
        self.prepare(booking, at)


class ClientForm(forms.Form):
    """For which client, and which kind of session."""

    client = forms.ModelChoiceField(
        label=_("Client"),
        queryset=User.objects.clients().filter(is_active=True, account__isnull=False),
        error_messages={"required": _("Please choose a client."), "invalid_choice": _("Please choose a client.")},
    )
    session_type = forms.ModelChoiceField(
        label=_("Session"), queryset=SessionType.objects.offered(), error_messages={"required": _("Please choose.")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = Booking._meta.get_field("client")
        self.fields["client"].widget = KeySelect(field, admin.site, choices=self.fields["client"].choices)


class BookForClientForm(StaffMoveForm):
    """The time and the topic, as the client said them."""

    topic = forms.CharField(
        label=_("What is it about?"),
        max_length=200,
        error_messages={"required": _("Please say in a few words what the session is about.")},
    )
    details = forms.CharField(
        label=_("Details"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
    form_key = forms.RegexField(r"\A[\w-]+\Z", widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, client: User, session_type: SessionType, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, booking=Booking(client=client, session_type=session_type), at=at, **kwargs)
        self.fields["start"].label = _("Time")
