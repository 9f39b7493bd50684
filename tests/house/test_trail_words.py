"""Whatever the trail may say has words for people."""

import ast
from pathlib import Path

import pytest

from bookings.models import Callback, Fee, Offer
from complaints.eligibility import FINDING
from supportportal.trail import words

from .arrows import APPS

ROOT = Path(__file__).resolve().parents[2]
RECORDERS = {"record", "record_many"}
# What is put together as it is recorded: what may come of it.
PUT_TOGETHER = {
    "f'file.{verb}'": {"file.released", "file.deleted"},
    "f'fee.{state}'": {f"fee.{state}" for state in Fee.State.values},
    "f'waiting.{state}'": {f"waiting.{state}" for state in Offer.State.values} - {"waiting.open"},
    "f'callback.{state}'": {f"callback.{state}" for state in set(Callback.State.values) - set(Callback.OPEN)},
    "eligibility.FINDING": {FINDING},
}


def recorded(source: str) -> set[str]:
    """The verbs that a module records. A variable may hold each text of the module that looks like one."""
    tree = ast.parse(source)
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {f"trail.{one}" for one in RECORDERS}:
            found |= _verbs(node.args[0], tree)
    return found


def _verbs(said: ast.expr, tree: ast.Module) -> set[str]:
    match said:
        case ast.Constant(value=str(verb)):
            return {verb}
        case ast.IfExp():
            return _verbs(said.body, tree) | _verbs(said.orelse, tree)
        case ast.Name():
            texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
            areas = {verb.partition(".")[0] for verb in words.known()}
            return {text for text in texts if isinstance(text, str) and _is_verb(text, areas)}
    return PUT_TOGETHER.get(ast.unparse(said), {f"unknown: {ast.unparse(said)}"})


def _is_verb(text: str, areas: set[str]) -> bool:
    area, dot, what = text.partition(".")
    return bool(dot) and area in areas and what.isidentifier()


def every_verb() -> set[str]:
    files = [file for app in APPS for file in (ROOT / app).rglob("*.py") if "migrations" not in file.parts]
    return set().union(*(recorded(source) for file in files if "trail.record" in (source := file.read_text())))


def test_each_verb_of_the_trail_has_words_and_no_words_are_left_over():
    assert every_verb() ^ words.known() == set()


@pytest.mark.parametrize(
    ("source", "verbs"),
    [
        pytest.param('trail.record("a.b", one, by=None, at=at)', {"a.b"}, id="plain"),
        pytest.param('trail.record_many("a.b" if x else "a.c", many)', {"a.b", "a.c"}, id="one of two"),
        pytest.param('verb = "booking.lost"\ntrail.record(verb, one)', {"booking.lost"}, id="by a variable"),
        pytest.param('trail.record(f"x.{y}", one)', {"unknown: f'x.{y}'"}, id="put together"),
    ],
)
def test_a_verb_is_found_however_it_is_recorded(source, verbs):
    assert recorded(source) == verbs
