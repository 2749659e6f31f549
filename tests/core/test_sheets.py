"""Tables as files: what is opened in a spreadsheet is what was in the table, and runs nothing."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

from openpyxl import load_workbook

from mes.core.sheets import Sheet, as_csv, as_xlsx, download

MOMENT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SHEET = Sheet(
    "Lots",
    ["Lot", "Quantity", "Day", "When", "Note"],
    [["=1+1", Decimal("2.5000"), date(2026, 3, 2), MOMENT, None]],
)


def test_a_csv_is_utf8_with_plain_numbers_and_no_formula():
    text = as_csv(SHEET).decode("utf-8-sig")

    assert text.splitlines() == [
        "Lot,Quantity,Day,When,Note",
        "'=1+1,2.5,2026-03-02,2026-03-02T08:00:00+00:00,",
    ]


def test_a_workbook_has_dates_numbers_filters_and_no_formula():
    book = load_workbook(BytesIO(as_xlsx([SHEET, Sheet("Empty", ["Lot"], [])])))

    page = book["Lots"]
    lot, quantity, day, when, note = page[2]
    assert (lot.value, lot.data_type) == ("=1+1", "s")
    assert quantity.value == 2.5
    assert day.value.date() == date(2026, 3, 2)
    assert when.value == datetime(2026, 3, 2, 8, 0)  # noqa: DTZ001 - spreadsheets know no zones
    assert note.value is None
    assert page.auto_filter.ref == "A1:E2"
    assert page.freeze_panes == "A2"
    assert book.sheetnames == ["Lots", "Empty"]


def test_a_download_is_named_safely():
    response = download("Trace of H/9; x", [SHEET], "csv")

    assert response["Content-Disposition"] == "attachment; filename*=UTF-8''Trace%20of%20H%2F9%3B%20x.csv"
