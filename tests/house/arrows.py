"""Reads who imports whom in our own packages, without running any of it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

APPS = ["supportportal", "bookings", "complaints", "conduct"]
# Inside supportportal, lowest first. A new part has to be put here, or the test fails.
KERNEL = [
    {
        *("broker", "businesstime", "colour", "edits", "environment", "explain", "lattice", "links", "logs"),
        *("fetching", "providers", "reader", "refusals", "room", "secrets_at_rest", "spreadsheets", "wording"),
        *("choosing", "concurrently", "longlists"),
    },
    {"watch"},
    {"trail"},
    {"files"},
    {"people"},
    {"outbox"},
    {"pages"},
    {"retention"},
    {"backups"},
    {"demo"},
]
# Inside any app, lowest first; a module that is not named here belongs to whatever it imports.
ROOMS = [
    {"rules"},
    {"models"},
    {"availability", "messages"},
    {"operations"},
    {"forms", "views", "admin", "tasks"},
]
WIRING = {"settings", "urls", "celery", "wsgi", "supervisor", "preparation", ""}
KERNEL_LEVEL = {part: level for level, parts in enumerate(KERNEL) for part in parts}
ROOM_LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}


@dataclass(frozen=True)
class Import:
    source: str  # dotted module, packages without their __init__
    target: str
    line: int
    inside_function: bool

    def __str__(self) -> str:
        return f"{self.source}:{self.line} imports {self.target}"


def read_imports(root: Path) -> list[Import]:
    """Every import of one of our modules by another, tests and migrations aside."""
    files = [file for app in APPS for file in sorted((root / app).rglob("*.py")) if "migrations" not in file.parts]
    modules = {_name(root, file): file for file in files}
    return [found for name, file in modules.items() for found in _imports_of(name, file, modules)]


def _name(root: Path, file: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports_of(name: str, file: Path, modules: dict[str, Path]) -> Iterator[Import]:
    tree = ast.parse(file.read_text())
    in_functions = {
        inner
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(outer)
    }
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        for target in _targets(node, package):
            if found := _longest_module(target, modules):
                yield Import(name, found, node.lineno, node in in_functions)


def _targets(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, base]).rstrip(".")
        yield from (f"{base}.{alias.name}" for alias in node.names)


def _longest_module(target: str, modules: dict[str, Path]) -> str:
    """``from .models import Booking`` is an import of the module ``models``."""
    while target and target not in modules:
        target = target.rpartition(".")[0]
    return target


def wrong_arrows(imports: list[Import]) -> list[str]:
    own = [found for found in imports if not _is_wiring(found.source) and found.source != found.target]
    return [
        *(f"{found}: inside a function" for found in own if found.inside_function and not _is_registration(found)),
        *(f"{found}: only Celery imports tasks" for found in own if _room(found.target) == "tasks"),
        *(
            f"{found}: wiring is imported by nobody"
            for found in own
            if _is_wiring(found.target) and _part(found.target)
        ),
        *_between_apps(own),
        *_inside_kernel(own),
        *_between_rooms(own),
    ]


def _between_apps(imports: list[Import]) -> Iterator[str]:
    for found in imports:
        if APPS.index(_app(found.target)) > APPS.index(_app(found.source)):
            yield f"{found}: {_app(found.target)} stands to the right"


def _inside_kernel(imports: list[Import]) -> Iterator[str]:
    for found in imports:
        if _app(found.source) != "supportportal" or _app(found.target) != "supportportal":
            continue
        if not _part(found.target) or _is_wiring(found.target):
            continue
        if unknown := {_part(found.source), _part(found.target)} - KERNEL_LEVEL.keys():
            yield f"{found}: {unknown} has no place in KERNEL"
        elif KERNEL_LEVEL[_part(found.target)] > KERNEL_LEVEL[_part(found.source)]:
            yield f"{found}: {_part(found.target)} stands to the right"


def _between_rooms(imports: list[Import]) -> Iterator[str]:
    """Follows helper modules too: an arrow is not hidden by going round a corner."""
    graph: dict[str, set[str]] = {}
    for found in imports:
        if _house(found.source) == _house(found.target):
            graph.setdefault(found.source, set()).add(found.target)
    for source in sorted(graph):
        if _room(source) not in ROOM_LEVEL:
            continue
        for path in _paths(source, graph):
            if ROOM_LEVEL[_room(path[-1])] > ROOM_LEVEL[_room(source)]:
                yield f"{' → '.join(path)}: {_room(path[-1])} stands to the right"


def _paths(source: str, graph: dict[str, set[str]]) -> Iterator[tuple[str, ...]]:
    """Ways from ``source`` to the next module with a known room, through any number of helpers."""
    ways, seen = [(source,)], {source}
    while ways:
        way = ways.pop()
        for target in sorted(graph.get(way[-1], ())):
            if target in seen:
                continue
            seen.add(target)
            if _room(target) in ROOM_LEVEL:
                yield (*way, target)
            else:
                ways.append((*way, target))


def _app(module: str) -> str:
    return module.split(".")[0]


def _part(module: str) -> str:
    """What of supportportal a module belongs to: ``people`` for ``supportportal.people.models``."""
    return module.split(".")[1] if "." in module else ""


def _house(module: str) -> str:
    """What has rooms of its own: a domain app, or a part of supportportal."""
    return f"supportportal.{_part(module)}" if _app(module) == "supportportal" else _app(module)


def _room(module: str) -> str:
    return module.removeprefix(f"{_house(module)}.").split(".")[0]


def _is_wiring(module: str) -> bool:
    is_command = ".management.commands." in module
    return is_command or (_app(module) == "supportportal" and _part(module) in WIRING)


def _is_registration(found: Import) -> bool:
    """``AppConfig.ready()`` runs when models exist; at the top of apps.py they do not yet."""
    return found.source.rpartition(".")[2] == "apps"
