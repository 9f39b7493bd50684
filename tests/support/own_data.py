"""A person's archive, opened: its files by name, and what a part says."""

import io
import json
import zipfile

from django.db import connection
from django.test.utils import CaptureQueriesContext

from supportportal.people import own_data_archive
from supportportal.people.models import User


def opened(person, at):
    with own_data_archive.build(person, at) as made:
        return unpacked(made.read())


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names))
        return {name: archive.read(name) for name in names}


def said(files, part: str, section: str):
    return json.loads(files[f"data/{part}.json"])[section]


def holds(files, canary: str) -> list[str]:
    """The files of the archive in which ``canary`` stands, as it is or as pages and JSON write it."""
    escaped = {canary.encode(), json.dumps(canary)[1:-1].encode(), canary.replace("'", "&#x27;").encode()}
    return [name for name, content in files.items() if any(one in content for one in escaped) or canary in name]


def assert_asks_the_same(person, make, at) -> None:
    """``make(count)`` makes rows of the person: for thirty, the archive asks as often as for one."""
    make(1)
    with CaptureQueriesContext(connection) as for_one:
        opened(User.objects.get(pk=person.pk), at)
    make(29)
    with CaptureQueriesContext(connection) as for_thirty:
        opened(User.objects.get(pk=person.pk), at)
    assert len(for_thirty) == len(for_one)
