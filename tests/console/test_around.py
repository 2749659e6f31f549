"""The page of a lot leads up to what made it, who used it and who got it."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inventory import services as inventory
from inventory.models import Lot
from production.models import Batch
from tests.orders.desk import make_it, make_order, make_part, production_of
from tests.plant import MONDAY, grant, make_inspection, make_lot, make_user

pytestmark = pytest.mark.django_db


def around(lot: Lot, *permissions: str) -> str:
    client = Client()
    client.force_login(grant(make_user(is_staff=True), "inventory.view_lot", *permissions))
    return client.get(reverse("console:lot-around", args=[lot.pk])).content.decode()


def made() -> tuple[Batch, Any]:
    """A batch of brackets for an order, with the bar that went into it."""
    part = make_part()
    bar = make_lot(part.bar, 20)
    order = make_order((part.item, 4), confirmed=True)
    make_it(order)
    return production_of(order).batches.select_related("lot").get(), bar


def test_a_lot_leads_to_the_batch_that_made_it_and_to_those_that_used_it():
    batch, bar = made()
    assert batch.lot is not None
    its_page = reverse("admin:production_batch_change", args=[batch.pk])

    assert its_page in around(batch.lot, "production.view_batch")
    assert "Made by" in around(batch.lot, "production.view_batch")
    assert "Used by" in around(bar, "production.view_batch")
    assert its_page in around(bar, "production.view_batch")


def test_a_piece_that_was_split_off_leads_to_what_it_was_and_what_was_found_then():
    batch, _ = made()
    assert batch.lot is not None
    batch.lot.reservations.open().update(status="released")
    part = inventory.split_lot(batch.lot, Decimal(1), by=make_user(), at=MONDAY)
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))

    page = client.get(reverse("admin:inventory_lot_change", args=[part.pk])).content.decode()

    assert f"of lot {batch.lot}" in page
    assert reverse("admin:inventory_lot_change", args=[batch.lot.pk]) in around(part)
    assert "Is now" in around(batch.lot)


def test_nobody_is_led_to_what_he_may_not_see():
    batch, _ = made()
    assert batch.lot is not None

    assert reverse("admin:production_batch_change", args=[batch.pk]) not in around(batch.lot)


def test_a_lot_of_nothing_else_has_nothing_around_it():
    assert "<p" not in around(make_inspection().lot)
