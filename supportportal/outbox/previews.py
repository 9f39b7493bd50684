"""A kind of message as its recipient would read it, with sample values: as shipped, and in the firm's own words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.template import Context, Template
from django.template.defaulttags import IfNode
from django.template.loader_tags import BlockNode, ExtendsNode
from django.utils import timezone, translation

from supportportal.people.models import Firm

from . import kinds, own_words, rendering
from .models import Message
from .rendering import Written
from .samples import Named

_FILES = {"subject": "subject.txt", "sms": "sms.txt"}  # the other parts are blocks of the mail's plain text


def preview(code: str, language: str, words: own_words.Parts) -> Written:
    """What would be sent, were the sample real."""
    with _reading(language) as firm:
        return rendering.compose(kinds.get(code), _sample(code, language, firm), words)


def examples(code: str, language: str) -> dict[str, str]:
    """The placeholders of a kind, each with the sample's value."""
    with _reading(language) as firm:
        value = own_words.values_of(code, _sample(code, language, firm))
        return {name: value(name) for name in own_words.described(code).placeholders}


def shipped(code: str, language: str) -> dict[str, str]:
    """The words that the firm may replace, as they are shipped, with the names of placeholders for their values."""
    with _reading(language) as firm:
        shown = _with_names(_sample(code, language, firm), own_words.described(code).placeholders)
        if "subject" in own_words.parts_of(code):
            shown["subject"] = _shipped_part(code, "subject", shown)
        return {part: _shipped_part(code, part, shown) for part in own_words.parts_of(code)}


def varying(code: str) -> set[str]:
    """The parts whose shipped words differ from case to case: the firm's own stand in all of them."""
    return {
        part
        for part in own_words.parts_of(code)
        if (nodes := _nodes(code, part)) is not None and nodes.get_nodes_by_type(IfNode)
    }


@contextmanager
def _reading(language: str) -> Iterator[Firm]:
    firm = Firm.current()
    with translation.override(language), timezone.override(firm.zone):
        yield firm


def _sample(code: str, language: str, firm: Firm) -> dict[str, Any]:
    return {**rendering.frame(firm, language), "recipient_name": "", **own_words.described(code).sample()}


def _with_names(shown: dict[str, Any], placeholders: Mapping[str, str]) -> dict[str, Any]:
    """The same, but each value that a placeholder stands for reads as its name in brackets."""
    shown["firm"] = Named("{firm}")
    for name, place in placeholders.items():
        *way, last = place.split(".")
        if not way:
            shown[last] = Named(f"{{{name}}}", **getattr(shown.get(last), "__dict__", {}))
            continue
        holder = shown[way[0]]
        for step in way[1:]:
            holder = getattr(holder, step)
        setattr(holder, last, f"{{{name}}}")
    return shown


def _shipped_part(code: str, part: str, shown: dict[str, Any]) -> str:
    nodes = _nodes(code, part)
    if nodes is None:  # the mail has no such block of its own
        return shown["subject"] if part == "heading" else ""
    context = Context(shown, autoescape=False)
    with context.bind_template(_template(code, part)):
        text = nodes.render(context).strip()
    return text if part in own_words.PARAGRAPHS else " ".join(text.split())


def _nodes(code: str, part: str) -> Any:
    template = _template(code, part)
    if part in _FILES:
        return template.nodelist
    blocks: dict[str, BlockNode] = {}
    for node in template.nodelist:
        if isinstance(node, ExtendsNode):
            blocks |= node.blocks
    return blocks[part].nodelist if part in blocks else None


def _template(code: str, part: str) -> Template:
    return rendering.template(_FILES.get(part, "body.txt"), code)


def is_text_message(code: str) -> bool:
    return kinds.get(code).channel == Message.Channel.SMS
