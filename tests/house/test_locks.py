"""The locks pin every package by hash, and name no host to download from."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.lock", "requirements-dev.lock"]


def pinned(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_no_address_stands_in_a_lock(lock):
    assert re.findall(r"https?://\S+|--(?:extra-)?index-url.*|--find-links.*", (ROOT / lock).read_text()) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_a_hash(lock):
    text = (ROOT / lock).read_text().replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(packages) == len(pinned(lock))
    assert [line for line in packages if "--hash=sha256:" not in line] == []


def test_the_larger_lock_holds_the_smaller_one():
    assert pinned("requirements.lock").items() <= pinned("requirements-dev.lock").items()


def test_what_the_project_asks_for_is_locked():
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.match(r"[a-z0-9-]+", name).group() for name in asked} <= pinned("requirements.lock").keys()


def test_no_lock_of_a_kind_that_writes_addresses_is_kept():
    assert [name for name in ("uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock") if (ROOT / name).exists()] == []
