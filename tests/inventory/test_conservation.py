"""Whatever is done to stock, in whatever order, refused or not, quantities are conserved."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory import services
from inventory.models import Balance, Transformation
from mes.core.refusals import DomainError
from tests import plant


class Storeroom:
    """Lots of one item among three places; each method is one act, whose parameters are drawn at random."""

    ACTS = (
        "receive",
        "transfer",
        "scrap",
        "ship",
        "adjust",
        "count",
        "split",
        "reverse",
        "reserve",
        "issue",
        "hold",
        "release",
    )

    def __init__(self) -> None:
        site = plant.make_site()
        self.item = plant.make_item(site=site, uom="KGM")
        self.places = [plant.make_location(site) for _ in range(3)]
        self.lots = [plant.make_lot(self.item, 20, location=self.places[0])]
        self.who: dict[str, Any] = {"by": plant.make_user(), "at": plant.MONDAY}
        self.make = services.begin_transformation(Transformation.Kind.PRODUCTION, reference="B-1", **self.who)

    def receive(self, lot, place, quantity):
        self.lots.append(plant.make_lot(self.item, quantity, location=place))

    def transfer(self, lot, place, quantity):
        services.transfer(lot, quantity, destination=place, **self.who)

    def scrap(self, lot, place, quantity):
        services.scrap(lot, quantity, reason="Dropped", **self.who)

    def ship(self, lot, place, quantity):
        services.ship(lot, quantity, reference="SO-1", **self.who)

    def adjust(self, lot, place, quantity):
        less = place == self.places[0]
        services.adjust(lot, place, -quantity if less else quantity, "Leak", **self.who)

    def count(self, lot, place, quantity):
        services.count_stock(lot, location=place, counted=quantity, **self.who)

    def split(self, lot, place, quantity):
        self.lots.append(services.split_lot(lot, quantity, **self.who))

    def reverse(self, lot, place, quantity):
        moves = list(lot.moves.order_by("pk"))
        services.reverse(moves[int(quantity) % len(moves)], "Mistake", **self.who)

    def reserve(self, lot, place, quantity):
        services.reserve(lot, quantity, "SO-1" if place == self.places[0] else "SO-2", at=plant.MONDAY)

    def issue(self, lot, place, quantity):
        services.issue(lot, quantity, transformation=self.make, **self.who)

    def hold(self, lot, place, quantity):
        services.hold_lot(lot, "Doubt", **self.who)

    def release(self, lot, place, quantity):
        services.release_lot(lot, **self.who)

    def do(self, kind, which, quantity):
        lot, place = self.lots[which % len(self.lots)], self.places[which % 3]
        with suppress(DomainError), transaction.atomic():
            getattr(self, kind)(lot, place, quantity)


def total(rows):
    return rows.aggregate(total=Sum("quantity"))["total"] or Decimal(0)


@pytest.mark.django_db
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(Storeroom.ACTS), st.integers(0, 5), st.decimals("0.0001", "30", places=4)),
        min_size=5,
        max_size=25,
    )
)
def test_whatever_is_done_in_whatever_order_quantities_are_conserved(acts):
    room = Storeroom()

    for act in acts:
        room.do(*act)

    for lot in room.lots:
        balances = Balance.objects.filter(lot=lot).select_related("location")
        assert total(balances) == 0
        assert not balances.filter(is_real=True, quantity__lt=0).exists()
        assert total(lot.reservations.open()) <= services.on_hand(lot)
        for balance in balances:
            arrived = total(lot.moves.filter(destination=balance.location))
            left = total(lot.moves.filter(source=balance.location))
            assert balance.quantity == arrived - left
