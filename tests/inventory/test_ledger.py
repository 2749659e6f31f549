"""What the database itself promises of stock, to whoever writes by whatever way."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from inventory import services
from inventory.models import Location, Lot, Move, Reservation, Transformation
from tests import plant
from tests.racing import at_once


def sql(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def acting() -> dict[str, Any]:
    return {"by": plant.make_user(), "at": plant.MONDAY}


@pytest.mark.django_db
def test_a_move_is_neither_changed_nor_deleted():
    move = plant.make_lot().moves.get()

    with pytest.raises(DatabaseError, match="Cannot update or delete"):
        sql("UPDATE inventory_move SET quantity = 1 WHERE id = %s", move.pk)
    with pytest.raises(DatabaseError, match="Cannot update or delete"):
        sql("DELETE FROM inventory_move WHERE id = %s", move.pk)

    move.refresh_from_db()
    assert move.quantity == 10


@pytest.mark.django_db
def test_a_real_location_never_holds_less_than_nothing():
    lot = plant.make_lot()
    place = lot.balances.on_hand().get().location
    edge = Location.objects.get(site=place.site, kind="customer")

    with pytest.raises(IntegrityError, match="no_negative_balance_in_a_real_location"), transaction.atomic():
        Move.objects.create(lot=lot, quantity=11, source=place, destination=edge, kind="shipment", **acting())
    empty = plant.make_location(place.site)
    with pytest.raises(IntegrityError, match="no_negative_balance_in_a_real_location"), transaction.atomic():
        Move.objects.create(lot=lot, quantity=1, source=empty, destination=edge, kind="shipment", **acting())

    assert services.on_hand(lot) == 10


@pytest.mark.django_db
def test_a_lots_disposition_follows_its_transitions_in_raw_sql_too():
    lot = plant.make_lot()

    with pytest.raises(DatabaseError, match="Invalid transition"):
        sql("UPDATE inventory_lot SET status = 'rejected' WHERE id = %s", lot.pk)

    lot.refresh_from_db()
    assert lot.status == Lot.Status.RELEASED


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "rule"),
    [({"quantity": 0}, "move_quantity_is_positive"), ({"same_ends": True}, "move_has_two_different_ends")],
)
def test_a_move_that_moves_nothing_is_refused(change, rule):
    lot = plant.make_lot()
    place = lot.balances.on_hand().get().location
    destination = place if change.pop("same_ends", False) else plant.make_location(place.site)

    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Move.objects.create(
            **{"lot": lot, "quantity": 1, "source": place, "destination": destination, "kind": "transfer"}
            | change,
            **acting(),
        )


@pytest.mark.django_db(transaction=True)
def test_of_two_who_issue_the_last_stock_one_is_told():
    lot = plant.make_lot(quantity=10)
    who: dict[str, Any] = acting()
    acts = [services.begin_transformation(Transformation.Kind.PRODUCTION, **who) for _ in range(2)]

    outcomes = at_once(
        *(
            lambda act=act: services.issue(Lot.objects.get(pk=lot.pk), Decimal(10), transformation=act, **who)
            for act in acts
        )
    )

    refused = [each for each in outcomes if isinstance(each, services.InsufficientStock)]
    assert len(refused) == 1
    assert services.on_hand(lot) == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_who_reserve_the_last_stock_one_is_told():
    lot = plant.make_lot(quantity=10)

    outcomes = at_once(
        *(
            lambda purpose=purpose: services.reserve(
                Lot.objects.get(pk=lot.pk), Decimal(6), purpose, at=plant.MONDAY
            )
            for purpose in ("SO-1", "SO-2", "SO-3")
        )
    )

    assert sum(isinstance(each, Reservation) for each in outcomes) == 1
    assert sum(isinstance(each, services.StockReserved) for each in outcomes) == 2


@pytest.mark.django_db(transaction=True)
def test_opposite_transfers_do_not_deadlock():
    site = plant.make_site()
    here, there = plant.make_location(site), plant.make_location(site)
    item = plant.make_item(site=site)
    lots = [plant.make_lot(item, 100, location=place) for place in (here, there, here, there)]
    who: dict[str, Any] = acting()

    def shuttle(lot, first, second):
        for _ in range(15):
            services.transfer(lot, Decimal(100), source=first, destination=second, **who)
            services.transfer(lot, Decimal(100), source=second, destination=first, **who)
        return "done"

    outcomes = at_once(
        *(
            lambda lot=lot, ends=ends: shuttle(lot, *ends)
            for lot, ends in zip(lots, [(here, there), (there, here)] * 2, strict=True)
        )
    )

    assert outcomes == ["done"] * 4
    assert [services.on_hand(lot) for lot in lots] == [100] * 4


@pytest.mark.django_db(transaction=True)
def test_of_two_who_fill_the_last_room_one_is_told():
    site = plant.make_site()
    item = plant.make_item(site=site, storage_volume_m3=Decimal(1))
    shelf = plant.make_location(site, capacity_m3=Decimal(10))
    lots = [plant.make_lot(item, 6) for _ in range(2)]
    who: dict[str, Any] = acting()

    outcomes = at_once(
        *(lambda lot=lot: services.transfer(lot, Decimal(6), destination=shelf, **who) for lot in lots)
    )

    assert sum(isinstance(each, services.LocationFull) for each in outcomes) == 1
    assert Location.objects.with_fill().get(pk=shelf.pk).filled_m3 == 6
