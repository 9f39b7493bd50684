"""Several at once, each in a thread of its own with its own connection."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import close_old_connections, connection

from supportportal.refusals import Refused


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run them, released together; give what each returned or was refused with. Raises what else went wrong."""
    start = threading.Barrier(len(acts))
    found: list[Any] = [None] * len(acts)
    wrong: list[Exception] = []

    def run(number: int, act: Callable[[], Any]) -> None:
        start.wait(timeout=20)
        try:
            found[number] = act()
        except Refused as refusal:
            found[number] = refusal
        except Exception as error:  # the test's to see
            wrong.append(error)
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "Some did not come to an end."
    if wrong:
        raise wrong[0]
    return found
