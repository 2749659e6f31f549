"""The unit of an item stays, once anything is kept in it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import ProgrammingError, transaction

from inventory import services
from inventory.models import Item
from mes.core.models import User
from mes.core.refusals import Stale
from orders import services as orders
from orders.models import CustomOrder
from production import services as production
from production.models import ProductionOrder
from tests.core.ground import client_of
from tests.orders.desk import make_order
from tests.plant import MONDAY, make_item, make_lot, make_user
from tests.racing import held_up
from tests.shop import make_made_item

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
    with pytest.raises(ProgrammingError, match="are kept in the unit of item"), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(uom="LTR")
    assert (
        api.patch(f"/api/v1/items/{item.pk}/", {"uom": "KGM", "family": "Soap"}, format="json").status_code
        == 200
    )


def test_another_unit_is_refused_while_orders_count_in_it_and_taken_once_they_are_cancelled():
    item = make_made_item()
    production.plan_production(item, Decimal(5), MONDAY, by=make_user(), at=MONDAY)
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
    item = make_made_item()
    seen = Item.objects.select_related("site").get(pk=item.pk)
    Item.objects.filter(pk=item.pk).update(uom="KGM")

    with pytest.raises(Stale, match="is counted in kg since, no longer in pcs"):
        make_order((seen, 3))
    with pytest.raises(Stale, match="Enter the quantity in kg"):
        production.plan_production(seen, Decimal(5), MONDAY, by=make_user(), at=MONDAY)

    assert not CustomOrder.objects.exists()
    assert not ProductionOrder.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kept", ["lots", "purchases"])
def test_a_unit_does_not_change_while_the_first_lot_or_purchase_is_put_in(kept: str):
    item = make_item(uom="KGM")

    def put_in() -> None:
        if kept == "lots":
            make_lot(item, 3)
        else:
            services.expect_receipt(item, Decimal(3), date(2026, 3, 9))

    def change() -> str:
        try:
            return f"{Item.objects.filter(pk=item.pk).update(uom='LTR')} changed"
        except ProgrammingError as refusal:
            return str(refusal)

    assert "lots or purchases are kept in the unit" in held_up(change, by=put_in)
    assert Item.objects.get(pk=item.pk).uom == "KGM"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kept", ["lots", "purchases"])
def test_what_is_put_in_while_the_unit_changes_is_refused_in_the_unit_of_before(kept: str):
    item, boss = make_item(uom="KGM"), make_user()

    def put_in() -> Any:
        mine = Item.objects.select_related("site").get(pk=item.pk)
        try:
            if kept == "lots":
                return services.receive(mine, Decimal(3), by=boss, at=MONDAY)
            return services.expect_receipt(mine, Decimal(3), date(2026, 3, 9))
        except Stale as refusal:
            return str(refusal)

    told = held_up(put_in, by=lambda: Item.objects.filter(pk=item.pk).update(uom="LTR"))

    assert told == f"{item} is counted in l since, no longer in kg. Enter the quantity in l."
    assert not item.lots.exists()
    assert not item.expected_receipts.exists()


def test_while_nothing_is_kept_a_unit_is_put_right():
    item = make_item(uom="KGM")
    api = client_of(User.objects.create_superuser("boss"))

    assert api.patch(f"/api/v1/items/{item.pk}/", {"uom": "LTR"}, format="json").status_code == 200
    assert Item.objects.get(pk=item.pk).uom == "LTR"
