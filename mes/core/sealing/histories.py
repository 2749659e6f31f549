"""Rows that may change, compared with their sealed history.

A table whose rows change is not sealed itself; each change leaves an event, and events are. A row that says something else than its last
event, or is gone without one that tells so, was changed past the triggers that keep the history. Rows without an event (written by
COPY before anything was asked of them) say nothing either way.
"""

from collections.abc import Iterator
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import connection
from django.db.models import AutoField, Model
from pghistory.models import Event

from mes.core.sealing.fault import Fault
from mes.core.sealing.rows import key_column

DELETIONS = "delete_delete"  # the trigger that keeps what is deleted


def against_histories() -> Iterator[Fault]:
    """Every row that its history does not account for, table by table; each is compared in one statement, so nobody waits."""
    kept = {model for model, trigger in pgtrigger.registered() if trigger.name == DELETIONS}
    for events in _histories():
        model = events.pgh_tracked_model
        yield from _altered(model, events)
        if model in kept:
            yield from _gone(model, events)


def _histories() -> list[Any]:
    found = [
        each
        for each in apps.get_models()
        if issubclass(each, Event)
        and each._meta.managed
        and getattr(each, "pgh_tracked_model", None) is not None
        and isinstance(each._meta.pk, AutoField)
    ]
    return sorted(found, key=lambda each: each._meta.db_table)


def _altered(model: type[Model], events: type[Model]) -> Iterator[Fault]:
    table, key = model._meta.db_table, key_column(model)
    columns = _columns_in_both(model, events)
    differing = ", ".join(
        f"""CASE WHEN m."{each}" IS DISTINCT FROM e."{each}" THEN '{each}' END""" for each in columns
    )
    now, last = (", ".join(f'{row}."{each}"' for each in columns) for row in ("m", "e"))
    found = _rows(
        f"""
        SELECT m."{key}", array_remove(ARRAY[{differing}], NULL)
        FROM "{table}" m
        JOIN LATERAL (
            SELECT * FROM "{events._meta.db_table}" WHERE pgh_obj_id = m."{key}" ORDER BY pgh_id DESC LIMIT 1
        ) e ON true
        WHERE ROW({now}) IS DISTINCT FROM ROW({last})
        ORDER BY 1
        """  # noqa: S608 - names of our own tables and columns
    )
    for row, names in found:
        told = f"{model._meta.verbose_name} {row} ({table}) was altered past its history: {', '.join(sorted(names))}."
        yield Fault("altered", table, row, told)


def _gone(model: type[Model], events: type[Model]) -> Iterator[Fault]:
    table, key = model._meta.db_table, key_column(model)
    found = _rows(
        f"""
        SELECT e.pgh_obj_id
        FROM (
            SELECT DISTINCT ON (pgh_obj_id) pgh_obj_id, pgh_label
            FROM "{events._meta.db_table}" ORDER BY pgh_obj_id, pgh_id DESC
        ) e
        WHERE e.pgh_label <> 'delete' AND NOT EXISTS (SELECT FROM "{table}" m WHERE m."{key}" = e.pgh_obj_id)
        ORDER BY 1
        """  # noqa: S608 - names of our own tables and columns
    )
    for (row,) in found:
        told = f"{model._meta.verbose_name} {row} ({table}) is missing; its history knows of no deletion."
        yield Fault("missing", table, row, told)


def _columns_in_both(model: type[Model], events: type[Model]) -> list[str]:
    own = {str(field.column) for field in model._meta.concrete_fields}
    return [str(field.column) for field in events._meta.concrete_fields if str(field.column) in own]


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
