"""The stock of one item day by day, without and with what is proposed for it.

The walk is netting's: what is forecast and finds no stock is lost, what is ordered waits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from forecasting.models import Forecast, ForecastRun, Replenishment
from forecasting.netting import Demand, Supply
from forecasting.proposals import entries_of
from inventory.models import Item
from production.models import Component, ProcessPlan

HORIZON_DAYS = 91
EVENTS_NAMED = 40


@dataclass(frozen=True)
class Projection:
    """Stock at the end of each day from `first` on, without and with the item's own proposals; what is proposed for its products is
    taken in both. `events` are what comes and what is asked for by name.
    """

    first: date
    without: Sequence[float]
    with_proposals: Sequence[float]
    events: Sequence[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        days = [(self.first + timedelta(days=number)).isoformat() for number in range(len(self.without))]
        return {
            "days": days,
            "without": [round(value, 3) for value in self.without],
            "with_proposals": [round(value, 3) for value in self.with_proposals],
            "events": list(self.events),
        }


def project(item: Item, *, at: datetime, horizon_days: int = HORIZON_DAYS) -> Projection:
    """Walk through the days from today on."""
    today = at.astimezone(item.site.zone).date()
    means = _means(item, today)
    supplies, demands = entries_of(item, means, at=at, as_of=today, horizon_days=horizon_days)
    proposed, asked = _proposed(item, today)
    ordered = [demand for demand in demands if not demand.is_forecast]
    demands += asked
    return Projection(
        first=today,
        without=walk(supplies, demands, horizon_days),
        with_proposals=walk([*supplies, *proposed], demands, horizon_days),
        events=[
            *(_event(entry, 1, today) for entry in supplies if entry.what != "stock"),
            *(_event(entry, 1, today, is_proposed=True) for entry in proposed),
            *(_event(entry, -1, today) for entry in ordered),
            *(_event(entry, -1, today, is_proposed=True) for entry in asked),
        ][:EVENTS_NAMED],
    )


def walk(supplies: Iterable[Supply], demands: Iterable[Demand], days: int) -> list[float]:
    """Stock at the end of each of `days` days; what lies before the first counts as of the first, what lies beyond is left out."""
    coming, firm, forecast = [0.0] * days, [0.0] * days, [0.0] * days
    for supply in supplies:
        if supply.day < days:
            coming[max(supply.day, 0)] += supply.quantity
    for demand in demands:
        if demand.day < days:
            (forecast if demand.is_forecast else firm)[max(demand.day, 0)] += demand.quantity
    stock, ends = 0.0, []
    for day in range(days):
        left = stock + coming[day] - firm[day]
        stock = left - min(forecast[day], max(left, 0.0))
        ends.append(stock)
    return ends


def _means(item: Item, today: date) -> list[float]:
    run = ForecastRun.objects.latest_done()
    if run is None:
        return []
    rows = Forecast.objects.filter(run=run, item=item, date__gte=today).order_by("date")
    return list(rows.values_list("mean", flat=True))


def _proposed(item: Item, today: date) -> tuple[list[Supply], list[Demand]]:
    """Open proposals of the item, and what open proposals of its products would take of it."""
    key = str(item.pk)
    own = Replenishment.objects.proposed().filter(item=item).most_urgent_first()
    comes = [Supply(key, (row.due_date - today).days, float(row.quantity), "proposal") for row in own]
    users = Component.objects.filter(item=item, plan__in=ProcessPlan.objects.effective())
    shares = users.values_list("plan__item", "quantity_per")
    per_product: dict[int, float] = {}
    for product, quantity in shares:
        per_product[product] = per_product.get(product, 0.0) + float(quantity)
    rows = Replenishment.objects.proposed().filter(item__in=per_product).select_related("item")
    goes = [
        Demand(
            key,
            (row.start_date - today).days,
            float(row.quantity) * per_product[row.item_id],
            f"proposed {row.item}",
            is_forecast=False,
        )
        for row in rows.order_by("start_date", "pk")
    ]
    return comes, goes


def _event(entry: Supply | Demand, sign: int, today: date, *, is_proposed: bool = False) -> dict[str, Any]:
    return {
        "date": (today + timedelta(days=max(entry.day, 0))).isoformat(),
        "quantity": round(sign * entry.quantity, 3),
        "what": entry.what,
        "proposed": is_proposed,
    }
