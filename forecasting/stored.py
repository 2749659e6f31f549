"""What a run has stored, as netting wants it."""

from array import array
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final

from django.db.models import QuerySet

from forecasting.lot_rules import Planned
from forecasting.models import ForecastRun, ItemForecast, StockTarget
from forecasting.policies import policies_of
from forecasting.today import Today
from inventory.models import Item, Site

_DECILES_APART: Final = 2.5631
"""Of the normal distribution, in standard deviations."""
_AT_ONCE: Final = 2_000


def planned_of(run: ForecastRun, today: Today, *, among: Collection[int] | None = None) -> list[Planned]:
    """Every item with a target: its forecast by day from today at its plant on, and what its target and policy ask for.

    :param among: keys of items; all others are left out.
    """
    targets, forecasts = StockTarget.objects.filter(run=run), ItemForecast.objects.filter(run=run)
    if among is not None:
        targets, forecasts = targets.filter(item__any_of=among), forecasts.filter(item__any_of=among)
    items = {item.pk: item for item in Item.objects.filter(pk__in=targets.values("item"))}
    sites = Site.objects.in_bulk({item.site_id for item in items.values()})
    for item in items.values():
        item.site = sites[item.site_id]
    rows = targets.order_by("item").values_list("item", "safety_stock", "order_up_to", "abc", "xyz")
    found = list(rows)
    policies = policies_of(items.values(), {item: (abc, xyz) for item, _, _, abc, xyz in found})
    known = _forecasts(forecasts)
    planned = []
    for key, safety_stock, order_up_to, _, _ in found:
        means, spread = known.get(key, (array("d"), {}))
        own = policies[key]
        planned.append(
            Planned(
                item=items[key],
                means=means[max((today.of(items[key]) - run.as_of).days, 0) :],
                safety_stock=float(safety_stock),
                order_up_to=float(order_up_to),
                cover_days=max(own.cover_days, own.review_days),
                **spread,
            )
        )
    return planned


def means_from(run: ForecastRun, items: Any, today: date) -> dict[int, list[float]]:
    """The forecast by day from a day on, by the key of an item; items that the run has not forecast are left out.

    :param items: their keys, or the query that finds them.
    """
    rows = ItemForecast.objects.filter(run=run, item__in=items)
    past = max((today - run.as_of).days, 0)
    return {item: means[past:] for item, means in rows.values_list("item", "daily_means")}


def _forecasts(
    forecasts: QuerySet[ItemForecast],
) -> dict[int, tuple[Sequence[float], dict[str, Any]]]:
    """Means by day and spread of each item; packed as they are read, since a plant has millions of days."""
    rows = forecasts.values_list(
        "item", "daily_means", "lead_time_days", "lead_time_quantiles__0.9", "lead_time_quantiles__0.1"
    )
    return {
        item: (array("d", means), _spread(days, high or 0.0, low or 0.0))
        for item, means, days, high, low in rows.iterator(chunk_size=_AT_ONCE)
    }


def _spread(days: int, high: float, low: float) -> dict[str, Any]:
    """Standard deviation of demand over so many days, as wide as a normal one with these deciles."""
    return {"deviation": (high - low) / _DECILES_APART, "deviation_days": max(days, 1)}
