"""What staff type in the admin about sessions, types and agents."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supportportal import reader, wording
from supportportal.lattice import instant_at
from supportportal.people import zones
from supportportal.people.forms import LikeTheFirm

from . import availability
from .models import Agent, Booking, SessionType

DAYS_OFFERED = 14


class LanguagesField(forms.TypedMultipleChoiceField):
    """Languages as ticks, kept as a list of codes."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("encoder", None)
        kwargs.pop("decoder", None)
        super().__init__(choices=settings.LANGUAGES, **kwargs)


class AgentForm(LikeTheFirm):
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones.choices)
    languages = LanguagesField(label=_("Languages"), required=False)
    video_link = forms.URLField(
        label=_("Video link"),
        help_text=_("Where this person's video sessions are. Without it, none can be booked."),
        required=False,
        assume_scheme="https",
    )

    class Meta:
        model = Agent
        fields = ["user", "is_active", "time_zone", "languages", "video_link", "session_types", "holiday_country"]


class SessionTypeForm(forms.ModelForm):
    languages = LanguagesField(label=_("Languages"), required=False)

    class Meta:
        model = SessionType
        fields = [
            "name",
            "name_it",
            "name_nl",
            "description",
            "description_it",
            "description_nl",
            "slug",
            "is_active",
            "position",
            "minutes",
            "step_minutes",
            "buffer_before",
            "buffer_after",
            "minimum_notice",
            "horizon_days",
            "plans",
            "minimum_seats",
            "languages",
            "place_kind",
            "place",
        ]


class StaffMoveForm(forms.Form):
    """The free times of the next two weeks, with whom: the session's own agent first, then the colleagues."""

    start = forms.TypedChoiceField(label=_("New time"), coerce=str)

    def __init__(self, *args: Any, booking: Booking, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agents = {agent.pk: agent for agent in Agent.objects.filter(is_active=True).select_related("user")}
        self.fields["start"].choices = [("", _("Choose a time")), *self._offered(booking, at)]

    def _offered(self, booking: Booking, at: datetime) -> list[Any]:
        zone, language = timezone.get_current_timezone(), reader.language()
        window = availability.day_window(at.astimezone(zone).date(), DAYS_OFFERED, zone)  # type: ignore[arg-type]
        moving = booking if booking.pk else None
        free = availability.free_starts(booking.session_type, window, at, client=booking.client, moving=moving)
        days: dict[date, list[Any]] = {}
        for cell in free.cells():
            instant = instant_at(cell)
            for agent in sorted(free.agents_at(cell), key=lambda pk: pk != booking.agent_id):
                text = f"{wording.clock(instant, zone)} – {self.agents[agent]}"
                days.setdefault(instant.astimezone(zone).date(), []).append((f"{agent}:{cell}", text))
        return [(wording.written_day(day, language), options) for day, options in days.items()]

    def clean_start(self) -> tuple[Agent, int]:
        agent, cell = self.cleaned_data["start"].split(":")
        return self.agents[int(agent)], int(cell)
