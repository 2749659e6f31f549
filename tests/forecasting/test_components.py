"""Components that somebody keeps in stock have targets of their own, decided with the products that they go into."""

from datetime import timedelta
from decimal import Decimal

import pytest

from forecasting import components
from forecasting.models import ForecastRun, StockPolicy, StockTarget
from inventory.models import Item
from tests.forecasting.stock import make_history, plan_stock, proposals_of, target_of
from tests.plant import MONDAY, make_item, make_site
from tests.shop import make_made_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def bottles() -> Item:
    """A bottle that is kept in stock and goes into two products; a cap that is not."""
    site = make_site()
    bottle = make_item(
        site=site, supply="buy", lead_time_days=28, unit_cost=Decimal("0.1"), kind="component", strategy="mts"
    )
    cap = make_item(site=site, supply="buy", lead_time_days=7, unit_cost=Decimal("0.1"), kind="component")
    for number, rate in enumerate((10, 20)):
        product = make_made_item(
            site=site,
            components={bottle: 2, cap: 1},
            lead_time_days=7,
            unit_cost=Decimal(10),
            strategy="mts",
            kind="finished",
        )
        make_history(product, per_day=rate, seed=number)
    return bottle


def test_a_component_with_a_policy_covers_what_all_products_take(bottles):
    StockPolicy.objects.create(item=bottles, service_level=Decimal("0.98"), review_days=7)

    plan_stock()

    target = target_of(bottles)
    told = {line["what"]: line["value"] for line in target.explanation["lines"]}
    assert told["needed a day"] == pytest.approx(60, rel=0.05)
    # Poisson days of 10 and 20: bottles vary by 2 √30 a day, not by 2 (√10 + √20).
    assert told["varies by, a day"] < 1.35 * 2 * 30**0.5
    assert told["days that its stock covers"] == 35
    assert told["safety stock"] == pytest.approx(2.054 * told["varies by, a day"] * 35**0.5, rel=0.01)
    assert float(target.reorder_point) == pytest.approx(told["base stock"], abs=1)
    assert told["base stock of its echelon"] > told["base stock"]
    assert target.order_up_to >= target.reorder_point
    assert target.why.startswith("60") or target.why.startswith("59") or target.why.startswith("61")
    assert target.explanation["policy"] == str(StockPolicy.objects.get(item=bottles))


def test_without_a_policy_of_its_own_a_component_is_bought_for_its_products_alone(bottles):
    StockPolicy.objects.create(service_level=Decimal("0.98"))  # of all others

    run = plan_stock()

    assert StockTarget.objects.filter(run=run).count() == 2
    assert not StockTarget.objects.filter(item=bottles).exists()


def test_a_component_as_dear_as_its_product_may_be_waited_for_and_the_product_knows(bottles):
    StockPolicy.objects.create(item=bottles, service_level=Decimal("0.999"), review_days=1)
    Item.objects.filter(pk=bottles.pk).update(unit_cost=1_000, lead_time_days=3)

    plan_stock()

    target = target_of(bottles)
    assert target.safety_stock == 0
    assert "it costs less to keep those than to keep this" in target.why
    product = StockTarget.objects.exclude(item=bottles).latest("pk")
    [lead] = [line for line in product.explanation["lines"] if line["what"] == "lead time in days"]
    assert lead["value"] == 7 + 4
    assert "4 of them wait for components" in lead["note"]


def test_its_safety_stock_is_bought_beyond_what_the_products_take(bottles):
    plan_stock(horizon_days=84)
    plain = sum(one.quantity for one in proposals_of(bottles))
    StockPolicy.objects.create(item=bottles, service_level=Decimal("0.98"), review_days=7)

    plan_stock(MONDAY + timedelta(hours=1), horizon_days=84)

    more = sum(one.quantity for one in proposals_of(bottles))
    assert more - plain >= target_of(bottles).safety_stock * Decimal("0.9") > 0


def test_a_component_that_would_be_kept_beyond_all_numbers_is_named_and_gets_none_alone(bottles):
    StockPolicy.objects.create(item=bottles, service_level=Decimal("0.98"), review_days=7)
    label = make_item(
        site=bottles.site, supply="buy", lead_time_days=7, unit_cost=Decimal("0.1"), kind="component"
    )
    StockPolicy.objects.create(item=label, service_level=Decimal("0.98"), review_days=7)
    product = make_made_item(
        site=bottles.site,
        components={label: Decimal("4e9"), bottles: 1},
        lead_time_days=7,
        unit_cost=Decimal(10),
        strategy="mts",
        kind="finished",
    )
    make_history(product, per_day=10, seed=3)

    run = plan_stock()

    assert run.status == ForecastRun.Status.DONE
    assert f"No target could be set for component {label} (OverflowError: 2." in run.message
    assert "would be kept (in _row)); there is none of before." in run.message
    stored = set(StockTarget.objects.filter(run=run).values_list("item", flat=True))
    assert bottles.pk in stored
    assert product.pk in stored
    assert label.pk not in stored
    assert {row.item for row in proposals_of(bottles)} == {bottles}


def test_a_component_beyond_numbers_keeps_the_target_that_it_had(bottles, monkeypatch):
    StockPolicy.objects.create(item=bottles, service_level=Decimal("0.98"), review_days=7)
    former = plan_stock()
    monkeypatch.setattr(components, "MOST", 100)

    run = plan_stock(MONDAY + timedelta(days=1))

    assert f"keeps its target of {former}." in run.message
    ours, theirs = (StockTarget.objects.get(run=one, item=bottles) for one in (run, former))
    assert ours.order_up_to == theirs.order_up_to
    assert StockTarget.objects.filter(run=run).count() == 3


def test_what_no_number_can_tell_of_a_chain_leaves_other_chains_alone(bottles, monkeypatch):
    StockPolicy.objects.create(item=bottles, service_level=Decimal("0.98"), review_days=7)
    label = make_item(
        site=bottles.site, supply="buy", lead_time_days=7, unit_cost=Decimal("0.1"), kind="component"
    )
    StockPolicy.objects.create(item=label, service_level=Decimal("0.98"), review_days=7)
    product = make_made_item(
        site=bottles.site, components={label: 1}, lead_time_days=7, strategy="mts", kind="finished"
    )
    make_history(product, per_day=10, seed=3)
    taken = components._chained

    def beyond(*args):
        found = taken(*args)
        return found | {product.pk: {label.pk: 1e200}}

    monkeypatch.setattr(components, "_chained", beyond)
    run = plan_stock()

    assert run.status == ForecastRun.Status.DONE
    assert f"No target could be set for component {label} (OverflowError" in run.message
    assert set(StockTarget.objects.filter(run=run).values_list("item", flat=True)) >= {bottles.pk, product.pk}
    assert not StockTarget.objects.filter(run=run, item=label).exists()
