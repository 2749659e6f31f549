"""Lots, purchases, orders and customers' lines that the supplies and demands of an item stand for."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from forecasting.netting import Demand, Supply
from forecasting.pegged import Served
from forecasting.proposals import LOT
from inventory.models import ExpectedReceipt, Item, Lot
from orders.models import OrderLine, Peg
from production.models import ProductionOrder

_DEEPEST: Final = 30


class Concerned:
    """The rows that supplies and demands of an item are about, read at once."""

    def __init__(
        self, item: Item, supplies: Iterable[Supply], demands: Sequence[Demand], at: datetime
    ) -> None:
        own = [supply for supply in supplies if supply.item == str(item.pk)]
        lots = [one.what.removeprefix(LOT) for one in own if one.what.startswith(LOT)]
        self.lots = {lot.number: lot for lot in Lot.objects.filter(item=item, number__in=lots)}
        self.purchases = ExpectedReceipt.objects.in_bulk([one.key for one in own if one.key > 0])
        self.orders = _with_parents(
            {-one.key for one in own if one.key < 0} | {-one.key for one in demands if one.key < 0}
        )
        roots = {self._root(order).pk for order in self.orders.values()}
        self.customers: dict[int, list[Peg]] = defaultdict(list)
        for peg in Peg.objects.of_production().filter(production_order__in=roots).order_by("pk"):
            self.customers[int(peg.production_order_id or 0)].append(peg)
        wanted = {one.key for one in demands if one.key > 0}
        wanted |= {peg.line_id for pegs in self.customers.values() for peg in pegs}
        lines = OrderLine.objects.filter(pk__in=wanted).with_progress(at)
        self.lines: dict[int, Any] = {line.pk: line for line in lines.select_related("order", "item__site")}

    def of_supply(self, supply: Supply) -> Any:
        if supply.what.startswith(LOT):
            return self.lots.get(supply.what.removeprefix(LOT))
        return self.purchases.get(supply.key) if supply.key > 0 else self.orders.get(-supply.key)

    def of_demand(self, demand: Demand) -> Any:
        return self.lines.get(demand.key) if demand.key > 0 else self.orders.get(-demand.key)

    def customers_of(self, demand: Demand) -> list[Served]:
        """The customers' lines that an order for a customer is made for, in the end."""
        order = self.orders.get(-demand.key) if demand.key < 0 else None
        if order is None:
            return []
        found = []
        for peg in self.customers.get(self._root(order).pk, ()):
            line = self.lines[peg.line_id]
            found.append(
                Served(
                    "order",
                    str(line),
                    line.item,
                    line.wanted_date,
                    line.wanted_date,
                    float(peg.quantity),
                    line,
                )
            )
        return found

    def _root(self, order: ProductionOrder) -> ProductionOrder:
        for _ in range(_DEEPEST):
            above = self.orders.get(order.parent_id) if order.parent_id is not None else None
            if above is None:
                break
            order = above
        return order


def _with_parents(keys: Iterable[int]) -> dict[int, ProductionOrder]:
    """Production orders and all that they are sub-orders of, level by level."""
    found: dict[int, ProductionOrder] = {}
    wanted = set(keys)
    while wanted:
        rows = ProductionOrder.objects.select_related("item").in_bulk(list(wanted))
        found |= rows
        wanted = {row.parent_id for row in rows.values() if row.parent_id is not None} - found.keys()
    return found
