"""Tables as files: what is opened in a spreadsheet is what was in the table, and runs nothing."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook

from mes.core import sheets
from mes.core.sheets import NotReadable, Sheet, as_csv, as_xlsx, download, read
from tests.files import cut_in

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


def test_what_was_written_is_read_back():
    book = read(as_xlsx([SHEET, Sheet("Empty", ["Lot"], [])]))

    assert book.titles == ["Lots", "Empty"]
    assert [row[0] for row in book.rows("Empty")] == ["Lot"]
    _, row = book.rows("Lots")
    assert row[:2] == ("=1+1", 2.5)


def test_a_workbook_that_breaks_off_gives_its_good_rows_and_says_that_the_rest_cannot_be_read():
    rows = read(cut_in(as_xlsx([SHEET]), "xl/worksheets/sheet1.xml")).rows("Lots")

    assert next(rows)[0] == "Lot"
    with pytest.raises(NotReadable, match="cannot be read as XLSX"):
        list(rows)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 broken", b"a;b", cut_in(as_xlsx([SHEET]), "xl/workbook.xml")]
)
def test_what_is_no_workbook_is_refused_as_it_is_opened(content):
    with pytest.raises(NotReadable, match="cannot be read as XLSX"):
        read(content)


def test_a_workbook_without_a_sheet_of_cells_is_refused():
    book = Workbook()
    book.create_chartsheet()
    del book["Sheet"]
    written = BytesIO()
    book.save(written)

    with pytest.raises(NotReadable):
        read(written.getvalue())


def test_a_small_file_that_unpacks_to_more_than_any_table_is_refused_unread(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_UNPACKED", 1_000)

    with pytest.raises(NotReadable, match="more than any table of ours"):
        read(as_xlsx([SHEET]))
