"""A plant folder becomes typed rows, or a report of everything that is wrong with it."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from mes.plant.columns import columns_of
from mes.plant.reader import read_plant
from mes.plant.tables import TABLES, DemandRow, ItemRow, OrderLineRow, OrderRow, StepRow

NOW = datetime(2026, 3, 5, 9, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path):
    def write(**files: str) -> Path:
        for name, content in files.items():
            (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
        return tmp_path

    return write


def faults(plant) -> list[str]:
    return [str(fault) for fault in plant.faults]


def test_two_files_are_a_plant(folder):
    plant = read_plant(
        folder(
            items="item,description,uom,strategy,unit_price\r\nG1007,Dolly pegs,C62,MTS,1.45\r\n",
            demand="item,date,quantity,order_lines\r\nG1007,2010-12-01,24,1\r\n",
        ),
        NOW,
    )
    assert faults(plant) == []
    assert plant.notes == ["demand.csv: column order_lines is not part of the format and was ignored."]
    (item,) = plant.of(ItemRow)
    assert (item.item, item.strategy, item.unit_price) == ("G1007", "mts", Decimal("1.45"))
    (demand,) = plant.of(DemandRow)
    assert (demand.date, demand.quantity, demand.line) == (date(2010, 12, 1), Decimal(24), 2)


def test_every_bad_cell_is_named_by_file_row_column_and_remedy(folder):
    plant = read_plant(
        folder(
            items="item,unit_price,strategy\nA-1,free,MTS\n,2,MTS\nA-3,3,ETO\n",
            demand="item,date,quantity\nA-3,2026-02-30,1\nA-3,2026-02-27,-1\nA-3,+99999999,1\n",
        ),
        NOW,
    )
    assert faults(plant) == [
        "items.csv, row 2, column unit_price: “free” is not a number. Write digits with a decimal point, e.g. 1250.5.",
        "items.csv, row 3, column item: is empty. Fill it in.",
        "items.csv, row 4, column strategy: “ETO” is not one of the choices. Write one of: mto, mts.",
        (
            "demand.csv, row 2, column date: “2026-02-30” is not a date. "
            "Write it as 2026-03-31, or relative to today: today, +12, -30, +8wd."
        ),
        "demand.csv, row 3, column quantity: -1 is below zero. Write zero or more.",
        "demand.csv, row 4, column date: “+99999999” is more than can be reckoned with. Write a smaller number.",
    ]


def test_a_missing_column_is_one_fault_not_one_per_row(folder):
    plant = read_plant(folder(demand="item,day,quantity\nA,2026-01-01,1\nA,2026-01-02,1\n"), NOW)
    assert faults(plant) == [
        "demand.csv, row 1, column date: the column is missing. Add it; the file has: item, day, quantity."
    ]


def test_a_row_given_twice_is_a_fault_of_the_second(folder):
    plant = read_plant(folder(items="item\nA-1\nA-2\nA-1 \n"), NOW)
    assert faults(plant) == [
        (
            "items.csv, row 4, column item: item A-1 is given in row 2 already. "
            "Remove one of the two rows or rename it."
        )
    ]


def test_a_name_that_nothing_bears_waits_for_the_database(folder):
    plant = read_plant(folder(demand="item,date,quantity\nA-9,2026-01-01,1\n"), NOW)
    (reference,) = plant.unresolved
    assert str(reference.as_fault()) == (
        "demand.csv, row 2, column item: nothing is called “A-9”. "
        "Correct the name, or add a row for it to items.csv."
    )


def test_semicolons_a_byte_order_mark_and_blank_lines_do_no_harm(tmp_path):
    (tmp_path / "items.csv").write_bytes("\ufeffItem;Description\r\nA-1;Ring, large\r\n;;\r\n".encode())
    plant = read_plant(tmp_path, NOW)
    assert faults(plant) == []
    assert [row.description for row in plant.of(ItemRow)] == ["Ring, large"]


def test_a_quoted_cell_may_run_over_lines_and_rows_keep_their_numbers(folder):
    plant = read_plant(folder(items='item,description,unit_price\nA-1,"two\nlines",1\nA-2,x,bad\n'), NOW)
    assert [fault.line for fault in plant.faults] == [4]
    assert plant.of(ItemRow)[0].description == "two\nlines"


def test_text_that_is_not_utf8_is_a_fault_of_the_file(tmp_path):
    (tmp_path / "items.csv").write_bytes("item,description\nA-1,Öl\n".encode("latin-1"))
    assert faults(read_plant(tmp_path, NOW)) == ["items.csv: is not UTF-8 text. Save it as “CSV UTF-8”."]


def test_a_folder_without_plant_files_and_no_folder_at_all_are_faults(tmp_path):
    assert "holds none of the files of a plant" in faults(read_plant(tmp_path, NOW))[0]
    assert "there is no such folder" in faults(read_plant(tmp_path / "nowhere", NOW))[0]


def test_relative_dates_count_from_the_day_in_the_zone_of_the_site(folder):
    plant = read_plant(
        folder(
            site="site,time_zone\nAKL,Pacific/Auckland\n",
            items="item\nA\n",
            demand="item,date,quantity\nA,-1,5\n",
        ),
        datetime(2026, 3, 5, 22, tzinfo=UTC),
    )
    assert plant.of(DemandRow)[0].date == date(2026, 3, 5)


def test_a_time_zone_that_does_not_exist_is_a_fault(folder):
    plant = read_plant(folder(site="site,time_zone\nX,Mars/Olympus\n"), NOW)
    assert faults(plant) == [
        "site.csv, row 2, column time_zone: “Mars/Olympus” is no time zone. Write an IANA name: Europe/Berlin."
    ]


@pytest.mark.parametrize("name", ["northgate", "clearwell"])
def test_the_plants_of_the_demonstration_read_without_a_fault(name):
    plant = read_plant(settings.BASE_DIR / "mes" / "demo" / name, NOW)
    assert faults(plant) == []
    assert plant.notes == []
    assert plant.unresolved == []


def test_the_sprocket_is_made_as_the_real_shop_makes_it():
    """Set-up and total hours of a batch of four, as order M17-10003 records them."""
    recorded = {
        5: (0, 0.5), 20: (2.5, 8), 30: (2, 7), 40: (7, 34), 45: (1.5, 6), 50: (0, 1), 60: (0, 8), 65: (0, 0),
        70: (0, 1), 75: (0, 0), 80: (1, 4), 90: (0, 1), 900: (0, 0), 999: (0, 1),
    }  # fmt: skip
    plant = read_plant(settings.BASE_DIR / "mes" / "demo" / "northgate", NOW)
    steps = [step for step in plant.of(StepRow) if step.item == "5T-42X146"]
    hours = {
        step.step: (
            step.setup.total_seconds() / 3600,
            (step.setup + 4 * step.run + step.fixed).total_seconds() / 3600,
        )
        for step in steps
    }
    assert hours == recorded
    assert len(steps) == 14


def test_northgate_has_sixty_lines_of_five_customers_over_ten_weeks():
    plant = read_plant(settings.BASE_DIR / "mes" / "demo" / "northgate", NOW)
    lines = plant.of(OrderLineRow)
    assert len(lines) == 60
    assert {line.priority for line in lines} == {"rush", "normal", "fill_in"}
    assert len({order.customer for order in plant.of(OrderRow)}) == 5
    assert max(line.due for line in lines) <= date(2026, 5, 14)


def test_the_documentation_names_every_file_and_column():
    text = (settings.BASE_DIR / "docs" / "plant-format.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+(?:\.csv)?", text))
    for table in TABLES:
        assert f"{table.FILE}.csv" in words
        assert not set(columns_of(table)) - words, table.FILE
