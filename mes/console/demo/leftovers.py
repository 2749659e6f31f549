"""Which processes a demo started, found by a mark in their environment, so that none outlives it unnoticed."""

import contextlib
from pathlib import Path

import psutil

HOME, PARENT = "MES_DEMO_HOME", "MES_DEMO_PROCESS"


def mark(home: Path, parent: int) -> dict[str, str]:
    """What a demo's process carries in its environment."""
    return {HOME: str(home.resolve()), PARENT: str(parent)}


def running_demo(home: Path) -> int | None:
    """The process number of a demo that serves this data folder now, if one does."""
    parents = {parent for _, parent in _marked(home) if psutil.pid_exists(parent)}
    return min(parents, default=None)


def end_leftovers(home: Path) -> int:
    """End what a killed demo left running on this data folder; return how many processes that were."""
    left = [process for process, parent in _marked(home) if not psutil.pid_exists(parent)]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=10)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)
    return len(left)


def _marked(home: Path) -> list[tuple[psutil.Process, int]]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ValueError, OSError):
            environment = process.environ()
            if environment.get(HOME) == str(home.resolve()):
                found.append((process, int(environment[PARENT])))
    return found
