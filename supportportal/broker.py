"""Kombu's filesystem broker, with each message appearing in its folder only once it is whole."""

import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:
        """Write under another name first: a worker that reads half a message ends with an error."""
        folder = Path(self.data_folder_out)
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        half = folder / f"{name}.part"
        half.write_text(dumps(payload))
        half.replace(folder / name)


class Transport(filesystem.Transport):
    Channel = Channel
