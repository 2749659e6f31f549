"""Python's garbage collector, kept at rest while something large is held in memory for a moment.

It looks through everything that lives each time some share of it is new. Of a plant of ten thousand operations, all of which live until
the plan is made, it finds nothing and takes as long as the planning; what is in cycles is found afterwards.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_at_work = 0


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Let the collector rest until the last of those who asked for it, in any thread, is done."""
    global _at_work  # noqa: PLW0603 - the collector is one for the whole process, and so is this count
    with _lock:
        _at_work += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _at_work -= 1
            if not _at_work:
                gc.enable()
