"""The trace as a table: from the mill to the customers, with who, when, machine, plan, results and gauges."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from openpyxl import load_workbook

from inventory import services as inventory
from inventory.models import Lot
from orders import services
from orders.tracing import trace_sheet, trace_table
from quality import services as quality
from tests.plant import MONDAY, make_gauge, make_inspection_plan, make_lot, make_user
from tests.recalls.case import acting, make_case

pytestmark = pytest.mark.django_db


def test_the_trace_of_a_heat_reaches_from_the_mill_to_both_customers():
    case = make_case()
    shipped = case.orders[0].shipments.get().lines.get()
    services.return_goods(shipped, Decimal(2), "Too many", reference="RMA-7", **acting())

    bad, parts, returned = trace_table(case.bad)

    assert (bad.number, bad.depth, bad.supplier, bad.supplier_lot) == (
        case.bad.number,
        0,
        "Titanium Mills",
        "H-66",
    )
    assert (bad.code, bad.code_source, bad.through) == ("H-66", "Titanium Mills", "Receipt")
    assert (parts.depth, parts.parents, parts.supplier) == (1, (case.bad.number,), "")
    assert parts.making is not None
    assert parts.making.plan.endswith("A")
    assert len(parts.making.machines) == 1
    assert parts.through == f"Production {parts.making.number}"
    assert [(each.customer, each.quantity, each.back) for each in parts.handed] == [
        ("Alpha Air", 5, 2),
        ("Beta Bikes", 3, 0),
    ]
    assert parts.code_source == str(case.item.site)
    assert (returned.number, returned.parents) == (f"{parts.number}-R1", (parts.number,))
    assert trace_table(case.parts, "up")[0].number == bad.number
    assert [row.depth for row in trace_table(case.parts, "down")] == [0, 1]


def test_results_and_gauges_stand_beside_the_lot_that_they_judged():
    site_lot = make_lot(status=Lot.Status.QUARANTINE)
    gauge = make_gauge(site=site_lot.item.site)
    plan = make_inspection_plan(
        site_lot.item, characteristics=[{"lower_limit": 9, "upper_limit": 11, "gauge_kind": gauge.kind}]
    )
    inspection = quality.open_inspection(plan, site_lot, lot_quantity=Decimal(2), at=MONDAY)
    for piece, value in ((1, 10), (2, 12)):
        quality.record_measurement(
            inspection,
            plan.characteristics.get(),
            piece=piece,
            value=Decimal(value),
            gauge=gauge,
            by=make_user(),
            at=MONDAY,
        )

    (row,) = trace_table(site_lot)

    assert (row.judged.results, row.judged.failed, row.judged.gauges) == (2, 1, (gauge.number,))
    assert row.status == "held"


def test_the_table_takes_as_many_queries_for_many_lots_as_for_few(django_assert_max_num_queries):
    lot = make_lot(quantity=30)
    inventory.serialise(lot, **acting())

    with django_assert_max_num_queries(13):
        rows = trace_table(lot)

    assert len(rows) == 31
    sheet = trace_sheet(rows)
    assert len(sheet.rows[0]) == len(sheet.headings)


def test_the_trace_is_had_as_json_and_as_files():
    case = make_case()
    client = Client()
    client.force_login(make_user(is_superuser=True))
    address = f"/api/v1/lots/{case.bad.pk}/trace/"

    rows = client.get(address).json()
    assert [row["number"] for row in rows] == [case.bad.number, case.parts.number]
    assert rows[1]["balance"]["shipped"] == "8.0000"
    text = client.get(address, {"as": "csv", "direction": "down"}).content.decode("utf-8-sig")
    assert case.parts.number in text
    book = load_workbook(BytesIO(client.get(address, {"as": "xlsx"}).content))
    assert book.active.max_row == 3
    for wrong in ({"as": "pdf"}, {"direction": "sideways"}):
        answer = client.get(address, wrong)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["parameter"] == next(iter(wrong))
