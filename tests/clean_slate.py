"""After a test with transactions of its own the database is again what the migrations left.

Django would empty all of some two hundred tables, which makes their fifteen hundred files anew, and have every app
write its permissions again: more work than most tests do. Here only tables that hold rows are emptied, and what the
migrations themselves wrote (permissions, rules) comes back as it was, with its keys.
"""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from psycopg import Cursor, sql
from pytest_django import DjangoDbBlocker

Rows = bytes
"""The rows of a table as PostgreSQL copies them out."""

T = TypeVar("T")

# Which migrations are done is nobody's to forget.
_NEVER_EMPTIED: Final = "django_migrations"


@dataclass(frozen=True)
class Slate:
    """What a database held at some moment: the rows of each table that had any."""

    rows: dict[str, Rows]

    @classmethod
    def as_it_is(cls) -> Self:
        with connection.cursor() as wrapper:
            cursor: Cursor = wrapper.cursor
            return cls({table: _rows_of(cursor, table) for table in _filled(cursor, _tables(cursor))})

    def restore(self) -> None:
        """Empty every table, except for these rows.

        Waits for whoever still writes on another connection, as emptying by TRUNCATE does.
        """
        with transaction.atomic(durable=True), connection.cursor() as wrapper:
            cursor: Cursor = wrapper.cursor
            tables = _tables(cursor)
            cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(_listed(tables)))
            # Append-only tables refuse to be emptied, and rows go in no order: no trigger and no foreign key is asked.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in {*_filled(cursor, tables), *self.rows}:
                rows = self.rows.get(table)
                if rows is None or rows != _rows_of(cursor, table):
                    cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
                    if rows is not None:
                        _write(cursor, table, rows)
        ContentType.objects.clear_cache()


@dataclass(frozen=True)
class Stand:
    """Has rows written once that many tests begin with; `restore` of the slate before takes them away again.

    Each test goes back to these rows in the database, but not to the objects: it takes a deep copy of those it changes.
    """

    blocker: DjangoDbBlocker

    def __call__(self, write: Callable[[], T]) -> T:
        """What `write` returns. As within a test, nothing is set off by the commit of its rows."""
        with self.blocker.unblock(), transaction.atomic(durable=True):
            written = write()
            connection.run_on_commit.clear()
        return written


def leave_last() -> None:
    """Wait for whoever else is at the database, which is dropped next; who stays is named and shown out."""
    for _ in range(600):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            others = [query for (query,) in cursor.fetchall()]
        if not others:
            return
        time.sleep(0.1)
    warnings.warn(f"Connections were left open; last they asked: {others}", stacklevel=2)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _tables(cursor: Cursor) -> list[str]:
    cursor.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> %s ORDER BY tablename",
        [_NEVER_EMPTIED],
    )
    return [table for (table,) in cursor.fetchall()]


def _filled(cursor: Cursor, tables: Sequence[str]) -> list[str]:
    """Those of the tables that hold a row."""
    looks = [
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(table), sql.Identifier(table))
        for table in tables
    ]
    cursor.execute(sql.SQL(" UNION ALL ").join(looks))
    return [table for (table,) in cursor.fetchall()]


def _rows_of(cursor: Cursor, table: str) -> Rows:
    with cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copied:
        return b"".join(copied)


def _write(cursor: Cursor, table: str, rows: Rows) -> None:
    with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copying:
        copying.write(rows)


def _listed(tables: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, tables))
