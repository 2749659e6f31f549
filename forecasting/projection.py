"""The stock of one item day by day, without and with what is proposed for it, and the chance that it runs out.

The walk is netting's: what is forecast and finds no stock is lost, what is ordered waits, what gets too old is gone. Chances and the band come from demand up
to a day as a distribution (`risk`), held against all that is there or comes by then.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from typing import Any

import numpy as np

from forecasting.models import Forecast, ForecastRun, ItemForecast, Replenishment
from forecasting.netting import Demand, Supply
from forecasting.policy import QuantileDemand
from forecasting.proposals import entries_of
from forecasting.risk import Spread, demand_by_day, exceeds
from forecasting.today import Today
from inventory.models import Item
from production.models import Component, ProcessPlan

HORIZON_DAYS = 91
EVENTS_NAMED = 60
LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True)
class Outcome:
    """Stock at the end of each day as expected, its band of nine in ten, and the chance that it has run out by then."""

    stock: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    chance_out: Sequence[float]


@dataclass(frozen=True)
class Projection:
    """Stock at the end of each day from `first` on, without and with the item's own proposals; what is proposed for its products is
    taken in both. `events` are what comes and what is asked for by name. Bands and chances are empty where nothing is forecast.
    """

    first: date
    without: Outcome
    with_proposals: Outcome
    events: Sequence[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """Lists by day, in the item's unit; chances from 0 to 1."""
        count = len(self.without.stock)
        return {
            "days": [(self.first + timedelta(days=number)).isoformat() for number in range(count)],
            "without": _outcome(self.without),
            "with_proposals": _outcome(self.with_proposals),
            "events": list(self.events),
        }


def project(item: Item, *, at: datetime, horizon_days: int = HORIZON_DAYS) -> Projection:
    """Walk through the days from today on, no further than the forecast of the item reaches."""
    today = at.astimezone(item.site.zone).date()
    run = ForecastRun.objects.latest_done()
    means = _means(run, item, today)
    horizon_days = min(horizon_days, len(means)) if means else horizon_days
    supplies, demands = entries_of(
        item, means, at=at, today=Today.everywhere(today), horizon_days=horizon_days
    )
    proposed, asked = _proposed(item, today)
    ordered = [demand for demand in demands if not demand.is_forecast]
    demands += asked
    spread = spread_of(run, item)
    return Projection(
        first=today,
        without=outcome(supplies, demands, spread, horizon_days),
        with_proposals=outcome([*supplies, *proposed], demands, spread, horizon_days),
        events=[
            *(_event(entry, 1, today) for entry in supplies if not _is_there(entry)),
            *(_event(entry, 1, today, is_proposed=True) for entry in proposed),
            *(_event(entry, -1, today) for entry in ordered),
            *(_event(entry, -1, today, is_proposed=True) for entry in asked),
        ][:EVENTS_NAMED],
    )


def outcome(
    supplies: Iterable[Supply], demands: Iterable[Demand], spread: Spread | None, days: int
) -> Outcome:
    """What becomes of the stock of one item over `days` days; without a spread there are neither band nor chances."""
    walked = walk(supplies, demands, days)
    if spread is None:
        return Outcome(walked.stock, [], [], [])
    pairs = list(zip(walked.there, demand_by_day(walked.forecast, spread), strict=True))
    return Outcome(
        stock=walked.stock,
        low=[max(have - total.quantile(HIGH), min(have, 0.0)) for have, total in pairs],
        high=[max(have - total.quantile(LOW), min(have, 0.0)) for have, total in pairs],
        chance_out=[exceeds(total, have) for have, total in pairs],
    )


@dataclass(frozen=True)
class Walked:
    """By day: stock at its end; all that has come by then less what was asked for by name and what got too old; what is forecast."""

    stock: Sequence[float]
    there: Sequence[float]
    forecast: Sequence[float]


def walk(supplies: Iterable[Supply], demands: Iterable[Demand], days: int) -> Walked:
    """Walk through the days with one item: what expires first goes first, and is gone after its last day.

    What is forecast and finds no stock is lost, what is ordered waits. What lies before the first day counts as of the first, what
    lies beyond the last is left out.
    """
    coming: dict[int, list[Supply]] = defaultdict(list)
    for supply in supplies:
        coming[max(supply.day, 0)].append(supply)
    firm, forecast = [0.0] * days, [0.0] * days
    for demand in demands:
        if demand.day < days:
            (forecast if demand.is_forecast else firm)[max(demand.day, 0)] += demand.quantity
    lots: list[list[float]] = []  # a heap of last day and quantity
    owed, total, stock, there = 0.0, 0.0, [], []
    for day in range(days):
        for supply in coming[day]:
            heappush(lots, [supply.last_day, supply.quantity])
        total += sum(supply.quantity for supply in coming[day]) - firm[day] - _gone(lots, day - 1)
        owed = _taken(lots, owed + firm[day])
        _taken(lots, forecast[day])
        stock.append(sum(quantity for _, quantity in lots) - owed)
        there.append(total)
    return Walked(stock, there, forecast)


def _taken(lots: list[list[float]], wanted: float) -> float:
    """Take what is wanted from the lots, the first to expire first; what they do not have is returned."""
    while wanted > 0 and lots:
        taken = min(lots[0][1], wanted)
        lots[0][1] -= taken
        wanted -= taken
        if lots[0][1] <= 0:
            heappop(lots)
    return wanted


def _gone(lots: list[list[float]], day: int) -> float:
    """What was to be used on this day at the latest, and was not."""
    gone = 0.0
    while lots and lots[0][0] <= day:
        gone += heappop(lots)[1]
    return gone


def spread_of(run: ForecastRun | None, item: Item) -> Spread | None:
    """How sure demand over the lead time is; None where the item is not forecast."""
    row = ItemForecast.objects.filter(run=run, item=item).first() if run is not None else None
    return None if row is None else spread_in(row)


def spread_in(row: ItemForecast) -> Spread | None:
    """What may be asked for over the lead time, by its quantiles; None where the run kept none."""
    quantiles = sorted((float(level), float(value)) for level, value in row.lead_time_quantiles.items())
    if not quantiles:
        return None
    levels, values = zip(*quantiles, strict=True)
    mean = QuantileDemand(np.array(levels), np.array(values)).mean
    return Spread(row.lead_time_days, mean, levels, values)


def _is_there(entry: Supply) -> bool:
    """Usable stock, which comes from nowhere."""
    return entry.day <= 0 and entry.what.startswith("stock")


def _outcome(made: Outcome) -> dict[str, list[float]]:
    return {
        "stock": [round(value, 3) for value in made.stock],
        "low": [round(value, 3) for value in made.low],
        "high": [round(value, 3) for value in made.high],
        "chance_out": [round(value, 4) for value in made.chance_out],
    }


def _means(run: ForecastRun | None, item: Item, today: date) -> list[float]:
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
