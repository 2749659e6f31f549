"""What happened to lots as EPCIS 2.0: valid by GS1's own schema, and in the words that GS1 has for it."""

import json
import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft7Validator, FormatChecker

from inventory import services as inventory
from inventory.models import Lot, Transformation
from orders import epcis, services
from quality import services as quality
from tests.plant import MONDAY, make_gauge, make_inspection_plan, make_item, make_lot, make_site, make_user
from tests.recalls.case import LATER, acting, make_case, recall_heat
from tests.recalls.test_recalls import close, tell_everybody

pytestmark = pytest.mark.django_db
SCHEMA = (
    Path(os.environ.get("MES_SHARED", Path(__file__).parents[2].parent / "shared"))
    / "standards/epcis/EPCIS-JSON-Schema.json"
)


def of(lots: list[Lot], **period: Any) -> list[dict[str, Any]]:
    return epcis.events_of_lots([lot.pk for lot in lots], **period)


def require_valid(events: list[dict[str, Any]]) -> None:
    """Valid by the schema that GS1 publishes, formats included."""
    if not SCHEMA.exists():
        pytest.skip(f"GS1's schema {SCHEMA} is not there; set MES_SHARED to the folder that holds it.")
    schema = json.loads(SCHEMA.read_text())
    checker = Draft7Validator(schema, format_checker=FormatChecker())
    document = json.loads(json.dumps(epcis.document(events, at=LATER)))
    assert [f"{error.json_path}: {error.message[:200]}" for error in checker.iter_errors(document)] == []
    document["epcisBody"]["eventList"][0]["eventID"] = "no uri"
    assert list(checker.iter_errors(document)), "formats are not looked at"


def step(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in events if event.get("bizStep") == name]


def test_the_way_of_a_heat_from_the_mill_to_the_customers_is_told_in_gs1s_words():
    case = make_case()

    events = of([case.bad, case.parts])

    require_valid(events)
    (received,) = step(events, "receiving")
    assert (received["type"], received["action"], received["disposition"]) == (
        "ObjectEvent",
        "OBSERVE",
        "in_progress",
    )
    assert received["quantityList"] == [
        {
            "epcClass": f"urn:mes:lot:{case.bar.number}:{case.bad.number.replace('/', '%2F')}",
            "quantity": 20.0,
            "uom": "MTR",
        }
    ]
    assert received["sourceList"] == [
        {"type": "owning_party", "source": f"urn:mes:supplier:{case.mill.code}"}
    ]
    (made,) = (event for event in events if event["type"] == "TransformationEvent")
    assert (made["bizStep"], made["disposition"]) == ("creating_class_instance", "in_progress")
    assert [each["quantity"] for each in made["inputQuantityList"]] == [20.0]
    assert made["outputQuantityList"][0]["quantity"] == 20.0
    assert made["ilmd"] == {"cbvmda:lotNumber": case.parts.number}
    assert made["bizTransactionList"][0]["type"] == "prodorder"
    first, second = step(events, "shipping")
    assert (first["disposition"], first["bizTransactionList"][0]["type"]) == ("in_transit", "desadv")
    assert first["destinationList"][0]["destination"] == f"urn:mes:customer:{case.alpha.code}"
    assert second["destinationList"][0]["destination"] == f"urn:mes:customer:{case.beta.code}"
    assert [event["eventTime"] for event in events] == sorted(event["eventTime"] for event in events)
    assert of([case.bad, case.parts]) == events, (
        "the same events have the same names whenever they are asked for"
    )


def test_gs1_keys_are_used_where_they_are_known():
    site = make_site(gln="6291041500213", time_zone="Europe/Berlin")
    item = make_item(site=site, gtin="9506000134352", tracking="serial")
    lot = make_lot(item, 2, number="B-1", expires_on=MONDAY.date())
    inventory.serialise(lot, numbers=["S1", "S2"], **acting())

    events = of([lot, *Lot.objects.filter(is_serial=True)])

    require_valid(events)
    received, serialised = (
        event for event in events if event.get("bizStep") in {"receiving", "commissioning"}
    )
    assert received["quantityList"][0]["epcClass"] == "https://id.gs1.org/01/09506000134352/10/B-1"
    assert received["bizLocation"]["id"].startswith("https://id.gs1.org/414/6291041500213/254/")
    assert received["ilmd"]["cbvmda:itemExpirationDate"] == "2026-03-02"
    assert (received["action"], received["eventTimeZoneOffset"]) == ("ADD", "+01:00")
    assert serialised["outputEPCList"] == [f"https://id.gs1.org/01/09506000134352/21/S{n}" for n in (1, 2)]


def test_scrap_returns_counts_holds_and_inspections_are_events_too():
    case = make_case()
    gauge = make_gauge(site=case.item.site)
    inventory.scrap(case.parts, Decimal(1), reason="Dented", **acting())
    inventory.adjust(
        case.parts, case.parts.balances.on_hand().get().location, Decimal(-1), "Missing", **acting()
    )
    shipped = case.orders[0].shipments.get().lines.get()
    back = services.return_goods(shipped, Decimal(2), "Dented", reference="RMA-7", **acting())
    plan = make_inspection_plan(
        case.item, characteristics=[{"lower_limit": 9, "upper_limit": 11, "gauge_kind": gauge.kind}]
    )
    inspection = quality.open_inspection(plan, back.lot, lot_quantity=Decimal(1), at=LATER)
    quality.record_measurement(
        inspection, plan.characteristics.get(), value=Decimal("9.5"), gauge=gauge, **acting()
    )
    inventory.return_to_supplier(case.good, Decimal(5), reason="Spare", **acting())

    events = of([case.parts, back.lot, case.good])

    require_valid(events)
    (scrapped,) = step(events, "destroying")
    assert (scrapped["action"], scrapped["disposition"]) == ("DELETE", "destroyed")
    (counted,) = step(events, "stock_taking")
    assert counted["action"] == "DELETE"
    (returned,) = (event for event in step(events, "receiving") if event["disposition"] == "returned")
    assert returned["bizTransactionList"] == [{"type": "rma", "bizTransaction": "urn:mes:rma:RMA-7"}]
    assert returned["sourceList"][0]["source"] == f"urn:mes:customer:{case.alpha.code}"
    (inspected,) = step(events, "inspecting")
    assert inspected["disposition"] == "conformant"
    (reading,) = inspected["sensorElementList"][0]["sensorReport"]
    assert (reading["value"], reading["deviceID"]) == (9.5, f"urn:mes:gauge:{gauge.number}")
    assert any(event["disposition"] == "returned" for event in step(events, "shipping"))


def test_a_recall_is_told_when_it_holds_and_when_it_lets_go():
    case = make_case()
    recall = recall_heat(case)
    quality.hold_recall(recall, **acting())
    services.balance_recall(recall, **acting())
    tell_everybody(recall)
    quality.decide_lots(recall, "release", "Right alloy", **acting())
    close(recall, "False alarm", at=LATER + timedelta(hours=2))

    events = of([case.parts])

    require_valid(events)
    (held,) = (event for event in events if event.get("disposition") == "recalled")
    assert (held["bizStep"], held["persistentDisposition"]) == ("holding", {"set": ["recalled"]})
    (freed,) = (event for event in events if "unset" in event.get("persistentDisposition", {}))
    assert freed["disposition"] == "conformant"


def test_a_correction_declares_the_error_and_names_what_is_right():
    case = make_case()
    shipment = case.parts.moves.filter(kind="shipment").earliest("pk")
    inventory.reverse(shipment, "Wrong address", **acting())
    spare = make_lot(case.bar, 4)
    act = inventory.begin_transformation(Transformation.Kind.PRODUCTION, reference="B-77", **acting())
    inventory.issue(spare, Decimal(1), transformation=act, **acting())
    wrong = inventory.issue(case.good, Decimal(1), transformation=act, **acting())[0]
    child = inventory.create_lot(case.item, number="C-1", status="released", at=MONDAY)
    inventory.output(child, Decimal(1), transformation=act, **acting())
    inventory.reverse(wrong, "Wrong bar", **acting())

    events = of([case.parts, child])

    require_valid(events)
    told, declared = (event for event in events if event["eventID"] == _twice(events)[0])
    assert "errorDeclaration" not in told
    assert declared["errorDeclaration"]["reason"] == "did_not_occur"
    error, right = (
        event
        for event in sorted(events, key=lambda event: "errorDeclaration" not in event)
        if event["type"] == "TransformationEvent"
        and len(event.get("outputQuantityList", [])) == 1
        and event["ilmd"] == {"cbvmda:lotNumber": "C-1"}
    )
    assert error["errorDeclaration"]["reason"] == "incorrect_data"
    assert error["errorDeclaration"]["correctiveEventIDs"] == [right["eventID"]]
    assert (len(error["inputQuantityList"]), len(right["inputQuantityList"])) == (2, 1)


def _twice(events: list[dict[str, Any]]) -> list[str]:
    names = [event["eventID"] for event in events]
    return [name for name in dict.fromkeys(names) if names.count(name) == 2]


def test_a_numbered_piece_is_an_assembly_of_the_numbered_pieces_in_it():
    part_item, site = make_item(tracking="serial"), make_site()
    part, _ = inventory.serialise(make_lot(part_item, 2), **acting())
    machine = make_item(site=site, tracking="serial")
    act = inventory.begin_transformation(Transformation.Kind.PRODUCTION, reference="B-5", **acting())
    inventory.issue(part, Decimal(1), transformation=act, **acting())
    lot = inventory.create_lot(machine, number="M-1", status="released", at=MONDAY)
    inventory.output(lot, Decimal(1), transformation=act, **acting())

    events = of([lot])

    require_valid(events)
    (assembled,) = (event for event in events if event["type"] == "AggregationEvent")
    assert assembled["bizStep"] == "assembling"
    assert assembled["parentID"] == f"urn:mes:lot:{machine.number}:M-1"
    assert assembled["childEPCs"] == [f"urn:mes:serial:{part_item.number}:{part.number}"]


def test_documents_are_had_by_lot_by_recall_and_by_time_and_a_period_is_needed():
    case = make_case()
    recall = recall_heat(case)
    client = Client()
    client.force_login(make_user(is_superuser=True, is_staff=True))

    by_lot = client.get(f"/api/v1/lots/{case.bad.pk}/epcis/").json()
    by_recall = client.get(f"/api/v1/recalls/{recall.pk}/epcis/").json()
    period = {"since": MONDAY.isoformat(), "until": LATER.isoformat()}
    by_time = client.get("/api/v1/epcis-events/", period).json()

    assert (by_lot["type"], by_lot["schemaVersion"]) == ("EPCISDocument", "2.0")
    for page in (f"/console/lots/{case.bad.pk}/genealogy/", f"/console/recalls/{recall.pk}/"):
        assert (
            '-epcis.json">EPCIS</a>' in client.get(page).content.decode()
        )  # kept as a file, not read as a page
    assert len(by_lot["epcisBody"]["eventList"]) == len(by_recall["epcisBody"]["eventList"]) >= 4
    assert len(by_time["epcisBody"]["eventList"]) > len(by_lot["epcisBody"]["eventList"])
    for wrong, field in (({}, "since"), ({"since": period["until"], "until": period["since"]}, "until")):
        answer = client.get("/api/v1/epcis-events/", wrong)
        assert answer.status_code == 400
        assert field in {error["parameter"] for error in answer.json()["errors"]}
