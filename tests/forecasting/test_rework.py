"""Goods that are being reworked are supply once: with all of their lot, when its rework ends, and only what is nobody else's."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from forecasting.cockpit import cockpit
from forecasting.displacement import Delay, risks_of
from forecasting.lead_times import lead_times
from forecasting.models import ExceptionMessage
from forecasting.netting import Demand, Rule, Supply, plan
from forecasting.netting.changes import Tolerances, changes
from forecasting.pegging import pegging
from forecasting.proposals import entries_of
from forecasting.today import Today
from inventory import services as inventory
from inventory.models import Item, Lot
from production import services
from production.models import Batch, Operation
from quality import services as quality
from quality.models import Nonconformance
from tests.clean_slate import Stand
from tests.forecasting.stock import TODAY, make_history, plan_stock
from tests.orders.desk import deliver_news, make_it, make_order, make_part, production_of, progress_of
from tests.plant import MONDAY, make_item, make_lot, make_user
from tests.shop import make_plan, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
DUE = MONDAY + timedelta(days=6)


def a_finished_batch(quantity: int = 10, **fields: Any) -> Batch:
    """Made to stock in two steps of one hour or so each, released and due in six days."""
    center = make_work_center()
    item = make_item(site=center.site, **fields)
    make_plan(item, [center, center])
    order = plan_order(item, quantity, due_at=DUE)
    for operation in operations_of(order):
        work(operation, quantity, hours=48)
    return Batch.objects.select_related("plan__item__site", "lot__item__site").get(order=order)


@pytest.fixture(scope="module")
def finished(standing: Stand) -> int:
    return standing(lambda: int(a_finished_batch().pk))


@pytest.fixture
def batch(finished: int) -> Batch:
    """Such a batch, which most of these tests begin with."""
    return Batch.objects.select_related("plan__item__site", "lot__item__site").get(pk=finished)


def work(operation: Operation, good: int, *, scrap: int = 0, hours: int = 1) -> None:
    services.start_operation(operation, by=make_user(), at=MONDAY)
    services.finish_operation(
        operation,
        good=Decimal(good),
        scrap=Decimal(scrap),
        by=make_user(),
        at=MONDAY + timedelta(hours=hours),
    )
    deliver_news()


def rework(batch: Batch, quantity: int) -> Operation:
    """So many of its lot are to go through the second step again."""
    assert batch.lot is not None
    found: Nonconformance = quality.open_nonconformance(
        batch.lot, Decimal(quantity), "Burr", by=make_user(), at=MONDAY
    )
    quality.decide_nonconformance(found, "rework", "Deburr", by=make_user(), at=MONDAY)
    deliver_news()
    steps = [batch.plan.steps.get(sequence=20)]
    (again,) = services.plan_rework(batch, found, steps, by=make_user(), at=MONDAY)
    deliver_news()
    return again


def supplies_of(item: Item) -> list[tuple[int, float]]:
    """(days from today, quantity) of all that comes, what comes on one day together."""
    found, _ = entries_of(item, [], at=MONDAY, today=Today.everywhere(TODAY), horizon_days=42)
    by_day: dict[int, float] = {}
    for supply in found:
        by_day[supply.day] = by_day.get(supply.day, 0) + supply.quantity
    return sorted(by_day.items())


def test_a_lot_in_rework_is_supply_once_when_its_rework_ends(batch: Batch):
    item = batch.plan.item
    assert supplies_of(item) == [(0, 10)]

    again = rework(batch, 4)
    assert supplies_of(item) == [(6, 10)], "planned"
    services.start_operation(again, by=make_user(), at=MONDAY)
    assert supplies_of(item) == [(6, 10)], "under way"
    services.finish_operation(
        again, good=Decimal(3), scrap=Decimal(1), by=make_user(), at=MONDAY + timedelta(hours=1)
    )
    deliver_news()

    assert supplies_of(item) == [(0, 9)], "done"


def test_the_rework_is_told_with_its_own_quantity_and_the_rest_of_the_lot_beside_it():
    batch = a_finished_batch(shelf_life_days=30)
    order = rework(batch, 4).batch.order

    found, _ = entries_of(batch.plan.item, [], at=MONDAY, today=Today.everywhere(TODAY), horizon_days=42)

    lot = batch.lot
    assert lot is not None
    assert lot.expires_on is not None
    until = (lot.expires_on - TODAY).days
    assert [(one.what, one.quantity, one.last_day) for one in found] == [
        (f"{order}, rework of lot {lot}", 4, until),
        (f"rest of lot {lot}, which waits for its rework", 6, until),
    ]


def test_what_somebody_has_reserved_of_it_is_not_free_afterwards(batch: Batch):
    assert batch.lot is not None
    inventory.reserve(batch.lot, Decimal(8), "SO-1/1", by=make_user(), at=MONDAY)

    rework(batch, 4)

    assert supplies_of(batch.plan.item) == [(6, 2)]


def test_two_reworks_of_a_lot_bring_it_back_when_the_later_one_ends(batch: Batch):
    rework(batch, 4)
    later = rework(batch, 3).batch.order
    services.reprioritise_order(later, due_at=DUE + timedelta(days=3), by=make_user(), at=MONDAY)

    assert supplies_of(batch.plan.item) == [(9, 10)]


def test_of_a_lot_that_is_held_nothing_comes_back_until_that_is_decided(batch: Batch):
    rework(batch, 4)
    lot = Lot.objects.get(number=str(batch.lot))
    inventory.hold_lot(lot, "Customer asked", by=make_user(), at=MONDAY)

    assert supplies_of(batch.plan.item) == []


def test_goods_made_for_a_customer_cover_their_line_while_they_are_reworked_and_nobody_else():
    part = make_part()
    make_lot(part.bar, 100)
    order = make_order((part.item, 10), confirmed=True)
    make_it(order)
    made = production_of(order).batches.select_related("plan", "lot").get()
    again = rework(made, 4)

    for when in ("planned", "under way"):
        line = progress_of(order)
        assert line.uncovered_quantity == 0, when
        assert supplies_of(part.item) == [], when
        if when == "planned":
            machine = again.step.work_center.machines.earliest("pk")
            services.start_operation(again, machine=machine, by=make_user(), at=MONDAY)
    assert progress_of(order).coming_quantity == 4
    assert progress_of(order).next_step == again.step.name


def test_how_long_rework_took_is_no_lead_time_of_the_item():
    batch = a_finished_batch(lead_time_days=7)
    item = batch.plan.item
    before = lead_times([item], at=MONDAY + timedelta(days=30))[item.pk]
    assert before.seen == 1

    work(rework(batch, 4), 4)

    assert lead_times([item], at=MONDAY + timedelta(days=30))[item.pk] == before


def test_rework_is_no_batch_among_those_whose_yields_the_cockpit_tells(batch: Batch):
    work(rework(batch, 4), 3, scrap=1)

    found = cockpit(
        Item.objects.with_stock(TODAY).select_related("site").get(pk=batch.plan.item_id), at=MONDAY
    )

    assert [(row.batch.pk, row.good) for row in found.batches] == [(batch.pk, 10)]


def test_nobody_is_told_to_cancel_rework_that_is_not_asked_for():
    batch = a_finished_batch(strategy="mts", supply="make")
    make_history(batch.plan.item, per_day=0.05)
    again = rework(batch, 4)

    plan_stock()

    assert not ExceptionMessage.objects.filter(production_order=again.batch.order_id).exists()
    surplus = [Supply("pine", 2, 500, "P-1", key=-1), Supply("pine", 2, 500, "P-2", key=-2, stays=True)]
    found = changes(
        plan(
            [Rule("pine")], supplies=surplus, demands=[Demand("pine", 5, 20, is_forecast=False)], horizon=20
        ),
        Tolerances(),
    )
    assert [change.key for change in found] == [-1]


def test_pegging_names_the_order_of_rework_that_covers_a_demand():
    batch = a_finished_batch(strategy="mts")
    item = batch.plan.item
    make_history(item, per_day=1)
    again = rework(batch, 4)
    plan_stock()

    sources = [source for row in pegging(item, at=MONDAY).demands for source in row.sources]

    named = [source for source in sources if source.about == again.batch.order]
    assert {source.kind for source in named} == {"production"}
    assert sum(source.quantity for source in named) == pytest.approx(10, abs=0.01)


def test_a_delay_of_rework_for_a_customer_risks_no_stock():
    part = make_part()
    make_lot(part.bar, 100)
    order = make_order((part.item, 10), confirmed=True)
    make_it(order)
    made = production_of(order).batches.select_related("plan", "lot").get()
    again = rework(made, 4)
    plan_stock()

    assert risks_of([Delay(again.batch_id, DUE, DUE + timedelta(days=2))], at=MONDAY) == []
