"""The table of who is answered what, read from ``expected.txt``."""

from pathlib import Path

TABLE = Path(__file__).with_name("expected.txt")
METHODS = ["get", "post"]


def rows(text: str, people: list[str]) -> dict[str, tuple[str, str]]:
    """By key of the map: what each of the people gets for a GET and for a POST, in signs."""
    found: dict[str, tuple[str, str]] = {}
    for line in text.splitlines():
        if not line or line.startswith((" ", "-- ")):
            continue
        get, post, key = line.split(" ", 2)
        assert len(get) == len(post) == len(people), f"One sign for each of {len(people)} people: {line}"
        assert key not in found, f"{key} stands in the table twice."
        found[key] = get, post
    return found


def as_row(key: str, get: str, post: str) -> str:
    return f"{get} {post} {key}"
