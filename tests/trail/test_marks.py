from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from supportportal.trail import marks, operations, tasks
from supportportal.trail.models import Entry, Seal
from tests.factories import AccountFactory

from .test_trail import raw

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(settings, tmp_path):
    settings.TRAIL_MARKS = tmp_path / "marks" / "trail"
    return settings.TRAIL_MARKS


@pytest.fixture
def account():
    return AccountFactory()


def record(account, at, count=1):
    operations.record_many("account.changed", [account] * count, by=None, at=at)
    operations.seal(at=at)


def verify(file):
    said = StringIO()
    try:
        call_command("verify_trail", marks=file, stdout=said)
    except CommandError as error:
        said.write(str(error))
    return said.getvalue().splitlines()


@pytest.mark.parametrize(
    ("later", "grown", "count"),
    [
        pytest.param(timedelta(minutes=60), 1, 2, id="an hour later"),
        pytest.param(timedelta(minutes=60, seconds=-1), 1, 1, id="a second before"),
        pytest.param(timedelta(days=3), 0, 1, id="nothing new"),
        pytest.param(timedelta(hours=-2), 1, 2, id="clock set back"),
    ],
)
def test_the_end_is_marked_once_an_hour_if_there_is_more(account, at, file, later, grown, count):
    record(account, at)
    marks.keep(file, at=at)
    if grown:
        record(account, at)
    marks.keep(file, at=at + later)
    assert marks.known(file) == count
    assert list(marks.faults(file)) == []


def test_the_tick_marks_what_it_sealed(account, at, file):
    operations.record("account.changed", account, by=None, at=at)
    tasks.seal()
    assert marks.known(file) == 1
    tasks.seal()
    assert marks.known(file) == 1


def test_a_demo_which_begins_anew_marks_nothing(account, at, file, settings):
    settings.DEMO = True
    operations.record("account.changed", account, by=None, at=at)
    tasks.seal()
    assert Seal.objects.count() == 1
    assert marks.known(file) == 0


def test_a_restore_puts_back_the_end_and_is_told(account, at, file):
    """What was marked after the backup was made no longer counts; what comes after it does."""
    day = timedelta(days=1)
    record(account, at)
    marks.keep(file, at=at)
    record(account, at + day)
    marks.keep(file, at=at + day)
    raw("DELETE FROM trail_seal WHERE number > 1")
    raw("DELETE FROM trail_entry WHERE id > %s", Entry.objects.earliest("pk").pk)
    assert "the trail was cut off" in verify(file)[0]  # the control: nobody has said that a backup was put back
    marks.keep_restore(file, at=at + 2 * day)
    said = verify(file)
    assert said[0] == "On 2026-11-26 11:00 UTC a backup was put back whose trail ended with seal 1."
    assert "It agrees with 1 earlier mark." in said[1]
    record(account, at + 3 * day, count=2)
    marks.keep(file, at=at + 3 * day)
    assert "It agrees with 2 earlier marks." in verify(file)[1]
    raw("DELETE FROM trail_seal WHERE number > 1")
    raw("DELETE FROM trail_entry WHERE id > %s", Entry.objects.earliest("pk").pk)
    assert any("the trail was cut off" in line for line in verify(file))


def test_a_restore_of_an_empty_trail_is_told_too(file, at):
    marks.keep_restore(file, at=at)
    assert verify(file) == [
        "On 2026-11-24 11:00 UTC a backup was put back whose trail ended with seal 0.",
        "The trail is empty.",
    ]


def cut_off(entries):
    raw("DELETE FROM trail_seal WHERE number > 3")
    raw("DELETE FROM trail_entry WHERE id > %s", entries[2].pk)


def write_anew(entries):
    """Who may write to the database changes an entry and chains everything again."""
    raw("UPDATE trail_entry SET verb = 'nothing' WHERE id = %s", entries[4].pk)
    raw("DELETE FROM trail_seal")
    operations.seal(at=entries[0].at)


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        pytest.param(
            cut_off, "Seal 5, there on 2026-11-24 11:00 UTC, is gone: the trail was cut off.", id="the end is cut off"
        ),
        pytest.param(
            write_anew,
            "Seal 5 is not what it was on 2026-11-24 11:00 UTC: the trail was written anew.",
            id="chained anew",
        ),
    ],
)
def test_what_the_chain_alone_cannot_show_contradicts_a_mark(account, at, file, forge, said):
    record(account, at, 5)
    marks.keep(file, at=at)
    forge(list(Entry.objects.order_by("pk")))
    assert list(operations.faults(at=at)) == []  # the control: without marks nothing is found
    assert verify(file) == [said, "Faults in the trail: 1."]


def test_a_line_that_somebody_else_wrote_is_found(account, at, file):
    record(account, at)
    marks.keep(file, at=at)
    line = file.read_text()
    file.write_text(line.replace(" 1 ", " 2 ") + line)
    assert list(marks.faults(file)) == ["Line 1 of trail was not written by this portal, or with another SECRET_KEY."]


def test_the_command_says_what_holds_and_what_it_cannot_know(account, at, file):
    assert verify(file) == ["The trail is empty."]
    record(account, at, 2)
    digest = Seal.objects.order_by("-number")[0].digest
    holds = f"The trail holds: 2 entries; the last seal is {digest}."
    assert verify(file) == [
        f"{holds} No earlier mark is known here ({file}): whether its end was cut off cannot be said."
    ]
    marks.keep(file, at=at)
    assert verify(file) == [f"{holds} It agrees with 1 earlier mark."]


def test_the_command_fails_on_a_changed_entry(account, at, file):
    record(account, at, 3)
    pk = Entry.objects.order_by("pk")[1].pk
    raw("UPDATE trail_entry SET verb = 'nothing' WHERE id = %s", pk)
    assert verify(file) == [f"Entry {pk} of seal 2 was changed or moved.", "Faults in the trail: 1."]
