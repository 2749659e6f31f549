"""Builders of demand, on top of `tests.plant`: items with a history, and a plan of stock for them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from forecasting import services
from forecasting.models import DemandHistory, Forecast, ForecastRun, Replenishment, StockPolicy, StockTarget
from inventory.models import Item
from tests.plant import MONDAY, make_item

TODAY = MONDAY.date()


def make_history(
    item: Item,
    *,
    per_day: float = 10,
    days: int = 364,
    until: date = TODAY,
    seed: int = 1,
    closed: tuple[int, ...] = (),
) -> None:
    """Poisson demand on each day up to the day before `until`, none on the weekdays in `closed` (0 = Monday)."""
    drawn = np.random.default_rng(seed).poisson(per_day, days)
    DemandHistory.objects.bulk_create(
        DemandHistory(item=item, date=day, quantity=Decimal(int(quantity)))
        for number, quantity in enumerate(drawn)
        if (day := until - timedelta(days=days - number)).weekday() not in closed
    )


def make_stocked_item(
    *, per_day: float = 10, days: int = 364, policy: dict[str, Any] | None = None, **fields: Any
) -> Item:
    """A bought item (unless stated) with a lead time of seven days and a year of even demand."""
    given: dict[str, Any] = {"supply": "buy", "lead_time_days": 7} | fields
    item = make_item(**given)
    make_history(item, per_day=per_day, days=days)
    if policy is not None:
        StockPolicy.objects.create(item=item, **policy)
    return item


def plan_stock(at: datetime = MONDAY, **options: Any) -> ForecastRun:
    return services.run_forecast(at=at, **{"horizon_days": 42} | options)


def proposals_of(item: Item) -> list[Replenishment]:
    return list(Replenishment.objects.proposed().filter(item=item).most_urgent_first())


def target_of(item: Item) -> StockTarget:
    return StockTarget.objects.filter(item=item).latest("run")


def means_of(item: Item, run: ForecastRun) -> list[float]:
    return list(Forecast.objects.filter(run=run, item=item).order_by("date").values_list("mean", flat=True))
