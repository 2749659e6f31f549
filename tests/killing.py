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
    deadline = time.monotonic() + LONGEST
    while not seen() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(after)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
