"""The client of clamd, against a server that does what the real one does and what it may do at its worst."""

import io

import pytest

from supportportal.files import clamd
from tests.fakes.clamd import EICAR, FOUND, TRICKLE, fake_clamd
from tests.fakes.serving import Mode
from tests.support.processes import free_port


@pytest.fixture(params=["TCP", "socket file"])
def fake(request, tmp_path):
    with fake_clamd(tmp_path / "clamd.ctl" if request.param == "socket file" else None) as made:
        yield made


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(clamd, "SAYS_WITHIN", 0.2)
    monkeypatch.setattr(clamd, "SCANS_WITHIN", 0.2)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(b"hello", "", id="nothing"),
        pytest.param(b"", "", id="empty"),
        pytest.param(EICAR, FOUND, id="EICAR"),
        pytest.param(b"." * clamd.CHUNK + EICAR, FOUND, id="in a later chunk"),
    ],
)
def test_what_is_found(fake, content, found):
    assert clamd.scan(fake.url, io.BytesIO(content)) == found
    assert fake.scanned == [content]


def test_it_is_there_and_says_what_it_is(fake):
    clamd.ping(fake.url)
    assert clamd.version(fake.url).startswith("ClamAV 1.4.3/")


def test_a_file_that_it_does_not_take(fake):
    fake.largest = 100_000
    assert clamd.scan(fake.url, io.BytesIO(b"." * 100_000)) == ""
    with pytest.raises(clamd.TooLarge):
        clamd.scan(fake.url, io.BytesIO(b"." * 5_000_000))  # it hangs up with most of it unsent


@pytest.mark.parametrize("mode", [Mode.RESET, Mode.LOSE_ANSWER, Mode.DOWN, Mode.HANG, TRICKLE], ids=str)
def test_no_verdict_is_never_taken_for_one(fake, hasty, mode):
    fake.mode = mode
    with pytest.raises(clamd.Unanswered):
        clamd.scan(fake.url, io.BytesIO(b"hello"))


@pytest.mark.parametrize(
    "says",
    [
        *(b"", b"\0", b"OK\0", b"stream: \0", b"stream: ok\0", b"stream: OKAY\0", b"FOUND\0", b"stream: FOUND\0"),
        *(b"\xff\xfe\xfd\0", b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 100_000, b"stream: OK but not yet read\0"),
        *(b"stream:  FOUND\0", b"stream: OK"),
    ],
)
def test_garbage_is_no_verdict(fake, hasty, says):
    fake.says = says
    with pytest.raises(clamd.Unanswered):
        clamd.scan(fake.url, io.BytesIO(b"hello"))


def test_a_yes_before_it_had_all_is_no_verdict(fake):
    fake.says = b"stream: OK\0"
    with pytest.raises(clamd.Unanswered):
        clamd.scan(fake.url, io.BytesIO(b"." * 20_000_000))


@pytest.mark.parametrize("url", ["tcp://127.0.0.1:{port}", "unix:///nowhere/clamd.ctl"])
def test_nobody_is_there(url):
    with pytest.raises(clamd.Unanswered, match=r"ConnectionRefusedError|FileNotFoundError"):
        clamd.ping(url.format(port=free_port()))


def test_another_answer_to_a_ping_is_none(fake):
    fake.says = b"UNKNOWN COMMAND\0"
    with pytest.raises(clamd.Unanswered):
        clamd.ping(fake.url)
