"""PostgreSQL and Redis for a workshop copy, from wheels, with nothing to install.

Both live under one data folder and run for as long as some process of ours uses them: every process that asks
for a URL holds a shared lock on `users`; the last one out stops the servers, and a small guard per server does
so if that last one was killed. Starting and stopping happens under an exclusive lock on `lock`, so any number
of commands may run at once. A server that was killed, a stale pid file or a half-made database is put right by
the next start.
"""

import atexit
import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import psycopg

from mes.embedded import postgres_server, redis_server
from mes.embedded.refusals import CannotServe
from mes.embedded.users import alone, exclusively, join

__all__ = ["CannotServe", "database_url", "redis_url", "stop"]

_stops_at_exit: set[Path] = set()


def database_url(data: Path, *, throwaway: bool = False) -> str:
    """The URL of the embedded PostgreSQL, started if need be, with its data in `data/postgres`.

    :param throwaway: trade durability for speed (tests); counts only if this call starts the server.
    :raises SystemExit: with a sentence, where it cannot run.
    """
    return _serve(data, lambda home: postgres_server.ensure(home / "postgres", throwaway=throwaway))


def redis_url(data: Path) -> str:
    """The URL of the embedded Redis, started if need be, with its data in `data/redis`.

    :raises SystemExit: with a sentence, where it cannot run.
    """
    return _serve(data, lambda home: redis_server.ensure(home / "redis"))


def stop(data: Path) -> None:
    """Stop both servers of a data folder, whoever uses them. Nothing running is fine."""
    home = data.resolve()
    if home.is_dir():
        with exclusively(home):
            _stop_servers(home)


def _serve(data: Path, ensure: Callable[[Path], str]) -> str:
    home = data.resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with exclusively(home):
            join(home)
            if home not in _stops_at_exit:
                _stops_at_exit.add(home)
                atexit.register(_leave, home, os.getpid())
            return ensure(home)
    except CannotServe as refusal:
        raise SystemExit(str(refusal)) from None
    except psycopg.Error as error:
        raise SystemExit(f"The embedded PostgreSQL in {home} runs but refuses to serve: {error}") from None
    except OSError as error:
        raise SystemExit(
            f"The embedded servers cannot keep their data in {home}: {error.strerror or error}. "
            "Make room there or make it writable, or point MES_DATA at another folder."
        ) from None


def _leave(home: Path, joined_by: int) -> None:
    """Stop the servers if nobody else uses them. A forked child inherits this call but never joined."""
    if os.getpid() != joined_by:
        return
    with contextlib.suppress(OSError), exclusively(home):
        if alone(home):
            _stop_servers(home)


def _stop_servers(home: Path) -> None:
    redis_server.stop(home / "redis")
    postgres_server.stop(home / "postgres")
