"""Sealing what is there for good."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.apps import apps
from django.db import connection, transaction
from django.db.models import AutoField, Max, Model
from pghistory.models import Event

from mes.core.models import Seal, SealMark
from mes.core.sealing.rows import columns_of, digests, key_column
from mes.core.states import AppendOnly

ROWS_PER_SEAL = 1_000
# Transactions draw a key a moment before they are numbered; by then they are.
SETTLED_AFTER = timedelta(seconds=5)
LOCK = "mes.core.sealing"


@dataclass(frozen=True)
class Sealed:
    """What one run sealed. `waiting` tables have new rows that can be sealed by a later run."""

    seals: int = 0
    rows: int = 0
    waiting: int = 0


def sealed_models() -> list[type[Model]]:
    """Every table that is only ever added to, and the history of every other; in the order of their names."""
    found = [
        model
        for model in apps.get_models()
        if (issubclass(model, AppendOnly) or (issubclass(model, Event) and model._meta.managed))
        and isinstance(model._meta.pk, AutoField)
        and model is not Seal
    ]
    return sorted(found, key=lambda model: model._meta.db_table)


def seal_records(*, at: datetime, rows_per_seal: int = ROWS_PER_SEAL) -> Sealed:
    """Seal what was marked by an earlier run and has settled since, then mark anew. Safe to run at any time, by several at once."""
    seals = rows = waiting = 0
    for model in sealed_models():
        while made := _seal_next(model, at, rows_per_seal):
            seals, rows = seals + 1, rows + made
        waiting += _mark(model, at)
    return Sealed(seals=seals, rows=rows, waiting=waiting)


@transaction.atomic
def _seal_next(model: type[Model], at: datetime, most: int) -> int:
    """Seal the next block of a table; how many rows it has, 0 when there is none."""
    table = model._meta.db_table
    if not _settled(table, at):
        return 0
    _lock()
    mark = SealMark.objects.get(table=table)
    after = _sealed_to(table)
    columns = columns_of(model)
    rows = digests(table, key_column(model), columns, after, mark.upto_key, most)
    if not rows:
        return 0
    upto = rows[-1][0] if len(rows) == most else mark.upto_key
    last = Seal.objects.order_by("-number").first()
    seal = Seal(
        number=last.number + 1 if last else 1,
        previous_hash=last.hash if last else "",
        table=table,
        columns=columns,
        after_key=after,
        upto_key=upto,
        keys=[key for key, _ in rows],
        digests=[digest for _, digest in rows],
        sealed_at=at,
    )
    seal.hash = hash_of_seal(seal)
    seal.save(force_insert=True)
    return len(rows)


def hash_of_seal(seal: Seal) -> str:
    """SHA-256 over everything a seal says, the hash of the one before it included."""
    told = [
        seal.number,
        seal.previous_hash,
        seal.table,
        list(seal.columns),
        seal.after_key,
        seal.upto_key,
        list(seal.keys),
        list(seal.digests),
        seal.sealed_at.astimezone(UTC).isoformat(),
    ]
    return hashlib.sha256(json.dumps(told, separators=(",", ":")).encode()).hexdigest()


def _sealed_to(table: str) -> int:
    return int(Seal.objects.filter(table=table).aggregate(upto=Max("upto_key"))["upto"] or 0)


def _lock() -> None:
    """Of several runs one seals at a time; the chain has no forks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])


def _settled(table: str, at: datetime) -> bool:
    """Whether every transaction that was running when the mark was set is over."""
    mark = SealMark.objects.filter(table=table).first()
    if mark is None or at - mark.marked_at < SETTLED_AFTER:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (oldest,) = cursor.fetchone()
    return bool(oldest >= mark.horizon)


@transaction.atomic
def _mark(model: type[Model], at: datetime) -> bool:
    """Mark how far the table's keys have been given out; whether there is anything to seal up to there."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)",
            [connection.ops.quote_name(table), key_column(model)],
        )
        (given_out,) = cursor.fetchone()
        # Read after the keys: whoever draws one of them later has a later number.
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        (horizon,) = cursor.fetchone()
    upto = int(given_out or 0)
    mark = SealMark.objects.filter(table=table).first()
    sealed_to = _sealed_to(table)
    if mark is not None and mark.upto_key > sealed_to and not _settled(table, at):
        return True  # a mark that has not settled stays, or none ever would
    if model._default_manager.filter(pk__gt=sealed_to).exists():
        SealMark.objects.update_or_create(
            table=table, defaults={"upto_key": upto, "horizon": horizon, "marked_at": at}
        )
        return True
    return False
