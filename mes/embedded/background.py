"""Starting a server that outlives nobody who needs it: in its own session, with its guard."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from mes.embedded.account import Account, command
from mes.embedded.refusals import refusal

_GUARD = Path(__file__).with_name("guard.py")
_LOG_BYTES = 2**20

# Kept so that a process that lives long reaps the servers it started.
_started: list[subprocess.Popen[bytes]] = []


def start(
    arguments: list[str | Path],
    *,
    home: Path,
    account: Account | None,
    answers: Callable[[], bool],
    typed: bytes = b"",
    patience_seconds: float = 60.0,
) -> None:
    """Start a server that works in `home`, and wait until it answers.

    Its own session keeps the terminal's Ctrl-C from it: it is stopped when its users are gone, not before.

    :param typed: what it reads from its standard input.
    :raises CannotServe: if it ends, or never answers; with what it wrote to `home/server.log`.
    """
    with _log(home) as log:
        begin = log.tell()
        # S603: a program from our own environment, arguments from our own code.
        server = subprocess.Popen(  # noqa: S603
            command(arguments, account),
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _started.append(server)
    assert server.stdin is not None  # noqa: S101 - asked for above; tells the type checker
    with server.stdin as stdin:
        stdin.write(typed)
    deadline = time.monotonic() + patience_seconds
    while not answers():
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            server.wait()
            raise refusal(Path(arguments[0]).name, str(home), _written_since(home, begin))
        time.sleep(0.02)


def guard(pid_file: Path, program: str, politely: signal.Signals) -> None:
    """Have a server stopped once nobody uses it."""
    home = pid_file.parent.parent
    _started.append(
        subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-I", str(_GUARD), str(home), str(pid_file), program, str(int(politely))],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    )


def _log(home: Path) -> IO[bytes]:
    path = home / "server.log"
    fresh = not path.exists() or path.stat().st_size > _LOG_BYTES
    log = path.open("wb" if fresh else "ab")
    path.chmod(0o600)
    return log


def _written_since(home: Path, begin: int) -> str:
    with (home / "server.log").open("rb") as log:
        log.seek(begin)
        return log.read()[-4000:].decode(errors="replace")
