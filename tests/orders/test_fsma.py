"""The electronic sortable spreadsheet: every event with all its key data elements."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from openpyxl import load_workbook

from inventory import services as inventory
from inventory.models import Move
from orders.fsma import Asked, tracking_sheets
from tests.plant import MONDAY, make_user
from tests.recalls.case import acting, make_case, recall_heat

pytestmark = pytest.mark.django_db


def rows_of(sheet):
    return [dict(zip(sheet.headings, row, strict=True)) for row in sheet.rows]


def test_receiving_transformation_and_shipping_have_their_key_data_elements():
    case = make_case()
    site, item = case.item.site, case.item
    site.gln = "6291041500213"
    site.save()

    together, receiving, transformation, shipping = tracking_sheets(Asked(lots=[case.bad.pk, case.parts.pk]))

    place = f"{site.name} (GLN 6291041500213)"
    assert rows_of(receiving) == [
        {
            "Traceability lot code": "H-66",
            "Quantity": 20,
            "Unit of measure": "m",
            "Product description": f"{case.bar.description} ({case.bar})",
            "Previous source": f"Titanium Mills ({case.mill.code})",
            "Location received": place,
            "Date received": MONDAY.date(),
            "Traceability lot code source": "Titanium Mills",
            "Source location": case.mill.code,
            "Reference document type": "Receipt",
            "Reference document number": f"move {case.bad.moves.get(kind='receipt').pk}",
        }
    ]
    used, made = rows_of(transformation)
    assert (used["Input or output"], used["Traceability lot code"], used["Quantity"]) == ("Input", "H-66", 20)
    assert (made["Input or output"], made["Traceability lot code"]) == ("Output", case.parts.number)
    assert made["Location of transformation"] == place
    assert made["Date completed"] == used["Date completed"] == MONDAY.date()
    assert (made["Traceability lot code source"], made["Source location"]) == (site.name, "GLN 6291041500213")
    assert made["Reference document type"] == "Production"
    to_alpha, to_beta = rows_of(shipping)
    assert to_alpha["Recipient"] == f"Alpha Air ({case.alpha.code})"
    assert (to_beta["Quantity"], to_beta["Shipped from"]) == (3, place)
    assert to_beta["Date shipped"] == (MONDAY + timedelta(days=1)).date()
    assert to_beta["Reference document number"].startswith("SH-")
    assert [row["Critical tracking event"] for row in rows_of(together)] == [
        "Receiving",
        "Transformation",
        "Transformation",
        "Shipping",
        "Shipping",
    ]
    assert str(item) in made["Product description"]


def test_it_is_narrowed_by_item_and_by_time_and_leaves_out_what_was_reversed():
    case = make_case()
    wrong = Move.objects.filter(kind="shipment", lot=case.parts).latest("pk")
    inventory.reverse(wrong, "Wrong address", **acting())

    _, receiving, _, shipping = tracking_sheets(Asked(items=[case.item.pk]))
    assert (len(receiving.rows), len(shipping.rows)) == (0, 1)
    later = tracking_sheets(Asked(since=MONDAY + timedelta(hours=12)))
    assert [len(sheet.rows) for sheet in later] == [1, 0, 0, 1]


def test_a_split_keeps_its_code_and_is_no_transformation():
    case = make_case()
    inventory.split_lot(case.parts, Decimal(2), **acting())

    _, _, transformation, _ = tracking_sheets(Asked(lots=[case.parts.pk]))

    assert {row["Traceability lot code"] for row in rows_of(transformation)} == {"H-66", case.parts.number}


def test_it_is_had_as_a_workbook_and_refused_without_any_question():
    case = make_case()
    client = Client()
    client.force_login(make_user(is_superuser=True))

    answer = client.get("/api/v1/fsma-204/", {"lot": str(case.bad.pk), "as": "xlsx"})
    book = load_workbook(BytesIO(answer.content))

    assert book.sheetnames == ["All events", "Receiving", "Transformation", "Shipping"]
    assert client.get("/api/v1/fsma-204/", {"lot": case.bad.pk}).json()[0]["Traceability lot code"] == "H-66"
    wrong: dict[str, str]
    for wrong, field in (({}, "since"), ({"lot": "x"}, "lot"), ({"since": "then"}, "since")):
        refusal = client.get("/api/v1/fsma-204/", wrong)
        assert refusal.status_code == 400
        assert field in refusal.json()["errors"][0]["parameter"]


def test_the_spreadsheet_is_a_click_away_on_the_trace_of_a_lot_and_on_a_recall(client: Client):
    case = make_case()
    recall = recall_heat(case)
    client.force_login(make_user("boss", is_staff=True, is_superuser=True))

    for page in (f"/console/lots/{case.bad.pk}/", f"/console/recalls/{recall.pk}/"):
        shown = client.get(f"{page}genealogy/" if "lots" in page else page).text
        assert f'href="{page}fsma-204.xlsx"' in shown
        book = load_workbook(BytesIO(client.get(f"{page}fsma-204.xlsx").content))
        codes = {row[0] for row in book["Receiving"].iter_rows(min_row=2, values_only=True)}
        assert codes == {"H-66"}
