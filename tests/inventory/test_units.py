"""The unit of an item stays, once anything is kept in it."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import ProgrammingError, transaction

from inventory import services
from inventory.models import Item
from mes.core.models import User
from tests.core.ground import client_of
from tests.plant import make_item, make_lot

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


def test_while_nothing_is_kept_a_unit_is_put_right():
    item = make_item(uom="KGM")
    api = client_of(User.objects.create_superuser("boss"))

    assert api.patch(f"/api/v1/items/{item.pk}/", {"uom": "LTR"}, format="json").status_code == 200
    assert Item.objects.get(pk=item.pk).uom == "LTR"
