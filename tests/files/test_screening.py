"""Files are looked at for viruses apart from their arrival: whatever the scanner does, nothing goes out unseen or is
lost."""

from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction

from supportportal.files import clamd, intake, screening, tasks
from supportportal.files.download import Withheld, download_response
from supportportal.files.models import Screened, StoredFile
from supportportal.outbox import attached, inbound, mails
from supportportal.outbox.models import Inbound
from supportportal.trail.models import Entry
from tests.factories import ClientFactory
from tests.fakes.clamd import EICAR, FOUND, fake_clamd
from tests.fakes.serving import Mode

from . import samples

pytestmark = pytest.mark.django_db
WAITING, CLEAN, WITHHELD, DELETED = Screened.Screening
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def fake(settings, monkeypatch):
    monkeypatch.setattr(clamd, "SCANS_WITHIN", 0.3)
    with fake_clamd() as made:
        settings.CLAMD_URL = made.url
        yield made


@pytest.fixture
def tick(at):
    """Ticks one after the other, each so many seconds after ``at``."""
    return lambda seconds=0: screening.screen_due(clock=lambda: at + timedelta(seconds=seconds))


@pytest.fixture
def take(at):
    def take(content=b"hello", name="canary.txt"):
        return intake.accept(SimpleUploadedFile(name, content), at)

    return take


def state(file) -> str:
    return type(file).objects.get(pk=file.pk).screening


# -- what becomes of a file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "becomes", "virus"),
    [pytest.param(b"hello", CLEAN, "", id="harmless"), pytest.param(EICAR, WITHHELD, FOUND, id="EICAR")],
)
def test_a_file_waits_until_it_has_been_looked_at(fake, tick, take, at, content, becomes, virus):
    file = take(content)
    assert (file.screening, file.is_given_out) == (WAITING, False)
    tick()
    file.refresh_from_db()
    assert (file.screening, file.virus, file.screened_at) == (becomes, virus, at)
    assert file.is_given_out is (becomes == CLEAN)
    with file.content.open("rb") as kept:
        assert kept.read() == content  # what is withheld is still all there


def test_without_a_scanner_nothing_waits(settings, take, tick):
    """The control: all of it is as it was."""
    settings.CLAMD_URL = ""
    file = take(EICAR)
    tick()
    assert (file.screening, file.is_given_out, file.screened_at) == (CLEAN, True, None)


def test_what_we_write_ourselves_does_not_wait_but_copies_do(fake, at):
    assert intake.keep("letter.html", "text/html", b"<p>", at).is_given_out
    assert not intake.keep("copy.png", "image/png", samples.PNG, at, is_ours=False).is_given_out


@pytest.mark.parametrize("found", [WAITING, WITHHELD, DELETED])
def test_a_scanner_that_is_taken_away_frees_what_waits_and_nothing_else(settings, take, found):
    file = take()
    file.screening = found
    settings.CLAMD_URL = "tcp://127.0.0.1"
    assert not file.is_given_out
    settings.CLAMD_URL = ""
    assert file.is_given_out is (found == WAITING)


@pytest.mark.parametrize("found", [WAITING, WITHHELD, DELETED])
def test_it_is_not_given_out(fake, take, found):
    file = take()
    file.screening = found
    with pytest.raises(Withheld):
        download_response(file, of=ClientFactory.build())
    file.screening = CLEAN
    download_response(file, of=ClientFactory.build()).close()


# -- a scanner in trouble ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [Mode.HANG, Mode.RESET, Mode.LOSE_ANSWER, Mode.DOWN])
def test_no_verdict_leaves_it_waiting_and_the_next_try_gets_one(fake, take, tick, mode):
    file = take(EICAR)
    fake.mode = mode
    tick()
    assert state(file) == WAITING
    fake.mode = Mode.ACCEPT
    tick(29)
    assert state(file) == WAITING
    tick(31)
    assert state(file) == WITHHELD


def test_garbage_is_not_taken_for_a_verdict(fake, take, tick):
    file = take()
    fake.says = b"stream: NOT OK\0"
    tick()
    assert state(file) == WAITING


def test_pauses_grow_while_the_scanner_is_down(settings, take, at):
    settings.CLAMD_URL = "unix:///nowhere/clamd.ctl"
    file, now, tries = take(), at, []
    for _try in range(6):
        screening.screen_due(clock=lambda: now)  # noqa: B023
        file.refresh_from_db()
        tries.append((file.screen_at - now).total_seconds())
        now = file.screen_at
    assert tries == [30, 60, 120, 300, 300, 300]
    assert (file.screening, file.screen_tries) == (WAITING, 6)


def test_a_file_that_breaks_the_scanner_does_not_hold_up_the_others(fake, take, tick):
    """Each tick ends with the first trouble; the next one begins with what has not been tried."""
    poison, others = take(b"poison"), [take(b"hello %d" % number) for number in range(3)]
    fake.mode = Mode.RESET
    tick()
    fake.mode = Mode.ACCEPT
    tick(1)
    assert [state(one) for one in (poison, *others)] == [WAITING, CLEAN, CLEAN, CLEAN]


def test_a_file_too_large_for_it_waits_and_the_others_go_on(fake, take, tick):
    large, small = take(b"." * 2000), take(b"small")
    fake.largest = 1000
    tick()
    assert (state(large), state(small)) == (WAITING, CLEAN)
    fake.largest = 10_000
    tick(31)
    assert state(large) == CLEAN


def test_a_file_whose_content_is_missing_waits_and_the_others_go_on(fake, take, tick):
    lost, other = take(b"lost"), take(b"other")
    lost.content.storage.delete(lost.content.name)
    tick()
    tick(1)
    assert (state(lost), state(other)) == (WAITING, CLEAN)


def test_whoever_dies_over_a_file_leaves_it_to_the_next(fake, take, tick, at):
    file = take(EICAR)
    assert screening._claim(StoredFile.objects.get(pk=file.pk), at)  # and dies
    tick(60)
    assert state(file) == WAITING
    tick(301)
    assert state(file) == WITHHELD


# -- races -------------------------------------------------------------------------------------------------------------


def elsewhere(do) -> None:
    """In the thread of the fake scanner, on a connection of its own: what another process does meanwhile."""
    try:
        do()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_two_workers_look_at_a_file_once(fake, take, tick):
    file = take()
    fake.meanwhile = lambda: elsewhere(tick)
    tick()
    assert (fake.scanned, state(file)) == ([b"hello"], CLEAN)


def test_of_two_that_saw_it_due_one_gets_it(take, fake, at):
    take()
    first, second = screening._due(at), screening._due(at)
    assert [screening._claim(rows[0], at) for rows in (first, second)] == [True, False]


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_deleted_meanwhile_is_nobodys_trouble(fake, take, tick):
    file, other = take(EICAR), take(b"other")
    fake.meanwhile = lambda: elsewhere(lambda: StoredFile.objects.filter(pk=file.pk).delete())
    tick()
    assert list(StoredFile.objects.values_list("pk", "screening")) == [(other.pk, CLEAN)]


@pytest.mark.django_db(transaction=True)
def test_a_release_while_it_is_looked_at_stands(fake, take, tick, at):
    file, client = take(EICAR), ClientFactory()
    seen = StoredFile.objects.get(pk=file.pk)
    fake.meanwhile = lambda: elsewhere(lambda: screening.release(seen, of=client, by=client, at=at))
    tick()
    assert state(file) == CLEAN


def test_a_second_tick_in_one_process_does_nothing(fake, take):
    """A scanner that hangs may hold one thread of a worker, never all of them."""
    file = take()
    with tasks._one_screens:
        tasks.screen()
    assert (fake.scanned, state(file)) == ([], WAITING)
    tasks.screen()
    assert not tasks._one_screens.locked()


# -- decided by people -------------------------------------------------------------------------------------------------


@pytest.fixture
def infected(fake, take, tick):
    file = take(EICAR)
    tick()
    file.refresh_from_db()
    return file


def test_a_false_alarm_is_released(infected, at):
    client = ClientFactory()
    screening.release(infected, of=client, by=client, at=at)
    assert StoredFile.objects.get().is_given_out
    entry = Entry.objects.get(verb="file.released")
    assert (entry.subject_type, entry.subject_id, entry.by_id) == ("people.user", client.pk, client.pk)
    assert entry.facts == {"kind": "files.storedfile", "file": infected.pk, "virus": FOUND}


def test_what_was_released_is_not_looked_at_again(infected, fake, tick, at):
    client = ClientFactory()
    screening.release(infected, of=client, by=client, at=at)
    fake.scanned.clear()
    tick(1000)
    assert (fake.scanned, state(infected)) == ([], CLEAN)


@pytest.mark.django_db(transaction=True)
def test_deleting_it_leaves_its_name(infected, at):
    client = ClientFactory()
    with transaction.atomic():
        screening.delete(infected, of=client, by=client, at=at)
        assert infected.content.storage.exists(infected.content.name)  # as long as it may still be rolled back
    assert not infected.content.storage.exists(infected.content.name)
    kept = StoredFile.objects.get()
    assert (kept.name, kept.screening, kept.why_withheld) == ("canary.txt", DELETED, f"deleted: {FOUND}")
    assert Entry.objects.filter(verb="file.deleted").exists()


@pytest.mark.parametrize("act", [screening.release, screening.delete])
@pytest.mark.parametrize("became", [CLEAN, DELETED])
def test_what_has_become_something_else_is_left_alone(infected, at, act, became):
    client = ClientFactory()
    StoredFile.objects.update(screening=became)
    with pytest.raises(screening.Overtaken):
        act(infected, of=client, by=client, at=at)
    assert (state(infected), Entry.objects.filter(verb__startswith="file.").exists()) == (became, False)


# -- mails -------------------------------------------------------------------------------------------------------------


def mail(at, *files: bytes) -> Inbound:
    made = EmailMessage()
    made["From"], made["Subject"] = "anna@example.org", "Hi"
    made.set_content("Hello.")
    for content in files:
        made.add_attachment(content, maintype="text", subtype="plain", filename="a.txt")
    raw = made.as_bytes()
    return inbound.receive(raw, mails.read(raw), gateway="test", verdict="pass", at=at)


@pytest.mark.parametrize(
    ("files", "becomes"),
    [
        pytest.param([], CLEAN, id="none"),
        pytest.param([b"hello", b"hello again"], CLEAN, id="harmless"),
        pytest.param([b"hello", EICAR], WITHHELD, id="one is not"),
    ],
)
def test_the_files_of_a_mail_are_looked_at_together(fake, tick, at, files, becomes):
    kept = mail(at, *files)
    assert kept.screening == WAITING
    tick()
    assert state(kept) == becomes
    assert fake.scanned == files
    assert [one.content for one in attached.files_of(kept)] == files  # nothing of it is lost


# -- nobody goes round it ----------------------------------------------------------------------------------------------

# Letters, which we wrote ourselves; the copy of a picture, made as it arrives; and where the question is asked.
OPENERS = {
    *("complaints/admin_letters.py", "complaints/casefile.py", "complaints/own_data.py", "complaints/pdf.py"),
    *("complaints/operations/evidence.py", "supportportal/files/apps.py", "supportportal/files/download.py"),
    "supportportal/people/own_data.py",
}


def openers(root: Path) -> set[str]:
    apps = ("supportportal", "bookings", "complaints", "conduct")
    files = [file for app in apps for file in (root / app).rglob("*.py")]
    return {str(file.relative_to(root)) for file in files if "content.open(" in file.read_text()}


def test_nobody_opens_a_kept_file_but_who_asks_first():
    assert openers(ROOT) == OPENERS


def test_the_control_an_opener_is_noticed(tmp_path):
    (tmp_path / "bookings").mkdir()
    (tmp_path / "bookings" / "views.py").write_text("stored.content.open()")
    assert openers(tmp_path) == {"bookings/views.py"}


def test_one_that_waits_for_months_holds_up_no_other(fake, take, tick):
    """The count of its tries ends before the column does."""
    large, other = take(b"." * 200_000), take()
    fake.largest = 100_000
    StoredFile.objects.filter(pk=large.pk).update(screen_tries=32_767)
    tick()
    assert (state(large), state(other)) == (WAITING, CLEAN)
