"""Made to stock, over HTTP alone: from a year of demand to a forecast, a target, a batch on the shelf and a shipment from it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.journeys.plant_over_http import (
    TODAY,
    Person,
    inspection_plan,
    ledger_sum,
    let_news_arrive,
    make,
    measure,
    process_plan,
    work_center,
)

pytestmark = pytest.mark.django_db
GOOD = {"pH": "7.1", "Net weight": "1.002"}


def test_a_cleaner_is_forecast_proposed_firmed_made_released_and_shipped_first_expired_first(
    django_capture_on_commit_callbacks: Callable[..., Any],
):
    manager, planner = Person("manager"), Person("planner")
    operator, inspector, integrator = Person("operator"), Person("inspector"), Person("integrator")

    # The plant is described: a bought base, a filled bottle that keeps for two years.
    site = manager.post("sites", code="CW", name="Clearwell", time_zone="Europe/Berlin")
    base = manager.post(
        "items", number="BASE", description="Base", site=site["id"], supply="buy", uom="KGM", kind="raw"
    )
    lemon = manager.post(
        "items",
        number="LEMON-1L",
        description="Lemon cleaner 1 l",
        site=site["id"],
        shelf_life_days=730,
        lead_time_days=5,
        storage_volume_m3="0.0015",
        unit_cost="1.20",
        unit_price="3.10",
    )
    inspection_plan(
        manager, base, "receiving", "RI-BASE", [{"name": "pH", "lower_limit": "6.5", "upper_limit": "7.5"}]
    )
    scheme = manager.post("sampling-schemes", name="Two bottles", kind="fixed", size="2")
    final = manager.post(
        "inspection-plans",
        code="FI-LEMON",
        name="Fill",
        item=lemon["id"],
        stage="final",
        sampling=scheme["id"],
    )
    weight = {"name": "Net weight", "lower_limit": "0.99", "upper_limit": "1.02"}
    manager.post("characteristics", plan=final["id"], number=1, **weight)
    manager.post(f"inspection-plans/{final['id']}/approve")
    line = work_center(manager, site, "FILL")
    fill = {"name": "Fill", "work_center": line["id"], "run_seconds": "2", "setup_seconds": 600}
    process_plan(manager, lemon, [fill], {base["id"]: "1"})

    # A year of demand comes in, and what is on the shelf.
    days = [TODAY - timedelta(days=back) for back in range(1, 366)]
    points = [
        {
            "item_number": "LEMON-1L",
            "date": str(day),
            "quantity": str(30 + 10 * (day.weekday() < 5) + day.day % 7),
        }
        for day in days
    ]
    assert integrator.post("demand-history", points=points)["days"] == 365
    delivery = planner.post("lots", item=base["id"], quantity="5000")
    measure(inspector, delivery["id"], GOOD)
    let_news_arrive()
    old = planner.post(
        "lots", item=lemon["id"], quantity="40", number="OLD", expires_on=str(TODAY + timedelta(days=200))
    )
    measure(inspector, old["id"], GOOD)
    let_news_arrive()

    # The night: forecast, target, proposals.
    manager.post("stock-policies", item=lemon["id"], service_level="0.95", review_days=7, cover_days=14)
    with django_capture_on_commit_callbacks(execute=True):
        run = planner.post("forecast-runs")
    run = planner.get(f"forecast-runs/{run['id']}")
    assert (run["status"], run["items_done"]) == ("done", 1)
    forecast = planner.find_one("item-forecasts", run=run["id"])
    assert forecast["method"]
    (tomorrow, *_) = planner.find("forecasts", run=run["id"], item=lemon["id"], ordering="date")
    assert 25 < float(tomorrow["mean"]) < 55
    target = planner.find_one("stock-targets", run=run["id"])
    assert float(target["reorder_point"]) > 40

    # Morning: a proposal says why, and becomes a production order.
    first, *_ = planner.find("replenishments", status="proposed", item=lemon["id"], ordering="start_date")
    assert first["why"]
    firm = planner.post(f"replenishments/{first['id']}/firm")
    assert firm["status"] == "firm"
    made = planner.get(f"production-orders/{firm['production_order']}")
    assert float(made["quantity"]) >= float(first["quantity"])
    schedule = planner.post("schedules", reason="Journey", seconds=0)
    assert schedule["unplanned"] == []

    # It is filled, weighed and released to stock.
    planner.post(f"production-orders/{made['id']}/release")
    new_lot = planner.get(f"lots/{make(operator, inspector, made['id'], GOOD)}")
    assert new_lot["status"] == "released"
    assert float(new_lot["on_hand"]) == float(made["quantity"])
    stock = planner.get(f"items/{lemon['id']}")
    assert float(stock["usable"]) == 40 + float(made["quantity"])

    # An order is served from the shelf, the older bottles first, and becomes demand.
    customer = integrator.post("customers", code="SHOP", name="Corner Shop")
    body = {"item": lemon["id"], "quantity": "60", "due_date": str(TODAY + timedelta(days=2))}
    order = integrator.post("orders", customer=customer["id"], lines=[body])
    order = planner.post(f"orders/{order['id']}/confirm")
    assert order["state"] == "ready"
    shipment = planner.post(f"orders/{order['id']}/ship")
    assert [(row["lot_number"], row["quantity"]) for row in shipment["lines"]] == [
        ("OLD", "40.0000"),
        (new_lot["number"], "20.0000"),
    ]
    let_news_arrive()
    (today,) = planner.find("demand-history", item=lemon["id"], source="shipment")
    assert today["quantity"] == "60.0000"
    assert ledger_sum() == 0
