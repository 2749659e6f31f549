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
