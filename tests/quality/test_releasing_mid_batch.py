"""Nobody gets a lot past its final inspection by holding or quarantining it while its batch runs."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory import services as inventory
from inventory.models import Item, Lot
from mes.core.outbox import dispatch_facts
from production import services as production
from production.models import Operation
from quality import services
from quality.models import Inspection, InspectionPlan, Stage
from tests.plant import MONDAY, make_inspection_plan, make_item, make_site, make_user, measure_all
from tests.shop import make_plan, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db


def a_running_batch(
    *, gate: bool = False, final: bool = True
) -> tuple[Operation, Lot, InspectionPlan | None]:
    """The one operation of a batch of two, running, its lot, and the final plan of its item."""
    site = make_site()
    item: Item = make_item(site=site)
    plan = make_inspection_plan(item, Stage.FINAL) if final else None
    step: dict[str, object] = {"work_center": make_work_center(site=site)}
    if gate:
        step["inspection_plan"] = make_inspection_plan(item, Stage.IN_PROCESS)
    make_plan(item, [step])
    (operation,) = operations_of(plan_order(item, 2))
    production.start_operation(operation, machine=None, by=make_user(), at=MONDAY)
    lot = operation.batch.lot
    assert lot is not None
    return operation, Lot.objects.get(pk=lot.pk), plan


def finish(operation: Operation) -> None:
    production.finish_operation(operation, good=Decimal(2), by=make_user(), at=MONDAY + timedelta(hours=1))


def hold(lot: Lot) -> None:
    inventory.hold_lot(lot, "Drawing in doubt", by=make_user(), at=MONDAY)


def release(lot: Lot) -> None:
    services.release_lot(lot, by=make_user(), at=MONDAY)


def test_a_lot_held_and_released_while_it_is_made_goes_back_in_process_and_is_inspected_at_the_end():
    operation, lot, final = a_running_batch()
    hold(lot)

    release(lot)
    assert lot.status == Lot.Status.IN_PROCESS
    finish(operation)

    lot.refresh_from_db()
    inspection = Inspection.objects.open().get(lot=lot)
    assert (inspection.plan, lot.status) == (final, Lot.Status.QUARANTINE)
    assert not Lot.objects.usable(MONDAY.date()).filter(pk=lot.pk).exists()
    with pytest.raises(services.NotJudged, match=r"is open\. Record its results"):
        release(lot)


def test_scrap_on_the_way_does_not_make_a_lot_releasable():
    site = make_site()
    item = make_item(site=site)
    make_plan(item, [{"work_center": make_work_center(site=site)} for _ in range(2)])
    first, _ = operations_of(plan_order(item, 2))
    production.start_operation(first, machine=None, by=make_user(), at=MONDAY)
    production.finish_operation(first, good=Decimal(1), scrap=Decimal(1), by=make_user(), at=MONDAY)
    assert first.batch.lot is not None
    lot = Lot.objects.get(pk=first.batch.lot.pk)
    hold(lot)

    release(lot)

    assert lot.status == Lot.Status.IN_PROCESS


def test_a_lot_quarantined_while_it_is_made_is_not_released_before_it_is_there():
    operation, lot, final = a_running_batch()
    inventory.quarantine_lot(lot, by=make_user(), at=MONDAY)

    with pytest.raises(services.NotJudged, match=r"still being made\. Finish its batch"):
        release(lot)
    assert lot.status == Lot.Status.QUARANTINE
    finish(operation)

    assert Inspection.objects.open().get(lot=lot).plan == final


def test_a_lot_that_is_held_when_its_batch_ends_is_inspected_before_it_is_released():
    operation, lot, final = a_running_batch()
    hold(lot)

    finish(operation)
    lot.refresh_from_db()
    inspection = Inspection.objects.open().get(lot=lot)
    assert (inspection.plan, lot.status) == (final, Lot.Status.HELD)
    with pytest.raises(services.NotJudged):
        release(lot)
    measure_all(inspection, 10)
    release(lot)

    assert lot.status == Lot.Status.RELEASED


def test_a_lot_released_by_whatever_way_before_its_batch_ends_is_inspected_all_the_same():
    operation, lot, final = a_running_batch()
    inventory.release_lot(lot, by=make_user(), at=MONDAY)

    finish(operation)

    lot.refresh_from_db()
    assert Inspection.objects.open().get(lot=lot).plan == final
    assert lot.status == Lot.Status.QUARANTINE


def test_a_held_lot_is_not_released_past_a_gate_that_is_shut():
    operation, lot, final = a_running_batch(gate=True)
    finish(operation)
    lot.refresh_from_db()
    gate = Inspection.objects.open().get(lot=lot)
    hold(lot)

    with pytest.raises(services.NotJudged, match="is open"):
        release(lot)
    measure_all(gate, 10)
    dispatch_facts(at=timezone.now())

    lot.refresh_from_db()
    assert (Inspection.objects.open().get(lot=lot).plan, lot.status) == (final, Lot.Status.HELD)


def test_a_held_lot_that_needs_no_final_inspection_is_released_by_hand_after_its_batch():
    operation, lot, _ = a_running_batch(final=False)
    hold(lot)
    finish(operation)
    lot.refresh_from_db()
    assert lot.status == Lot.Status.HELD

    release(lot)

    assert lot.status == Lot.Status.RELEASED


def test_a_lot_that_failed_and_was_not_cleared_is_not_released():
    operation, lot, _ = a_running_batch()
    finish(operation)
    failed = measure_all(Inspection.objects.open().get(lot=lot), 99)
    services.decide_nonconformance(
        failed.nonconformance, "reinspect", "Gauge in doubt", by=make_user(), at=MONDAY
    )
    again = Inspection.objects.open().get(lot=lot)
    services.cancel_inspection(again, "No gauge", by=make_user(), at=MONDAY)
    lot.refresh_from_db()

    with pytest.raises(services.NotJudged, match=r"failed\. Repeat it"):
        release(lot)

    assert lot.status == Lot.Status.QUARANTINE
