"""What a manager types to assess, decide, approve, lift: text into values, nothing decided here."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.form_fields import DayField
from supportportal.people.forms import LineField
from supportportal.people.models import Gate

from . import rules
from .models import AffectedSession, Assessment, Measure
from .operations.deciding import Findings, Step
from .refusals import NoAddress
from .rules import Grounds

LONGEST = 20_000
MOST_IDS = 100
Kind = Measure.Kind
MORE_GROUNDS = [one for one in Grounds if one not in rules.FOR_A_WARNING]
HELP = {
    Grounds.FACTS: _("With dates, in quotes what was said. The client reads this."),
    Grounds.REASONS: _("Why this follows from the facts. The client reads this."),
    Grounds.WHOSE_WORDS: _("Who said it, who heard it, what there is to prove it."),
    Grounds.OUR_PART: _("Was there a cause on our side: a mistake, a long wait, a tone? Write “none found” if so."),
    Grounds.VULNERABILITY: _("What we know of the client that explains or weighs: illness, language, an adjustment."),
    Grounds.EARLIER_STEPS: _("Was the client asked to stop, or warned? If a step was skipped, why?"),
    Grounds.PROPORTION: _("Why nothing milder is enough."),
    Grounds.STAYS_OPEN: _("How the client still gets support. The client reads this."),
}
STEP_HELP = {
    Kind.WARNING: _("Closes nothing. Facts and reasons are enough."),
    Kind.CORRESPONDENCE: _("We stop answering: incoming mail is kept aside, answered once with the notice."),
    Kind.LIMITED: _("Closes what you choose, until a day."),
    Kind.PERMANENT: _("Closes what you choose, with a review date. Another manager has to approve."),
    Kind.SUBSCRIPTION: _("Ends the subscription of the account without refund; its sessions are cancelled."),
    Kind.AUTHORITIES: _("What happened is reported, with what you write here. Another manager has to approve."),
}


class DecideForm(forms.Form):
    """The assessment of one incident, and the step that follows from it."""

    finding = forms.ChoiceField(
        label=_("What do you find?"),
        choices=Assessment.Finding.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what you find.")},
    )
    severity = forms.TypedChoiceField(
        label=_("How grave was it?"),
        choices=Assessment.Severity.choices,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose how grave it was.")},
    )
    kind = forms.ChoiceField(
        label=_("The step"),
        choices=Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose the step.")},
    )
    gates = forms.MultipleChoiceField(
        label=_("What is closed"), choices=Gate.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    whole_account = forms.BooleanField(required=False)
    until = DayField(
        label=_("Last day"),
        help_text=_("It ends by itself at midnight after that day, or on that day at the time you give."),
        required=False,
    )
    until_clock = forms.TimeField(
        label=_("At"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    review_on = DayField(
        label=_("Review on"),
        help_text=_("On that day it ends, unless somebody has extended it with grounds before."),
        required=False,
    )
    disclosed = forms.CharField(
        label=_("What is disclosed"), max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    disclosed_to = LineField(label=_("To whom"), max_length=200, required=False)
    precedents = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, zone: ZoneInfo, account: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.fields["whole_account"].label = _("For the whole account: closes it to every colleague too")
        if account is not None:
            words = _("For the whole account of %(account)s: closes it to every colleague too")
            self.fields["whole_account"].label = words % {"account": account}
        for part in Grounds:
            field = Assessment._meta.get_field(part.value)
            self.fields[part.value] = forms.CharField(
                label=str(field.verbose_name).capitalize(),
                help_text=HELP[part],
                max_length=LONGEST,
                required=False,  # what a step needs is for the rules to say
                widget=forms.Textarea(attrs={"rows": 5 if part in rules.FOR_A_WARNING else 3}),
            )

    def clean_precedents(self) -> list[int]:
        given = self.cleaned_data["precedents"].split(",")[:MOST_IDS]
        return [int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 10]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        day, clock = given.get("until"), given.get("until_clock")
        given["ends_at"] = None
        if clock is not None and day is None and "until" not in self.errors:
            self.add_error("until", _("Please give the day, too."))
        if day is not None:
            given["ends_at"] = _instant(day, clock, self.zone)
            if given["ends_at"] is None:
                self.add_error("until_clock", _("There is no such time on that day: the clocks go forward then."))
        return given

    def say_what_is_needed(self) -> None:
        """For the page, once the form is checked: no field is called optional that some step needs."""
        self.use_required_attribute = False
        for name in [*(part.value for part in Grounds), "gates", "until", "disclosed", "disclosed_to"]:
            self.fields[name].required = True

    def grounds(self) -> list[forms.BoundField]:
        """The parts that every step but a warning needs beside facts and reasons."""
        return [self[part.value] for part in MORE_GROUNDS]

    def findings(self, precedents: Collection[int]) -> Findings:
        given = self.cleaned_data
        said = {part.value: given[part.value] for part in Grounds}
        return Findings(given["finding"], given["severity"], said, list(precedents))

    def step(self, extends: Measure | None) -> Step:
        given = self.cleaned_data
        return Step(
            kind=given["kind"],
            gates=given["gates"],
            whole_account=given["whole_account"],
            until=given["ends_at"],
            review_on=given["review_on"],
            disclosed=given["disclosed"],
            disclosed_to=given["disclosed_to"],
            extends=extends,
        )


class AnswerForm(forms.Form):
    """The second manager's answer; a no needs its reasons."""

    reasons = forms.CharField(
        label=_("Reasons"),
        help_text=_("A no needs them. Whoever proposed it reads them; the client does not."),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class LiftForm(forms.Form):
    reasons = forms.CharField(
        label=_("Reasons"), max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )


class PostForm(forms.Form):
    """Where the printed notice goes to, and when it was posted."""

    posted_to = forms.CharField(
        label=_("Postal address"),
        help_text=_("As it stands on the envelope; it is printed on the letter."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": NoAddress.reason},
    )
    posted_on = DayField(label=_("Posted on"))
    posted_clock = forms.TimeField(
        label=_("At (if known)"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )


class SessionsForm(forms.Form):
    """Keep or cancel, for each session; what is left open stays on the list (R-5)."""

    def __init__(self, *args: Any, bookings: Collection[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = []
        for booking in bookings:
            name = f"choice-{booking.pk}"
            self.fields[name] = forms.ChoiceField(
                label=_("What becomes of it"),
                choices=[("", _("later")), *AffectedSession.Choice.choices],
                required=False,
                widget=forms.RadioSelect,
                initial="",
            )
            self.rows.append((booking, self[name]))

    def chosen(self) -> Mapping[int, str]:
        """By the booking's key."""
        return {int(name.split("-")[1]): choice for name, choice in self.cleaned_data.items() if choice}


def _instant(day: date, clock: time | None, zone: ZoneInfo) -> datetime | None:
    """When it ends, in UTC; of an hour that comes twice, the first. None for a time that the day does not have."""
    if clock is None:
        return rules.midnight(day + timedelta(days=1), zone)
    local = datetime.combine(day, clock, zone)
    instant = local.astimezone(UTC)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None) else None
