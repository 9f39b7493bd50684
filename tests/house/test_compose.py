"""docker-compose.yml and the Dockerfile, where no Docker is at hand to try them."""

import json
import re
from pathlib import Path

import pytest

from tests.rehearsal import compose

ROOT = Path(__file__).resolve().parents[2]
GIVEN = {"POSTGRES_PASSWORD": "secret"}


@pytest.fixture
def services():
    return compose.services(GIVEN)


def test_our_services_run_programs_that_the_image_has(services):
    ours = {name: service["command"] for name, service in services.items() if service.get("image") == "supportportal"}
    assert set(ours) == {"migrate", "web", "worker", "beat"}
    for command in ours.values():
        assert (compose.INSIDE / command[0]).exists()


def test_the_image_by_itself_is_a_web_process(services):
    said = re.search(r"^CMD (\[.*?\])", (ROOT / "Dockerfile").read_text().replace("\\\n", ""), re.MULTILINE | re.DOTALL)
    assert json.loads(said.group(1)) == services["web"]["command"]


def test_every_variable_of_it_is_in_the_example():
    read = (ROOT / "docker-compose.yml").read_text()
    example = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?<!\$)\$\{(\w+)", read)) <= example


def test_without_the_password_it_says_so():
    with pytest.raises(compose.Missing, match="POSTGRES_PASSWORD"):
        compose.services({})
