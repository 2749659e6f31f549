"""The grid of overrides as people meet it: what they may, what they are told, and that nothing is lost or half saved."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from forecasting.models import Override
from inventory.models import Item
from tests.console.conftest import As
from tests.forecasting.stock import make_history, make_stocked_item, plan_stock
from tests.plant import MONDAY, make_site

pytestmark = pytest.mark.django_db
ADDRESS = "/console/overrides/"
NOW = MONDAY


@pytest.fixture
def item() -> Item:
    item = make_stocked_item(days=0)
    make_history(item, days=120, until=NOW.date())
    plan_stock(at=NOW)
    return item


def first_bucket(boss: Client) -> str:
    name: str = boss.get(ADDRESS).context["shown"].buckets[0].name
    return name


def cells(item: Item, bucket: str, value: str, **more: Any) -> str:
    given = {
        "where": "there",
        "item": str(item),
        "bucket": bucket,
        "value": value,
        "override": 0,
        "forecast": None,
    }
    return json.dumps([given | more])


def test_an_empty_plant_is_told_what_to_do(boss: Client):
    assert "Nothing is forecast yet" in boss.get(ADDRESS).text


def test_what_is_typed_is_shown_before_it_is_saved(boss: Client, item: Item):
    bucket = first_bucket(boss)

    shown = boss.post(ADDRESS, {"do": "check", "cells": cells(item, bucket, "120")})

    assert "1 number would change" in shown.text
    assert not Override.objects.exists()
    saved = boss.post(ADDRESS, {"do": "save", "cells": shown.context["kept"], "reason": "Fair"})
    assert (saved.status_code, saved["Location"]) == (302, "/console/overrides/?grain=week")
    assert Override.objects.get().quantity == 120
    assert Override.objects.get().reason == "Fair"


def test_a_number_without_a_reason_is_kept_on_the_page(boss: Client, item: Item):
    answer = boss.post(ADDRESS, {"do": "save", "cells": cells(item, first_bucket(boss), "120")})

    assert answer.status_code == 422
    assert "Say why these numbers are better than the forecast" in answer.text
    assert "1 number would change" in answer.text
    assert not Override.objects.exists()


def test_a_block_is_refused_by_row_and_what_was_pasted_stays(boss: Client, item: Item):
    text = f"Item\t{first_bucket(boss)}\n{item}\t120\nNOBODY\t3"

    answer = boss.post(ADDRESS, {"do": "save", "text": text, "reason": "Fair"})

    assert answer.status_code == 422
    assert "row 3, " in answer.text
    assert "NOBODY\t3</textarea>" in answer.text
    assert not Override.objects.exists()


def test_a_workbook_goes_out_and_comes_back(boss: Client, item: Item):
    out = boss.get("/console/overrides.xlsx?grain=month")
    book = load_workbook(BytesIO(out.content))
    book["Overrides"]["F2"] = 444
    written = BytesIO()
    book.save(written)

    shown = boss.post(ADDRESS, {"do": "check", "file": SimpleUploadedFile("mine.xlsx", written.getvalue())})

    assert "cell F2" in shown.text
    assert [change.quantity for change in shown.context["changes"]] == [444]
    assert shown.context["asked"].grain == "month"


def test_any_other_file_is_refused_in_words(boss: Client, item: Item):
    answer = boss.post(ADDRESS, {"do": "check", "file": SimpleUploadedFile("x.xlsx", b"not a workbook")})

    assert answer.status_code == 422
    assert "Take the grid out as XLSX" in answer.text


@pytest.mark.parametrize(
    "given",
    ["{}", "not json", '[{"where": 1}]', '[["a"]]', '[{"where": "x", "value": "1", "override": "y"}]'],
)
def test_cells_that_no_page_of_ours_sent_are_refused_in_words(boss: Client, item: Item, given: str):
    answer = boss.post(ADDRESS, {"do": "check", "cells": given})

    assert answer.status_code == 422
    assert "reload it" in answer.text


def test_who_may_only_look_changes_nothing(as_role: As, item: Item):
    browser = as_role("operator")
    bucket = first_bucket(browser)

    answer = browser.post(ADDRESS, {"do": "save", "cells": cells(item, bucket, "120"), "reason": "Fair"})

    assert "may look at these numbers and not change them" in answer.text
    assert not Override.objects.exists()


def test_the_page_takes_as_many_queries_however_many_items(boss: Client, django_assert_max_num_queries: Any):
    site = make_site()
    for number in range(6):
        make_history(make_stocked_item(days=0, site=site), days=60, until=NOW.date(), seed=number)
    plan_stock(at=NOW)
    boss.get(ADDRESS)

    with django_assert_max_num_queries(15):
        assert len(boss.get(ADDRESS).context["shown"].rows) == 6


def test_the_portfolio_and_an_item_are_had_as_files(boss: Client, item: Item):
    sheet = boss.get("/console/portfolio.csv").content.decode("utf-8-sig").splitlines()
    book = load_workbook(BytesIO(boss.get(f"/console/items/{item.pk}/item.xlsx").content))

    assert sheet[0].startswith("Item,Description,Family")
    assert sheet[1].startswith(str(item))
    assert boss.get("/console/portfolio.xlsx").content.startswith(b"PK")
    assert book.sheetnames[:3] == ["Item", "Stock to come", "Demand"]
    assert book["Stock to come"].max_row == 43
    assert book["Demand"].max_row == 121
