"""Whatever a plant does, in whatever order: every lot leads back to where it came from, everything is accounted for, and a recall misses nothing."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory import services
from inventory.balancing import balances_of
from inventory.genealogy import downstream, upstream
from inventory.models import Lot, Move, Transformation
from mes.core.refusals import DomainError
from orders import services as orders
from quality import services as quality
from tests import plant

ACTS = (
    "receive",
    "split",
    "merge",
    "make",
    "assemble",
    "rework",
    "serialise",
    "ship",
    "take_back",
    "scrap",
    "count",
    "reverse",
    "send_back",
)


class Works:
    """A plant of three items; each method is one act on lots chosen at random."""

    def __init__(self) -> None:
        self.site = plant.make_site()
        self.raw, self.part, self.unit = (plant.make_item(site=self.site) for _ in range(3))
        self.who: dict[str, Any] = {"by": plant.make_user(), "at": plant.MONDAY}
        self.parents: dict[int, set[int]] = {}
        self.lots: list[Lot] = []
        self.receive(self.lots, 9)
        self.receive(self.lots, 9)

    def receive(self, chosen: list[Lot], quantity: int) -> None:
        self._born(plant.make_lot(self.raw, quantity, by=self.who["by"]))

    def split(self, chosen: list[Lot], quantity: int) -> None:
        self._born(services.split_lot(chosen[0], Decimal(quantity), **self.who), chosen[0])

    def merge(self, chosen: list[Lot], quantity: int) -> None:
        self._born(services.merge_lots(chosen[:2], **self.who), *chosen[:2])

    def make(self, chosen: list[Lot], quantity: int) -> None:
        self._make(self.part, chosen[:1], quantity)

    def assemble(self, chosen: list[Lot], quantity: int) -> None:
        self._make(self.unit, chosen[:3], quantity)

    def rework(self, chosen: list[Lot], quantity: int) -> None:
        act = services.begin_transformation(Transformation.Kind.REWORK, reference="RW", **self.who)
        services.issue(chosen[0], Decimal(1), transformation=act, **self.who)
        extra = [lot for lot in chosen[1:2] if lot.pk != chosen[0].pk]
        for lot in extra:
            services.issue(lot, Decimal(1), transformation=act, **self.who)
        services.output(chosen[0], Decimal(1), transformation=act, **self.who)
        for lot in extra:
            self.parents[chosen[0].pk].add(lot.pk)

    def serialise(self, chosen: list[Lot], quantity: int) -> None:
        for piece in services.serialise(chosen[0], **self.who):
            self._born(piece, chosen[0])

    def ship(self, chosen: list[Lot], quantity: int) -> None:
        services.ship(chosen[0], Decimal(quantity), reference="SH", **self.who)

    def take_back(self, chosen: list[Lot], quantity: int) -> None:
        back = services.take_back(chosen[0], Decimal(quantity), reason="Dented", **self.who)
        if back.pk != chosen[0].pk:
            self._born(back, chosen[0])

    def scrap(self, chosen: list[Lot], quantity: int) -> None:
        services.scrap(chosen[0], Decimal(quantity), reason="Dropped", **self.who)

    def send_back(self, chosen: list[Lot], quantity: int) -> None:
        services.return_to_supplier(chosen[0], Decimal(quantity), reason="Spare", **self.who)

    def count(self, chosen: list[Lot], quantity: int) -> None:
        place = chosen[0].balances.on_hand().select_related("location__site").earliest("pk").location
        services.count_stock(chosen[0], location=place, counted=Decimal(quantity), **self.who)

    def reverse(self, chosen: list[Lot], quantity: int) -> None:
        """Only what leaves no descendant behind, so that the parents known here stay right."""
        move = chosen[0].moves.filter(kind__in=["shipment", "scrap", "adjustment", "return"]).latest("pk")
        services.reverse(move, "Mistake", **self.who)

    def do(self, act: str, which: list[int], quantity: int) -> None:
        chosen = [self.lots[index % len(self.lots)] for index in which]
        for lot in chosen:
            lot.refresh_from_db()
        known = {lot: set(parents) for lot, parents in self.parents.items()}
        lots = list(self.lots)
        try:
            with transaction.atomic():
                getattr(self, act)(chosen, quantity)
        except (DomainError, Move.DoesNotExist, chosen[0].balances.model.DoesNotExist):
            self.parents, self.lots = known, lots

    def _make(self, item: Any, used: list[Lot], quantity: int) -> None:
        act = services.begin_transformation(Transformation.Kind.PRODUCTION, reference="B", **self.who)
        for lot in {lot.pk: lot for lot in used}.values():
            services.issue(lot, Decimal(1), transformation=act, **self.who)
        made = services.create_lot(item, number=None, status=Lot.Status.RELEASED, at=plant.MONDAY)
        services.output(made, Decimal(quantity), transformation=act, **self.who)
        self._born(made, *used)

    def _born(self, lot: Lot, *parents: Lot) -> None:
        self.lots.append(lot)
        self.parents[lot.pk] = {parent.pk for parent in parents}

    def ancestors(self, lot: int) -> set[int]:
        found, front = {lot}, {lot}
        while front:
            front = {parent for each in front for parent in self.parents[each]} - found
            found |= front
        return found


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(
        st.tuples(
            st.sampled_from(ACTS),
            st.lists(st.integers(0, 40), min_size=3, max_size=3, unique=True),
            st.integers(1, 6),
        ),
        min_size=6,
        max_size=22,
    ),
    start=st.integers(0, 3),
)
def test_genealogy_is_complete_and_balances_add_up_whatever_a_plant_does(acts, start):
    works = Works()
    for act in acts:
        works.do(*act)

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    keys = [lot.pk for lot in works.lots]
    lineage = {key: works.ancestors(key) for key in keys}
    for key in keys:
        assert set(upstream([key])) == lineage[key]
        assert set(downstream([key])) == {other for other in keys if key in lineage[other]}
    for balance in balances_of(keys).values():
        assert balance.difference == 0
        assert min(balance.on_hand, balance.shipped - balance.returned) >= 0
    roots = Lot.objects.filter(pk__in=[key for key in keys if not works.parents[key]])
    assert all(lot.moves.earliest("pk").kind == Move.Kind.RECEIPT for lot in roots)

    origin = works.lots[start % len(works.lots)]
    recall = orders.start_recall(basis="lot", reason="Doubt", lots=[origin], **works.who)
    quality.hold_recall(recall, **works.who)

    affected = {key for key in keys if origin.pk in lineage[key]}
    assert set(recall.lots.values_list("lot", flat=True)) == affected
    for lot in Lot.objects.filter(pk__in=affected).select_related("item__site"):
        with suppress(services.InsufficientStock), pytest.raises(services.LotNotUsable):
            services.ship(lot, Decimal(1), reference="SH", **works.who)
    assert not Lot.objects.filter(pk__in=set(keys) - affected, is_recalled=True).exists()
