"""Lots of targets: the economic lot, vessels, fixed lots and families, as netting sizes them too."""

import math
from decimal import Decimal
from typing import Any

import pytest

from forecasting.models import LotRule, NettingRules, StockPolicy
from forecasting.netting import cheapest_orders
from forecasting.policy import Bounds, NormalDemand, Question, lot_size, target
from inventory.models import Item
from tests.forecasting.stock import make_history, make_stocked_item, plan_stock, proposals_of, target_of
from tests.plant import make_item, make_site
from tests.shop import make_made_item, make_work_center

# Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed. 2019, example 3.1: 1,300 a year, 8 an order, 0.225 to hold one for a year.
HARRIS: dict[str, Any] = {"rate": 1_300 / 365, "fixed_cost": 8.0, "holding_cost": 0.225 / 365}
HARRIS_LOT = 304.0467800264368


def question(**changes: Any) -> Question:
    rate = changes.get("rate", HARRIS["rate"])
    values: dict[str, Any] = {
        "item": "candy",
        "bridging": NormalDemand(14 * rate, 4.0),
        "lead": NormalDemand(7 * rate, 3.0),
        "lead_days": 7,
        "review_days": 7,
        "cover_days": 0,
    }
    return Question(**values | HARRIS | changes)


def line_of(item: Item, what: str) -> dict[str, Any]:
    (found,) = [line for line in target_of(item).explanation["lines"] if line["what"] == what]
    return dict(found)


def test_the_textbooks_economic_lot_is_what_a_target_orders_in():
    made = target(question())

    assert made.lot == pytest.approx(HARRIS_LOT)
    assert made.order_up_to - made.covering == pytest.approx(HARRIS_LOT - 7 * HARRIS["rate"])
    cycles = next(line for line in made.lines if line.what == "replenishments a year")
    assert cycles.value == pytest.approx(1_300 / HARRIS_LOT)
    # In the optimum ordering costs as much as holding: half of the 68.41 a year.
    assert cycles.value * 8 == pytest.approx(68.41052550594829 / 2)
    assert made.why.endswith("with lots of 304, the economic lot.")


def test_cover_that_asks_for_more_than_the_economic_lot_counts():
    assert lot_size(question(cover_days=100)) == pytest.approx(100 * HARRIS["rate"])


def test_an_economic_lot_is_no_larger_than_a_batch():
    """A second batch is a second set-up: nothing is saved by holding it."""
    made = target(question(bounds=Bounds(maximum=200)))

    assert made.lot == 200
    note = next(line.note for line in made.lines if line.what == "lot")
    assert note.endswith("which 200, the largest batch, limits")


def test_cover_beyond_the_vessel_comes_in_several_batches():
    made = target(question(cover_days=150, fixed_cost=0, bounds=Bounds(maximum=200, minimum=100)))

    # 534 asked for: two full vessels and a rest of 134.
    assert made.lot == pytest.approx(150 * HARRIS["rate"])
    note = next(line.note for line in made.lines if line.what == "lot")
    assert note == "covers 150 days, in 3 batches of no more than 200"


def test_each_vessel_is_set_up_for_when_the_cheapest_days_are_chosen():
    needs = [50.0, 50, 50, 50]

    at_once, cost = cheapest_orders(needs, 100, 0.1)
    in_vessels, dear = cheapest_orders(needs, 100, 0.1, largest=100)

    assert (at_once, cost) == ([0], 100 + 0.1 * 50 * (1 + 2 + 3))
    # Two set-ups either way: the second vessel is made when it is needed.
    assert (in_vessels, dear) == ([0, 2], 200 + 0.1 * 50 * 2)


@pytest.mark.django_db
def test_an_items_order_cost_makes_its_target_economic():
    NettingRules.objects.update_or_create(pk=1, defaults={"holding_share_a_year": 0.25})
    item = make_stocked_item(
        per_day=HARRIS["rate"], unit_cost=Decimal("0.9"), policy={"review_days": 1, "cover_days": 14}
    )
    by_cover = plan_stock()
    assert line_of(item, "lot")["value"] == pytest.approx(14 * HARRIS["rate"], rel=0.1)

    LotRule.objects.create(item=item, sizing=LotRule.Sizing.LEAST_COST, order_cost=Decimal(8))
    plan_stock(at=by_cover.started_at, horizon_days=182)

    made = target_of(item)
    rate = line_of(item, "mean demand over lead time and review")["value"] / 8
    lot = line_of(item, "lot")
    assert lot["value"] == pytest.approx(math.sqrt(2 * 8 * rate * 365 / 0.225), rel=1e-3)
    assert lot["value"] == pytest.approx(HARRIS_LOT, rel=0.05)
    assert "one set-up or order costs 8, holding a unit for a year 0.225" in lot["note"]
    assert line_of(item, "replenishments a year")["value"] == pytest.approx(4.28, rel=0.05)
    assert float(made.order_up_to - made.reorder_point) == pytest.approx(lot["value"], rel=0.05)
    assert ", the economic lot" in made.why
    # Netting orders about as much on the cheapest days; the first also brings the safety stock.
    later = proposals_of(item)[1]
    assert float(later.quantity) == pytest.approx(lot["value"], rel=0.2)


@pytest.mark.django_db
def test_a_made_items_set_up_and_vessel_size_its_lots():
    site = make_site()
    kettle = make_work_center(site=site, hourly_cost=Decimal(60))
    item = make_made_item(
        [{"work_center": kettle, "setup_seconds": 3_600}],
        site=site,
        strategy=Item.Strategy.TO_STOCK,
        plan={"batch_maximum": 80},
        unit_cost=Decimal(1),
        lead_time_days=2,
    )
    make_history(item, per_day=10)
    StockPolicy.objects.create(item=item, review_days=1)
    LotRule.objects.create(item=item, sizing=LotRule.Sizing.LEAST_COST)

    plan_stock()

    assert line_of(item, "lot")["value"] == 80
    assert line_of(item, "lot")["note"].endswith("which 80, the largest batch, limits")
    later = [row.quantity for row in proposals_of(item)[1:-1]]
    assert max(later) == 80
    assert min(later) > 70  # whole days of ten each


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sizing", "lot", "note"),
    [
        ("fixed", 250, "lots are of 250"),
        ("lot_for_lot", 70, "lot for lot"),
        ("period", 140, "covers 14 days"),
    ],
)
def test_lots_of_a_target_follow_the_rule(sizing, lot, note):
    item = make_stocked_item(policy={"review_days": 7, "cover_days": 14})
    LotRule.objects.create(item=item, sizing=sizing, fixed_lot=250)

    plan_stock()

    assert line_of(item, "lot")["value"] == pytest.approx(lot, rel=0.05)
    assert note in line_of(item, "lot")["note"]


@pytest.mark.django_db
def test_a_family_is_set_up_together_in_its_cheapest_cycle():
    items = [
        make_item(supply="buy", lead_time_days=7, unit_cost=Decimal(cost), strategy=Item.Strategy.TO_STOCK)
        for cost in (2, 4)
    ]
    for item in items:
        make_history(item, per_day=10)
        StockPolicy.objects.create(item=item, review_days=1)
        LotRule.objects.create(
            item=item, sizing=LotRule.Sizing.JOINT, family="white", order_cost=5, family_cost=40
        )

    plan_stock()

    # 2 × (40 + 5 + 5) over a quarter of (2 + 4) × 10 a day, held for a year.
    days = math.sqrt(2 * 50 / ((2 + 4) * 0.25 / 365 * 10))
    for item in items:
        assert line_of(item, "lot")["value"] == pytest.approx(10 * days, rel=0.05)
        assert (
            f"white is set up for its 2 items together about every {math.ceil(days)} days"
            in line_of(item, "lot")["note"]
        )
