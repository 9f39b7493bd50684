"""What Django's own forms of the admin leave out: a name for every control that has no label of its own."""

from django import template
from django.forms import BoundField, MultiWidget
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def labelled(bound: BoundField) -> SafeString:
    """A control whose label is the head of its column."""
    if isinstance(bound.field.widget, MultiWidget):
        return labelled_parts(bound)
    return bound.as_widget(attrs={"aria-label": bound.label})


@register.filter
def labelled_parts(bound: BoundField) -> SafeString:
    """A control; if it is a date with a time, each of the two has a name."""
    widget = bound.field.widget
    if isinstance(widget, MultiWidget) and len(widget.widgets) == 2:
        for part, name in zip(widget.widgets, (_("date"), _("time")), strict=True):
            part.attrs["aria-label"] = f"{bound.label}: {name}"
    return bound.as_widget()
