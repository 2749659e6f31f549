"""The page of a lot leads up to what made it, who used it and who got it."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inventory import services as inventory
from inventory.models import Lot
from mes.core.links import address_of
from production.models import Batch
from quality import services as quality
from quality.models import Nonconformance
from tests.orders.desk import line_of, make_customer, make_it, make_order, make_part, production_of
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


def test_the_page_of_what_was_used_as_it_is_says_whose_agreement_is_missing():
    part, customer = make_part(), make_customer("Aero Structures")
    customer.agrees_to_concessions = True
    customer.save()
    make_lot(part.bar, 20)
    order = make_order((part.item, 4), customer=customer, confirmed=True)
    make_it(order)
    lot = production_of(order).batches.get().lot
    assert lot is not None
    found = quality.open_nonconformance(lot, Decimal(1), "Scratch", by=make_user(), at=MONDAY)
    assert agreement_missing(found) == ""  # nothing is decided yet
    quality.decide_nonconformance(found, "use_as_is", "Not seen when fitted", by=make_user(), at=MONDAY)

    told = agreement_missing(found, "orders.view_orderline", "quality.change_nonconformance")
    assert "The customer’s agreement is missing" in told
    assert "Aero Structures asked to be asked of every concession" in told
    assert str(address_of(line_of(order))) in told
    assert reverse("admin:quality_nonconformance_do_customer_agrees", args=[found.pk]) in told
    less = agreement_missing(found)
    assert "Aero Structures" not in less
    assert "Whoever ordered 1 line of it" in less
    assert "do/customer-agrees" not in less
    quality.note_customer_agreement(found, "MRB-7", by=make_user(), at=MONDAY)

    assert agreement_missing(found, "orders.view_orderline") == ""


def agreement_missing(found: Nonconformance, *permissions: str) -> str:
    """What the page of a nonconformance loads in place, for somebody with these permissions."""
    client = Client()
    client.force_login(grant(make_user(is_staff=True), "quality.view_nonconformance", *permissions))
    page = client.get(reverse("admin:quality_nonconformance_change", args=[found.pk])).content.decode()
    part = reverse("console:agreement", args=[found.pk])
    found.refresh_from_db()
    waits = found.disposition == "use_as_is" and not found.customer_agreement
    assert (part in page) == waits
    return client.get(part).content.decode().strip()
