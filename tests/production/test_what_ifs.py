"""What-if plans: beside the published one until somebody decides, then lasting or gone."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory import services as inventory
from inventory.models import Item, Reservation
from mes.core.models import Fact
from mes.core.refusals import Stale
from mes.core.states import IllegalTransition
from production import services, what_ifs
from production.changes import (
    Change,
    MaterialBy,
    Overtime,
    Pin,
    Reprioritise,
    Split,
    Unpin,
    UseMachine,
)
from production.models import Batch, Operation, ProductionOrder, Schedule, Slot, WhatIf
from production.models import Overtime as OvertimeRow
from production.planning import reschedule
from production.replanning import replan_if_needed, why_replan
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.shop import make_made_item, make_shift, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def planned(at=MONDAY) -> Schedule:
    return reschedule(reason="test", at=at, seconds=0)


def what_if(*changes: Change, name: str = "Saturday", seconds: float = 0, at=MONDAY) -> WhatIf:
    return what_ifs.create_what_if(name, changes, seconds=seconds, by=make_user(), at=at)


def publish(plan: WhatIf, at=MONDAY) -> WhatIf:
    return what_ifs.publish_what_if(plan, by=make_user(), at=at)


def operation_of(order: ProductionOrder) -> Operation:
    return operations_of(order)[0]


def slot_of(operation: Operation) -> Slot:
    return Slot.objects.published().get(operation=operation)


@pytest.fixture
def shop():
    """An item of an hour a piece on two machines that work 8 to 16."""
    site = make_site()
    center = make_work_center(site=site, machines=2)
    make_shift(center, "08:00", "16:00")
    return make_made_item([{"work_center": center, "run_seconds": 3600}], site=site), center


def test_a_what_if_plan_stands_beside_the_published_one_and_changes_nothing(shop):
    item, center = shop
    order = plan_order(item, 4, due_at=MONDAY + 5 * HOUR)
    operation = operation_of(order)
    version = planned()
    published = list(Slot.objects.order_by("pk").values())
    machine = center.machines.order_by("pk").first()

    plan = what_if(Pin(operation.pk, machine.pk, MONDAY + 3 * HOUR))

    assert list(Slot.objects.order_by("pk").values()) == published
    assert Schedule.objects.count() == 1
    operation.refresh_from_db()
    assert operation.pinned_machine is None
    assert (plan.status, plan.based_on, plan.refusals) == ("open", version, [])
    assert (plan.figures["before"]["late_orders"], plan.figures["after"]["late"]) == (0, [order.number])
    assert [(row["number"], row["late_after_hours"]) for row in plan.orders] == [(order.number, 2)]
    assert plan.told == [f"Pin {operation} to {machine} at Mon 02 Mar 11:00"]
    (place,) = what_ifs.all_places_in(plan)
    assert (place.operation, place.starts_at) == (operation.pk, MONDAY + 3 * HOUR)


def test_changes_are_added_and_one_of_the_same_thing_replaces_the_one_before(shop):
    item, center = shop
    operation = operation_of(plan_order(item, 4))
    planned()
    first, second = center.machines.order_by("pk")
    plan = what_if(Pin(operation.pk, first.pk, MONDAY + HOUR))

    what_ifs.change_what_if(
        plan,
        [UseMachine(operation.pk, second.pk), Overtime(second.pk, MONDAY + 8 * HOUR, MONDAY + 10 * HOUR)],
        seconds=0,
        by=make_user(),
        at=MONDAY,
    )

    plan.refresh_from_db()
    assert [change["kind"] for change in plan.changes] == ["use_machine", "overtime"]
    assert what_ifs.places_in(plan)[0].machine == second.pk


def test_what_search_alone_brings_is_found_once_for_a_published_plan(shop):
    operation = operation_of(plan_order(shop[0], 4))
    planned()
    plan = what_if(Split(operation.batch_id, 2), seconds=0.1)
    plan.figures["unaided"]["setup_hours"] = 77
    plan.save()

    what_ifs.change_what_if(plan, [Unpin(operation.pk)], seconds=0.1, by=make_user(), at=MONDAY)
    assert plan.figures["unaided"]["setup_hours"] == 77

    planned()
    what_ifs.change_what_if(plan, seconds=0.1, by=make_user(), at=MONDAY)
    assert plan.figures["unaided"]["setup_hours"] == 0


def test_open_plans_of_one_name_are_told_apart(shop):
    operation = operation_of(plan_order(shop[0], 4))
    planned()

    names = [what_if(Unpin(operation.pk), name="x" * 100).name for _ in range(3)]

    assert names == ["x" * 100, "x" * 90 + " (2)", "x" * 90 + " (3)"]
    what_ifs.drop_what_if(WhatIf.objects.get(name=names[1]), by=make_user(), at=MONDAY)
    assert what_if(Unpin(operation.pk), name="x" * 100).name == names[1]


def test_a_change_is_taken_out_again_but_not_the_last(shop):
    operation = operation_of(plan_order(shop[0], 4))
    planned()
    plan = what_if(Unpin(operation.pk), Split(operation.batch_id, 2))

    what_ifs.change_what_if(plan, without=[0], seconds=0, by=make_user(), at=MONDAY)

    plan.refresh_from_db()
    assert plan.told == [f"Split {operation.batch} into 2"]
    with pytest.raises(what_ifs.NoSuchChange, match="Drop the what-if plan instead"):
        what_ifs.change_what_if(plan, without=[0], seconds=0, by=make_user(), at=MONDAY)
    with pytest.raises(what_ifs.NoSuchChange, match="has no change 7"):
        what_ifs.change_what_if(plan, without=[7], seconds=0, by=make_user(), at=MONDAY)
    assert len(WhatIf.objects.get().changes) == 1


def test_without_a_published_plan_there_is_nothing_to_compare_with(shop):
    operation = operation_of(plan_order(shop[0], 4))

    with pytest.raises(what_ifs.NoPlanYet, match="Plan first"):
        what_if(Unpin(operation.pk))


def test_publishing_pins_for_good_and_the_next_replan_keeps_it(shop):
    item, center = shop
    operation = operation_of(plan_order(item, 4))
    planned()
    machine = center.machines.order_by("pk").last()
    plan = what_if(Pin(operation.pk, machine.pk, MONDAY + 3 * HOUR), name="Later")

    publish(plan)

    plan.refresh_from_db()
    assert (plan.status, plan.published_as.reason) == ("published", "What-if plan “Later” published")
    assert plan.decided_at == MONDAY
    assert (slot_of(operation).machine, slot_of(operation).starts_at) == (machine, MONDAY + 3 * HOUR)
    assert why_replan(at=MONDAY + timedelta(minutes=3)) == ""
    planned(MONDAY + HOUR)
    assert slot_of(operation).starts_at == MONDAY + 3 * HOUR
    assert Fact.objects.filter(name="production.WhatIfPublished").count() == 1


def test_publishing_makes_one_version_though_its_changes_are_known_before_its_plan_is(shop, monkeypatch):
    item, center = shop
    operation = operation_of(plan_order(item, 4))
    planned()
    plan = what_if(Pin(operation.pk, center.machines.order_by("pk")[1].pk, MONDAY + 3 * HOUR))
    looked = []

    def plan_while_a_worker_looks(**asked):
        looked.append(replan_if_needed(at=MONDAY, seconds=0))
        return reschedule(**asked)

    monkeypatch.setattr(what_ifs, "reschedule", plan_while_a_worker_looks)
    publish(plan)

    assert looked == [None]
    assert not why_replan(at=MONDAY)


def test_publishing_plans_overtime_that_later_plans_work_in(shop):
    item, center = shop
    machine = center.machines.order_by("pk").first()
    operation = operation_of(plan_order(item, 10, due_at=MONDAY + 11 * HOUR))
    planned()
    plan = what_if(Overtime(None, MONDAY + 8 * HOUR, MONDAY + 12 * HOUR, work_center=center.pk))
    assert plan.told == [f"Overtime on {center} from Mon 02 Mar 16:00 to Mon 02 Mar 20:00"]

    publish(plan)

    assert OvertimeRow.objects.count() == 2
    assert slot_of(operation).ends_at == MONDAY + 10 * HOUR
    services.call_off_overtime(OvertimeRow.objects.get(machine=machine), by=make_user(), at=MONDAY)
    assert "was called off" in why_replan(at=MONDAY + timedelta(minutes=3))


def test_publishing_splits_a_batch_with_its_lot_and_what_is_kept_for_it():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY)
    make_lot(bar, 100)
    center = make_work_center(site=site, machines=2)
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], {bar: 2}, site=site)
    order = plan_order(item, 9, due_at=MONDAY + 6 * HOUR)
    batch = order.batches.get()
    planned()
    plan = what_if(Split(batch.pk, 2))
    assert plan.figures["after"]["late_orders"] == 0

    publish(plan)

    one, two = order.batches.order_by("pk")
    assert [(one.number, one.quantity), (two.number, two.quantity)] == [
        (f"{order.number}-01", 5),
        (f"{order.number}-02", 4),
    ]
    assert (two.status, two.lot.number) == ("released", two.number)
    kept = Reservation.objects.filter(status="open")
    assert sorted((row.purpose, row.quantity) for row in kept) == [(one.number, 10), (two.number, 8)]
    slots = [slot_of(operation) for operation in operations_of(order)]
    assert {slot.ends_at - MONDAY for slot in slots} == {5 * HOUR, 4 * HOUR}
    assert len({slot.machine for slot in slots}) == 2


def test_publishing_gives_an_order_its_priority_and_date_for_good(shop):
    order = plan_order(shop[0], 4, due_at=MONDAY + HOUR)
    planned()

    publish(what_if(Reprioritise(order.pk, priority=1, due_at=MONDAY + 9 * HOUR)))

    order.refresh_from_db()
    assert (order.priority, order.due_at) == (1, MONDAY + 9 * HOUR)
    assert Schedule.objects.order_by("-version").first().figures["late_orders"] == 0


def test_letting_an_operation_go_lasts_too(shop):
    item, center = shop
    operation = operation_of(plan_order(item, 2, due_at=MONDAY + 3 * HOUR))
    services.pin_operation(operation, center.machines.first(), MONDAY + 24 * HOUR, by=make_user(), at=MONDAY)
    planned()

    publish(what_if(Unpin(operation.pk)))

    operation.refresh_from_db()
    assert operation.pinned_machine is None
    assert slot_of(operation).starts_at == MONDAY


def test_what_only_a_supplier_can_do_is_said_before_and_is_not_published():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY, lead_time_days=30)
    order = plan_order(make_made_item(components={bar: 1}, site=site), 10, due_at=MONDAY + timedelta(days=5))
    purchase = inventory.expect_receipt(bar, Decimal(10), (MONDAY + timedelta(days=8)).date())
    planned()

    plan = what_if(MaterialBy(bar.pk, MONDAY + timedelta(days=2), order.pk))

    assert plan.figures["after"]["late_orders"] == 0
    assert plan.caveats == [
        (
            f"Publishing does not bring {bar} by Wed 04 Mar: agree it with the supplier and change the date of "
            f"{purchase} (due 10 Mar). Until then the plan waits for it."
        )
    ]
    with pytest.raises(what_ifs.NothingToPublish, match="agree it with the supplier"):
        publish(plan)
    assert WhatIf.objects.get().status == "open"
    assert Schedule.objects.count() == 1


def test_what_cannot_hold_is_not_published(shop):
    item, center = shop
    operation = operation_of(plan_order(item, 4))
    planned()
    plan = what_if(Pin(operation.pk, center.machines.first().pk, MONDAY + 9 * HOUR))

    with pytest.raises(what_ifs.NotPossible, match="it is closed"):
        publish(plan)

    assert Schedule.objects.count() == 1
    operation.refresh_from_db()
    assert operation.pinned_machine is None


def test_a_stale_plan_that_is_still_as_good_is_published_from_the_plant_as_it_is(shop):
    item, center = shop
    operation = operation_of(plan_order(item, 4, due_at=MONDAY + 30 * HOUR))
    planned()
    plan = what_if(Pin(operation.pk, center.machines.first().pk, MONDAY + 3 * HOUR))
    other = operation_of(plan_order(item, 2))
    planned()
    assert WhatIf.objects.with_staleness().get().is_stale

    publish(plan)

    plan.refresh_from_db()
    assert (plan.based_on.version, plan.published_as.version) == (2, 3)
    assert slot_of(operation).starts_at == MONDAY + 3 * HOUR
    assert slot_of(other).machine is not None


def test_a_stale_plan_that_would_by_now_make_somebody_late_is_shown_again_first(shop):
    item, center = shop
    one = center.machines.order_by("pk").first()
    operation = operation_of(plan_order(item, 4, due_at=MONDAY + 30 * HOUR))
    planned()
    plan = what_if(Pin(operation.pk, one.pk, MONDAY))
    pair = [plan_order(item, 8, due_at=MONDAY + 8 * HOUR, priority=1) for _ in range(2)]
    planned()

    with pytest.raises(what_ifs.PlanMovedOn) as refusal:
        publish(plan)

    assert any(order.number in refusal.value.detail for order in pair)
    plan.refresh_from_db()
    assert (plan.status, plan.based_on.version) == ("open", 2)
    operation.refresh_from_db()
    assert operation.pinned_machine is None
    publish(plan)  # somebody has looked at it again
    assert slot_of(operation).starts_at == MONDAY


def test_what_started_meanwhile_keeps_the_plan_from_being_published(shop):
    item, center = shop
    one, two = center.machines.order_by("pk")
    operation = operation_of(plan_order(item, 4))
    planned()
    plan = what_if(Pin(operation.pk, one.pk, MONDAY + 2 * HOUR))
    services.start_operation(operation, machine=two, by=make_user(), at=MONDAY)

    with pytest.raises(services.AlreadyStarted):
        publish(plan)

    assert WhatIf.objects.get().status == "open"
    assert Schedule.objects.count() == 1


def test_a_dropped_plan_stays_to_be_read_and_is_never_published(shop):
    operation = operation_of(plan_order(shop[0], 4))
    planned()
    plan = what_if(UseMachine(operation.pk, shop[1].machines.first().pk))

    what_ifs.drop_what_if(plan, by=make_user(), at=MONDAY)

    assert WhatIf.objects.get().told == plan.told
    with pytest.raises(IllegalTransition, match="dropped"):
        publish(plan)
    with pytest.raises(IllegalTransition, match="dropped"):
        what_ifs.change_what_if(plan, seconds=0, by=make_user(), at=MONDAY)


def test_a_plan_changed_by_another_planner_meanwhile_is_not_overwritten(shop, monkeypatch):
    operation = operation_of(plan_order(shop[0], 4))
    planned()
    plan = what_if(UseMachine(operation.pk, shop[1].machines.first().pk))
    worked_out = what_ifs.try_out

    def interrupted(*args, **kwargs):
        found = worked_out(*args, **kwargs)
        WhatIf.objects.update(worked_out_at=MONDAY + HOUR)
        return found

    monkeypatch.setattr(what_ifs, "try_out", interrupted)
    with pytest.raises(Stale):
        what_ifs.change_what_if(plan, [Split(operation.batch_id, 2)], seconds=0, by=make_user(), at=MONDAY)

    assert [change["kind"] for change in WhatIf.objects.get().changes] == ["use_machine"]


def test_a_batch_that_has_begun_is_not_split_and_one_piece_is_not_two(shop):
    item, center = shop
    begun, single = plan_order(item, 4).batches.get(), plan_order(item, 1).batches.get()
    services.start_operation(
        begun.operations.get(), machine=center.machines.first(), by=make_user(), at=MONDAY
    )

    with pytest.raises(services.BatchBegun):
        services.split_batch(begun, 2, by=make_user(), at=MONDAY)
    with pytest.raises(services.WrongSplit, match="as small as can be"):
        services.split_batch(single, 2, by=make_user(), at=MONDAY)

    assert Batch.objects.count() == 2


def test_sub_orders_share_the_priority_and_an_order_that_is_over_has_none():
    site = make_site()
    part = make_made_item(site=site)
    order = plan_order(make_made_item(components={part: 1}, site=site), 4)

    services.reprioritise_order(order, priority=1, by=make_user(), at=MONDAY)

    assert order.sub_orders.get().priority == 1
    services.cancel_order(order, "Not wanted", by=make_user(), at=MONDAY)
    with pytest.raises(services.OrderOver, match="cancelled"):
        services.reprioritise_order(order, priority=2, by=make_user(), at=MONDAY)


def test_overtime_in_the_past_is_refused_and_what_is_over_is_not_called_off(shop):
    machine = shop[1].machines.first()
    with pytest.raises(services.WrongTime):
        services.plan_overtime(machine, MONDAY - 3 * HOUR, MONDAY - HOUR, "Rush", by=make_user(), at=MONDAY)
    overtime = services.plan_overtime(
        machine, MONDAY + 9 * HOUR, MONDAY + 12 * HOUR, "Rush", by=make_user(), at=MONDAY
    )

    services.call_off_overtime(overtime, by=make_user(), at=MONDAY + 10 * HOUR)

    overtime.refresh_from_db()
    assert overtime.ends_at == MONDAY + 10 * HOUR
    with pytest.raises(services.AlreadyOver):
        services.call_off_overtime(overtime, by=make_user(), at=MONDAY + 11 * HOUR)


def test_overtime_that_has_not_begun_is_called_off_once(shop):
    overtime = services.plan_overtime(
        shop[1].machines.first(), MONDAY + 9 * HOUR, MONDAY + 12 * HOUR, "Rush", by=make_user(), at=MONDAY
    )
    services.call_off_overtime(overtime, by=make_user(), at=MONDAY)

    assert not OvertimeRow.objects.exists()
    with pytest.raises(services.AlreadyOver, match="called off already"):
        services.call_off_overtime(overtime, by=make_user(), at=MONDAY)
