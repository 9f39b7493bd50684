"""What operators are told of looking for viruses."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from supportportal.files import clamd, intake, watching
from supportportal.files.models import StoredFile
from supportportal.watch.doctor import Visit
from tests.fakes.clamd import fake_clamd

AT = datetime(2026, 11, 24, 11, tzinfo=UTC)


@pytest.fixture
def fake(settings):
    with fake_clamd() as made:
        settings.CLAMD_URL = made.url
        yield made


@pytest.fixture
def waiting(settings, db):
    settings.CLAMD_URL = "tcp://127.0.0.1"
    return [intake.accept(SimpleUploadedFile("canary.txt", b"hello %d" % number), AT) for number in range(2)]


def codes(troubles) -> list[tuple[str, bool]]:
    return [(one.code, one.grave) for one in troubles]


@pytest.mark.parametrize(
    ("tries", "told"),
    [
        pytest.param(0, [], id="just arrived"),
        pytest.param(2, [], id="a hiccup"),
        pytest.param(3, [("files.waiting", False)], id="for minutes"),
        pytest.param(10, [("files.waiting", True)], id="for half an hour"),
    ],
)
def test_files_that_nobody_looks_at(waiting, tries, told):
    StoredFile.objects.update(screen_tries=tries)
    assert codes(watching.troubles(AT)) == told
    assert "canary" not in "".join(one.text for one in watching.troubles(AT))


@pytest.mark.parametrize("silent", ["no scanner", "looked at"])
def test_nothing_is_said_where_nothing_waits(waiting, settings, silent):
    StoredFile.objects.update(screen_tries=10)
    if silent == "no scanner":
        settings.CLAMD_URL = ""
    else:
        StoredFile.objects.update(screening="clean")
    assert codes(watching.troubles(AT)) == []


def test_how_many_wait_and_are_withheld(waiting, settings):
    StoredFile.objects.filter(pk=waiting[0].pk).update(screening="withheld")

    def counted():
        return {labels["state"]: count for labels, count in watching.GAUGE.samples(AT)}

    assert counted() == {"waiting": 1, "withheld": 1}
    settings.CLAMD_URL = ""
    assert counted() == {"waiting": 0, "withheld": 1}


# -- the doctor --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "told"),
    [
        pytest.param("ClamAV 1.4.3/27801/Tue Nov 24 07:12:32 2026", [], id="of today"),
        pytest.param("ClamAV 1.4.3/27801/Sun Nov  1 07:12:32 2026", [("clamd.signatures", False)], id="old"),
        pytest.param("ClamAV 1.4.3", [("clamd.signatures", True)], id="none"),
        pytest.param("ClamAV 1.4.3/27801/yesterday", [("clamd.signatures", True)], id="unreadable"),
    ],
)
def test_how_old_its_signatures_are(fake, version, told):
    fake.version = version
    assert codes(watching.scanner(Visit(AT, connect=True))) == told


def test_it_says_of_when_they_are(fake):
    fake.version = "ClamAV 1.4.3/27801/Fri Nov 20 11:00:00 2026"
    (trouble,) = watching.scanner(Visit(AT, connect=True))
    assert "96 hours" in trouble.text


def test_a_scanner_that_takes_less_than_we_do(fake, settings):
    settings.FILES_MAX_BYTES, settings.INBOUND_MAX_BYTES = 1_000_000, 3_000_000
    fake.largest = 2_000_000
    assert codes(watching.scanner(Visit(AT, connect=True))) == [("clamd.size", True)]
    fake.largest = 3_000_000
    assert codes(watching.scanner(Visit(AT, connect=True))) == []


@pytest.mark.parametrize("url", ["unix:///nowhere/clamd.ctl", "garbage"])
def test_a_scanner_that_is_not_there(fake, settings, monkeypatch, url):
    monkeypatch.setattr(clamd, "SAYS_WITHIN", 0.3)
    if url == "garbage":
        fake.says = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    else:
        settings.CLAMD_URL = url
    assert codes(watching.scanner(Visit(AT, connect=True))) == [("clamd", True)]


@pytest.mark.parametrize("why", ["no scanner", "not asked to connect"])
def test_nobody_is_called_on_unless_asked(fake, settings, why):
    fake.says = b"trouble\0"
    if why == "no scanner":
        settings.CLAMD_URL = ""
    assert codes(watching.scanner(Visit(AT, connect=why == "no scanner"))) == []
