"""What docker-compose.yml says, for a machine without Docker: the same commands and variables, other addresses."""

import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
INSIDE = Path(sys.executable).parent  # where the image has /opt/portal/bin
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


class Missing(Exception):
    """A variable that has no default was not given."""


def services(given: dict[str, str]) -> dict[str, Any]:
    """The services by name, their variables filled in from ``given``, as compose does."""
    read = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return _filled(read["services"], given)


def command_of(service: dict[str, Any], addresses: dict[str, str]) -> list[str]:
    """The command with the programs of this environment, and ``addresses`` of its own in place of the containers'."""
    program, *rest = [_elsewhere(part, addresses) for part in service["command"]]
    return [str(INSIDE / program), *rest]


def environment_of(service: dict[str, Any], addresses: dict[str, str]) -> dict[str, str]:
    return {name: _elsewhere(str(value), addresses) for name, value in service["environment"].items()}


def _elsewhere(text: str, addresses: dict[str, str]) -> str:
    for inside, here in addresses.items():
        text = text.replace(inside, here)
    return text


def _filled(value: Any, given: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, given) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, given) for one in value]
    return _VARIABLE.sub(lambda found: _value(found, given), value) if isinstance(value, str) else value


def _value(found: re.Match[str], given: dict[str, str]) -> str:
    name, sign, rest = found.groups()
    if given.get(name):
        return given[name]
    if sign == "?":
        raise Missing(rest or name)
    return rest or ""
