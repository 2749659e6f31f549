"""A database that has every migration behind it, kept from one run of the tests to the next.

Carrying out the migrations costs half a minute of processor time, so it is done once for as long as they stay the
same: each test process begins with a copy. What is migrated is known by its content, and a copy is still migrated
afterwards, so a migration that this does not know of (a library's) is never missed.
"""

import hashlib
from pathlib import Path
from typing import Final, LiteralString

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

ROOT: Final = Path(__file__).parent.parent
_PREFIX: Final = "migrated_"
_LOCK: Final = 4_202_511


def template() -> str:
    """The name of a migrated database on the tests' server, made if it is not there yet.

    Processes that ask at the same time wait for the first to make it.
    """
    name = _PREFIX + _content()
    with psycopg.connect(settings.DATABASE_URL, dbname="postgres", autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        known = {row[0] for row in server.execute("SELECT datname FROM pg_database").fetchall()}
        if name not in known:
            for old in known:
                if old.startswith(_PREFIX):
                    _carry_out(server, "DROP DATABASE {}", old)
            _make(server, name)
    return name


def _make(server: psycopg.Connection, name: str) -> None:
    unfinished = f"{_PREFIX}unfinished"
    _carry_out(server, "CREATE DATABASE {}", unfinished)
    own = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = unfinished
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own
    _carry_out(server, "ALTER DATABASE {} RENAME TO {}", unfinished, name)


def _content() -> str:
    """A digest of our migrations and of the libraries that carry them out."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted([*ROOT.glob("*/migrations/*.py"), *ROOT.glob("mes/*/migrations/*.py")]):
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _carry_out(server: psycopg.Connection, statement: LiteralString, *names: str) -> None:
    server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
