"""Planning production down the bill of material, releasing and cancelling."""

from datetime import timedelta
from decimal import Decimal

import pgtrigger
import pytest

from inventory.models import Item, Lot, Reservation
from mes.core.models import Fact
from production import services
from production.bills import NoProcessPlan
from production.models import (
    Batch,
    Component,
    MaterialClaim,
    Operation,
    ProcessPlan,
    ProductionOrder,
    Specification,
    Step,
)
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.shop import make_machine, make_made_item, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db


def test_an_order_has_one_operation_for_each_step_of_the_plan_in_force():
    site = make_site()
    item = make_made_item([make_work_center(site=site), make_work_center(site=site)], site=site)

    order = plan_order(item, 5, released=False)

    assert (order.status, order.quantity, order.site) == ("planned", 5, site)
    assert [(operation.sequence, operation.status) for operation in operations_of(order)] == [
        (10, "waiting"),
        (20, "waiting"),
    ]
    assert Fact.objects.filter(name="production.OrderPlanned", payload__order=order.pk).exists()


def test_made_components_that_stock_does_not_cover_become_sub_orders():
    site = make_site()
    bulk = make_made_item(site=site, uom="LTR", lead_time_days=2)
    bottle = make_made_item(components={bulk: "0.5"}, site=site, lead_time_days=3)
    make_lot(bulk, 100)

    order = plan_order(bottle, 1000, released=False)

    below = order.sub_orders.get()
    assert (below.item, below.quantity) == (bulk, 400)
    assert below.due_at == order.due_at - timedelta(days=3)
    assert (
        sum(claim.reservation.quantity for claim in MaterialClaim.objects.filter(batch__order=order)) == 100
    )


def test_batches_are_no_larger_than_the_plan_and_the_largest_vessel_allow():
    site = make_site()
    mixing = make_work_center(site=site, machines=0)
    make_machine(mixing, batch_limit=500)
    make_machine(mixing, batch_limit=2000)
    bulk = make_made_item([mixing], site=site, uom="LTR")

    order = plan_order(bulk, 4500, released=False)

    assert [batch.quantity for batch in order.batches.order_by("pk")] == [1500, 1500, 1500]
    assert [batch.number for batch in order.batches.order_by("pk")] == [f"{order}-{n:02d}" for n in (1, 2, 3)]


def test_material_is_reserved_first_expired_first_and_as_far_as_it_goes():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY, uom="MTR")
    item = make_made_item(components={bar: "2"}, site=site)
    later = make_lot(bar, 30, expires_on=(MONDAY + timedelta(days=90)).date())
    sooner = make_lot(bar, 5, expires_on=(MONDAY + timedelta(days=30)).date())

    order = plan_order(item, 10, released=False)

    claims = MaterialClaim.objects.filter(batch__order=order).order_by("pk")
    assert [(claim.reservation.lot, claim.reservation.quantity) for claim in claims] == [
        (sooner, 5),
        (later, 15),
    ]


def test_only_lots_that_carry_what_the_customer_asked_for_are_reserved():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY, uom="MTR")
    item = make_made_item(components={bar: "1"}, site=site)
    make_lot(bar, 100)
    vacuum = make_lot(bar, 4, attributes={"melt_source": "VAR"})
    asked = Specification(
        kind=Specification.Kind.MATERIAL,
        text="Vacuum remelted",
        source="SO-1/1",
        component=plan_in_force(item).components.get(),
        attribute="melt_source",
        expected="VAR",
    )

    order = plan_order(item, 10, released=False, specifications=[asked])

    claim = MaterialClaim.objects.get(batch__order=order)
    assert (claim.reservation.lot, claim.reservation.quantity) == (vacuum, 4)
    assert order.specifications.get().text == "Vacuum remelted"


def test_a_specification_of_a_component_goes_to_the_sub_order_that_takes_it():
    site = make_site()
    steel = make_item(site=site, supply=Item.Supply.BUY, uom="KGM")
    shaft = make_made_item(components={steel: 1}, site=site)
    gearbox = make_made_item(components={shaft: 1}, site=site)
    asked = Specification(
        kind=Specification.Kind.MATERIAL,
        text="Mill certificate 3.1",
        source="SO-1/1",
        component=plan_in_force(shaft).components.get(),
        attribute="certificate",
    )

    order = plan_order(gearbox, 2, released=False, specifications=[asked])

    assert order.specifications.count() == 0
    assert order.sub_orders.get().specifications.get().attribute == "certificate"


def test_a_specification_that_nothing_could_meet_is_refused_and_nothing_is_planned():
    item, other = make_made_item(), make_made_item()
    asked = Specification(
        kind=Specification.Kind.PROCESS, text="Etch", source="SO-1/1", step=plan_in_force(other).steps.get()
    )

    with pytest.raises(services.SpecificationOutOfReach):
        plan_order(item, 2, specifications=[asked])

    assert not ProductionOrder.objects.filter(item=item).exists()


def test_an_item_without_an_approved_plan_anywhere_in_the_tree_is_refused():
    part = make_item()
    item = make_made_item(components={part: 1}, site=part.site)

    with pytest.raises(NoProcessPlan, match=str(part)):
        plan_order(item)

    assert not ProductionOrder.objects.filter(item=item).exists()


def test_an_item_of_which_no_batch_may_hold_any_is_refused_by_name():
    part = make_made_item(plan={"batch_maximum": Decimal("0.5")})
    item = make_made_item(components={part: 1}, site=part.site)

    with pytest.raises(services.NoBatchFits, match=f"A batch of {part} may hold at most 0.5"):
        plan_order(item)

    assert not ProductionOrder.objects.exists()


def test_a_quantity_that_takes_more_batches_than_anybody_makes_is_refused_by_name_and_at_once():
    part = make_made_item(plan={"batch_maximum": 2})
    item = make_made_item(components={part: 1}, site=part.site)

    with pytest.raises(
        services.TooManyBatches,
        match=f"of {part} take 500000000000 batches of at most 2; one order is made in 500",
    ):
        plan_order(item, 999_999_999_999)

    assert not ProductionOrder.objects.exists()
    assert plan_order(part, 1000).batches.count() == 500


def test_what_has_come_to_be_made_from_itself_is_refused_with_the_way_round():
    part = make_made_item()
    item = make_made_item(components={part: 1}, site=part.site)
    step = Step.objects.get(plan__item=part)
    with pgtrigger.ignore("production.Component:plan_in_force_stands_still"):
        Component.objects.create(plan=step.plan, step=step, item=item, quantity_per=1)

    with pytest.raises(services.CircularBill, match=f"{item} → {part} → {item}"):
        plan_order(item)

    assert not ProductionOrder.objects.exists()


def test_a_bought_item_is_not_planned():
    with pytest.raises(services.NotMadeHere):
        plan_order(make_item(supply=Item.Supply.BUY))


def test_releasing_an_order_gives_every_batch_its_lot_and_releases_what_it_waits_for():
    site = make_site()
    part = make_made_item(site=site)
    order = plan_order(make_made_item(components={part: 1}, site=site), 3)

    for each in (order, order.sub_orders.get()):
        each.refresh_from_db()
        batch = each.batches.select_related("lot").get()
        assert (each.status, batch.status) == ("released", "released")
        assert (batch.lot.number, batch.lot.status) == (batch.number, Lot.Status.IN_PROCESS)


def test_cancelling_gives_up_material_and_cancels_sub_orders_nobody_began():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY)
    make_lot(bar, 50)
    part = make_made_item(components={bar: 1}, site=site)
    order = plan_order(make_made_item(components={part: 1, bar: 1}, site=site), 3)

    services.cancel_order(order, "customer withdrew", by=make_user(), at=MONDAY)

    below = order.sub_orders.get()
    assert (order.status, below.status) == ("cancelled", "cancelled")
    assert not Reservation.objects.open().filter(lot__item=bar).exists()
    assert set(Operation.objects.filter(batch__order=order).values_list("status", flat=True)) == {"cancelled"}
    assert set(Batch.objects.filter(order__in=[order, below]).values_list("lot__status", flat=True)) == {
        "rejected"
    }


def test_planning_a_tree_takes_few_queries(django_assert_max_num_queries):
    site = make_site()
    parts = [make_item(site=site, supply=Item.Supply.BUY) for _ in range(6)]
    centers = [make_work_center(site=site) for _ in range(8)]
    below = make_made_item(centers, dict.fromkeys(parts, 1), site=site)
    item = make_made_item(centers, {below: 2}, site=site)
    by = make_user()

    with django_assert_max_num_queries(45):
        services.plan_production(item, Decimal(10), MONDAY, by=by, at=MONDAY)


def plan_in_force(item: Item) -> ProcessPlan:
    """The plan in force of an item."""
    return ProcessPlan.objects.effective().get(item=item)
