"""Goods that customers send back are judged before they are used again."""

from decimal import Decimal

import pytest

from inventory import services
from inventory.genealogy import trace_up
from inventory.models import Lot
from tests import plant

pytestmark = pytest.mark.django_db


def shipped(quantity, of=10):
    lot = plant.make_lot(quantity=of)
    services.ship(lot, Decimal(quantity), reference="SH-1", **who())
    return lot


def who():
    return {"by": plant.make_user(), "at": plant.MONDAY}


def test_a_lot_that_comes_back_whole_waits_in_quarantine_under_its_own_number():
    lot = shipped(10)

    back = services.take_back(lot, Decimal(4), reason="Dented", reference="RMA-1", **who())

    assert back == lot
    assert lot.status == Lot.Status.QUARANTINE
    assert services.on_hand(lot) == 4
    assert lot.balances.get(location__kind="quarantine").quantity == 4


def test_what_comes_back_of_a_lot_in_use_is_set_apart():
    lot = shipped(6)

    back = services.take_back(lot, Decimal(2), reason="Dented", **who())

    lot.refresh_from_db()
    assert (back.number, back.status, services.on_hand(back)) == (f"{lot.number}-R1", "quarantine", 2)
    assert (lot.status, services.on_hand(lot)) == ("released", 4)
    assert [link.parent for link in trace_up(back)] == [lot.pk]
    assert services.take_back(lot, Decimal(1), reason="Late", **who()).number == f"{lot.number}-R2"


def test_no_more_comes_back_than_was_shipped():
    lot = shipped(3)

    with pytest.raises(services.NotShipped, match=r"3 pcs of lot .* are at customers, not 4"):
        services.take_back(lot, Decimal(4), reason="Dented", **who())

    assert services.on_hand(lot) == 7


def test_a_return_says_why():
    with pytest.raises(services.ReasonMissing):
        services.take_back(shipped(3), Decimal(1), reason=" ", **who())


def test_a_return_that_was_set_apart_is_undone_move_by_move_and_each_is_named_in_its_turn():
    lot = shipped(6)
    back = services.take_back(lot, Decimal(2), reason="Dented", **who())
    services.transfer(back, Decimal(2), destination=plant.make_location(lot.item.site), **who())
    returned = lot.moves.get(kind="return")
    took = lot.moves.get(kind="issue")
    gave, carried = back.moves.order_by("pk")

    with pytest.raises(services.InsufficientStock, match="it went on from there") as refusal:
        services.reverse(returned, "Never came", **who())

    assert refusal.value.see == (carried, gave, took)
    assert refusal.value.remedy == (
        f"Reverse first, in this order: move {carried.pk} (transfer of 2 pcs of {back}: {carried.source} → {carried.destination}), "
        f"then move {gave.pk} (output of production of 2 pcs of {back}: {gave.source} → {gave.destination}), "
        f"then move {took.pk} (issue to production of 2 pcs of {lot}: {took.source} → {took.destination}). Then reverse this one."
    )
    for move in (carried, gave, took, returned):
        services.reverse(move, "Never came", **who())
    assert (services.on_hand(lot), services.on_hand(back)) == (4, 0)
    assert lot.balances.get(location__kind="customer").quantity == 6


def test_what_goes_by_other_numbers_since_is_not_taken_back_under_its_old_one_too():
    lot = plant.make_lot()
    child = services.split_lot(lot, Decimal(4), **who())
    took, gave = lot.moves.get(kind="issue"), child.moves.get()

    with pytest.raises(services.CannotReverse, match="goes by other numbers since") as refusal:
        services.reverse(took, "Mistake", **who())

    assert refusal.value.see == (gave,)
    assert services.on_hand(lot) == 6
    for move in (gave, took):
        services.reverse(move, "Mistake", **who())
    assert (services.on_hand(lot), services.on_hand(child)) == (10, 0)


def test_a_shipment_that_came_back_names_the_return():
    lot = shipped(10)
    services.take_back(lot, Decimal(4), reason="Dented", **who())
    back = lot.moves.get(kind="return")

    with pytest.raises(services.InsufficientStock, match=f"reverse first: move {back.pk} ") as refusal:
        services.reverse(lot.moves.get(kind="shipment"), "Wrong pallet", **who())

    assert refusal.value.see == (back,)
