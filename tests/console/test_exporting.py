"""Every list of the console is taken away as a workbook: what is shown, numbers as numbers."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from inventory.models import Item
from mes.console import exporting
from mes.core.models import User
from tests.plant import grant, make_item, make_user
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db
ORDERS = "/admin/production/productionorder/"


def made_item() -> Item:
    center = make_work_center()
    return make_made_item([center], site=center.site)


def taken(boss: Client, address: str, *keys: int, **more: str) -> list[tuple[Any, ...]]:
    asked = {"action": "download_rows", "_selected_action": list(keys)} | more
    answer = boss.post(address, asked)
    assert answer["Content-Type"].endswith("spreadsheetml.sheet"), answer.status_code
    return list(load_workbook(BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True))


def test_the_rows_chosen_are_taken_with_the_columns_shown(boss: Client):
    item = made_item()
    orders = [plan_order(item, quantity) for quantity in (4, 5, 6)]

    headings, *rows = taken(boss, ORDERS, orders[0].pk, orders[2].pk)

    assert {row[headings.index("Number")] for row in rows} == {str(orders[0]), str(orders[2])}
    assert {row[headings.index("Quantity")] for row in rows} == {4, 6}
    assert {row[headings.index("Quantity, unit")] for row in rows} == {item.unit}
    assert not any("<" in str(cell) for row in rows for cell in row)


def test_all_that_the_filters_leave_is_taken_not_only_the_page(boss: Client, monkeypatch):
    item, other = made_item(), made_item()
    wanted = [plan_order(item, 4) for _ in range(3)]
    plan_order(other, 4)

    _, *rows = taken(boss, f"{ORDERS}?q={item.number}", wanted[0].pk, select_across="1")
    assert len(rows) == 3

    monkeypatch.setattr(exporting, "MOST_ROWS", 2)
    asked = {"action": "download_rows", "_selected_action": [wanted[0].pk], "select_across": "1"}
    answer = boss.post(f"{ORDERS}?q={item.number}", asked, follow=True)
    assert b"filter for 2 at most" in answer.content


def test_whoever_may_only_look_may_take_it(boss: Client):
    order = plan_order(made_item(), 4)
    person: User = make_user("reader", is_staff=True)
    grant(person, "production.view_productionorder")
    boss.force_login(person)

    assert len(taken(boss, ORDERS, order.pk)) == 2


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label)
def test_every_list_offers_it_and_survives_it(boss: Client, model: type):
    make_item("ONE")
    page = admin.site._registry[model]
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    row = model._default_manager.first()
    if row is None:
        assert "download_rows" in page.get_actions(boss.get(address).wsgi_request)
        return
    headings, *_ = taken(boss, address, row.pk)
    assert len(headings) >= len(page.list_display) - 1


def test_cells_are_what_the_list_shows():
    plain = exporting._plain
    assert plain("<b>Held</b>  &amp; kept") == "Held & kept"
    assert plain(True) == "yes"
    assert plain("–") is None
    assert plain(date(2026, 3, 2)) == date(2026, 3, 2)
    assert exporting._with_unit("1,234.5 kg") == (Decimal("1234.5"), "kg")
    assert exporting._with_unit("−3 pcs") == (-3, "pcs")
    assert exporting._with_unit("A1 B2") == ("A1 B2", "")
