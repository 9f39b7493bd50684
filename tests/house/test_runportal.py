"""The whole portal under its one command: it starts, answers, keeps its data, and leaves nothing behind."""

import signal

import pytest

from tests.support.processes import answers, wait_until


def test_it_answers_and_ctrl_c_ends_all_of_it(portal):
    running = portal()
    running.wait_until_up()
    assert running.health() == 200
    assert len(running.seen) >= 3
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(120) == 0
    assert running.all_gone()
    assert not answers(running.port)


def test_nothing_outlives_a_killed_supervisor_and_the_next_start_finds_the_same_key(portal, tmp_path):
    running = portal()
    running.wait_until_up()
    key = (tmp_path / "var" / "secret_key").read_text()
    running.process.kill()
    running.process.wait()
    wait_until(running.all_gone, what="web, worker and beat to end")

    again = portal()
    again.wait_until_up()
    assert again.health() == 200
    assert (tmp_path / "var" / "secret_key").read_text() == key


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"PORT": "web"}, "PORT is 'web'", id="port is no number"),
        pytest.param({"DEMO": "perhaps"}, "DEMO is 'perhaps'", id="demo is no yes or no"),
        pytest.param({"SITE_URL": "support"}, "SITE_URL is 'support'", id="site is no address"),
        pytest.param({"REDIS_URL": "redsi://:secret@host"}, "REDIS_URL cannot be read", id="redis is no address"),
        pytest.param({"SECRET_KEY": "k", "DATABASE_URL": "mysql://a@b/c"}, "DATABASE_URL cannot", id="wrong database"),
        pytest.param({"DATABASE_URL": "postgresql://a@b/c"}, "SECRET_KEY is not set", id="no key"),
        pytest.param(
            {"SECRET_KEY": "k", "DATABASE_URL": "postgresql://a@127.0.0.1:9/c"}, "database cannot be used", id="down"
        ),
    ],
)
def test_a_wrong_setting_ends_the_start_with_one_clear_line(portal, settings, said):
    refused = portal(**settings)
    assert refused.process.wait(120) == 1
    lines = refused.log.read_text().strip().splitlines()
    assert len(lines) == 1
    assert said in lines[0]


def test_a_second_start_on_the_same_port_or_folder_says_so(portal, tmp_path):
    running = portal()
    running.wait_until_up()
    same_port = portal(PORT=str(running.port), VAR_DIR=str(tmp_path / "other"))
    same_folder = portal()
    assert (same_port.process.wait(120), same_folder.process.wait(120)) == (1, 1)
    assert f"port {running.port} is taken" in same_port.log.read_text()
    assert "already running" in same_folder.log.read_text()
    assert running.health() == 200
