"""Comparing what is recorded with what was sealed, and naming every difference."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pgtrigger
from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from django.db.models import Model

from mes.core.models import Forgetting, Seal, Signature, User, Verification
from mes.core.sealing.fault import Fault
from mes.core.sealing.histories import against_histories
from mes.core.sealing.rows import digests, existing_columns, key_column
from mes.core.sealing.seal import hash_of_seal, sealed_models
from mes.core.signing.content import hash_of

MOST_KEPT = 1_000
READ = 120


@transaction.atomic
def verify_records(
    *, started_at: datetime, finished_at: datetime | None = None, by: User | None = None, head: str = ""
) -> Verification:
    """Check every seal, every sealed row, every row against its history, every signature and protecting trigger; keep what was found.

    :param head: hash of a seal that was noted elsewhere and must still be in the chain.
    """
    counted: dict[str, int] = {"seals": 0, "rows": 0}
    faults = [
        *_chain(counted, head),
        *_rows(counted),
        *_below(),
        *against_histories(),
        *_signatures(),
        *protections(),
    ]
    last = Seal.objects.order_by("-number").values_list("hash", flat=True).first()
    return Verification.objects.create(
        started_at=started_at,
        finished_at=finished_at or started_at,
        by=by,
        seals=counted["seals"],
        rows=counted["rows"],
        head=last or "",
        faults=[_told(fault) for fault in faults[:MOST_KEPT]],
    )


def _chain(counted: dict[str, int], head: str) -> Iterator[Fault]:
    """Numbers without a gap, each seal bound to the one before it and saying what it said; and none gone that an earlier check saw."""
    number, previous, seen = 0, "", set[str]()
    for seal in Seal.objects.order_by("number").iterator(50):
        counted["seals"] += 1
        number += 1
        if seal.number != number:
            told = (
                f"Seals {number} to {seal.number - 1} are"
                if number < seal.number - 1
                else f"Seal {number} is"
            )
            yield Fault("chain", "core_seal", number, f"{told} missing.")
            number = seal.number
        elif seal.previous_hash != previous:
            yield Fault("chain", "core_seal", number, f"Seal {number} is not bound to the one before it.")
        if hash_of_seal(seal) != seal.hash:
            yield Fault("chain", "core_seal", number, f"Seal {number} was altered.")
        previous = seal.hash
        seen.add(seal.hash)
    if head and head not in seen:
        yield Fault("chain", "core_seal", None, "The seal whose hash was noted is not in the chain.")
    sound = Verification.objects.filter(faults=[]).exclude(head="").exclude(head__in=seen)
    for check in sound.order_by("head", "pk").distinct("head"):
        told = f"The newest seal of the check of {check.started_at:%Y-%m-%d %H:%M} UTC, number {check.seals}, is not in the chain."
        yield Fault("chain", "core_seal", check.seals, told)


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


def _below() -> Iterator[Fault]:
    """Keys begin at 1; what was slipped in below lies before the first row of every seal."""
    for model in sealed_models():
        table, key = model._meta.db_table, key_column(model)
        for row in (
            model._default_manager.filter(**{f"{key}__lt": 1}).order_by(key).values_list("pk", flat=True)
        ):
            told = f"{_named(model, row)} was slipped in: no key is below 1."
            yield Fault("inserted", table, row, told)


def _named(model: type[Model], key: int) -> str:
    return f"{model._meta.verbose_name} {key} ({model._meta.db_table})"


def _told(fault: Fault) -> dict[str, Any]:
    """A fault as it is kept; of a row that is there also what somebody who knows no keys would call it."""
    kept = asdict(fault)
    model = next((each for each in apps.get_models() if each._meta.db_table == fault.table), None)
    if model is None or model is Seal or fault.key is None:  # seals are known by their number
        return kept
    try:
        read = str(model._default_manager.get(pk=fault.key))
    except ObjectDoesNotExist:  # it is gone, or points to what is not there
        return kept
    return kept | {"sentence": f"{fault.sentence} It reads now: {read[:READ]}."}


def _block(seal: Seal, model: type[Model], forgotten: set[int]) -> Iterator[Fault]:
    sealed = dict(zip(seal.keys, seal.digests, strict=True))
    present = dict(digests(seal.table, key_column(model), seal.columns, seal.after_key, seal.upto_key))
    if present == sealed:
        return
    changed = {key for key in sealed.keys() & present.keys() if sealed[key] != present[key]}
    was = {sealed[key]: key for key in changed}
    for key in sorted(changed):
        other = was.get(present[key])
        if other is not None:
            told = f"{_named(model, key)} carries what was sealed as {other}."
            yield Fault("swapped", seal.table, key, told)
        else:
            told = f"{_named(model, key)} was altered after seal {seal.number}."
            yield Fault("altered", seal.table, key, told)
    for key in sorted(sealed.keys() - present.keys() - forgotten):
        yield Fault(
            "missing", seal.table, key, f"{_named(model, key)} is missing; seal {seal.number} has it."
        )
    for key in sorted(present.keys() - sealed.keys()):
        told = f"{_named(model, key)} was slipped in; it was not there at seal {seal.number}."
        yield Fault("inserted", seal.table, key, told)


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
