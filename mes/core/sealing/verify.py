"""Comparing what is recorded with what was sealed, and naming every difference."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

import pgtrigger
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

from mes.core.models import Forgetting, Seal, Signature, User, Verification
from mes.core.sealing.rows import digests, existing_columns, key_column
from mes.core.sealing.seal import hash_of_seal
from mes.core.signing.content import hash_of

MOST_KEPT = 1_000


@dataclass(frozen=True)
class Fault:
    """One thing that does not stand up. `key` is the row's, or the seal's number."""

    kind: str
    table: str
    key: int | None
    sentence: str


@transaction.atomic
def verify_records(
    *, started_at: datetime, finished_at: datetime | None = None, by: User | None = None, head: str = ""
) -> Verification:
    """Check every seal, every sealed row, every signature and every protecting trigger; keep what was found.

    :param head: hash of a seal that was noted elsewhere and must still be in the chain.
    """
    counted: dict[str, int] = {"seals": 0, "rows": 0}
    faults = [*_chain(counted, head), *_rows(counted), *_signatures(), *protections()]
    last = Seal.objects.order_by("-number").values_list("hash", flat=True).first()
    return Verification.objects.create(
        started_at=started_at,
        finished_at=finished_at or started_at,
        by=by,
        seals=counted["seals"],
        rows=counted["rows"],
        head=last or "",
        faults=[asdict(fault) for fault in faults[:MOST_KEPT]],
    )


def _chain(counted: dict[str, int], head: str) -> Iterator[Fault]:
    """Numbers without a gap, each seal bound to the one before it and saying what it said."""
    number, previous, seen = 0, "", False
    for seal in Seal.objects.order_by("number").iterator(50):
        counted["seals"] += 1
        number += 1
        if seal.number != number:
            yield Fault("chain", "core_seal", number, f"Seal {number} to {seal.number - 1} is missing.")
            number = seal.number
        elif seal.previous_hash != previous:
            yield Fault("chain", "core_seal", number, f"Seal {number} is not bound to the one before it.")
        if hash_of_seal(seal) != seal.hash:
            yield Fault("chain", "core_seal", number, f"Seal {number} was altered.")
        previous = seal.hash
        seen = seen or seal.hash == head
    if head and not seen:
        yield Fault("chain", "core_seal", None, "The seal whose hash was noted is not in the chain.")


def _rows(counted: dict[str, int]) -> Iterator[Fault]:
    models = {model._meta.db_table: model for model in apps.get_models()}
    forgotten: defaultdict[str, set[int]] = defaultdict(set)
    for act in Forgetting.objects.iterator():
        forgotten[act.table].update(act.keys)
    missing_columns: dict[str, set[str]] = {}
    upto: dict[str, int] = {}
    for seal in Seal.objects.order_by("number").iterator(50):
        counted["rows"] += len(seal.keys)
        if seal.after_key != upto.get(seal.table, 0):
            yield Fault(
                "chain", "core_seal", seal.number, f"Seal {seal.number} leaves out rows of {seal.table}."
            )
        upto[seal.table] = seal.upto_key
        model = models.get(seal.table)
        if model is None:
            yield Fault("missing", seal.table, None, f"The table {seal.table} of seal {seal.number} is gone.")
            continue
        known = missing_columns.setdefault(seal.table, existing_columns(seal.table))
        if gone := sorted(set(seal.columns) - known):
            yield Fault("altered", seal.table, None, f"Columns {', '.join(gone)} of {seal.table} are gone.")
            continue
        yield from _block(seal, model, forgotten[seal.table])


def _block(seal: Seal, model: type[Model], forgotten: set[int]) -> Iterator[Fault]:
    sealed = dict(zip(seal.keys, seal.digests, strict=True))
    present = dict(digests(seal.table, key_column(model), seal.columns, seal.after_key, seal.upto_key))
    if present == sealed:
        return
    name = f"{model._meta.verbose_name} {{}} ({seal.table})"
    changed = {key for key in sealed.keys() & present.keys() if sealed[key] != present[key]}
    was = {sealed[key]: key for key in changed}
    for key in sorted(changed):
        other = was.get(present[key])
        if other is not None:
            yield Fault("swapped", seal.table, key, f"{name.format(key)} carries what was sealed as {other}.")
        else:
            yield Fault(
                "altered", seal.table, key, f"{name.format(key)} was altered after seal {seal.number}."
            )
    for key in sorted(sealed.keys() - present.keys() - forgotten):
        yield Fault("missing", seal.table, key, f"{name.format(key)} is missing; seal {seal.number} has it.")
    for key in sorted(present.keys() - sealed.keys()):
        yield Fault(
            "inserted",
            seal.table,
            key,
            f"{name.format(key)} was slipped in; it was not there at seal {seal.number}.",
        )


def _signatures() -> Iterator[Fault]:
    """Each says by its hash what it says by its content."""
    for row in Signature.objects.order_by("pk").iterator():
        if hash_of(row.content) != row.content_hash:
            yield Fault("altered", "core_signature", row.pk, f"{row}: its content is not what its hash says.")


def protections() -> Iterator[Fault]:
    """Whoever switches a protection off is found by this even before he uses the gap."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        )
        enabled = {(table.strip('"'), name) for table, name in cursor.fetchall()}
    for model, trigger in pgtrigger.registered():
        table = model._meta.db_table
        if (table, trigger.get_pgid(model)) not in enabled:
            yield Fault(
                "trigger",
                table,
                None,
                f"The protection {trigger.name} of {table} is switched off or missing.",
            )
