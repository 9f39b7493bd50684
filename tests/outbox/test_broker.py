"""The embedded broker never shows a message that is not whole: a worker that reads one ends."""

from pathlib import Path

from kombu import Connection
from kombu.transport import filesystem

from supportportal import broker


def put(channel_class, folder, monkeypatch):
    """Put a message; return what stood in the folder while it was being written, and afterwards."""
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder), "control_folder": str(folder)}
    transport = type("Transport", (filesystem.Transport,), {"Channel": channel_class})
    seen = []

    def looking(dumps):
        def dump(*args):
            seen.extend(Path(folder).glob("*.celery.msg"))
            return dumps(*args)

        return dump

    for module in (filesystem, broker):
        monkeypatch.setattr(module, "dumps", looking(module.dumps))
    with Connection(transport=transport, transport_options=options) as connection:
        connection.default_channel._put("celery", {"task": "tick"})
        assert connection.default_channel._get("celery") == {"task": "tick"}
    return seen


def test_a_message_appears_whole(tmp_path, monkeypatch):
    assert put(broker.Channel, tmp_path, monkeypatch) == []


def test_kombus_own_way_shows_it_empty(tmp_path, monkeypatch):
    assert len(put(filesystem.Channel, tmp_path, monkeypatch)) == 1


def test_the_portal_uses_it():
    with Connection("filesystem://localhost") as connection:
        assert isinstance(connection.transport, broker.Transport)
