"""The unit of an item stays, once anything is kept in it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import ProgrammingError, transaction

from inventory import services
from inventory.models import ExpectedReceipt, Item, Lot
from mes.core.models import User
from mes.core.refusals import Stale
from orders import services as orders
from orders.models import CustomOrder, OrderLine
from production import services as production
from production.models import ProcessPlan, ProductionOrder
from tests.core.ground import client_of
from tests.orders.desk import make_order
from tests.plant import MONDAY, make_item, make_lot, make_user
from tests.racing import held_up
from tests.shop import make_made_item, make_plan

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kept", ["lots", "purchases"])
def test_another_unit_is_refused_with_the_field_named_once_something_is_kept_in_it(kept: str):
    item = make_item(uom="KGM")
    if kept == "lots":
        make_lot(item, 3)
    else:
        services.expect_receipt(item, Decimal(3), date(2026, 3, 9))
    api = client_of(User.objects.create_superuser("boss"))

    refused = api.patch(f"/api/v1/items/{item.pk}/", {"uom": "LTR"}, format="json")

    assert refused.status_code == 400, refused.content
    (error,) = refused.json()["errors"]
    assert error["pointer"] == "#/uom"
    assert f"has {kept} in kg" in error["detail"]
    assert "another item" in error["detail"]
    item.uom = "LTR"
    with pytest.raises(ValidationError, match="would mean something else in l"):
        item.full_clean()
    with pytest.raises(ProgrammingError, match="are counted in the unit of item"), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(uom="LTR")
    assert (
        api.patch(f"/api/v1/items/{item.pk}/", {"uom": "KGM", "family": "Soap"}, format="json").status_code
        == 200
    )


def test_another_unit_is_refused_while_orders_count_in_it_and_taken_once_they_are_cancelled():
    item = make_made_item()
    production.plan_production(item, Decimal(5), MONDAY, by=make_user(), at=MONDAY)
    ProcessPlan.objects.update(status="superseded")
    order = make_order((item, 3))
    api = client_of(User.objects.create_superuser("boss"))

    def change() -> str:
        answer = api.patch(f"/api/v1/items/{item.pk}/", {"uom": "KGM"}, format="json")
        return "" if answer.status_code == 200 else answer.json()["errors"][0]["detail"]

    assert (
        f"{item} has production orders in pcs, whose quantities would mean something else in kg" in change()
    )
    assert "Cancel those that nothing was made of" in change()
    production.cancel_order(ProductionOrder.objects.get(), "Wrong unit", by=make_user(), at=MONDAY)
    assert "has order lines in pcs" in change()
    assert "Take the lines out of their drafts" in change()
    assert Item.objects.get(pk=item.pk).uom == "C62"
    orders.cancel_order(order, by=make_user(), at=MONDAY)

    assert change() == ""
    assert Item.objects.get(pk=item.pk).uom == "KGM"


def test_an_order_typed_in_the_unit_of_before_is_refused():
    item = make_item()
    seen = Item.objects.select_related("site").get(pk=item.pk)
    Item.objects.filter(pk=item.pk).update(uom="KGM")
    make_plan(item)

    with pytest.raises(Stale, match="is counted in kg since, no longer in pcs"):
        make_order((seen, 3))
    with pytest.raises(Stale, match="Enter the quantity in kg"):
        production.plan_production(seen, Decimal(5), MONDAY, by=make_user(), at=MONDAY)

    assert not CustomOrder.objects.exists()
    assert not ProductionOrder.objects.exists()


REFUSED = {
    "lots": "lots or purchases are counted in the unit",
    "purchases": "lots or purchases are counted in the unit",
    "order lines": "order lines are counted in the unit",
    "production orders": "production orders are counted in the unit",
}


def put_in(kept: str, item: Item) -> Any:
    """The first of what counts in the unit of an item, as somebody read it."""
    mine, boss = Item.objects.select_related("site").get(pk=item.pk), make_user()
    if kept == "lots":
        return services.receive(mine, Decimal(3), by=boss, at=MONDAY)
    if kept == "purchases":
        return services.expect_receipt(mine, Decimal(3), date(2026, 3, 9))
    if kept == "order lines":
        return make_order((mine, 3))
    plan = make_plan(mine)
    planned = production.plan_production(mine, Decimal(3), MONDAY, by=boss, at=MONDAY)
    plan.move_to(ProcessPlan.Status.SUPERSEDED)  # else the unit would stay for it
    return planned


@pytest.mark.parametrize("kept", ["order lines", "production orders"])
def test_the_database_keeps_the_unit_of_what_is_ordered(kept: str):
    item = make_item()
    put_in(kept, item)

    with pytest.raises(ProgrammingError, match=REFUSED[kept]), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(uom="LTR")

    ProductionOrder.objects.update(status="cancelled")
    CustomOrder.objects.update(status="cancelled")
    assert Item.objects.filter(pk=item.pk).update(uom="LTR") == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kept", REFUSED)
def test_a_unit_does_not_change_while_the_first_that_counts_in_it_is_put_in(kept: str):
    item = make_item(uom="KGM")

    def change() -> str:
        try:
            return f"{Item.objects.filter(pk=item.pk).update(uom='LTR')} changed"
        except ProgrammingError as refusal:
            return str(refusal)

    assert REFUSED[kept] in held_up(change, by=lambda: put_in(kept, item))
    assert Item.objects.get(pk=item.pk).uom == "KGM"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kept", REFUSED)
def test_what_is_put_in_while_the_unit_changes_is_refused_in_the_unit_of_before(kept: str):
    item = make_item(uom="KGM")

    def enter() -> Any:
        try:
            return put_in(kept, item)
        except Stale as refusal:
            return str(refusal)

    told = held_up(enter, by=lambda: Item.objects.filter(pk=item.pk).update(uom="LTR"))

    assert told == f"{item} is counted in l since, no longer in kg. Enter the quantity in l."
    for model in (Lot, ExpectedReceipt, OrderLine, ProductionOrder):
        assert not model._default_manager.filter(item=item).exists()


def test_while_nothing_is_kept_a_unit_is_put_right():
    item = make_item(uom="KGM")
    api = client_of(User.objects.create_superuser("boss"))

    assert api.patch(f"/api/v1/items/{item.pk}/", {"uom": "LTR"}, format="json").status_code == 200
    assert Item.objects.get(pk=item.pk).uom == "LTR"
