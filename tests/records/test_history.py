"""The database itself keeps what was changed of the tables that say how things are made and judged, whoever writes and by whatever way."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pghistory
import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from django.db.models import Model

from inventory.models import Lot
from mes.core.signing.content import signable_of
from mes.core.trail import Asked, entries
from production.models import CalendarException, Changeover, Downtime, Machine, Shift
from quality.models import Characteristic, SamplingScheme
from tests.plant import MONDAY, make_inspection_plan, make_item, make_lot, make_user
from tests.shop import make_work_center

pytestmark = pytest.mark.django_db


def a_characteristic() -> Characteristic:
    plan = make_inspection_plan(make_item(), approved=False)
    found = plan.characteristics.first()
    assert found is not None
    return found


def a_shift() -> Shift:
    return Shift.objects.create(work_center=make_work_center(), weekday=6, starts=time(6), ends=time(14))


def a_closed_day() -> CalendarException:
    return CalendarException.objects.create(
        work_center=make_work_center(), date=date(2026, 12, 24), reason="Closed"
    )


def a_breakdown() -> Downtime:
    machine = Machine.objects.filter(work_center=make_work_center()).first()
    assert machine is not None
    return Downtime.objects.create(machine=machine, kind="breakdown", starts_at=MONDAY, reason="Spindle")


def a_changeover() -> Changeover:
    return Changeover.objects.create(
        work_center=make_work_center(), from_family="nuts", to_family="plain", seconds=600
    )


def a_machine() -> Machine:
    found = Machine.objects.filter(work_center=make_work_center()).first()
    assert found is not None
    return found


# Each with one value that somebody might like to change unseen, and how the trail tells it.
CASES: list[tuple[Callable[[], Model], str, Any, str]] = [
    (a_characteristic, "upper_limit", 99, "99"),
    (lambda: SamplingScheme.objects.create(name="Tenth", kind="percent", size=10), "accept", 3, "3"),
    (lambda: make_work_center(machines=0), "clearance_is_checked", True, "yes"),
    (a_machine, "speed", 3, "3"),
    (a_shift, "ends", time(22), "22:00:00"),
    (a_closed_day, "reason", "Open after all", "Open after all"),
    (a_breakdown, "reason", "Nothing", "Nothing"),
    (a_changeover, "cleaning", "none needed", "none needed"),
]


@pytest.mark.parametrize(("make", "column", "value", "told"), CASES)
def test_a_change_by_plain_sql_is_kept_with_what_was_there_before(
    make: Callable[[], Model], column: str, value: Any, told: str
):
    row = make()
    kind, table = row._meta.label_lower, row._meta.db_table
    field = str(row._meta.get_field(column).verbose_name).capitalize()

    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, row.pk])

    newest, first = [each for each in entries(Asked(kind=kind, key=row.pk)) if each.kind == kind]
    assert (newest.what, first.what) == ("Changed", "Added")
    (change,) = newest.changes
    assert (change.field, change.new) == (field, told)
    assert change.old != told


@pytest.mark.parametrize(("make", "column", "value", "told"), CASES)
def test_a_row_that_plain_sql_removed_is_kept_and_its_history_cannot_be_removed_after_it(
    make: Callable[[], Model], column: str, value: Any, told: str
):
    row = make()
    model, key = type(row), row.pk
    history: Any = apps.get_model(model._meta.app_label, f"{model.__name__}Event")._default_manager

    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE id = %s", [key])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert list(history.filter(pgh_obj=key).order_by("pgh_id").values_list("pgh_label", flat=True)) == [
        "insert",
        "delete",
    ]
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        history.filter(pgh_obj=key).delete()


def test_the_trail_of_an_inspection_plan_has_the_changes_of_its_characteristics():
    characteristic = a_characteristic()
    Characteristic.objects.filter(pk=characteristic.pk).update(name="Bore, after honing")

    told = entries(Asked(kind="quality.inspectionplan", key=characteristic.plan_id))

    assert ("quality.characteristic", "Changed") in {(each.kind, each.what) for each in told}


def test_whoever_changed_a_characteristic_of_a_draft_is_among_its_authors_and_does_not_approve_it():
    characteristic, ada = a_characteristic(), make_user()
    with pghistory.context(user=ada.pk):
        Characteristic.objects.filter(pk=characteristic.pk).update(upper_limit=12)

    assert ada.pk in signable_of("quality.inspectionplan").authors_of(characteristic.plan_id)


def test_the_history_of_many_lots_is_written_in_one_way_whatever_the_session_did_before():
    lots = [make_lot() for _ in range(4)]
    Lot.objects.filter(pk=lots[0].pk).update(hold_reason="one")
    Lot.objects.update(hold_reason="all")

    history = (
        apps.get_model("inventory", "LotEvent")._default_manager.filter(pgh_label="update").order_by("pgh_id")
    )
    assert list(history.values_list("hold_reason", flat=True)) == ["one", *["all"] * 4]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE tgnewtable IS NOT NULL AND tgname LIKE 'pgtrigger_update_update%'"
        )
        told = dict(cursor.fetchall())
    # A plan that is kept for one row compares each of ten thousand with all of them.
    assert {"inventory_lot", "quality_recalllot"} <= told.keys()
    assert all("EXECUTE $history$" in source for source in told.values())
