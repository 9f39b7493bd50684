"""Many rivals at once: forked processes, each with several threads, that start every round together."""

import multiprocessing
import queue
import threading
import traceback
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from typing import Any

from django.db import connection, connections

from ..support.processes import die_with_parent

PATIENCE = 300  # seconds that a rival waits for the others before the storm counts as stuck

Act = Callable[[int, Barrier], Any]


def run_crowd(act: Act, *, processes: int, threads: int, meanwhile: Callable[[], None] = lambda: None) -> list[Any]:
    """Call ``act(rival, barrier)`` for each rival, and ``meanwhile`` here until they are done; returns their results.

    An error of a rival is raised here, with its traceback.
    """
    connections.close_all()  # a connection must not be shared with a forked process
    fork = multiprocessing.get_context("fork")
    barrier, answers = fork.Barrier(processes * threads), fork.Queue()
    children = [
        fork.Process(target=_child, args=(act, range(number * threads, (number + 1) * threads), barrier, answers))
        for number in range(processes)
    ]
    for child in children:
        child.start()
    results: list[Any] = []
    try:
        while len(results) < processes * threads:
            try:
                fault, result = answers.get(timeout=0.2)
            except queue.Empty:
                assert any(child.is_alive() for child in children), "The rivals ended without an answer."
                meanwhile()
                continue
            assert not fault, fault
            results.append(result)
    finally:
        for child in children:
            child.kill() if len(results) < processes * threads else child.join(PATIENCE)
    return results


def _child(act: Act, rivals: range, barrier: Barrier, answers: Any) -> None:
    die_with_parent()
    crowd = [threading.Thread(target=_rival, args=(act, rival, barrier, answers)) for rival in rivals]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()


def _rival(act: Act, rival: int, barrier: Barrier, answers: Any) -> None:
    try:
        answers.put(("", act(rival, barrier)))
    except BaseException:
        barrier.abort()
        answers.put((traceback.format_exc(), None))
    finally:
        connection.close()
