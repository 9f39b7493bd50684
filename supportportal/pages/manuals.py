"""The staff's manuals: the Markdown files of ``docs/`` as pages, read once by each process.

A section says for which staff pages it is the help, below its heading and unseen:
``<!-- pages: complaints_complaint_changelist -->``, names of the admin's addresses.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

FOLDER = settings.BASE_DIR / "docs"
SHOWN = ["agents", "managers", "clients", "operating", "settings"]
PAGES = re.compile(r"^<!-- pages: (.+) -->\n", re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
ANCHOR = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Manual:
    """``sections`` are (anchor, title); ``helped`` maps names of staff pages to the anchor of their section."""

    title: str
    html: SafeString
    sections: list[tuple[str, str]]
    helped: dict[str, str]


@lru_cache
def manual(name: str) -> Manual | None:
    """None for what is no manual, or not there where the folder was left out of a deployment."""
    path = FOLDER / f"{name}.md"
    return _made(path.read_text(encoding="utf-8")) if name in SHOWN and path.is_file() else None


def manuals() -> list[tuple[str, Manual]]:
    return [(name, found) for name in SHOWN if (found := manual(name))]


def address_for(page: str) -> str:
    """Where the help on a staff page is: its section, or else the list of manuals; empty where there are none."""
    for name, found in manuals():
        if page in found.helped:
            return f"{reverse('admin:help_manual', args=[name])}#{found.helped[page]}"
    return reverse("admin:help") if manuals() else ""


def anchor(title: str) -> str:
    """The anchor of a heading, as code hosts make it."""
    return ANCHOR.sub("", title.lower()).replace(" ", "-")


def _made(text: str) -> Manual:
    tokens = _PARSER.parse(PAGES.sub("", text))
    headings = [(token, tokens[at + 1].content) for at, token in enumerate(tokens) if token.type == "heading_open"]
    for token, title in headings:
        token.attrSet("id", anchor(title))
    _label_cells(tokens)
    html = _PARSER.renderer.render(tokens[3:], _PARSER.options, {})  # the title stands above the page
    return Manual(
        title=headings[0][1],
        html=mark_safe(html),  # noqa: S308  # ours, and made without raw HTML
        sections=[(anchor(title), title) for token, title in headings if token.tag == "h2"],
        helped={page: section for found in PAGES.finditer(text) for page, section in _helped_by(found)},
    )


def _helped_by(found: re.Match[str]) -> list[tuple[str, str]]:
    above = HEADING.findall(found.string[: found.start()])[-1]
    return [(page, anchor(above)) for page in found[1].split()]


def _label_cells(tokens: Sequence[Token]) -> None:
    """Each cell repeats its column's header, for phones; alignment would be an inline style."""
    headers: list[str] = []
    column = 0
    for at, token in enumerate(tokens):
        if token.type == "table_open":
            headers = []
        elif token.type == "tr_open":
            column = 0
        elif token.type in ("th_open", "td_open"):
            token.attrs = {"scope": "col"} if token.tag == "th" else {"data-label": headers[column]}
            if token.tag == "th":
                headers.append(tokens[at + 1].content)
            column += 1


class _Renderer(RendererHTML):
    """Pictures are static files, links between manuals lead to their pages; other files of the source are text."""

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        source = str(tokens[idx].attrs["src"])
        tokens[idx].attrSet("src", static(source.replace("pictures/", "help/", 1)))
        return super().image(tokens, idx, options, env)

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        target, _, section = str(tokens[idx].attrs["href"]).partition("#")
        name = target.removesuffix(".md")
        if target.startswith("http"):
            return self.renderToken(tokens, idx, options, env)
        env["plain"] = bool(target) and name not in SHOWN
        if env["plain"]:
            return ""
        page = reverse("admin:help_manual", args=[name]) if target else ""
        tokens[idx].attrSet("href", page + (f"#{section}" if section else ""))
        return self.renderToken(tokens, idx, options, env)

    def link_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return "" if env.pop("plain", False) else self.renderToken(tokens, idx, options, env)

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return '<div class="table-frame"><table class="table">\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return "</table></div>\n"


_PARSER = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
