"""Claims on stock."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import services
from inventory.models import Item, Lot, Reservation, Transformation
from inventory.models.days import day_at
from inventory.models.lots import ZONE
from mes.core.models import Fact
from tests import plant

pytestmark = pytest.mark.django_db


def acting() -> dict[str, Any]:
    return {"by": plant.make_user(), "at": plant.MONDAY}


def reserve(lot, quantity, purpose="SO-1"):
    return services.reserve(lot, Decimal(quantity), purpose, at=plant.MONDAY)


def test_no_more_of_a_lot_is_reserved_than_is_on_hand():
    lot = plant.make_lot()
    reserve(lot, 7, "SO-1")

    with pytest.raises(
        services.StockReserved, match=r"3 pcs of lot .* are free, not 4. Kept: 7 for SO-1"
    ) as refusal:
        reserve(lot, 4, "SO-2")

    assert refusal.value.code == "inventory.stock_reserved"
    assert lot.reservations.count() == 1


def test_stock_kept_for_one_order_is_not_shipped_for_another():
    lot = plant.make_lot()
    reserve(lot, 8, "SO-1")

    with pytest.raises(services.StockReserved, match=r"only 2 pcs are free. Kept: 8 for SO-1"):
        services.ship(lot, Decimal(3), reference="SO-2", **acting())

    assert services.on_hand(lot) == 10


def test_shipping_for_its_own_order_uses_up_the_reservation():
    lot = plant.make_lot()
    claim = reserve(lot, 8, "SO-1")

    services.ship(lot, Decimal(5), reference="SH-1", purpose="SO-1", **acting())
    claim.refresh_from_db()
    assert (claim.status, claim.quantity) == (Reservation.Status.OPEN, 3)
    assert lot.reservations.get(status="used").quantity == 5

    services.ship(lot, Decimal(4), reference="SH-2", purpose="SO-1", **acting())
    claim.refresh_from_db()
    assert (claim.status, services.on_hand(lot)) == (Reservation.Status.USED, 1)


def test_an_issue_uses_the_reservations_of_its_transformations_reference():
    lot = plant.make_lot()
    claim = reserve(lot, 10, "B-1")
    act = services.begin_transformation(Transformation.Kind.PRODUCTION, reference="B-1", **acting())

    services.issue(lot, Decimal(10), transformation=act, **acting())

    claim.refresh_from_db()
    assert claim.status == Reservation.Status.USED


def test_an_item_is_reserved_first_expired_first_as_far_as_stock_goes():
    site = plant.make_site()
    item = plant.make_item(site=site)
    day = plant.MONDAY.date()
    late = plant.make_lot(item, 5, expires_on=day + timedelta(20))
    soon = plant.make_lot(item, 5, expires_on=day + timedelta(10))
    plant.make_lot(item, 5, expires_on=day - timedelta(1))
    plant.make_lot(item, 5, status=Lot.Status.QUARANTINE)

    claims = services.reserve_item(item, Decimal(7), "SO-1", at=plant.MONDAY)
    rest = services.reserve_item(item, Decimal(7), "SO-2", at=plant.MONDAY)

    assert [(claim.lot, claim.quantity) for claim in claims] == [(soon, 5), (late, 2)]
    assert [(claim.lot, claim.quantity) for claim in rest] == [(late, 3)]
    assert services.reserve_item(item, Decimal(1), "SO-3", at=plant.MONDAY) == []


def test_an_item_is_reserved_in_as_many_queries_over_many_lots_as_over_few(django_assert_num_queries):
    few, many = plant.make_item(), plant.make_item()
    for item, count in ((few, 1), (many, 12)):
        for _ in range(count):
            plant.make_lot(item, 1)

    with CaptureQueriesContext(connection) as one:
        services.reserve_item(few, Decimal(1), "SO-1", at=plant.MONDAY)
    with django_assert_num_queries(len(one)):
        made = services.reserve_item(many, Decimal(12), "SO-2", at=plant.MONDAY)

    assert len(made) == 12


def test_only_material_with_the_attributes_asked_for_is_reserved():
    item = plant.make_item()
    plant.make_lot(item, attributes={"melt_source": "CN"})
    domestic = plant.make_lot(item, attributes={"melt_source": "US", "certificate": "C-1"})

    claims = services.reserve_item(
        item, Decimal(3), "SO-1", attributes={"melt_source": "US", "certificate": ""}, at=plant.MONDAY
    )

    assert [claim.lot for claim in claims] == [domestic]


def test_only_stock_of_the_site_is_reserved():
    here, there = plant.make_site(), plant.make_site()
    item = plant.make_item(site=here)
    plant.make_lot(item, location=plant.make_location(there))

    assert services.reserve_item(item, Decimal(3), "SO-1", site=here, at=plant.MONDAY) == []
    assert len(services.reserve_item(item, Decimal(3), "SO-1", site=there, at=plant.MONDAY)) == 1


def test_scrap_cuts_the_youngest_reservation_and_says_so():
    lot = plant.make_lot()
    first = reserve(lot, 6, "SO-1")
    second = reserve(lot, 4, "SO-2")

    services.scrap(lot, Decimal(5), reason="Dropped", **acting())

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.quantity, first.status) == (5, Reservation.Status.OPEN)
    assert second.status == Reservation.Status.RELEASED
    cuts = Fact.objects.filter(name="inventory.ReservationCut").order_by("pk")
    assert [(cut.payload["purpose"], Decimal(cut.payload["quantity"])) for cut in cuts] == [
        ("SO-2", 4),
        ("SO-1", 1),
    ]


def test_a_rejected_lot_is_kept_for_nobody():
    lot = plant.make_lot()
    claim = reserve(lot, 6)
    services.hold_lot(lot, "Cracks", **acting())

    services.reject_lot(lot, **acting())

    claim.refresh_from_db()
    assert claim.status == Reservation.Status.RELEASED


def test_a_reservation_is_given_up_once():
    claim = reserve(plant.make_lot(), 6)
    services.release_reservation(claim, at=plant.MONDAY)

    with pytest.raises(Exception, match="is released already"):
        services.release_reservation(claim, at=plant.MONDAY)


def test_a_reserved_lot_is_not_split_below_what_is_kept():
    lot = plant.make_lot()
    reserve(lot, 8)

    with pytest.raises(services.StockReserved):
        services.split_lot(lot, Decimal(3), **acting())

    assert services.on_hand(lot) == 10


def test_stock_of_an_item_is_told_without_multiplying():
    item = plant.make_item()
    lots = [plant.make_lot(item), plant.make_lot(item, status=Lot.Status.QUARANTINE)]
    reserve(lots[0], 2, "SO-1")
    reserve(lots[0], 3, "SO-2")
    services.expect_receipt(item, Decimal(40), plant.MONDAY.date())
    services.expect_receipt(item, Decimal(2), plant.MONDAY.date())

    told = Item.objects.with_stock(plant.MONDAY.date()).get(pk=item.pk)

    assert (told.on_hand, told.usable, told.reserved, told.expected) == (20, 10, 5, 42)


def test_a_lot_is_usable_through_its_last_day_where_its_plant_is():
    item = plant.make_item(site=plant.make_site(time_zone="Pacific/Auckland"))
    lot = plant.make_lot(item, expires_on=plant.MONDAY.date())
    tuesday_there = plant.MONDAY.replace(hour=20)

    usable = [
        Lot.objects.usable(day_at(at, ZONE)).filter(pk=lot.pk).exists()
        for at in (plant.MONDAY, tuesday_there)
    ]

    assert usable == [True, False]


def test_a_claim_that_has_run_out_binds_nobody_even_before_it_is_swept():
    lot = plant.make_lot()
    passing = services.reserve(
        lot, Decimal(8), "O-1", expires_at=plant.MONDAY + timedelta(hours=2), at=plant.MONDAY
    )
    later = plant.MONDAY + timedelta(hours=2)

    with pytest.raises(services.StockReserved, match="Kept: 8 for O-1"):
        reserve(lot, 5, "SO-2")
    claim = services.reserve(lot, Decimal(5), "SO-2", at=later)

    passing.refresh_from_db()
    assert (claim.quantity, passing.status) == (5, "released")
    assert services.reserved(lot) == 5


def test_stock_whose_claim_has_run_out_is_shipped_to_anybody():
    lot = plant.make_lot()
    services.reserve(lot, Decimal(8), "O-1", expires_at=plant.MONDAY, at=plant.MONDAY - timedelta(days=1))

    services.ship(lot, Decimal(9), reference="SO-2", **acting())

    assert services.on_hand(lot) == 1


def test_a_passing_claim_is_made_to_last_while_it_binds_and_not_after():
    lot = plant.make_lot()
    end = plant.MONDAY + timedelta(hours=2)
    one, other = (services.reserve(lot, Decimal(4), "O-1", expires_at=end, at=plant.MONDAY) for _ in "ab")

    kept = services.keep_reservation(one, "SO-1/1", at=plant.MONDAY)
    with pytest.raises(services.ReservationGone) as refusal:
        services.keep_reservation(other, "SO-1/1", at=end)

    assert (kept.purpose, kept.expires_at) == ("SO-1/1", None)
    assert refusal.value.code == "inventory.reservation_gone"
    assert services.reserved(lot, at=end) == 4
