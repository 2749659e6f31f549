"""What a run has stored, as netting wants it."""

from collections.abc import Mapping
from typing import Any, Final

from forecasting.lot_rules import Planned
from forecasting.models import ForecastRun, ItemForecast, StockTarget
from forecasting.policies import policies_of
from forecasting.today import Today

_DECILES_APART: Final = 2.5631
"""Of the normal distribution, in standard deviations."""


def planned_of(run: ForecastRun, today: Today) -> list[Planned]:
    """Every item with a target: its forecast by day from today at its plant on, and what its target and policy ask for."""
    targets = list(StockTarget.objects.filter(run=run).select_related("item__site").order_by("item"))
    policies = policies_of(target.item for target in targets)
    forecasts = ItemForecast.objects.filter(run=run).values_list(
        "item", "daily_means", "lead_time_days", "lead_time_quantiles"
    )
    known = {item: (means, days, quantiles) for item, means, days, quantiles in forecasts}
    planned = []
    for target in targets:
        means, days, quantiles = known.get(target.item_id, ([], 1, {}))
        own = policies[target.item_id]
        planned.append(
            Planned(
                item=target.item,
                means=means[max((today.of(target.item) - run.as_of).days, 0) :],
                safety_stock=float(target.safety_stock),
                order_up_to=float(target.order_up_to),
                cover_days=max(own.cover_days, own.review_days),
                **_spread(days, quantiles),
            )
        )
    return planned


def _spread(days: int, quantiles: Mapping[str, float]) -> dict[str, Any]:
    """Standard deviation of demand over so many days, as wide as a normal one with these deciles."""
    width = quantiles.get("0.9", 0.0) - quantiles.get("0.1", 0.0)
    return {"deviation": width / _DECILES_APART, "deviation_days": max(days, 1)}
