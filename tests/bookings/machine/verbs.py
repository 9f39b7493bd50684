"""Verbs: what can happen next, how often, and to what.

Hypothesis switches off some of a machine's rules in each example; here most verbs are of no use without most others, so
all of them are one rule, and how often each comes is said here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st


@dataclass(frozen=True)
class Verb:
    name: str
    weight: int
    among: Callable[[Any], list] | None
    particulars: dict[str, st.SearchStrategy]


def verb(weight: int = 2, *, among: Callable[[Any], list] | None = None, **particulars: st.SearchStrategy):
    """Make a method of the machine a verb: called with one of ``among``, if given, and with ``particulars``."""

    def register(act: Callable[..., None]) -> Callable[..., None]:
        act.verb = Verb(act.__name__, weight, among, particulars)
        return act

    return register


def verbs_of(machine: Any) -> Iterator[Verb]:
    """Those that make sense now, as often as they weigh."""
    for name in sorted(dir(type(machine))):
        one = getattr(getattr(type(machine), name), "verb", None)
        if one is not None and (one.among is None or one.among(machine)):
            yield from [one] * one.weight


def do_something(machine: Any, data: Any) -> None:
    names = [one.name for one in verbs_of(machine)]
    act = getattr(machine, data.draw(st.sampled_from(names), label="verb"))
    given = [] if act.verb.among is None else [_one_of(act.verb.among(machine), data)]
    act(*given, **{name: data.draw(one, label=name) for name, one in act.verb.particulars.items()})


def _one_of(things: list, data: Any) -> Any:
    return things[data.draw(st.integers(0, len(things) - 1), label="which")]
