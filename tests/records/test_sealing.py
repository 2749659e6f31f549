"""Whoever tampers with a record, with every right in the database, is found out, and the record is named."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from time import sleep
from typing import Any

import pghistory
import pgtrigger
import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import InternalError, ProgrammingError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from inventory.models import Lot
from mes.core import outbox, signing
from mes.core.models import Fact, Forgetting, Meaning, Seal, Signature, Verification
from mes.core.sealing import seal_records, sealed_models, verify_records
from quality.models import Measurement
from tests.clean_slate import Slate
from tests.plant import MONDAY, make_inspection, make_lot, measure_all
from tests.records.people import a_signer, signing_as

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY + timedelta(days=1)


def seal_all(at: datetime = LATER, rows_per_seal: int = 4) -> None:
    """Mark and seal everything, as two runs of the job do; others on the same server may still be at work for a moment."""
    for minute in range(600):
        if not seal_records(at=at + timedelta(minutes=minute), rows_per_seal=rows_per_seal).waiting:
            return
        # A transaction that is open in any database of the server keeps newer rows from being sealed.
        sleep(0.2)
    raise AssertionError("Nothing settles")


def faults() -> list[tuple[str, str, int | None]]:
    return [(each["kind"], each["table"], each["key"]) for each in verify_records(started_at=LATER).faults]


def faults_of(table: str) -> list[tuple[str, str, int | None]]:
    """Those of a table's own rows: what its history was forged to say, the row itself contradicts, and is named too."""
    return [each for each in faults() if each[1] == table]


def tamper(*statements: str) -> None:
    """As a superuser, past every trigger."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


TABLES = {
    "core_fact": ("id", "name"),
    "core_signature": ("id", "printed_name"),
    "core_accessattempt": ("id", "username"),
    "quality_measurement": ("id", "note"),
    "inventory_move": ("id", "reason"),
    "inventory_lotevent": ("pgh_id", "hold_reason"),
}


@dataclass(frozen=True)
class SealedPlant:
    """A plant with some of everything, sealed, kept as rows.

    :ivar recorded: keys by table.
    :ivar freed: in each table a key that was drawn and not used, as a transaction leaves it that was rolled back.
    """

    slate: Slate
    recorded: dict[str, list[int]]
    freed: dict[str, int]


@pytest.fixture(scope="module")
def sealed_plant(django_db_setup: Slate, django_db_blocker: Any) -> SealedPlant:
    with django_db_blocker.unblock():
        freed, recorded = draw_keys(), record_and_seal()
        kept = SealedPlant(Slate.as_it_is(), recorded, freed)
        django_db_setup.restore()
    return kept


@pytest.fixture
def recorded(transactional_db: None, sealed_plant: SealedPlant) -> dict[str, list[int]]:
    """Some of everything, sealed: moves, facts, measurements, signatures, history. Keys by table."""
    sealed_plant.slate.restore()
    return sealed_plant.recorded


@pytest.fixture
def freed(sealed_plant: SealedPlant) -> dict[str, int]:
    return sealed_plant.freed


def record_and_seal() -> dict[str, list[int]]:
    for value in ("10", "10.1", "9.9"):
        inspection = make_inspection()
        measure_all(inspection, value)
        signer = a_signer()
        signing.sign(inspection.plan, Meaning.REVIEW, credentials=signing_as(signer), by=signer, at=MONDAY)
    seal_all()
    assert faults() == []
    tables = {model._meta.db_table: model for model in sealed_models()}
    return {
        table: list(model._default_manager.order_by("pk").values_list("pk", flat=True))
        for table, model in tables.items()
    }


def draw_keys() -> dict[str, int]:
    keys = {}
    with connection.cursor() as cursor:
        for table, (key, _) in TABLES.items():
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s))", [table, key])
            (keys[table],) = cursor.fetchone()
    return keys


@contextmanager
def taken_back() -> Iterator[None]:
    """What is done inside is undone, so that one sealed plant serves for every table."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_an_altered_row_is_named(recorded: dict[str, list[int]]):
    for table, (key, column) in TABLES.items():
        victim = recorded[table][1]
        with taken_back():
            tamper(f"UPDATE {table} SET {column} = 'forged' WHERE {key} = {victim}")
            assert faults_of(table) == [("altered", table, victim)]
    assert faults() == []


def test_a_deleted_row_is_named(recorded: dict[str, list[int]]):
    for table, (key, _) in TABLES.items():
        victim = recorded[table][-1]
        with taken_back():
            tamper(f"DELETE FROM {table} WHERE {key} = {victim}")
            assert faults_of(table) == [("missing", table, victim)]


def test_a_row_slipped_in_later_is_named(freed: dict[str, int], recorded: dict[str, list[int]]):
    for table, (key, _) in TABLES.items():
        free, model = freed[table], recorded[table][0]
        columns = ", ".join(f'"{column}"' for column in columns_of(table) if column != key)
        values = columns.replace('"piece"', "piece + 900")  # no two results are of one piece
        with taken_back():
            tamper(
                f"INSERT INTO {table} ({key}, {columns}) SELECT {free}, {values} FROM {table} WHERE {key} = {model}"
            )
            assert faults() == [("inserted", table, free)]


def test_two_rows_that_were_swapped_are_named(recorded: dict[str, list[int]]):
    for table, (key, _) in TABLES.items():
        one, other = recorded[table][0], recorded[table][1]
        with taken_back():
            tamper(
                f"UPDATE {table} SET {key} = -1 WHERE {key} = {one}",
                f"UPDATE {table} SET {key} = {one} WHERE {key} = {other}",
                f"UPDATE {table} SET {key} = {other} WHERE {key} = -1",
            )
            assert faults_of(table) == [("swapped", table, one), ("swapped", table, other)]


def test_who_and_why_of_a_change_are_sealed_with_it():
    with pghistory.context(user=7, reason="Typing error"):
        lot = make_lot()
    seal_all()
    event = apps.get_model("inventory", "LotEvent").objects.get(pgh_obj=lot)
    tamper(f"UPDATE pghistory_context SET metadata = '{{\"user\": 8}}' WHERE id = '{event.pgh_context_id}'")

    assert ("altered", "inventory_lotevent", event.pk) in faults()


def test_a_seal_that_was_tampered_with_is_named(recorded: dict[str, list[int]]):
    for statement, told in {
        "UPDATE core_seal SET sealed_at = now() WHERE number = 2": "Seal 2 was altered.",
        "DELETE FROM core_seal WHERE number = 2": "Seal 2 is missing.",
        "UPDATE core_seal SET previous_hash = '' WHERE number = 3": "Seal 3 is not bound to the one before it.",
    }.items():
        with taken_back():
            tamper(statement)
            assert told in [each["sentence"] for each in verify_records(started_at=LATER).faults]


def test_the_newest_seals_do_not_vanish_where_their_hash_was_noted(recorded: dict[str, list[int]]):
    head = verify_records(started_at=LATER).head
    assert verify_records(started_at=LATER, head=head).is_sound
    tamper("DELETE FROM core_seal WHERE number = (SELECT max(number) FROM core_seal)")

    found = verify_records(started_at=LATER, head=head)

    assert found.faults[0]["sentence"] == "The seal whose hash was noted is not in the chain."


def test_the_newest_seals_do_not_vanish_where_an_earlier_check_saw_them(recorded: dict[str, list[int]]):
    seals = verify_records(started_at=LATER).seals
    tamper("DELETE FROM core_seal WHERE number = (SELECT max(number) FROM core_seal)")

    (found,) = verify_records(started_at=LATER).faults

    assert found["sentence"] == (
        f"The newest seal of the check of 2026-03-03 08:00 UTC, number {seals}, is not in the chain."
    )


def test_a_row_slipped_in_below_the_first_key_is_named(recorded: dict[str, list[int]]):
    for table, (key, _) in TABLES.items():
        columns = ", ".join(f'"{column}"' for column in columns_of(table) if column != key)
        values = columns.replace('"piece"', "piece + 900")  # no two results are of one piece
        with taken_back():
            tamper(
                f"INSERT INTO {table} ({key}, {columns}) SELECT -5, {values} FROM {table} "
                f"WHERE {key} = {recorded[table][0]}"
            )
            assert faults() == [("inserted", table, -5)]


def test_a_row_that_was_altered_past_its_history_is_named_with_what_differs(
    recorded: dict[str, list[int]],
):
    lot = Lot.objects.order_by("pk").first()
    assert lot is not None
    tamper(
        f"UPDATE inventory_lot SET attributes = '{{\"heat\": \"H-9\"}}', hold_reason = 'x' WHERE id = {lot.pk}"
    )

    (found,) = verify_records(started_at=LATER).faults

    assert (found["kind"], found["table"], found["key"]) == ("altered", "inventory_lot", lot.pk)
    assert found["sentence"] == (
        f"lot {lot.pk} (inventory_lot) was altered past its history: attributes, hold_reason. It reads now: {lot}."
    )


def test_a_row_that_is_gone_though_its_history_knows_of_no_deletion_is_named(recorded: dict[str, list[int]]):
    lot = make_lot()
    seal_all()
    tamper(f"DELETE FROM inventory_lot WHERE id = {lot.pk}")

    assert ("missing", "inventory_lot", lot.pk) in faults()


def test_an_altered_row_is_called_as_people_call_it(recorded: dict[str, list[int]]):
    victim = Signature.objects.order_by("pk").first()
    assert victim is not None
    tamper(f"UPDATE core_signature SET printed_name = 'Forged' WHERE id = {victim.pk}")
    victim.refresh_from_db()

    (found,) = verify_records(started_at=LATER).faults

    assert found["sentence"].endswith(f" It reads now: {victim}.")


def test_a_signature_whose_content_was_forged_is_named(recorded: dict[str, list[int]]):
    victim = Signature.objects.order_by("pk").first()
    assert victim is not None
    tamper(f"UPDATE core_signature SET content = '{{}}' WHERE id = {victim.pk}")

    assert ("altered", "core_signature", victim.pk) in faults()


def test_a_protection_that_was_switched_off_is_named(recorded: dict[str, list[int]]):
    name = next(trigger.get_pgid(model) for model, trigger in pgtrigger.registered() if model is Measurement)
    tamper(f"ALTER TABLE quality_measurement DISABLE TRIGGER {name}")
    try:
        assert [each[:2] for each in faults()] == [("trigger", "quality_measurement")]
        assert [error.id for error in run_checks(tags=["database"], databases=["default"])] == ["mes.E001"]
    finally:
        tamper(f"ALTER TABLE quality_measurement ENABLE TRIGGER {name}")


def test_a_release_whose_protections_are_not_there_yet_is_migrated_to(recorded: dict[str, list[int]]):
    """`migrate` looks at the database first, and would else refuse to install what it misses."""
    name = next(trigger.get_pgid(model) for model, trigger in pgtrigger.registered() if model is Measurement)
    applied = MigrationRecorder(connection)
    tamper(f"ALTER TABLE quality_measurement DISABLE TRIGGER {name}")
    try:
        applied.record_unapplied("sessions", "0001_initial")
        behind = run_checks(tags=["database"], databases=["default"])
    finally:
        applied.record_applied("sessions", "0001_initial")
        tamper(f"ALTER TABLE quality_measurement ENABLE TRIGGER {name}")

    assert behind == []


def test_the_history_of_a_row_is_neither_changed_nor_deleted():
    lot = make_lot()
    history = apps.get_model("inventory", "LotEvent").objects.filter(pgh_obj=lot)

    for act in (lambda: history.update(hold_reason="None"), history.delete):
        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            act()

    assert history.exists()


def test_a_row_is_sealed_only_once_whoever_might_still_slip_one_in_before_it_is_done():
    make_lot()
    assert seal_records(at=LATER).seals == 0
    other = connection.copy()
    other.connect()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO core_fact (name, payload, recorded_at) VALUES ('late', '{}', now())")
        make_lot()
        seal_records(at=LATER + timedelta(minutes=1))
        seal_records(at=LATER + timedelta(minutes=2))
        during = [key for seal in Seal.objects.filter(table="core_fact") for key in seal.keys]
        cursor.execute("COMMIT")
    other.close()
    late = Fact.objects.get(name="late").pk

    seal_all(LATER + timedelta(hours=1))

    sealed = [key for seal in Seal.objects.filter(table="core_fact").order_by("number") for key in seal.keys]
    assert all(key < late for key in during)
    assert sealed == sorted(Fact.objects.values_list("pk", flat=True))
    assert faults() == []


def test_facts_past_their_retention_go_by_a_recorded_act_and_leave_no_fault(
    recorded: dict[str, list[int]], settings: Any
):
    settings.MES = settings.MES | {"FACT_RETENTION_DAYS": 1, "DELIVERY_RETENTION_DAYS": 1}
    outbox.dispatch_facts(at=LATER + timedelta(days=4000))
    outbox.prune_facts(at=LATER + timedelta(days=8000))

    assert not Fact.objects.filter(pk__in=recorded["core_fact"]).exists()
    assert Forgetting.objects.exists()
    assert faults() == []


def test_the_command_names_the_fault_and_fails(recorded: dict[str, list[int]]):
    said = StringIO()
    call_command("verify_records", stdout=said)
    assert "All records stand up" in said.getvalue()
    victim = recorded["inventory_move"][0]
    tamper(f"UPDATE inventory_move SET quantity = quantity + 1 WHERE id = {victim}")

    with pytest.raises(SystemExit) as stopped:
        call_command("verify_records", stdout=said)

    assert stopped.value.code == 1
    assert f"move {victim} (inventory_move) was altered" in said.getvalue()
    newest = Verification.objects.newest()
    assert newest is not None
    assert not newest.is_sound


def test_everything_that_is_only_added_to_is_sealed():
    tables = {model._meta.db_table for model in sealed_models()}

    assert {"inventory_move", "quality_measurement", "core_fact", "core_signature"} <= tables
    assert len([table for table in tables if table.endswith("event")]) > 20


def columns_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [each.name for each in connection.introspection.get_table_description(cursor, table)]
