"""Starting and finishing operations: turn, machine, qualification, material, quantities, yield, gates, serial numbers."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory import services as inventory
from inventory.models import Balance, Item, Location, Lot, Move, Reservation
from mes.core.models import Fact, User
from mes.core.outbox import dispatch_facts
from mes.core.states import IllegalTransition
from mes.plant import conservation
from production import services
from production.models import (
    Batch,
    Machine,
    MaterialClaim,
    Operation,
    Operator,
    ProcessPlan,
    ProductionOrder,
    Qualification,
    Slot,
    Specification,
    TimeEntry,
)
from production.planning import reschedule
from quality import services as quality
from quality.models import Inspection, Nonconformance, Stage
from tests.plant import MONDAY, make_inspection_plan, make_item, make_lot, make_site, make_user, measure_all
from tests.shop import (
    make_machine,
    make_made_item,
    make_plan,
    make_work_center,
    operations_of,
    plan_order,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def start(
    operation: Operation, machine: Machine | None = None, by: User | None = None, at=MONDAY
) -> Operation:
    return services.start_operation(operation, machine=machine, by=by or make_user(), at=at)


def finish(operation: Operation, good=10, scrap=0, consumed=None, at=MONDAY + HOUR) -> Operation:
    return services.finish_operation(
        operation, good=Decimal(good), scrap=Decimal(scrap), consumed=consumed, by=make_user(), at=at
    )


def work_off(order: ProductionOrder, good=10) -> Batch:
    """Start and finish every operation of an order's one batch."""
    for operation in operations_of(order):
        finish(start(operation), good)
    return Batch.objects.select_related("lot", "order").get(order=order)


def status_of(operation: Operation) -> str:
    return Operation.objects.get(pk=operation.pk).status


def gate_of(operation: Operation) -> Inspection:
    assert operation.inspection is not None
    return operation.inspection


def lot_of(batch: Batch) -> Lot:
    assert batch.lot is not None
    return batch.lot


def place_of(lot: Lot) -> str:
    """The kind of the one place where a lot is."""
    return Balance.objects.on_hand().get(lot=lot).location.kind


def two_steps(**fields) -> tuple[Operation, Operation]:
    site = make_site()
    item = make_made_item([make_work_center(site=site), make_work_center(site=site)], site=site, **fields)
    first, second = operations_of(plan_order(item))
    return first, second


def test_the_first_start_sets_batch_and_order_running():
    order = plan_order(make_made_item())
    (operation,) = operations_of(order)

    start(operation)

    order.refresh_from_db()
    batch = order.batches.get()
    assert (operation.status, batch.status, order.status) == ("running", "running", "running")
    assert batch.transformation.reference == batch.number
    assert Fact.objects.filter(
        name="production.OperationStarted",
        payload__operation=operation.pk,
        payload__machine=operation.machine_id,
    ).exists()


def test_an_operation_of_an_order_that_is_not_released_is_refused():
    (operation,) = operations_of(plan_order(make_made_item(), released=False))

    with pytest.raises(services.NotReady, match="Release its order first"):
        start(operation)

    assert status_of(operation) == "waiting"


def test_an_operation_waits_for_the_one_before_it():
    first, second = two_steps()

    with pytest.raises(services.NotReady, match="step 10 Step 10 is waiting"):
        start(second)
    finish(start(first))
    start(second)

    assert status_of(second) == "running"


def test_an_operation_that_runs_cannot_be_started_again():
    first, _ = two_steps()
    start(first)

    with pytest.raises(IllegalTransition):
        start(first)


def test_a_paused_operation_is_not_started_past_the_gates_of_going_on():
    first, _ = two_steps()
    start(first)
    services.pause_operation(first, by=make_user(), at=MONDAY + HOUR)
    lot = first.batch.lot
    assert lot is not None
    inventory.hold_lot(lot, "Cracks", by=make_user(), at=MONDAY + HOUR)

    with pytest.raises(IllegalTransition, match="is paused") as refusal:
        start(first, at=MONDAY + 2 * HOUR)

    first.refresh_from_db()
    assert (first.status, first.started_at) == ("paused", MONDAY)
    assert "what is paused is resumed" in refusal.value.remedy


def test_an_operation_that_waits_is_started_and_not_resumed():
    first, second = two_steps()

    for operation in (first, second):
        with pytest.raises(IllegalTransition, match="is waiting"):
            services.resume_operation(operation, by=make_user(), at=MONDAY)

    assert status_of(first) == status_of(second) == "waiting"


def test_an_operation_waits_for_the_inspection_of_the_step_before_it():
    site = make_site()
    item = make_item(site=site)
    gate = make_inspection_plan(item, Stage.IN_PROCESS)
    center = make_work_center(site=site)
    make_plan(item, [{"work_center": center, "inspection_plan": gate}, {"work_center": center}])
    first, second = operations_of(plan_order(item, 2))
    finish(start(first), 2)

    inspection = gate_of(first)
    assert (inspection.plan, inspection.lot_quantity, inspection.reference) == (gate, 2, first.batch.number)
    assert list(Operation.objects.blocked()) == [second]
    with pytest.raises(services.NotReady, match=r"inspection .* after step 10 Step 10 is open"):
        start(second)

    measure_all(inspection, 10)
    assert list(Operation.objects.ready()) == [second]
    start(second)


def test_a_failed_gate_blocks_until_it_is_decided_to_use_the_lot_as_it_is():
    site = make_site()
    item = make_item(site=site)
    gate = make_inspection_plan(item, Stage.IN_PROCESS)
    center = make_work_center(site=site)
    make_plan(item, [{"work_center": center, "inspection_plan": gate}, {"work_center": center}])
    first, second = operations_of(plan_order(item, 1))
    finish(start(first), 1)
    measure_all(gate_of(first), 99)

    with pytest.raises(services.NotReady, match="is held"):
        start(Operation.objects.select_related("batch__lot", "step__work_center").get(pk=second.pk))
    assert list(Operation.objects.blocked()) == [second]

    found = Nonconformance.objects.get(inspection=first.inspection)
    quality.decide_nonconformance(found, "use_as_is", "Concession 12", by=make_user(), at=MONDAY)
    assert list(Operation.objects.ready()) == [second]


def test_a_machine_that_may_not_do_the_step_is_refused_and_those_that_may_are_named():
    site = make_site()
    center = make_work_center(site=site, machines=0)
    small, large = make_machine(center, batch_limit=5), make_machine(center, batch_limit=50)
    stranger = make_machine(make_work_center(site=site))
    (operation,) = operations_of(plan_order(make_made_item([center], site=site), 10))

    for wrong in (small, stranger):
        with pytest.raises(services.MachineNotEligible, match=f"Choose one of: {large}"):
            start(operation, wrong)

    assert start(operation).machine == large


def test_with_several_machines_the_published_slot_decides_or_the_operator_must_choose():
    site = make_site()
    center = make_work_center(site=site, machines=2)
    (operation,) = operations_of(plan_order(make_made_item([center], site=site)))
    with pytest.raises(services.MachineNotEligible, match="may run on several machines"):
        start(operation)

    reschedule(reason="test", at=MONDAY, seconds=0)

    assert start(operation).machine == Slot.objects.published().get(operation=operation).machine


def test_a_busy_machine_is_refused_and_what_it_works_on_is_named():
    site = make_site()
    item = make_made_item([make_work_center(site=site)], site=site)
    (running,), (other,) = operations_of(plan_order(item)), operations_of(plan_order(item))
    start(running)

    with pytest.raises(services.MachineBusy, match=str(running.batch)):
        start(other)

    assert status_of(other) == "waiting"


def test_a_paused_operation_frees_its_machine_and_its_time_is_kept():
    site = make_site()
    item = make_made_item([make_work_center(site=site)], site=site)
    (first,), (other,) = operations_of(plan_order(item)), operations_of(plan_order(item))
    start(first)

    services.pause_operation(first, reason="lunch", by=make_user(), at=MONDAY + HOUR)
    start(other, at=MONDAY + HOUR)

    entry = TimeEntry.objects.get(operation=first)
    assert (entry.started_at, entry.ended_at) == (MONDAY, MONDAY + HOUR)
    with pytest.raises(services.MachineBusy):
        services.resume_operation(first, by=make_user(), at=MONDAY + 2 * HOUR)
    finish(other, at=MONDAY + 2 * HOUR)
    services.resume_operation(first, by=make_user(), at=MONDAY + 2 * HOUR)
    assert (first.status, first.started_at, first.running_since) == ("running", MONDAY, MONDAY + 2 * HOUR)


def test_a_machine_that_is_down_is_refused():
    (operation,) = operations_of(plan_order(make_made_item()))
    machine = Machine.objects.get(work_center=operation.step.work_center)
    services.report_breakdown(machine, "Spindle", by=make_user(), at=MONDAY)

    with pytest.raises(services.MachineDown, match="Spindle"):
        start(operation)


def test_when_a_machine_is_back_is_told_in_the_time_of_its_plant():
    site = make_site(time_zone="Asia/Tokyo")
    (operation,) = operations_of(plan_order(make_made_item(site=site)))
    machine = Machine.objects.get(work_center=operation.step.work_center)
    services.report_breakdown(machine, "Spindle", expected_until=MONDAY + 2 * HOUR, by=make_user(), at=MONDAY)

    with pytest.raises(services.MachineDown, match="Spindle, expected back Mon 02 Mar 19:00"):
        start(operation)


def test_an_operation_at_an_outside_processor_needs_no_machine():
    site = make_site()
    heat = make_work_center(site=site, kind="outside", is_unlimited=True)
    (operation,) = operations_of(plan_order(make_made_item([heat], site=site)))

    with pytest.raises(services.MachineNotEligible, match="Leave the machine empty"):
        start(operation, make_machine(make_work_center(site=site)))
    assert start(operation).machine is None


def test_only_somebody_qualified_today_may_start_and_the_refusal_says_who():
    site = make_site()
    center = make_work_center(site=site)
    item = make_made_item([{"work_center": center, "required_qualification": "NDT-PT-II"}], site=site)
    (operation,) = operations_of(plan_order(item))
    lapsed, ada = make_user("lapsed"), make_user("ada")
    for user, until in ((lapsed, MONDAY.date() - timedelta(days=1)), (ada, MONDAY.date())):
        operator = Operator.objects.create(user=user, site=site, badge=f"B-{user}")
        Qualification.objects.create(operator=operator, code="NDT-PT-II", expires_on=until)

    with pytest.raises(services.NotQualified) as refusal:
        start(operation, by=lapsed)

    assert "yours expired on 2026-03-01" in refusal.value.detail
    assert refusal.value.remedy == "Ask one of: ada."
    assert status_of(operation) == "waiting"
    start(operation, by=ada)


def test_a_start_without_material_is_refused_with_what_is_missing():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY, uom="MTR")
    make_lot(bar, 7)
    make_lot(bar, 50, status=Lot.Status.QUARANTINE)
    (operation,) = operations_of(plan_order(make_made_item(components={bar: 2}, site=site)))

    with pytest.raises(services.MaterialMissing, match=f"{bar}: 20 m needed, 7 usable"):
        start(operation)


def test_finishing_consumes_what_is_kept_for_the_batch_and_yields_its_lot():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY, uom="MTR", kind="raw")
    kept = make_lot(bar, 100)
    item = make_made_item(components={bar: "1.5"}, site=site)

    batch = work_off(plan_order(item))

    assert inventory.on_hand(kept) == 85
    assert inventory.on_hand(lot_of(batch)) == 10
    assert (batch.status, batch.good_quantity, batch.order.status) == ("done", 10, "done")
    assert batch.lot.status == Lot.Status.RELEASED
    assert place_of(lot_of(batch)) == Location.Kind.FINISHED
    kinds = set(batch.transformation.moves.values_list("kind", "lot"))
    assert kinds == {(Move.Kind.ISSUE, kept.pk), (Move.Kind.OUTPUT, batch.lot.pk)}
    assert not Reservation.objects.open().filter(purpose=batch.number).exists()


def test_named_lots_are_consumed_instead_of_the_kept_ones_and_claims_are_given_up():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY)
    kept, used = make_lot(bar, 10, expires_on=date(2026, 6, 1)), make_lot(bar, 10)
    order = plan_order(make_made_item(components={bar: 1}, site=site))
    (operation,) = operations_of(order)

    finish(start(operation), consumed=[(used, Decimal(10))])

    assert (inventory.on_hand(kept), inventory.on_hand(used)) == (10, 0)
    assert not Reservation.objects.open().filter(lot=kept).exists()


def test_a_lot_of_another_item_is_refused_and_nothing_happens():
    first, _ = two_steps()
    start(first)

    with pytest.raises(services.NotAComponent, match="It takes: nothing"):
        finish(first, consumed=[(make_lot(), Decimal(1))])

    assert status_of(first) == "running"


def test_a_lot_without_what_the_customer_asked_for_is_refused():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY)
    item = make_made_item(components={bar: 1}, site=site)
    asked = Specification(
        kind="material",
        text="Vacuum remelted",
        source="SO-1/1",
        component=ProcessPlan.objects.effective().get(item=item).components.get(),
        attribute="melt_source",
        expected="VAR",
    )
    certified = Specification(
        kind="material", text="Certified", component=asked.component, attribute="certificate"
    )
    vacuum = make_lot(bar, 10, attributes={"melt_source": "VAR", "certificate": "C-1"})
    plain = make_lot(bar, 10, attributes={"melt_source": "EAF", "certificate": "C-2"})
    (operation,) = operations_of(plan_order(item, specifications=[asked, certified]))
    start(operation)

    with pytest.raises(
        services.SpecificationUnmet, match=r": melt_source VAR \(it has EAF\)\. Take a lot that does"
    ):
        finish(operation, consumed=[(plain, Decimal(10))])

    assert inventory.on_hand(plain) == 10
    finish(operation)
    assert inventory.on_hand(vacuum) == 0


def test_more_than_a_tenth_above_the_bill_of_material_is_refused():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY)
    lot = make_lot(bar, 100)
    (operation,) = operations_of(plan_order(make_made_item(components={bar: 1}, site=site)))
    start(operation)

    with pytest.raises(services.TooMuchConsumed, match="says 10"):
        finish(operation, consumed=[(lot, Decimal(12))])

    finish(operation, consumed=[(lot, Decimal(11))])
    assert inventory.on_hand(lot) == 89


def test_material_that_vanished_meanwhile_is_refused_with_every_lot_named():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY)
    lot, other = make_lot(bar, 10), make_lot(bar, 4)
    (operation,) = operations_of(plan_order(make_made_item(components={bar: 1}, site=site)))
    start(operation)
    inventory.hold_lot(lot, "Wrong heat", by=make_user(), at=MONDAY)

    with pytest.raises(services.NotEnoughMaterial) as refusal:
        finish(operation)

    assert "needs 10 pcs" in str(refusal.value)
    assert "4 can be used" in str(refusal.value)
    assert f"{other}: 4 (free)" in str(refusal.value)
    assert "Wrong heat" in str(refusal.value)
    assert status_of(operation) == "running"


@pytest.mark.parametrize(
    ("good", "scrap", "sentence"),
    [(0, 0, "Nothing is reported"), (12, 0, "at most 11"), (10, 2, "at most 11")],
)
def test_the_first_step_accounts_for_its_batch(good, scrap, sentence):
    first, _ = two_steps()
    start(first)

    with pytest.raises(services.WrongQuantity, match=sentence):
        finish(first, good, scrap)

    assert status_of(first) == "running"


@pytest.mark.parametrize(
    ("good", "scrap", "sentence"), [(7, 0, "so 1 are missing"), (9, 0, "no more can come out than went in")]
)
def test_a_later_step_accounts_for_what_came_from_the_one_before(good, scrap, sentence):
    first, second = two_steps()
    finish(start(first), 8, 2)
    start(second)

    with pytest.raises(services.WrongQuantity, match=sentence):
        finish(second, good, scrap)


def test_scrap_leaves_production_through_the_ledger_and_everything_adds_up():
    first, second = two_steps()
    finish(start(first), 8, 2)

    finish(start(second), 7, 1)

    batch = Batch.objects.select_related("lot").get(pk=second.batch_id)
    balances = {
        row.location.kind: row.quantity
        for row in Balance.objects.filter(lot=batch.lot).select_related("location")
    }
    assert (batch.good_quantity, batch.scrap_quantity) == (7, 3)
    assert balances[Location.Kind.SCRAP] == 3
    assert balances[Location.Kind.PRODUCTION] == -10
    assert sum(row.quantity for row in Balance.objects.filter(lot=batch.lot)) == 0


def test_a_batch_that_is_wholly_scrapped_ends_there():
    first, second = two_steps()

    finish(start(first), 0, 10)

    batch = Batch.objects.select_related("lot", "order").get(pk=first.batch_id)
    assert (batch.status, batch.good_quantity, batch.scrap_quantity) == ("done", 0, 10)
    assert (status_of(second), batch.lot.status, batch.order.status) == ("cancelled", "rejected", "done")


def test_an_order_is_done_when_its_last_batch_is():
    site = make_site()
    item = make_made_item(site=site, plan={"batch_maximum": 5})
    order = plan_order(item, 10)
    one, two = operations_of(order)

    finish(start(one), 5)
    order.refresh_from_db()
    assert order.status == "running"
    finish(start(two), 5)
    order.refresh_from_db()
    assert order.status == "done"


def test_a_final_inspection_keeps_the_lot_in_quarantine_until_it_passes():
    site = make_site()
    item = make_item(site=site)
    final = make_inspection_plan(item, Stage.FINAL)
    make_plan(item)

    batch = work_off(plan_order(item, 2), 2)

    inspection = Inspection.objects.get(lot=batch.lot)
    assert (inspection.plan, inspection.lot_quantity) == (final, 2)
    assert batch.lot.status == Lot.Status.QUARANTINE
    assert place_of(lot_of(batch)) == Location.Kind.QUARANTINE
    measure_all(inspection, 10)
    assert Lot.objects.get(pk=batch.lot.pk).status == Lot.Status.RELEASED


def test_the_final_inspection_opens_when_the_gate_of_the_last_step_does():
    site = make_site()
    item = make_item(site=site)
    gate, final = make_inspection_plan(item, Stage.IN_PROCESS), make_inspection_plan(item, Stage.FINAL)
    make_plan(item, [{"work_center": make_work_center(site=site), "inspection_plan": gate}])

    batch = work_off(plan_order(item, 1), 1)

    assert [inspection.plan for inspection in Inspection.objects.filter(lot=batch.lot)] == [gate]
    measure_all(Inspection.objects.get(lot=batch.lot), 10)
    dispatch_facts(at=timezone.now())
    assert Inspection.objects.open().get(lot=batch.lot).plan == final


def test_without_a_final_plan_the_last_gate_releases_the_lot():
    site = make_site()
    item = make_item(site=site)
    gate = make_inspection_plan(item, Stage.IN_PROCESS)
    make_plan(item, [{"work_center": make_work_center(site=site), "inspection_plan": gate}])
    batch = work_off(plan_order(item, 1), 1)

    measure_all(Inspection.objects.get(lot=batch.lot), 10)
    dispatch_facts(at=timezone.now())

    assert Lot.objects.get(pk=batch.lot.pk).status == Lot.Status.RELEASED


def test_limits_that_the_customer_narrowed_bind_in_the_inspection():
    site = make_site()
    item = make_item(site=site)
    final = make_inspection_plan(item, Stage.FINAL)
    make_plan(item)
    narrow = Specification(
        kind="characteristic",
        text="36 to 40 HRC",
        source="SO-1/1",
        characteristic=final.characteristics.get(),
        lower_limit=Decimal("9.9"),
    )

    batch = work_off(plan_order(item, 1, specifications=[narrow]), 1)

    inspection = Inspection.objects.get(lot=batch.lot)
    assert inspection.limits_of(final.characteristics.get()) == (Decimal("9.9"), Decimal(11))


def test_pieces_known_by_number_are_serialised_once_they_are_released():
    item = make_made_item(tracking=Item.Tracking.SERIAL)
    batch = work_off(plan_order(item, 3), 3)

    dispatch_facts(at=timezone.now())

    pieces = Lot.objects.filter(item=item, number__startswith=f"{batch.number}-").order_by("number")
    assert [lot.number for lot in pieces] == [f"{batch.number}-{n:03d}" for n in (1, 2, 3)]
    assert {lot.status for lot in pieces} == {Lot.Status.RELEASED}
    assert inventory.on_hand(lot_of(batch)) == 0


def test_what_a_sub_order_made_is_kept_for_the_order_that_waits_for_it():
    site = make_site()
    part = make_made_item(site=site)
    item = make_made_item(components={part: 1}, site=site)
    earlier = plan_order(item, 4, due_at=MONDAY + timedelta(days=5))
    later = plan_order(item, 4, due_at=MONDAY + timedelta(days=9))

    batch = work_off(later.sub_orders.get(), 4)
    dispatch_facts(at=timezone.now())

    claim = MaterialClaim.objects.get(reservation__lot=batch.lot)
    assert (claim.batch.order, claim.reservation.quantity) == (later, 4)
    assert not MaterialClaim.objects.filter(batch__order=earlier).exists()


def test_a_delivery_goes_to_the_most_urgent_batch_that_waits_for_it():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY)
    item = make_made_item(components={bar: 1}, site=site)
    patient, rush = plan_order(item, 5), plan_order(item, 5, priority=1)

    quality.receive(bar, Decimal(7), by=make_user(), at=MONDAY)
    dispatch_facts(at=timezone.now())

    kept = {row.batch.order: row.reservation.quantity for row in MaterialClaim.objects.all()}
    assert kept == {rush: 5, patient: 2}


def test_shelf_life_counts_from_the_end_of_the_batch():
    item = make_made_item(shelf_life_days=30)
    order = plan_order(item)
    (operation,) = operations_of(order)
    start(operation, at=MONDAY + timedelta(days=5))

    finish(operation, at=MONDAY + timedelta(days=6))

    lot = Batch.objects.get(order=order).lot
    assert (lot.made_at, lot.expires_on) == (MONDAY + timedelta(days=6), MONDAY.date() + timedelta(days=36))


def test_an_order_with_work_under_way_is_not_cancelled():
    order = plan_order(make_made_item())
    (operation,) = operations_of(order)
    start(operation)

    with pytest.raises(services.StillRunning, match=str(operation.batch)):
        services.cancel_order(order, "withdrawn", by=make_user(), at=MONDAY)

    assert status_of(operation) == "running"


def test_a_batch_whose_lot_is_rejected_half_way_ends_and_is_written_off():
    site = make_site()
    item = make_item(site=site)
    gate = make_inspection_plan(item, Stage.IN_PROCESS)
    center = make_work_center(site=site)
    make_plan(item, [{"work_center": center, "inspection_plan": gate}, {"work_center": center}])
    order = plan_order(item, 2)
    first, second = operations_of(order)
    finish(start(first), 2)
    measure_all(gate_of(first), 99)
    found = Nonconformance.objects.get(inspection=first.inspection)

    quality.decide_nonconformance(found, "scrap", "Too soft", by=make_user(), at=MONDAY)
    dispatch_facts(at=timezone.now())

    batch = Batch.objects.select_related("order").get(order=order)
    assert (batch.status, batch.good_quantity, batch.scrap_quantity) == ("done", 0, 2)
    assert (status_of(second), batch.order.status) == ("cancelled", "done")
    balances = {row.location.kind: row.quantity for row in Balance.objects.filter(lot=batch.lot)}
    assert balances[Location.Kind.SCRAP] == 2
    assert sum(balances.values()) == 0


def test_a_rejected_lot_whose_operation_is_under_way_ends_with_it():
    first, second = two_steps()
    start(first)
    lot = Lot.objects.get(number=first.batch.number)
    inventory.reject_lot(lot, "Wrong steel", by=make_user(), at=MONDAY)
    dispatch_facts(at=timezone.now())
    assert status_of(first) == "running"

    finish(first)

    batch = Batch.objects.get(pk=first.batch_id)
    assert (batch.status, batch.good_quantity, batch.scrap_quantity) == ("done", 0, 10)
    assert status_of(second) == "cancelled"


def test_a_cancelled_batch_between_two_operations_is_written_off_and_everything_adds_up():
    first, second = two_steps()
    finish(start(first), good=9, scrap=1)
    order = ProductionOrder.objects.get(batches=first.batch_id)

    services.cancel_order(order, "customer withdrew", by=make_user(), at=MONDAY + HOUR)

    batch = Batch.objects.select_related("lot").get(pk=first.batch_id)
    lot = lot_of(batch)
    assert (batch.status, batch.good_quantity, batch.scrap_quantity) == ("cancelled", 0, 10)
    assert (lot.status, inventory.on_hand(lot)) == (Lot.Status.REJECTED, 0)
    assert Balance.objects.get(lot=lot, location__kind=Location.Kind.SCRAP).quantity == 10
    assert status_of(second) == "cancelled"
    assert conservation.audit().faults == []
    Batch.objects.filter(pk=batch.pk).update(scrap_quantity=1)
    assert conservation.audit().faults == [f"Batch {batch}: 0 good and 1 scrap reported, 10 put out."]


def test_what_a_batch_put_out_and_somebody_reversed_no_longer_answers_for_what_it_reported():
    first, second = two_steps()
    finish(start(first))
    finish(start(second))
    lot = Lot.objects.get(number=first.batch.number)
    assert conservation.audit().faults == []

    output, by, at = lot.moves.get(kind="output"), make_user(), MONDAY + HOUR
    inventory.transfer(lot, Decimal(10), destination=output.destination, by=by, at=at)
    inventory.reverse(output, "Never made", by=by, at=at)

    assert conservation.audit().faults == [f"Batch {first.batch}: 10 good and 0 scrap reported, 0 put out."]


def test_less_than_a_tenth_below_the_bill_of_material_is_taken_and_less_is_refused():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY, uom="kg")
    lot = make_lot(bar, 100)
    (operation,) = operations_of(plan_order(make_made_item(components={bar: 1}, site=site)))
    start(operation)

    with pytest.raises(services.TooLittleConsumed, match="says 10"):
        finish(operation, consumed=[(lot, Decimal("0.0001"))])

    assert (status_of(operation), inventory.on_hand(lot)) == ("running", 100)
    finish(operation, consumed=[(lot, Decimal("9.5"))])
    assert inventory.on_hand(lot) == Decimal("90.5")
