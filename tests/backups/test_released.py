"""After a restore: what leaves, what waits, who lets it go, and what becomes of it."""

from datetime import timedelta

import pytest

from supportportal.outbox import claiming, operations, restored
from supportportal.outbox.models import Message
from supportportal.outbox.notices import NOBODY
from supportportal.outbox.operations import Owed
from tests.factories import FirmFactory, StaffFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def owe(number, due_at, at, kind="account_access"):
    address = f"p{number}@client.example"
    owed = Owed(
        kind, NOBODY, due_at, address=address, language="en", time_zone="UTC", data={"code": "ABC", "minutes": 1}
    )
    operations.plan([owed], at=at)
    return Message.objects.get(address=address)


def claimed(at):
    return [message.address[:2] for message in claiming.claim("email", limit=9, at=at)]


@pytest.fixture
def three(at):
    """Due before the restore, due after it, and a code asked for after it."""
    owe(1, at - HOUR, at - 2 * HOUR)
    owe(2, at + HOUR, at - 2 * HOUR)
    held = restored.hold(at - 2 * HOUR, at=at)
    owe(3, at + HOUR, at + HOUR, kind="sign_in_code")
    return held


def test_without_a_restore_what_is_due_leaves(at):
    owe(1, at - HOUR, at - 2 * HOUR)
    assert claimed(at) == ["p1"]


def test_while_it_is_held_only_codes_asked_for_since_leave(three, at):
    assert restored.waiting(three) == 1
    assert claimed(at + HOUR) == ["p3"]


def test_a_code_of_the_backup_is_held_too(at):
    owe(1, at - HOUR, at - HOUR, kind="sign_in_code")
    restored.hold(at - HOUR, at=at)
    assert claimed(at) == []


@pytest.mark.parametrize(
    ("send", "leave", "state"),
    [
        pytest.param(True, ["p3", "p1", "p2"], "sending", id="sent"),
        pytest.param(False, ["p3", "p2"], "skipped", id="skipped"),
    ],
)
def test_released_the_rest_leaves_and_what_was_due_before_as_decided(three, at, send, leave, state):
    by = StaffFactory()
    assert restored.release(three, send=send, by=by, at=at + HOUR) == 1
    assert claimed(at + HOUR) == leave
    assert Message.objects.get(address="p1@client.example").state == state
    assert restored.release(three, send=not send, by=by, at=at + HOUR) == 0


def test_what_a_sender_held_when_the_backup_was_made_is_decided_too(at):
    message = owe(1, at - HOUR, at - HOUR)
    Message.objects.filter(pk=message.pk).update(state="unknown")
    held = restored.hold(at - HOUR, at=at)
    restored.release(held, send=False, by=None, at=at)
    message.refresh_from_db()
    assert (message.state, message.why) == ("skipped", restored.LEFT_OUT)


@pytest.mark.parametrize(
    ("role", "sees", "releases"),
    [
        pytest.param("agent", False, False, id="agent"),
        pytest.param("manager", True, False, id="manager"),
        pytest.param("owner", True, True, id="owner"),
    ],
)
@pytest.mark.parametrize("action", ["release_with", "release_without"])
def test_who_sees_and_who_releases(client, three, at, role, sees, releases, action):
    FirmFactory()
    client.force_login(StaffFactory(roles=[role]))
    assert ("Messages are held" in client.get("/admin/").content.decode()) is sees
    listed = client.get("/admin/outbox/restoration/")
    assert (listed.status_code == 200) is sees
    client.post("/admin/outbox/restoration/", {"action": action, "_selected_action": [three.pk]})
    three.refresh_from_db()
    assert (three.released_at is not None) is releases
    assert three.sent is (releases and action == "release_with")
