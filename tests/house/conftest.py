import pytest

from tests.support.portal import Portal
from tests.support.processes import wait_until


@pytest.fixture
def portal(tmp_path):
    started: list[Portal] = []

    def start(**settings: str) -> Portal:
        started.append(Portal(tmp_path, **settings))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
        wait_until(one.all_gone, what="the portal's processes to end")
