"""Stock that changes place, leaves the plant, or is other than the books say."""

from decimal import Decimal
from typing import Any

import pytest

from inventory import services
from inventory.models import Balance, Location, Lot, Move, Transformation
from tests import plant

pytestmark = pytest.mark.django_db


def by_place(lot):
    """What is where, by kind of location."""
    return {
        balance.location.kind: balance.quantity
        for balance in Balance.objects.on_hand().filter(lot=lot).select_related("location")
    }


def acting() -> dict[str, Any]:
    return {"by": plant.make_user(), "at": plant.MONDAY}


def test_a_transfer_takes_from_wherever_else_the_lot_is():
    site = plant.make_site()
    lot = plant.make_lot(plant.make_item(site=site), 10)
    wip = Location.objects.get(site=site, kind="wip")

    services.transfer(lot, Decimal(4), destination=wip, **acting())
    services.transfer(lot, Decimal(6), destination=wip, **acting())

    assert by_place(lot) == {"wip": 10}


def test_a_transfer_of_more_than_there_is_is_refused_and_moves_nothing():
    site = plant.make_site()
    lot = plant.make_lot(plant.make_item(site=site, uom="KGM"), 10)
    wip = Location.objects.get(site=site, kind="wip")

    with pytest.raises(
        services.InsufficientStock, match=r"has 10 kg elsewhere than at Work in process, not 10.5"
    ):
        services.transfer(lot, Decimal("10.5"), destination=wip, **acting())

    assert lot.moves.count() == 1


def test_a_person_cannot_bring_more_to_a_place_than_fits():
    site = plant.make_site()
    item = plant.make_item(site=site, storage_volume_m3=Decimal("0.5"))
    lot = plant.make_lot(item, 20)
    shelf = plant.make_location(site, capacity_m3=Decimal(4))

    services.transfer(lot, Decimal(6), destination=shelf, **acting())
    with pytest.raises(services.LocationFull, match=r"take 1.500 m³; .* has 1.000 m³ left"):
        services.transfer(lot, Decimal(3), destination=shelf, **acting())

    assert Balance.objects.get(lot=lot, location=shelf).quantity == 6


def test_released_stock_is_put_away_from_receiving():
    lot = plant.make_lot(plant.make_item(kind="raw"), status=Lot.Status.QUARANTINE)
    services.release_lot(lot, **acting())

    services.put_away(lot, **acting())
    services.put_away(lot, **acting())

    assert by_place(lot) == {"storage": 10}
    assert lot.moves.count() == 2


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (
            Lot.Status.QUARANTINE,
            "is in quarantine. Take another lot, or have this one released: its page says what it waits for.",
        ),
        (Lot.Status.REJECTED, "is rejected. Take another lot; scrap this one"),
        (Lot.Status.IN_PROCESS, "is in process. Finish and inspect"),
    ],
)
def test_a_lot_that_is_not_released_is_neither_issued_nor_shipped(status, sentence):
    lot = plant.make_lot(status=status)
    act = services.begin_transformation(Transformation.Kind.PRODUCTION, **acting())

    with pytest.raises(services.LotNotUsable) as issuing:
        services.issue(lot, Decimal(1), transformation=act, **acting())
    with pytest.raises(services.LotNotUsable):
        services.ship(lot, Decimal(1), reference="SH-1", **acting())

    assert sentence in str(issuing.value)
    assert services.on_hand(lot) == 10


def test_a_held_lot_says_why_it_is_held():
    lot = plant.make_lot()
    services.hold_lot(lot, "Hardness doubtful", **acting())

    with pytest.raises(services.LotNotUsable, match=r"is held \(Hardness doubtful\)"):
        services.ship(lot, Decimal(1), reference="SH-1", **acting())


def test_an_expired_lot_is_not_shipped_but_one_that_expires_today_is():
    item = plant.make_item()
    yesterday, today = (plant.MONDAY.date().replace(day=day) for day in (1, 2))
    old, last = (plant.make_lot(item, expires_on=day) for day in (yesterday, today))

    with pytest.raises(services.LotNotUsable, match="expired on 2026-03-01"):
        services.ship(old, Decimal(1), reference="SH-1", **acting())
    services.ship(last, Decimal(1), reference="SH-1", **acting())

    assert (services.on_hand(old), services.on_hand(last)) == (10, 9)


def test_an_adjustment_needs_a_reason():
    lot = plant.make_lot()
    place = lot.balances.on_hand().get().location

    with pytest.raises(services.ReasonMissing) as refusal:
        services.adjust(lot, place, Decimal(-1), " ", **acting())

    assert refusal.value.code == "inventory.reason_missing"
    assert services.on_hand(lot) == 10


def test_a_count_that_differs_is_adjusted_and_one_that_agrees_is_not():
    lot = plant.make_lot()
    place = lot.balances.on_hand().get().location

    less = services.count_stock(lot, location=place, counted=Decimal(7), **acting())
    same = services.count_stock(lot, location=place, counted=Decimal(7), **acting())
    none = services.count_stock(lot, location=place, counted=Decimal(0), **acting())

    assert (less.expected, less.adjustment.quantity, less.adjustment.reason) == (
        10,
        3,
        "Counted 7, the books had 10",
    )
    assert same.adjustment is None
    assert (none.expected, services.on_hand(lot)) == (7, 0)


def test_a_reversed_move_is_undone_once():
    lot = plant.make_lot()
    [shipped] = services.ship(lot, Decimal(4), reference="SH-1", **acting())

    services.reverse(shipped, "Wrong pallet", **acting())
    with pytest.raises(services.CannotReverse, match="was reversed before"):
        services.reverse(shipped, "Wrong pallet", **acting())
    with pytest.raises(services.CannotReverse, match="is itself a reversal"):
        services.reverse(shipped.reversed_by, "Wrong pallet", **acting())

    assert services.on_hand(lot) == 10
    assert Move.objects.standing().filter(lot=lot).count() == 1


def test_what_has_moved_on_cannot_be_reversed():
    lot = plant.make_lot()
    services.ship(lot, Decimal(4), reference="SH-1", **acting())

    with pytest.raises(services.InsufficientStock):
        services.reverse(lot.moves.get(kind="receipt"), "Wrong truck", **acting())

    assert services.on_hand(lot) == 6


def test_a_site_without_a_customer_location_says_so():
    site = plant.make_site()
    lot = plant.make_lot(plant.make_item(site=site))
    Location.objects.get(site=site, kind="customer").delete()

    with pytest.raises(services.NoSuchLocation, match=r"has no customer location. Add one"):
        services.ship(lot, Decimal(1), reference="SH-1", **acting())


def test_a_lot_of_three_becomes_three_serial_numbers():
    lot = plant.make_lot(quantity=3, attributes={"heat": "H-7"})

    pieces = services.serialise(lot, numbers=["S1", "S2", "S3"], **acting())

    assert [(piece.number, services.on_hand(piece), piece.status) for piece in pieces] == [
        ("S1", 1, Lot.Status.RELEASED),
        ("S2", 1, Lot.Status.RELEASED),
        ("S3", 1, Lot.Status.RELEASED),
    ]
    assert pieces[0].attributes == {"heat": "H-7"}
    assert services.on_hand(lot) == 0


@pytest.mark.parametrize("numbers", [["S1", "S2"], ["S1", "S1", "S2"], []])
def test_serial_numbers_must_be_one_for_each_piece(numbers):
    lot = plant.make_lot(quantity=3)

    with pytest.raises(services.WrongNumbers):
        services.serialise(lot, numbers=numbers, **acting())

    assert services.on_hand(lot) == 3


def test_part_of_a_lot_is_split_off_and_merged_back():
    site = plant.make_site()
    lot = plant.make_lot(plant.make_item(site=site, uom="KGM"), 10, attributes={"heat": "H-7"})

    child = services.split_lot(lot, Decimal("2.5"), number="L-B", **acting())
    merged = services.merge_lots([lot, child], number="L-C", **acting())

    assert (services.on_hand(lot), services.on_hand(child), services.on_hand(merged)) == (0, 0, 10)
    assert (merged.attributes, merged.status) == ({"heat": "H-7"}, Lot.Status.RELEASED)


def test_lots_of_different_disposition_are_not_merged():
    item = plant.make_item()
    good, bad = plant.make_lot(item), plant.make_lot(item, status=Lot.Status.HELD)

    with pytest.raises(services.CannotMerge):
        services.merge_lots([good, bad], **acting())

    assert services.on_hand(good) == 10


def test_the_whole_of_a_lot_is_not_split_off():
    lot = plant.make_lot()

    with pytest.raises(services.InsufficientStock, match="would be all of it"):
        services.split_lot(lot, Decimal(10), **acting())


def test_a_returned_lot_leaves_to_its_supplier_whatever_its_disposition():
    lot = plant.make_lot(status=Lot.Status.REJECTED)

    [move] = services.return_to_supplier(lot, Decimal(10), reason="Wrong alloy", **acting())

    assert move.destination.kind == Location.Kind.SUPPLIER
    assert services.on_hand(lot) == 0


def test_output_goes_where_lots_of_its_disposition_are_kept():
    site = plant.make_site()
    act = services.begin_transformation(Transformation.Kind.PRODUCTION, reference="B-1", **acting())
    places = {}
    for status in (Lot.Status.IN_PROCESS, Lot.Status.QUARANTINE, Lot.Status.RELEASED):
        lot = services.create_lot(plant.make_item(site=site), number=None, status=status, at=plant.MONDAY)
        places[status] = services.output(lot, Decimal(5), transformation=act, **acting()).destination.kind

    assert places == {"in_process": "wip", "quarantine": "quarantine", "released": "finished"}


def test_a_shipment_that_came_back_is_not_undone_as_well():
    lot = plant.make_lot()
    [shipped] = services.ship(lot, Decimal(4), reference="SH-1", **acting())
    services.take_back(lot, Decimal(4), reason="Dented", **acting())

    with pytest.raises(services.InsufficientStock, match=r"Of lot .* 0 pcs are still at customers, not 4"):
        services.reverse(shipped, "Wrong pallet", **acting())

    here = Balance.objects.on_hand().filter(lot__item=lot.item)
    assert sum(balance.quantity for balance in here) == 10
