"""Overrides of many items at once: typed, pasted, or brought back in a workbook; all of them are saved or none."""

from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from forecasting import services
from forecasting.models import ItemForecast, Override
from forecasting.overriding import (
    Checked,
    Edit,
    Fault,
    Grain,
    NotOurs,
    buckets,
    check,
    read_text,
    read_workbook,
    table,
    workbook,
)
from forecasting.overriding.buckets import named
from forecasting.overriding.edits import NoNumber, Seen, number_in
from forecasting.services.reasons import ReasonNeeded
from inventory.models import Item
from tests.clean_slate import Stand
from tests.files import cut_in
from tests.forecasting.stock import TODAY, make_stocked_item, plan_stock
from tests.plant import MONDAY, make_site, make_user
from tests.racing import at_once

NEXT_WEEK = date(2026, 3, 9)  # MONDAY is 2 March 2026


def asked(item: Item, quantity: int | None, bucket: str = "2026-W11", **seen: Any) -> Edit:
    wanted = None if quantity is None else Decimal(quantity)
    return Edit("row 2", str(item), bucket, wanted, "Fair", Seen(**seen) if seen else None)


def held(*edits: Edit, grain: Grain = Grain.WEEK, moved: bool = False) -> Checked:
    return check(edits, grain, at=MONDAY, moved=moved)


def save(checked: Checked, by: Any = None) -> int:
    return services.save_numbers(
        [change.as_number("Fair") for change in checked.changes], by=by or make_user(), at=MONDAY
    )


def filled_in(item: Item, cells: dict[str, Any], grain: Grain = Grain.WEEK) -> BytesIO:
    """The workbook of an item with some of its cells filled in, by bucket."""
    book = load_workbook(BytesIO(workbook(table([item], grain, at=MONDAY))))
    page = book["Overrides"]
    headings = [cell.value for cell in page[1]]
    for bucket, value in cells.items():
        page.cell(row=2, column=headings.index(bucket) + 1).value = value
    written = BytesIO()
    book.save(written)
    written.seek(0)
    return written


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1200", 1200),
        ("1 200", 1200),
        ("1\u00a0200", 1200),
        ("1'200", 1200),
        ("1,200.5", "1200.5"),
        ("1.200,5", "1200.5"),
        ("12,5", "12.5"),
        ("1,200,000", 1200000),
        (7.25, "7.25"),
        (3, 3),
    ],
)
def test_numbers_are_read_as_people_and_spreadsheets_write_them(written: Any, meant: Any):
    assert number_in(written) == Decimal(meant)


@pytest.mark.parametrize("written", ["1,200", "many", "", "1e", "nan", "1.2.3", True])
def test_what_is_no_number_or_could_be_two_is_refused(written: Any):
    with pytest.raises(NoNumber):
        number_in(written)


def test_weeks_and_months_are_whole_ones_from_the_next_on():
    weeks = buckets(Grain.WEEK, today=date(2026, 12, 24), until=date(2027, 1, 10))
    months = buckets(Grain.MONTH, today=date(2026, 1, 31), until=date(2026, 3, 1))

    assert [(week.name, week.first.isoformat()) for week in weeks] == [
        ("2026-W53", "2026-12-28"),
        ("2027-W01", "2027-01-04"),
    ]
    assert [(month.name, month.last.isoformat()) for month in months] == [
        ("2026-02", "2026-02-28"),
        ("2026-03", "2026-03-31"),
    ]


def test_a_pasted_block_names_rows_and_columns_as_the_spreadsheet_does():
    text = "Item\tDescription\t2026-W11\t2026-W12\tReason\r\nA-1\tLemon\t120\t\tFair\r\n\r\nA-2\tPine\tmany\t-\t\r\n\tnone\t5\r\n"

    edits, faults = read_text(text)

    assert [(edit.where, edit.item, edit.quantity, edit.reason) for edit in edits] == [
        ("row 2, 2026-W11", "A-1", 120, "Fair"),
        ("row 4, 2026-W12", "A-2", None, ""),
    ]
    assert [(fault.where, fault.sentence) for fault in faults] == [
        ("row 4, 2026-W11", "“many” is not a number."),
        ("row 5", "It names no item in its first column."),
    ]


@pytest.mark.parametrize("text", ["", "Item\t2026-W11", "just words"])
def test_a_block_without_items_is_told_what_it_lacks(text: str):
    edits, faults = read_text(text)

    assert edits == []
    assert "headings" in faults[0].sentence


def test_faults_are_told_row_by_row_wherever_they_were_found(item: Item):
    unread = [Fault("cell H29", "is not a number"), Fault("cell H3", "is not a number")]

    checked = check([Edit("cell H4", "NOBODY", "2026-W11", Decimal(5))], Grain.WEEK, at=MONDAY, faults=unread)

    assert [fault.where for fault in checked.faults] == ["cell H3", "cell H4", "cell H29"]


# --- checking and saving ---------------------------------------------------------------------------------------------


def make_planned_item() -> Item:
    item = make_stocked_item(per_day=10)
    plan_stock()
    return item


@pytest.fixture(scope="module")
def planned_item(standing: Stand) -> Item:
    return standing(make_planned_item)


@pytest.fixture
def item(db: None, planned_item: Item) -> Item:
    return deepcopy(planned_item)


@pytest.mark.parametrize("heading", ["2026-W11", "2026-03-09", "09.03.2026", "09/03/2026", "2026W11"])
def test_a_week_is_named_in_many_ways(item: Item, heading: str):
    (change,) = held(asked(item, 120, heading)).changes

    assert (change.bucket.first, change.bucket.last) == (NEXT_WEEK, NEXT_WEEK + timedelta(days=6))
    assert change.forecast is not None
    assert change.forecast == pytest.approx(70, rel=0.1)
    assert change.against_forecast == pytest.approx(100 * (120 / change.forecast - 1))


def test_a_number_is_saved_for_its_week_and_counts_there(item: Item):
    checked = held(asked(item, 120))

    assert save(checked) == 1

    override = Override.objects.get()
    assert (override.first_date, override.last_date, override.quantity) == (
        NEXT_WEEK,
        NEXT_WEEK + timedelta(days=6),
        120,
    )
    assert table([item], Grain.WEEK, at=MONDAY).rows[0].cells[0].override == override


def test_a_number_takes_the_place_of_the_one_before_and_an_empty_one_ends_it(item: Item):
    save(held(asked(item, 120)))
    save(held(asked(item, 90)))

    assert list(Override.objects.filter(is_active=True).values_list("quantity", flat=True)) == [90]
    save(held(asked(item, None)))
    assert not Override.objects.filter(is_active=True).exists()
    assert Override.objects.count() == 2


def test_what_stands_there_already_is_no_change(item: Item):
    save(held(asked(item, 120)))

    checked = held(asked(item, 120), asked(item, None, "2026-W12"))

    assert (checked.changes, checked.faults, checked.unchanged) == ([], [], 2)
    assert not checked.may_be_saved


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({"item": "NOBODY"}, "No single item “NOBODY” is forecast"),
        ({"bucket": "2026-W09"}, "“2026-W09” is no week that can be overridden"),
        ({"bucket": "soon"}, "“soon” is no week that can be overridden"),
        ({"quantity": Decimal(-1)}, "in 2026-W11: a quantity is at least zero."),
        ({"quantity": Decimal("1.5")}, "are counted in whole numbers"),
        ({"quantity": Decimal("1e15")}, "in 2026-W11: a quantity is a number below a million million."),
    ],
)
def test_what_cannot_be_is_named_with_its_row(item: Item, edit: dict[str, Any], told: str):
    given: dict[str, Any] = {"item": str(item), "bucket": "2026-W11", "quantity": Decimal(5)} | edit
    wrong = Edit("row 7", **given)

    checked = held(asked(item, 120, "2026-W12"), wrong)

    (fault,) = checked.faults
    assert fault.where == "row 7"
    assert told.lower() in fault.sentence.lower()
    assert not checked.may_be_saved


def test_one_cell_stands_once(item: Item):
    other = Edit("row 9", str(item), "2026-03-09", Decimal(5))

    (fault,) = held(asked(item, 120), other).faults

    assert (fault.where, "stands in row 2 too" in fault.sentence) == ("row 9", True)


def test_an_override_of_other_days_is_not_overwritten(item: Item):
    services.add_override(
        item,
        first_date=TODAY + timedelta(days=5),
        last_date=NEXT_WEEK + timedelta(days=1),
        quantity=Decimal(40),
        reason="Closed for stocktaking",
        by=make_user("ana"),
        at=MONDAY,
    )

    (fault,) = held(asked(item, 120)).faults

    assert "ana has overridden 2026-03-07 to 2026-03-10" in fault.sentence
    assert "end that on the item's page first" in fault.sentence


def agree(item: Item, *, weeks: int) -> None:
    """Sales and planning agree on 200 for so many weeks from the next on."""
    services.agree(
        item,
        first_date=NEXT_WEEK,
        last_date=NEXT_WEEK + timedelta(days=7 * weeks - 1),
        quantity=Decimal(200),
        reason="Sales and planning",
        by=make_user(is_superuser=True),
        at=MONDAY,
    )


def test_a_number_that_was_agreed_is_not_overwritten(item: Item):
    agree(item, weeks=2)

    (fault,) = held(asked(item, 120, "2026-W12")).faults

    assert "200 was agreed for 2026-03-09 to 2026-03-22 (Sales and planning)" in fault.sentence


def test_frozen_weeks_are_not_overwritten(item: Item):
    services.freeze(
        item,
        first_date=TODAY,
        last_date=NEXT_WEEK,
        reason="Labels are ordered",
        by=make_user("bo"),
        at=MONDAY,
    )

    (fault,) = held(asked(item, 120)).faults

    assert "bo has frozen 2026-03-02 to 2026-03-09 (Labels are ordered)" in fault.sentence


def test_a_week_that_is_locked_says_the_number_that_counts_beside_the_forecast(item: Item):
    agree(item, weeks=1)

    agreed, after = table([item], Grain.WEEK, at=MONDAY).rows[0].cells[:2]

    assert agreed.locked
    assert agreed.counts == pytest.approx(200)
    assert agreed.forecast is not None
    assert agreed.forecast < 150
    assert after.counts == after.forecast


def test_all_of_it_is_saved_or_nothing(item: Item):
    checked = held(asked(item, 120), asked(item, 130, "2026-W12"))
    services.add_override(
        item,
        first_date=NEXT_WEEK + timedelta(days=7),
        last_date=NEXT_WEEK + timedelta(days=13),
        quantity=Decimal(1),
        reason="Meanwhile",
        by=make_user(is_superuser=True),
        at=MONDAY,
    )

    with pytest.raises(services.NumberRefused, match=r"row 2: .*Meanwhile") as refused:
        save(checked)

    assert refused.value.remedy.startswith("Nothing was saved.")
    assert list(Override.objects.values_list("reason", flat=True)) == ["Meanwhile"]


def test_an_override_that_was_ended_meanwhile_is_not_replaced(item: Item):
    save(held(asked(item, 120)))
    checked = held(asked(item, 90))
    services.end_override(Override.objects.get(), by=make_user(), at=MONDAY)

    with pytest.raises(services.OverridesChanged, match="was ended meanwhile"):
        save(checked)

    assert Override.objects.count() == 1


def test_numbers_need_a_reason(item: Item):
    with pytest.raises(ReasonNeeded):
        services.save_numbers(
            [services.NewNumber(item, NEXT_WEEK, NEXT_WEEK, Decimal(1), " ")], by=make_user(), at=MONDAY
        )

    assert not Override.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_the_same_week_at_once_one_is_told():
    item = make_planned_item()
    checked = held(asked(item, 120))
    people = [make_user(), make_user()]

    told = at_once(*(lambda by=by: save(checked, by) for by in people))

    assert [type(each) for each in told if not isinstance(each, int)] == [services.NumberRefused]
    assert Override.objects.filter(is_active=True).count() == 1


# --- the workbook ----------------------------------------------------------------------------------------------------


def test_a_workbook_brought_back_asks_for_what_was_filled_in_and_nothing_else(item: Item):
    save(held(asked(item, 120)))

    filled = read_workbook(filled_in(item, {"2026-W12": 55, "2026-W13": "1.200,5"}))

    assert filled.grain == Grain.WEEK
    assert [(edit.bucket, edit.quantity) for edit in filled.edits] == [
        ("2026-W12", 55),
        ("2026-W13", Decimal("1200.5")),
    ]
    assert filled.edits[0].where == "cell H2"


def test_a_cell_that_was_emptied_lets_the_forecast_count_again(item: Item):
    save(held(asked(item, 120)))

    filled = read_workbook(filled_in(item, {"2026-W11": None}))
    save(held(*filled.edits))

    assert not Override.objects.filter(is_active=True).exists()


def test_months_go_out_and_come_back_too(item: Item):
    filled = read_workbook(filled_in(item, {"2026-04": 333}, Grain.MONTH))

    assert filled.grain == Grain.MONTH
    (change,) = held(*filled.edits, grain=Grain.MONTH).changes
    assert (change.bucket.first, change.bucket.last, change.quantity) == (
        date(2026, 4, 1),
        date(2026, 4, 30),
        333,
    )


def test_a_number_that_somebody_changed_since_is_named_with_its_cell(item: Item):
    file = filled_in(item, {"2026-W11": 90, "2026-W12": 80})
    save(held(asked(item, 120)), make_user("ana"))

    checked = held(*read_workbook(file).edits)

    (fault,) = checked.faults
    assert fault.where == "cell F2"
    assert "ana has put 120 there since (Fair)" in fault.sentence
    assert "fresh copy" in fault.sentence
    assert not checked.may_be_saved


def test_a_forecast_that_moved_since_is_named_unless_its_author_knows(item: Item):
    file = filled_in(item, {"2026-W11": 90})
    for row in ItemForecast.objects.filter(item=item):
        row.daily_means = [2 * mean for mean in row.daily_means]
        row.save(update_fields=["daily_means"])
    edits = read_workbook(file).edits

    (fault,) = held(*edits).faults

    assert fault.where == "cell F2"
    assert "when this was made" in fault.sentence
    assert held(*edits, moved=True).may_be_saved


def test_a_number_that_is_none_is_named_with_its_cell(item: Item):
    filled = read_workbook(filled_in(item, {"2026-W12": "a lot"}))

    assert [(fault.where, "“alot” is not a number" in fault.sentence) for fault in filled.faults] == [
        ("cell H2", True)
    ]


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04 broken", b"item;2026-W11\nA;1"])
def test_any_other_file_is_refused_in_words(body: bytes):
    with pytest.raises(NotOurs) as refused:
        read_workbook(BytesIO(body))

    assert "yellow columns" in refused.value.remedy


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"])
def test_a_workbook_of_ours_that_is_broken_is_refused_in_words(item: Item, part: str):
    with pytest.raises(NotOurs, match="cannot be read as XLSX"):
        read_workbook(BytesIO(cut_in(filled_in(item, {}).getvalue(), part)))


def test_a_description_runs_nothing_and_may_have_any_characters(item: Item):
    item.description = '=HYPERLINK("http://example.com")\x07'
    item.save()

    book = load_workbook(BytesIO(workbook(table([item], Grain.WEEK, at=MONDAY))))

    cell = book["Overrides"]["B2"]
    assert (cell.value, cell.data_type) == ('=HYPERLINK("http://example.com")', "s")


def test_another_workbook_is_refused_in_words(item: Item):
    book = load_workbook(filled_in(item, {}))
    del book["As it was"]
    written = BytesIO()
    book.save(written)
    written.seek(0)

    with pytest.raises(NotOurs, match="has no sheets"):
        read_workbook(written)


def test_the_grid_takes_as_many_queries_however_many_items(db: None, django_assert_num_queries: Any):
    site = make_site()
    items = [make_stocked_item(days=60, site=site) for _ in range(3)]
    plan_stock()
    save(held(*(asked(item, 5) for item in items)))

    with django_assert_num_queries(5):
        table(items[:1], Grain.WEEK, at=MONDAY)
    with django_assert_num_queries(5):
        table(items, Grain.WEEK, at=MONDAY)


def test_each_row_has_the_day_of_its_own_plant(db: None):
    here, ahead = (
        make_stocked_item(days=60, site=make_site(time_zone=zone)) for zone in ("Europe/Vienna", "Asia/Tokyo")
    )
    plan_stock()
    sunday_evening = MONDAY + timedelta(days=6, hours=10)  # Monday in Tokyo, where week 11 has begun

    shown = table([here, ahead], Grain.WEEK, at=sunday_evening)
    checked = check([asked(here, 5), asked(ahead, 5)], Grain.WEEK, at=sunday_evening)

    assert shown.buckets[0].name == "2026-W11"
    assert [row.cells[0].locked for row in shown.rows] == [
        "",
        f"{ahead.site} is in this week already: its days to come are overridden on the item's page.",
    ]
    assert not any(cell.locked for row in shown.rows for cell in row.cells[1:])
    assert [change.item for change in checked.changes] == [here]
    assert [fault.sentence for fault in checked.faults] == [
        f"{ahead} in 2026-W11: {ahead.site} is in this week already: its days to come are overridden on the item's page."
    ]
    alone = table([ahead], Grain.WEEK, at=sunday_evening)
    assert alone.buckets[0].name == "2026-W12"


def test_a_heading_that_is_the_month_of_no_year_names_nothing():
    assert named("Jan 0000", {}) is None
