"""Stops one embedded server when the last process that used it is gone, however it went.

Run as a script beside each server: `guard.py HOME PID_FILE PROGRAM SIGNAL`. It stands alone, so that it starts
in an instant and costs a few megabytes. A process that leaves in good order has stopped the server already.
"""

import contextlib
import fcntl
import signal
import sys
import time
from pathlib import Path

import psutil

PATIENCE_SECONDS = 30.0


def living(pid_file: Path, program: str) -> psutil.Process | None:
    """The server that wrote a pid file, if it still runs: right program, at work in that folder."""
    with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        runs = process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        if runs and process.name() == program and Path(process.cwd()).samefile(pid_file.parent):
            return process
    return None


def end(process: psutil.Process, politely: signal.Signals) -> None:
    """Ask a server to stop, wait for it, and kill it only if it does not."""
    for number in (politely, signal.SIGKILL):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        if _gone_within(process, PATIENCE_SECONDS):
            return


def _gone_within(process: psutil.Process, seconds: float) -> bool:
    """Wait for a process to end. One whose parent lives on stays as a zombie until that parent looks: it is gone, too."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            process.wait(0.02)
        except psutil.TimeoutExpired:
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.status() == psutil.STATUS_ZOMBIE:
                    return True
        else:
            return True
    return False


def wait_until_unused(home: Path) -> None:
    """Sleep until nobody holds the shared lock."""
    with (home / "users").open("ab") as users:
        fcntl.flock(users, fcntl.LOCK_EX)


def end_if_unused(home: Path, process: psutil.Process, politely: signal.Signals) -> bool:
    """Stop the server unless somebody joined meanwhile; say whether it is done for."""
    with (home / "lock").open("ab") as lock, (home / "users").open("ab") as users:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return not process.is_running()
        end(process, politely)
        return True


def main(home: Path, pid_file: Path, program: str, politely: signal.Signals) -> None:
    """Guard one server until it is stopped."""
    process = living(pid_file, program)
    while process is not None:
        wait_until_unused(home)
        if end_if_unused(home, process, politely):
            return


if __name__ == "__main__":
    with contextlib.suppress(FileNotFoundError):
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], signal.Signals(int(sys.argv[4])))
