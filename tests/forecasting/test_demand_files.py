"""Files of demand: every row is taken, noted or named."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import Workbook

from forecasting import services
from forecasting.demand_files import UnreadableFile, read
from forecasting.models import DemandEvent, DemandHistory, DemandImport
from inventory.conversion import code_of, factor_between
from inventory.models import ItemUnit
from mes.core.sheets import Sheet, as_xlsx
from tests.files import cut_in
from tests.forecasting.stock import make_stocked_item
from tests.plant import MONDAY, make_item, make_user

pytestmark = pytest.mark.django_db


def file_of(*rows, headings="item,date,quantity"):
    return "\n".join([headings, *rows]).encode()


def take(content, **options):
    return services.import_demand_file(
        content, name="demand.csv", by=options.pop("by", None), at=MONDAY, **options
    )


def standing():
    return {
        (row.item.number, row.date.isoformat(), row.is_return): row.quantity
        for row in DemandHistory.objects.standing().select_related("item")
    }


def test_a_file_states_demand_and_the_import_keeps_who_sent_it():
    make_item("SOAP")
    user = make_user()

    made = take(file_of("SOAP,2026-02-01,12", "SOAP,2026-02-02,8.5"), by=user)

    assert standing() == {("SOAP", "2026-02-01", False): 12, ("SOAP", "2026-02-02", False): Decimal("8.5")}
    assert (made.rows, made.days, made.faults, made.by) == (2, 2, [], user)
    assert set(DemandHistory.objects.values_list("imported", flat=True)) == {made.pk}


def test_while_a_row_is_wrong_nothing_is_taken_and_every_one_is_named_by_its_number():
    make_item("SOAP")
    content = file_of(
        "SOAP,2026-02-01,12",
        "SOPE,2026-02-01,1",
        "SOAP,yesterday,1",
        "SOAP,2026-02-03,lots",
        "SOAP,2026-04-01,1",
    )

    with pytest.raises(services.RowsRefused) as refused:
        take(content)

    assert refused.value.errors["rows"] == [
        "Row 3, item: there is no item SOPE. Add the item, or correct its number.",
        "Row 4, date: “yesterday” is no day. Write it as 2026-03-31.",
        "Row 5, quantity: “lots” is no number. Write digits with a decimal point, e.g. 1250.5.",
        "Row 6, date: 2026-04-01 has not come yet. Demand is what was asked for; leave the row out.",
    ]
    assert "4 of 5 rows cannot be taken, so nothing was." in refused.value.detail
    assert not DemandHistory.objects.exists()
    assert not DemandImport.objects.exists()


def test_wrong_rows_are_left_out_on_request_and_reported():
    make_item("SOAP")

    made = take(file_of("SOAP,2026-02-01,12", "SOPE,2026-02-01,1"), leave_out_wrong=True)

    assert standing() == {("SOAP", "2026-02-01", False): 12}
    assert [(fault["row"], fault["column"]) for fault in made.faults] == [(3, "item")]
    assert made.rows == 2


def test_a_file_of_which_no_row_can_be_taken_is_refused_even_then():
    with pytest.raises(services.RowsRefused, match="1 of 1 rows"):
        take(file_of("SOPE,2026-02-01,1"), leave_out_wrong=True)


def test_duplicate_days_add_up_and_negative_quantities_came_back_both_noted():
    make_item("SOAP")

    made = take(file_of("SOAP,2026-02-01,12", "SOAP,2026-02-01,3", "SOAP,2026-02-02,-4"))

    assert standing() == {("SOAP", "2026-02-01", False): 15, ("SOAP", "2026-02-02", True): 4}
    assert made.notes == [
        {"row": 3, "what": "SOAP 2026-02-01 is in row 2 too: both were added up."},
        {"row": 4, "what": "-4 is below zero: taken as 4 pcs that came back."},
    ]


def test_another_unit_is_converted_where_that_is_known_and_refused_where_not():
    soap = make_item("SOAP")
    make_item("GEL", uom="KGM")
    ItemUnit.objects.create(item=soap, uom="XBX", quantity=12)
    headings = "item,date,quantity,unit"

    made = take(file_of("SOAP,2026-02-01,2,XBX", "GEL,2026-02-01,500,g", headings=headings))

    assert standing() == {("SOAP", "2026-02-01", False): 24, ("GEL", "2026-02-01", False): Decimal("0.5")}
    assert made.notes[0] == {"row": 2, "what": "2 boxes were taken as 24 pcs."}
    with pytest.raises(services.RowsRefused) as refused:
        take(file_of("SOAP,2026-02-01,2,kg", headings=headings))
    (row,) = refused.value.errors["rows"]
    assert row.startswith(
        "Row 2, unit: SOAP is counted in pcs, and how many of them one kg makes is not known"
    )


def test_a_quantity_beyond_all_measure_is_taken_and_noted():
    make_item("SOAP")
    rows = [f"SOAP,2026-02-{day:02},10" for day in range(1, 10)]

    made = take(file_of(*rows, "SOAP,2026-02-10,5000"))

    assert made.notes == [
        {
            "row": 11,
            "what": "5000 pcs is 500 times the usual 10: taken, and to be looked at as an outlier.",
        }
    ]


def test_a_single_row_is_held_against_what_was_asked_for_before_and_proposed_as_an_outlier_at_once():
    soap = make_stocked_item(number="SOAP", per_day=10)
    day = MONDAY.date() - timedelta(days=1)

    usual = take(file_of(f"SOAP,{day},30"))
    odd = take(file_of(f"SOAP,{day},5000"))

    assert usual.notes == []
    assert odd.notes == [
        {"row": 2, "what": "5000 pcs is 500 times the usual 10: taken, and to be looked at as an outlier."}
    ]
    event = DemandEvent.objects.get(item=soap)
    assert (event.kind, event.status, event.first_date) == ("outlier", "proposed", day)


def test_days_without_a_row_are_noted_as_days_without_demand():
    make_item("SOAP")

    made = take(file_of("SOAP,2026-02-01,12", "SOAP,2026-02-05,12"))

    assert made.notes == [
        {
            "row": 2,
            "what": "SOAP has no row on 3 of the 5 days from 2026-02-01 to 2026-02-05: no demand on them.",
        }
    ]


def test_a_workbook_with_real_dates_and_numbers_is_read():
    make_item("4711")
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(["Date", "Item number", "Qty", "Customer group", "Stocked out"])
    page.append([MONDAY.replace(tzinfo=None, month=2), 4711, 12.5, "Retail", "yes"])
    page.append([None, None, None, None, None])
    stored = BytesIO()
    book.save(stored)

    take(stored.getvalue())

    row = DemandHistory.objects.get()
    assert (row.item.number, row.quantity, row.customer_group, row.is_censored) == (
        "4711",
        Decimal("12.5"),
        "Retail",
        True,
    )


def test_a_workbook_that_breaks_off_after_good_rows_is_refused_and_nothing_is_taken():
    make_item("SOAP")
    whole = as_xlsx([Sheet("Demand", ["item", "date", "quantity"], [["SOAP", "2026-02-01", 12]])])

    with pytest.raises(UnreadableFile, match="cannot be opened as a workbook"):
        take(cut_in(whole, "xl/worksheets/sheet1.xml"))

    assert not DemandHistory.objects.exists()


def test_semicolons_part_cells_where_commas_part_decimals():
    lines, faults = read("a.csv", b"item;date;quantity\nSOAP;01.02.2026;1,5\n")

    assert faults == []
    assert (lines[0].quantity, lines[0].date.isoformat()) == (Decimal("1.5"), "2026-02-01")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"number,day\n1,2\n", "has no column quantity"),
        (b"PK\x03\x04 no workbook", "cannot be opened as a workbook"),
        (b"item,date,quantity\n\x00\x01", "neither a CSV file nor a workbook"),
    ],
)
def test_what_is_no_table_of_demand_is_refused_in_words(content, told):
    with pytest.raises(UnreadableFile, match=told):
        take(content)

    assert not DemandImport.objects.exists()


def test_a_unit_converts_to_another_of_its_measure_and_to_no_other():
    assert factor_between("TNE", "KGM", {}) == 1000
    assert factor_between("MTR", "MMT", {}) == 1000
    assert factor_between("C62", "H87", {}) == 1
    assert factor_between("KGM", "LTR", {}) is None
    assert factor_between("KGM", "LTR", {"KGM": Decimal("1.25")}) == Decimal("1.25")
    assert (code_of("kg"), code_of("Pcs"), code_of("xbx")) == ("KGM", "C62", "XBX")
