"""Who uses the servers of a data folder: shared locks, which the kernel drops with their process."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_joined: dict[Path, IO[bytes]] = {}


@contextlib.contextmanager
def exclusively(home: Path) -> Iterator[None]:
    """Be the only process that starts or stops servers here; wait for one that does."""
    with (home / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def join(home: Path) -> None:
    """Count this process among the users until it ends. Repeatable."""
    if home not in _joined:
        _joined[home] = (home / "users").open("ab")
    fcntl.flock(_joined[home], fcntl.LOCK_SH)


def alone(home: Path) -> bool:
    """Whether no other process uses the servers; this one stops counting. Call within `exclusively`."""
    mine = _joined.pop(home)
    try:
        fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        mine.close()
    return True
