"""Deliveries come in as lots."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from inventory import services
from inventory.models import ExpectedReceipt, Location, Lot, Move, unit_of
from inventory.quantities import InvalidQuantity
from mes.core.models import Fact
from tests import plant

pytestmark = pytest.mark.django_db


def test_a_delivery_waits_in_receiving_and_in_quarantine():
    item = plant.make_item(uom="KGM")

    lot = services.receive(item, Decimal("12.5"), number="H-77", by=plant.make_user(), at=plant.MONDAY)

    balance = lot.balances.on_hand().get()
    assert (lot.status, lot.number, balance.quantity) == (Lot.Status.QUARANTINE, "H-77", Decimal("12.5"))
    assert balance.location.kind == Location.Kind.RECEIVING


def test_a_delivery_expires_after_the_items_shelf_life_unless_the_label_says_otherwise():
    item = plant.make_item(shelf_life_days=30)
    by_shelf_life = plant.make_lot(item)
    by_label = plant.make_lot(item, expires_on=date(2026, 3, 9))

    assert by_shelf_life.expires_on == (plant.MONDAY + timedelta(days=30)).date()
    assert by_label.expires_on == date(2026, 3, 9)


def test_two_deliveries_without_a_number_get_different_ones():
    item = plant.make_item()

    assert plant.make_lot(item).number != plant.make_lot(item).number


def test_a_second_lot_of_the_same_number_is_refused():
    item = plant.make_item()
    plant.make_lot(item, number="L-1")

    with pytest.raises(services.LotExists, match="already has a lot L-1"):
        plant.make_lot(item, number="L-1")

    assert item.lots.count() == 1


@pytest.mark.parametrize(
    ("uom", "quantity", "fault"),
    [
        ("C62", "1.5", "counted in whole numbers"),
        ("KGM", "0", "above zero"),
        ("KGM", "-3", "above zero"),
        ("KGM", "0.00001", "at most 4 decimals"),
        ("KGM", "NaN", "is a number"),
        ("KGM", "1e12", "below a million million"),
    ],
)
def test_a_quantity_that_no_lot_can_have_is_refused(uom, quantity, fault):
    item = plant.make_item(uom=uom)

    with pytest.raises(InvalidQuantity, match=fault) as refusal:
        services.receive(item, Decimal(quantity), by=plant.make_user(), at=plant.MONDAY)

    assert "quantity" in refusal.value.errors
    assert not item.lots.exists()


def test_a_refused_quantity_is_told_as_people_write_it_with_what_to_do():
    item = plant.make_item()

    with pytest.raises(InvalidQuantity) as refusal:
        services.receive(item, Decimal("-1.0000"), by=plant.make_user(), at=plant.MONDAY)

    assert refusal.value.detail == f"-1 pcs of {item}: a quantity is above zero."
    assert refusal.value.remedy == "State a number that is above zero."


def test_a_delivery_in_two_parts_closes_the_purchase_with_the_second():
    item = plant.make_item(supplier=plant.make_supplier())
    purchase = services.expect_receipt(item, Decimal(100), date(2026, 3, 10))
    user = plant.make_user()

    for quantity in (60, 40):
        assert purchase.status == ExpectedReceipt.Status.OPEN
        lot = services.receive(item, Decimal(quantity), expected_receipt=purchase, by=user, at=plant.MONDAY)

    assert (purchase.status, purchase.received_quantity) == (ExpectedReceipt.Status.RECEIVED, 100)
    assert lot.supplier == item.supplier
    assert lot.moves.get().reference == purchase.number


def test_a_reversed_receipt_is_expected_again():
    item = plant.make_item()
    purchase = services.expect_receipt(item, Decimal(100), date(2026, 3, 10))
    user = plant.make_user()
    lot = services.receive(item, Decimal(100), expected_receipt=purchase, by=user, at=plant.MONDAY)

    services.reverse(lot.moves.get(), "Wrong truck", by=user, at=plant.MONDAY)

    purchase.refresh_from_db()
    assert (purchase.status, purchase.received_quantity) == (ExpectedReceipt.Status.OPEN, 0)
    assert services.on_hand(lot) == 0


def test_a_delivery_of_another_item_than_expected_is_refused():
    purchase = services.expect_receipt(plant.make_item(), Decimal(10), date(2026, 3, 10))
    other = plant.make_item()

    with pytest.raises(services.WrongItem):
        services.receive(other, Decimal(10), expected_receipt=purchase, by=plant.make_user(), at=plant.MONDAY)

    purchase.refresh_from_db()
    assert purchase.received_quantity == 0
    assert not Move.objects.filter(lot__item=other).exists()


def test_a_delivery_is_taken_in_even_where_there_is_no_room():
    site = plant.make_site()
    item = plant.make_item(site=site, storage_volume_m3=Decimal(1))
    shelf = plant.make_location(site, capacity_m3=Decimal(5))

    plant.make_lot(item, 8, location=shelf)

    filled = Location.objects.with_fill().get(pk=shelf.pk)
    assert (filled.filled_m3, filled.fill) == (8, Decimal("1.6"))


def test_nothing_can_be_received_at_the_edge_of_the_plant():
    site = plant.make_site()
    item = plant.make_item(site=site)

    with pytest.raises(services.NotAPlace):
        plant.make_lot(item, location=Location.objects.get(site=site, kind=Location.Kind.SCRAP))

    assert not item.lots.exists()


def test_a_purchase_is_told_when_it_is_noted_and_when_it_is_cancelled():
    item = plant.make_item()

    purchase = services.expect_receipt(item, Decimal(10), date(2026, 3, 10))
    services.cancel_expected_receipt(purchase)

    noted = Fact.objects.get(name="inventory.PurchaseExpected").payload
    assert (noted["expected_receipt"], noted["item"], noted["due_date"]) == (
        purchase.pk,
        item.pk,
        "2026-03-10",
    )
    cancelled = Fact.objects.get(name="inventory.PurchaseCancelled").payload
    assert cancelled == {"expected_receipt": purchase.pk, "item": item.pk, "by": None}


def test_a_lot_put_back_to_be_judged_is_told_but_not_one_that_was_just_made():
    user = plant.make_user()
    usable, made = plant.make_lot(), plant.make_lot(status=Lot.Status.IN_PROCESS)

    services.quarantine_lot(usable, by=user, at=plant.MONDAY)
    services.quarantine_lot(made, by=user, at=plant.MONDAY)

    told = Fact.objects.get(name="inventory.LotQuarantined")
    assert told.payload == {"lot": usable.pk, "by": user.pk}


def test_a_held_lot_that_goes_back_in_process_is_told():
    user = plant.make_user()
    lot = plant.make_lot(status=Lot.Status.IN_PROCESS)
    services.hold_lot(lot, "Doubt", by=user, at=plant.MONDAY)

    services.resume_lot(lot, by=user, at=plant.MONDAY)

    assert Fact.objects.get(name="inventory.LotResumed").payload == {"lot": lot.pk, "by": user.pk}


def test_units_are_written_as_people_do():
    assert [unit_of(code) for code in ("KGM", "C62", "XYZ")] == ["kg", "pcs", "XYZ"]
