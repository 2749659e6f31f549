"""Made to order, over HTTP alone: from a customer's wish to serial numbers on a truck, each piece traced to its melt."""

from datetime import timedelta

import pytest
from django.test import Client

from tests.journeys.plant_over_http import (
    TODAY,
    Json,
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
GOOD: dict[str, str | bool] = {"Diameter": "80.2", "Hardness": "38", "Bore": "25.005", "Free of burrs": True}


def test_a_bracket_is_ordered_promised_made_proven_shipped_and_traced():
    manager, planner = Person("manager"), Person("planner")
    operator, inspector, integrator = Person("operator"), Person("inspector"), Person("integrator")

    # The plant is described.
    site = manager.post("sites", code="NG", name="Northgate Precision", time_zone="Europe/London")
    mill = manager.post("suppliers", code="MILL", name="Titanium Mill")
    bar = manager.post(
        "items",
        number="TI64-BAR",
        description="Bar",
        site=site["id"],
        supply="buy",
        kind="raw",
        supplier=mill["id"],
    )
    bracket = manager.post(
        "items",
        number="NP-2201",
        revision="D",
        description="Hinge bracket",
        site=site["id"],
        strategy="mto",
        tracking="serial",
    )
    diameter = {"name": "Diameter", "lower_limit": "80", "upper_limit": "81"}
    inspection_plan(manager, bar, "receiving", "RI-BAR", [diameter])
    hardness = {"name": "Hardness", "lower_limit": "36", "upper_limit": "42"}
    gate = inspection_plan(manager, bracket, "in_process", "IP-TURN", [hardness])
    bore = {"name": "Bore", "lower_limit": "25.000", "upper_limit": "25.013", "is_key": True}
    inspection_plan(
        manager, bracket, "final", "FI-2201", [bore, {"name": "Free of burrs", "kind": "attribute"}]
    )
    saw, lathe = work_center(manager, site, "SAW"), work_center(manager, site, "LATHE", machines=2)
    steps = [
        {"name": "Saw", "work_center": saw["id"], "run_seconds": "120"},
        {"name": "Turn", "work_center": lathe["id"], "run_seconds": "900", "inspection_plan": gate["id"]},
        {"name": "Deburr", "work_center": saw["id"], "run_seconds": "60"},
    ]
    process_plan(manager, bracket, steps, {bar["id"]: "1"})

    # Material arrives, is inspected and released.
    heat = {"heat": "A-4711", "melt_source": "TIMET"}
    lot = planner.post("lots", item=bar["id"], quantity="10", supplier_lot="M-99", attributes=heat)
    assert lot["status"] == "quarantine"
    assert measure(inspector, lot["id"], GOOD) == ["receiving"]
    let_news_arrive()
    assert planner.get(f"lots/{lot['id']}")["status"] == "released"

    # The customer's system enters an order with what it requires; a planner confirms it.
    customer = integrator.post("customers", code="AERO", name="Aero Structures")
    wanted = [
        {
            "kind": "material",
            "text": "TIMET only",
            "component_number": "TI64-BAR",
            "attribute": "melt_source",
            "expected": "TIMET",
        },
        {
            "kind": "characteristic",
            "text": "36 to 40 HRC",
            "characteristic_name": "Hardness",
            "upper_limit": "40",
        },
        {"kind": "process", "text": "Deburred by hand", "step_sequence": 30},
        {"kind": "document", "text": "Certificate of conformity with heat numbers"},
    ]
    due = str(TODAY + timedelta(days=20))
    line = {"item": bracket["id"], "quantity": "3", "due_date": due, "requirements": wanted}
    order = integrator.post("orders", customer=customer["id"], customer_reference="4500-1", lines=[line])
    assert order["state"] == "draft"
    order = planner.post(f"orders/{order['id']}/confirm")
    assert (order["status"], order["state"]) == ("confirmed", "on_time")
    assert planner.find_one("promised-dates", line=order["lines"][0]["id"])["promised_date"] == due
    assert planner.refused(f"orders/{order['id']}/confirm")["code"] == "orders.already_confirmed"

    # Production knows what, for whom and what it must keep to; the material is kept.
    made = planner.find_one("production-orders", item=bracket["id"])
    assert made["reason"] == f"{order['number']}/1 for Aero Structures"
    asked = planner.find("specifications", order=made["id"])
    assert {each["kind"] for each in asked} == {"material", "characteristic", "process", "document"}
    assert planner.find_one("reservations", status="open")["lot"] == lot["id"]

    # The plan is made; the projection now comes from it.
    schedule = planner.post("schedules", reason="Journey", seconds=0)
    assert schedule["unplanned"] == []
    assert len(planner.find("slots", schedule=schedule["id"])) == 3
    shown = planner.get(f"orders/{order['id']}")["lines"][0]
    assert shown["projected_date"] < due
    assert "Next: Saw." in shown["why"]
    assert "On time" in seen_by_customer(order)

    # It is made, step by step, through every gate.
    planner.post(f"production-orders/{made['id']}/release")
    assert operator.refused(f"production-orders/{made['id']}/release")["status"] == 403
    batch_lot = make(operator, inspector, made["id"], GOOD)
    (inspected,) = inspector.find("inspections", lot=batch_lot, plan__stage="in_process")
    assert [each["upper_limit"] for each in inspected["tightenings"]] == ["40.000000"]
    ready = planner.get(f"orders/{order['id']}")
    assert (ready["state"], ready["lines"][0]["ready_quantity"]) == ("ready", "3.0000")

    # Nothing leaves before the last requirement is proven.
    refusal = planner.refused(f"orders/{order['id']}/ship")
    assert refusal["code"] == "orders.requirement_unproven"
    (missing,) = [proof for proof in planner.get(f"orders/{order['id']}/evidence") if proof["is_open"]]
    assert missing["requirement"]["kind"] == "document"
    planner.post(f"requirements/{missing['requirement']['id']}/prove", evidence="CoC 2026-118")
    shipment = planner.post(f"orders/{order['id']}/ship", carrier="DHL", carrier_reference="JD01")
    assert [row["quantity"] for row in shipment["lines"]] == ["1.0000"] * 3
    assert planner.get(f"orders/{order['id']}")["status"] == "shipped"

    # Each serial number leads back to the heat of its bar and the mill, and on to the customer.
    serial = shipment["lines"][0]
    genealogy = planner.get(f"lots/{serial['lot']}/genealogy")
    named = str(genealogy["nodes"])
    for expected in (lot["number"], "Titanium Mill", serial["lot_number"]):
        assert expected in named
    page = seen_by_customer(order)
    assert serial["lot_number"] in page
    assert "JD01" in page
    assert "Titanium Mill" not in page
    assert ledger_sum() == 0


def seen_by_customer(order: Json) -> str:
    return Client().get(order["tracking_url"].removeprefix("http://testserver")).text
