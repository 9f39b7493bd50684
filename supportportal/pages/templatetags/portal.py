"""The design system in templates: ``{% load portal %}``. How each is used: docs/design.md; live: /demo/components/."""

from datetime import date, datetime

from allauth.account.adapter import get_adapter
from django import template
from django.forms import BoundField, CheckboxInput
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from supportportal import reader, wording

from ..icons import ICONS
from ..stylesheets import sheet

register = template.Library()

PILL_SHAPES = {"neutral": "○", "info": "●", "success": "✓", "warning": "▲", "danger": "■"}
NOTICE_ICONS = {"info": "info", "success": "check", "warning": "alert", "danger": "alert"}
SCREENING_STATES = {"waiting": "info", "withheld": "danger", "deleted": "neutral"}
HOUR, DAY = 3600, 86400


# -- time, in the reader's language and zone ---------------------------------------------------------------------------


@register.filter
def local(instant: datetime | None) -> str:
    """Write out an instant: "Tuesday 24 November, 10:30, Rome time"."""
    return _time(instant, wording.written_out) if instant else ""


@register.filter
def local_short(instant: datetime | None) -> str:
    """Shorten an instant: "Tue 24 Nov, 10:30"."""
    return _time(instant, wording.short) if instant else ""


@register.filter
def local_clock(instant: datetime | None) -> str:
    """Give the time of day alone: "10:30"."""
    if not instant:
        return ""
    return _stamp(instant, wording.clock(instant, timezone.get_current_timezone()))


@register.filter
def local_day(day: date | datetime | None) -> str:
    """Write out a date: "Tuesday 24 November"; an instant gives its date where the reader is."""
    if isinstance(day, datetime):
        day = timezone.localdate(day)
    return wording.written_day(day, reader.language()) if day else ""


@register.filter
def local_day_short(day: date | datetime | None) -> str:
    """Shorten a date: "Tue 24 Nov"."""
    if isinstance(day, datetime):
        day = timezone.localdate(day)
    return wording.short_day(day, reader.language()) if day else ""


@register.simple_tag
def local_span(starts_at: datetime, ends_at: datetime) -> str:
    """Write out a session's time: "Tuesday 24 November, 10:30–11:00, Rome time"."""
    return _stamp(
        starts_at, wording.written_span(starts_at, ends_at, timezone.get_current_timezone(), reader.language())
    )


@register.simple_tag
def zone_name() -> str:
    """Name the zone that the page is shown in: "Rome time"."""
    return wording.zone_label(timezone.get_current_timezone(), reader.language())


@register.filter
def language_name(code: str) -> str:
    """Name a language in the reader's own: "Italian", "italiano"."""
    return str(translation.get_language_info(code)["name_translated"])


@register.filter
def minutes_in_words(minutes: int) -> str:
    """Say a length: "1 hour 30 minutes"."""
    return wording.length(minutes, reader.language())


def _time(instant: datetime, write) -> SafeString:
    return _stamp(instant, write(instant, timezone.get_current_timezone(), reader.language()))


def _stamp(instant: datetime, text: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', instant.isoformat(), text)


# -- small things ------------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon; it is decoration, the words beside it say the same."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor"'
        ' stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>',
        ICONS[name],
    )


@register.inclusion_tag("components/button.html")
def button(text: str, href: str = "", kind: str = "primary", **attributes) -> dict:
    """A button, or with ``href`` a link that looks like one. Kinds: primary, quiet, plain, danger.

    Further attributes (name, value, type, form, hx_get, …) are written as they are, ``_`` as ``-``.
    """
    drawn = attributes.pop("icon", "")
    if not href:
        attributes.setdefault("type", "submit")
    pairs = [(name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items()]
    return {"text": text, "href": href, "kind": kind, "icon": drawn, "attributes": pairs}


@register.inclusion_tag("components/pill.html")
def pill(state: str, text: str, title: str = "") -> dict:
    """A state as a shape and a word. States: neutral, info, success, warning, danger."""
    return {"state": state, "shape": PILL_SHAPES[state], "text": text, "title": title}


@register.simple_tag
def screening(*files) -> SafeString:
    """A pill for a file that is not given out: it is being checked for viruses, withheld, or deleted. Of several that
    belong together, the first such; nothing for the rest."""
    file = next((one for one in files if one and not one.is_given_out), None)
    if file is None:
        return SafeString("")
    return render_to_string("components/pill.html", pill(SCREENING_STATES[file.screening], file.why_withheld))


@register.inclusion_tag("components/pill.html")
def time_left(until: datetime, at: datetime) -> dict:
    """How long is left until an instant, or how late it is; the instant itself is in the title and read out."""
    seconds = (until - at).total_seconds()
    state = "danger" if seconds < 0 else "warning" if seconds < DAY else "info"
    amount = _amount(abs(seconds))
    text = _("%(amount)s late") if seconds < 0 else _("%(amount)s left")
    exact = wording.written_out(until, timezone.get_current_timezone(), reader.language())
    return {
        "state": state,
        "shape": PILL_SHAPES[state],
        "text": text % {"amount": amount},
        "title": exact,
        "exact": exact,
    }


def _amount(seconds: float) -> str:
    if seconds < HOUR:
        return _("%(n)d min") % {"n": seconds // 60}
    if seconds < 2 * DAY:
        return _("%(n)d h") % {"n": seconds // HOUR}
    days = int(seconds // DAY)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


@register.inclusion_tag("components/avatar.html")
def avatar(person) -> dict:
    """The initials of a person, as decoration beside the name."""
    words = str(person).split()
    return {"initials": "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()}


@register.inclusion_tag("components/steps.html")
def steps(names: str | list, current: int) -> dict:
    """The steps of a task, the ``current`` one (from 1) marked; ``names`` is a list, or a text split at "|"."""
    names = names.split("|") if isinstance(names, str) else names
    return {"steps": list(enumerate(names, 1)), "current": current}


# -- blocks ------------------------------------------------------------------------------------------------------------


@register.inclusion_tag("components/page_header.html")
def page_header(title: str, lead: str = "", back_url: str = "", back_text: str = "") -> dict:
    return {"title": title, "lead": lead, "back_url": back_url, "back_text": back_text}


@register.simple_block_tag(end_name="endcard")
def card(content: str, title: str = "", href: str = "", kind: str = "") -> SafeString:
    """A card; ``kind`` "accent" makes it stand out. ``href`` makes its title a link."""
    return _render("card", content=content, title=title, href=href, kind=kind)


@register.simple_block_tag(end_name="endnotice")
def notice(content: str, kind: str = "info", title: str = "", role: str = "") -> SafeString:
    """A notice: info, success, warning, danger. ``role`` is "status" or "alert" where it appears by itself."""
    return _render("notice", content=content, kind=kind, icon=NOTICE_ICONS[kind], title=title, role=role)


@register.simple_block_tag(end_name="endempty_state")
def empty_state(content: str, title: str, icon: str = "list") -> SafeString:
    """What a list shows while it has nothing: what would be here, and how to get it."""
    return _render("empty_state", content=content, title=title, icon=icon)


@register.inclusion_tag("components/table.html")
def table(headers: list, rows: list, caption: str = "") -> dict:
    """A plain table of texts; on a phone each row becomes a small list that repeats the headers."""
    return {"headers": headers, "rows": [list(zip(headers, row, strict=True)) for row in rows], "caption": caption}


@register.inclusion_tag("components/summary_list.html")
def summary_list(rows: list) -> dict:
    """Facts as label and value; a third part is the address where the value is changed."""
    return {"rows": [(*row, "")[:3] for row in rows]}


@register.inclusion_tag("components/timeline.html")
def timeline(entries: list) -> dict:
    """What happened, newest last: ``what`` and ``at``; ``who``, ``detail``, ``state`` and ``pill`` if there are any."""
    return {"entries": entries}


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context, page, parameter: str = "page") -> dict:
    """Links to the pages of a list, keeping the rest of the address."""
    query = context["request"].GET.copy()

    def address(number: int) -> str:
        query[parameter] = number
        return f"?{query.urlencode()}"

    return {
        "page": page,
        "previous": address(page.previous_page_number()) if page.has_previous() else "",
        "next": address(page.next_page_number()) if page.has_next() else "",
    }


def _render(component: str, **context) -> SafeString:
    return render_to_string(f"components/{component}.html", context)


# -- forms -------------------------------------------------------------------------------------------------------------


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, label: str = "", help: str = "", size: str = "") -> dict:
    """A form field with its label, help and errors. Sizes: short, medium; the full width otherwise."""
    bound.help_text = help or bound.help_text  # where aria-describedby looks for it
    return {
        "field": bound,
        "label": label or bound.label,
        "size": size,
        "is_checkbox": isinstance(bound.field.widget, CheckboxInput),
    }


@register.inclusion_tag("components/fields.html")
def fields(form) -> dict:
    """All fields of a form, the hidden ones first."""
    return {"form": form}


@register.inclusion_tag("components/error_summary.html")
def error_summary(*forms) -> dict:
    """What is wrong with the forms, each line a link to its field; nothing where nothing is wrong."""
    lines = []
    for form in forms:
        if not form or not form.errors:
            continue
        lines += [(error, "") for error in form.non_field_errors()]
        for bound in form:
            target = f"{bound.id_for_label or bound.auto_id}"
            if bound.use_fieldset and bound.auto_id:
                target = f"{bound.auto_id}_0"
            lines += [(error, target) for error in bound.errors]
    return {"lines": lines}


# -- addresses ---------------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def nav_link(context, view: str, text: str, icon: str = "") -> str:
    """One entry of the navigation, marked as current on its page and those below it."""
    try:
        address = reverse(view)
    except NoReverseMatch:
        return ""
    here = context["request"].path.startswith(address)
    return render_to_string("components/nav_link.html", {"address": address, "text": text, "icon": icon, "here": here})


@register.simple_tag
def stylesheet(name: str) -> str:
    """The address of all styles of a kind of page ("portal", "staff")."""
    return reverse("stylesheet", args=[name, sheet(name).digest])


@register.simple_tag(takes_context=True)
def firm_css(context) -> str:
    """The address of the stylesheet with the firm's accent; it changes with the accent, so it may be kept for long."""
    return f"{reverse('firm_css')}?v={context['firm'].accent.lstrip('#')}"


@register.simple_tag(takes_context=True)
def firm_logo(context) -> str:
    return f"{reverse('firm_logo')}?v={context['firm'].logo_id}"


@register.simple_tag(takes_context=True)
def sign_up_is_open(context) -> bool:
    return get_adapter().is_open_for_signup(context["request"])
