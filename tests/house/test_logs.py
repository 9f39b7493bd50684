"""Log lines: readable by a collector, and of no use to whoever steals them."""

import json
import logging
import logging.config
import sys

import pytest
from django.conf import settings

TOKEN = "1.tovmnc.Ns1xLroq7_iCZJGQkJyuzA"


@pytest.fixture
def logged(capsys):
    """``logged(format, message, *args)``: what our logging configuration writes for it."""

    def logged(form: str, message: str, *args: object, **extra) -> str:
        configured = json.loads(json.dumps(settings.LOGGING))
        configured["handlers"]["console"] |= {"formatter": form, "stream": "ext://sys.stderr"}
        before = logging.getLogger().handlers[:]
        logging.config.dictConfig(configured)
        logging.getLogger("portal.test").warning(message, *args, **extra)
        logging.getLogger().handlers[:] = before
        return capsys.readouterr().err

    return logged


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_token_of_a_link_is_never_written(logged, form):
    line = logged(form, "Not Found: %s", f"/change/{TOKEN}/")
    assert TOKEN not in line
    assert "/change/…/" in line


def test_a_json_line_says_when_where_and_what(logged):
    line = json.loads(logged("json", "It took %s s: è lento", 3))
    assert line["message"] == "It took 3 s: è lento"
    assert (line["level"], line["logger"]) == ("warning", "portal.test")
    assert line["at"].endswith("+00:00")


def test_a_traceback_stays_on_its_line(logged):
    try:
        raise ValueError("so it was")
    except ValueError:
        text = logged("json", "It failed", exc_info=sys.exc_info())
    assert len(text.splitlines()) == 1
    assert "ValueError: so it was" in json.loads(text)["traceback"]
