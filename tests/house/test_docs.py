"""What the documentation names is there: files, sections, pictures, commands, settings, staff pages."""

import re
from functools import lru_cache
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import get_resolver

from supportportal.pages import manuals

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "SECURITY.md"])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
MOST_BYTES = 2_500_000


@lru_cache
def text_of(path: Path) -> str:
    return path.read_text()


def anchors(text: str) -> set[str]:
    return {manuals.anchor(title) for title in HEADING.findall(FENCE.sub("", text))}


def lost_links(path: Path, text: str) -> list[str]:
    lost = []
    for link in LINK.findall(FENCE.sub("", text)):
        target, _hash, section = link.partition("#")
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        found = (path.parent / target).resolve() if target else path
        if not found.exists() or (section and section not in anchors(text_of(found) if target else text)):
            lost.append(link)
    return lost


def lost_commands(text: str) -> set[str]:
    """Commands of manage.py and targets of make that are named in ``text`` and do not exist."""
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = set(re.findall(r"manage\.py ([a-z][a-z_]+)", text)) - {"help"}
    made = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    return named - get_commands().keys() | made - targets


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_links_lead_somewhere_and_commands_exist(path):
    assert lost_links(path, text_of(path)) == []
    assert lost_commands(text_of(path)) == set()


def test_what_is_lost_is_found():
    text = "# A title\n[a](#a-title) [b](#nowhere) [c](gone.md) `make coffee` and `manage.py brew`\n"
    assert lost_links(ROOT / "docs" / "README.md", text) == ["#nowhere", "gone.md"]
    assert lost_commands(text) == {"coffee", "brew"}


def test_every_document_is_in_the_index():
    linked = set(LINK.findall(text_of(ROOT / "docs" / "README.md")))
    assert {path.name for path in ROOT.glob("docs/*.md")} - {"README.md"} == linked


def test_every_setting_is_explained_and_no_other():
    example = set(re.findall(r"^#?([A-Z_]+)=", text_of(ROOT / ".env.example"), re.MULTILINE))
    explained = re.findall(r"^\| `([A-Z_]+)` \|", text_of(ROOT / "docs" / "settings.md"), re.MULTILINE)
    assert sorted(explained) == sorted(example)


def test_pictures_are_shown_described_and_light():
    kept = {path.name for path in (ROOT / "docs" / "pictures").iterdir()}
    shown = re.findall(r"!\[([^\]]*)\]\((?:docs/)?pictures/([^)]+)\)", "".join(map(text_of, DOCS)))
    assert {name for _words, name in shown} == kept
    assert all(len(words) > 5 for words, _name in shown)
    assert sum(path.stat().st_size for path in (ROOT / "docs" / "pictures").iterdir()) < MOST_BYTES


def test_every_page_that_a_manual_helps_with_exists_and_has_one_help():
    helped = [page for _name, manual in manuals.manuals() for page in manual.helped]
    staff = {
        pattern.name
        for one in get_resolver().url_patterns
        if getattr(one, "namespace", "") == "admin"
        for pattern in _all(one.url_patterns)
    }
    assert set(helped) <= staff
    assert len(helped) == len(set(helped))


def _all(patterns):
    for one in patterns:
        yield from _all(one.url_patterns) if hasattr(one, "url_patterns") else [one]


def test_the_image_holds_the_manuals():
    left_out = text_of(ROOT / ".dockerignore").split()
    assert not [line for line in left_out if line.startswith("docs")]
    assert "tests" in left_out


@pytest.mark.parametrize("name", manuals.SHOWN)
def test_manuals_hold_nothing_that_their_page_cannot_show(name):
    """No raw HTML, and no heading twice: its anchor would be the first's."""
    text = text_of(ROOT / "docs" / f"{name}.md")
    titles = HEADING.findall(FENCE.sub("", text))
    assert len(titles) == len(set(titles))
    assert "<" not in re.sub(r"`[^`]*`|<!-- pages: .+ -->|^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
