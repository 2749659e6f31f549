"""Workers that are killed in the middle of their work, as an operating system kills them."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from django.db import connections

LONGEST = 60.0


def killed_once(seen: Callable[[], bool], *, at: Callable[[], Any], after: float = 0.0) -> None:
    """Do some work in a process of its own, and kill that as soon as something is seen.

    :param at: the work. :param after: how many seconds later.
    """

    def work() -> None:
        connections.close_all()
        at()

    connections.close_all()
    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    was_seen = _comes_true(seen)
    time.sleep(after)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    assert was_seen, f"nothing was seen within {LONGEST:g} s, so it was killed anywhere"


def _comes_true(seen: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        if seen():
            return True
        time.sleep(0.05)
    return False
