"""Rows as they are sealed: key and hash, worked out by the database in one canonical way."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Model

CONTEXT = "pgh_context_id"


def key_column(model: type[Model]) -> str:
    """The column of the primary key."""
    return str(model._meta.pk.column)


def columns_of(model: type[Model]) -> list[str]:
    """All columns but the key, in the order of the table."""
    return [str(field.column) for field in model._meta.concrete_fields if not field.primary_key]


def digests(
    table: str, key: str, columns: Sequence[str], after: int, upto: int, limit: int | None = None
) -> list[tuple[int, str]]:
    """Key and hash of each row above `after` up to `upto`, in the order of the keys.

    The hash is SHA-256 of the columns' values as a JSON array, the way PostgreSQL writes one, with moments in UTC. A row of history is
    hashed with who and why, which stand in a row of their own.
    """
    quote = connection.ops.quote_name
    values = [f"t.{quote(column)}" for column in columns]
    if CONTEXT in columns:
        values.append("(SELECT c.metadata FROM pghistory_context c WHERE c.id = t.pgh_context_id)")
    row = f"jsonb_build_array({', '.join(values)})"
    statement = (
        f"SELECT t.{quote(key)}, encode(sha256(convert_to({row}::text, 'UTF8')), 'hex') FROM {quote(table)} t "  # noqa: S608 - names from our own models
        f"WHERE t.{quote(key)} > %s AND t.{quote(key)} <= %s ORDER BY t.{quote(key)}"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        cursor.execute(statement + (f" LIMIT {int(limit)}" if limit else ""), [after, upto])
        return [(int(found), digest) for found, digest in cursor.fetchall()]


def existing_columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}
