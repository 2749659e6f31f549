"""The explosion on plain data: netting, pegging, batch sizes, dates, circles."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from production.explosion import Bill, CyclicBill, Demand, Line, explode, find_circle, lot_size, split

DUE = datetime(2026, 3, 30, tzinfo=UTC)
BICYCLE, WHEEL, SPOKE, TUBE = 1, 2, 3, 4
PIECE = Decimal(1)


def bicycles() -> dict[int, Bill]:
    """A bicycle takes two wheels and 3 m of tube, a wheel 32 spokes; wheels take 4 days, bicycles 7."""
    return {
        BICYCLE: Bill(
            lines=(Line(1, WHEEL, Decimal(2), PIECE), Line(2, TUBE, Decimal("3.05"))),
            quantum=PIECE,
            lead=timedelta(days=7),
        ),
        WHEEL: Bill(lines=(Line(3, SPOKE, Decimal(32), PIECE),), quantum=PIECE, lead=timedelta(days=4)),
    }


def test_a_demand_is_exploded_level_by_level_with_each_order_pegged_to_its_parent():
    found = explode([Demand(BICYCLE, Decimal(10), DUE)], bills=bicycles(), free={})

    bicycle, wheel = found.orders
    assert (bicycle.item, bicycle.quantity, bicycle.level, bicycle.parent) == (BICYCLE, 10, 0, None)
    assert (wheel.item, wheel.quantity, wheel.level, wheel.parent) == (WHEEL, 20, 1, bicycle.number)
    assert [(need.item, need.made, need.bought) for need in found.needs] == [
        (WHEEL, 20, 0),
        (TUBE, 0, Decimal("30.5")),
        (SPOKE, 0, 640),
    ]


def test_a_sub_order_is_due_when_its_parent_starts():
    bicycle, wheel = explode([Demand(BICYCLE, Decimal(1), DUE)], bills=bicycles(), free={}).orders

    assert bicycle.start == DUE - timedelta(days=7)
    assert wheel.due == bicycle.start
    assert wheel.start == DUE - timedelta(days=11)


def test_free_stock_covers_components_before_anything_is_made_for_them():
    found = explode([Demand(BICYCLE, Decimal(10), DUE)], bills=bicycles(), free={WHEEL: Decimal(12)})

    assert [(order.item, order.quantity) for order in found.orders] == [(BICYCLE, 10), (WHEEL, 8)]
    assert found.needs[0].stock == 12


def test_free_stock_of_the_item_asked_for_does_not_shrink_the_demand():
    found = explode([Demand(BICYCLE, Decimal(10), DUE)], bills=bicycles(), free={BICYCLE: Decimal(99)})

    assert found.orders[0].quantity == 10


def test_stock_goes_to_the_demand_that_is_due_first():
    later, sooner = Demand(BICYCLE, Decimal(1), DUE), Demand(BICYCLE, Decimal(3), DUE - timedelta(days=2))

    found = explode([later, sooner], bills=bicycles(), free={WHEEL: Decimal(6)})

    wheels = [order for order in found.orders if order.item == WHEEL]
    assert [(order.quantity, found.orders[order.parent or 0].quantity) for order in wheels] == [(2, 1)]


def test_components_are_made_in_their_own_lot_sizes():
    bills = bicycles()
    bills[WHEEL] = Bill(quantum=PIECE, order_minimum=Decimal(15), order_multiple=Decimal(10))

    found = explode([Demand(BICYCLE, Decimal(6), DUE)], bills=bills, free={})

    assert found.orders[1].quantity == 20
    assert found.needs[0].made == 12


def test_a_quantity_is_split_into_the_fewest_and_most_equal_batches():
    assert split(Decimal(4500), Decimal(2000), Decimal("0.0001")) == (1500, 1500, 1500)
    assert split(Decimal(10), Decimal(4), PIECE) == (4, 3, 3)
    assert split(Decimal(5), Decimal("2.5"), PIECE) == (2, 2, 1)
    assert split(Decimal(7), None, PIECE) == (7,)


def test_a_maximum_below_one_piece_is_refused():
    with pytest.raises(ValueError, match="cannot hold"):
        split(Decimal(2), Decimal("0.5"), PIECE)


def test_a_circle_is_refused_with_its_path():
    bills = {1: Bill(lines=(Line(1, 2, PIECE),)), 2: Bill(lines=(Line(2, 1, PIECE),))}

    with pytest.raises(CyclicBill) as refusal:
        explode([Demand(1, PIECE, DUE)], bills=bills, free={})

    assert refusal.value.path == (1, 2, 1)


def test_a_circle_is_found_before_a_plan_is_approved():
    assert find_circle(1, {1: [2, 3], 2: [4], 3: [4], 4: [1]}) in {(1, 2, 4, 1), (1, 3, 4, 1)}
    assert find_circle(1, {1: [2, 3], 2: [4], 3: [4]}) is None
    assert find_circle(1, {1: [1]}) == (1, 1)


amounts = st.decimals(min_value=Decimal("0.0001"), max_value=10_000, places=4)


@given(quantity=amounts, maximum=amounts.filter(lambda maximum: maximum > 1))
def test_batches_add_up_and_fit_the_vessel(quantity: Decimal, maximum: Decimal):
    batches = split(quantity, maximum, Decimal("0.0001"))

    assert sum(batches) == quantity
    assert all(0 < batch <= maximum for batch in batches)


@given(quantity=amounts, minimum=amounts, multiple=amounts)
def test_a_lot_size_covers_the_need_in_whole_multiples(
    quantity: Decimal, minimum: Decimal, multiple: Decimal
):
    size = lot_size(quantity, Bill(order_minimum=minimum, order_multiple=multiple))

    assert size >= max(quantity, minimum)
    assert size % multiple == 0
    assert size - multiple < max(quantity, minimum)


@given(
    quantity=st.integers(1, 500),
    wheels=st.integers(0, 1500).map(Decimal),
    spokes=st.integers(0, 50_000).map(Decimal),
)
def test_every_need_is_covered_exactly_by_stock_making_and_buying(
    quantity: int, wheels: Decimal, spokes: Decimal
):
    found = explode(
        [Demand(BICYCLE, Decimal(quantity), DUE)], bills=bicycles(), free={WHEEL: wheels, SPOKE: spokes}
    )

    assert all(need.stock + need.made + need.bought == need.quantity for need in found.needs)
    assert sum(need.stock for need in found.needs if need.item == WHEEL) <= wheels
    assert sum(need.stock for need in found.needs if need.item == SPOKE) <= spokes
