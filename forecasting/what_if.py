"""Service against capital: what the newest targets would cost at other service levels, for one item or for many."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from django.db.models import QuerySet

from forecasting import policy
from forecasting.models import ForecastRun, NettingRules, StockTarget
from inventory.models import Item


def service_curve(item: Item) -> dict[str, Any] | None:
    """Service against capital of one item, and where its target stands; None before a run has set one.

    Money is at unit cost (unit price where there is none), a year's where it is a flow.
    """
    row = newest_targets().filter(item=item).first()
    if row is None:
        return None
    rate = NettingRules.objects.current().holding_share_a_year
    curve, worth = _curve(row), _worth(row.item)
    return _answer(
        [row],
        rate,
        alike=policy.what_if(curve, worth, holding_rate=rate),
        one_risk=[],
        now=policy.point_at(curve, worth, row.explanation["covering"], holding_rate=rate),
    )


def service_curve_of(targets: QuerySet[StockTarget]) -> dict[str, Any] | None:
    """The same of many items together: when all have the same service, and when all run the same risk, which takes the least capital."""
    rows = list(targets)
    if not rows:
        return None
    rate = NettingRules.objects.current().holding_share_a_year
    items = [(_curve(row), _worth(row.item)) for row in rows]
    now = [
        policy.point_at(curve, worth, row.explanation["covering"], holding_rate=rate)
        for row, (curve, worth) in zip(rows, items, strict=True)
    ]
    return _answer(
        rows,
        rate,
        alike=policy.all_alike(items, holding_rate=rate),
        one_risk=[
            point
            for point in policy.all_at_one_risk(items, holding_rate=rate)
            if point.service >= policy.SERVICES[0]
        ],
        now=policy.total(now, items),
    )


def newest_targets() -> QuerySet[StockTarget]:
    """The targets that count and have a curve, with their items."""
    found = StockTarget.objects.filter(run=ForecastRun.objects.latest_done()).exclude(curve={})
    return found.select_related("item").order_by("item__number", "pk")


def _answer(
    rows: Sequence[StockTarget],
    rate: float,
    *,
    alike: Iterable[policy.Point],
    one_risk: Iterable[policy.Point],
    now: policy.Point,
) -> dict[str, Any]:
    return {
        "run": rows[0].run_id,
        "items": len(rows),
        "holding_rate": rate,
        "now": _plain(now),
        "points": [_plain(point) for point in alike],
        "shared_points": [_plain(point) for point in one_risk],
    }


def _plain(point: policy.Point) -> dict[str, float]:
    return {name: round(value, 5 if name == "service" else 2) for name, value in asdict(point).items()}


def _curve(row: StockTarget) -> policy.ServiceCurve:
    known = row.curve
    return policy.ServiceCurve(
        stocks=np.array(known["stocks"]),
        missed=np.array(known["missed"]),
        left=np.array(known["left"]),
        lot=known["lot"],
        mean=known["mean"],
        rate=known["rate"],
        review_days=known["review_days"],
    )


def _worth(item: Item) -> policy.Worth:
    return policy.Worth(float(item.unit_cost or item.unit_price), float(item.storage_volume_m3))
