"""Italian and Dutch are complete, keep every placeholder, and are compiled as they stand."""

import re
from pathlib import Path

import polib
import pytest

LOCALE = Path(__file__).resolve().parents[2] / "locale"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|(?<!\{)\{\w*\}(?!\})")

pytestmark = pytest.mark.parametrize("language", ["it", "nl"])


def entries(language: str) -> list[polib.POEntry]:
    catalogue = polib.pofile((LOCALE / language / "LC_MESSAGES" / "django.po").read_text())
    return [entry for entry in catalogue if not entry.obsolete]


def written(entry: polib.POEntry | polib.MOEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) or [entry.msgstr]


def test_every_text_is_translated(language):
    assert [entry.msgid for entry in entries(language) if not entry.translated() or entry.fuzzy] == []


def test_placeholders_are_kept(language):
    """A plural form may leave the number out; nothing else may, and nothing may be made up."""
    wrong = []
    for entry in entries(language):
        asked = set(PLACEHOLDER.findall(entry.msgid + entry.msgid_plural))
        for text in written(entry):
            found = set(PLACEHOLDER.findall(text))
            if found - asked or (asked - found and not entry.msgid_plural):
                wrong.append((entry.msgid, text))
    assert wrong == []


def test_the_compiled_file_is_fresh(language):
    compiled = polib.mofile(str(LOCALE / language / "LC_MESSAGES" / "django.mo"))
    shipped = {(entry.msgctxt, entry.msgid): written(entry) for entry in compiled if entry.msgid}
    assert shipped == {(entry.msgctxt, entry.msgid): written(entry) for entry in entries(language)}
