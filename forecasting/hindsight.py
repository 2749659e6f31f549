"""What the reviews of past runs would have served: their stored curves beside the demand that came."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from django.db.models import Exists, OuterRef

from forecasting import policy
from forecasting.demand import History
from forecasting.methods.series import FloatArray
from forecasting.models import ForecastRun, StockTarget

_MOST_ITEMS: Final = 150
"""Of a class that are looked back on; a ratio pooled over so many is known well enough."""
_RUN_MISSED_DAYS: Final = 2
"""A run that failed one night is stood in for by the one before."""


@dataclass(frozen=True, eq=False)
class Reviewed:
    """An item and how it is reviewed, in days."""

    history: History
    lead_days: float
    review_days: int
    waits: bool


def experience_of(reviewed: Sequence[Reviewed], as_of: date) -> policy.Experience:
    """What past runs teach about these items' curves; `policy.UNTRIED` where there are too few of them; in two queries."""
    stride = max(1, -(-len(reviewed) // _MOST_ITEMS))
    alike: dict[tuple[int, int, bool], list[Reviewed]] = defaultdict(list)
    for one in reviewed[::stride]:
        # A history that was moved up to today was another one at the runs before.
        if not one.history.remark:
            alike[round(one.lead_days), one.review_days, one.waits].append(one)
    runs = _runs(as_of)
    chosen = {review_days: _at_reviews(runs, review_days, as_of) for _, review_days, _ in alike}
    curves = _curves(reviewed[::stride], {run for each in chosen.values() for run in each})
    pasts = (_past(group, key, chosen[key[1]], curves, as_of) for key, group in alike.items())
    return policy.experience([past for past in pasts if past is not None])


def has_past(as_of: date) -> bool:
    """Whether any run before `as_of` left curves."""
    return bool(_runs(as_of))


def _runs(as_of: date) -> dict[date, int]:
    """The newest run done of each day before `as_of` that left curves; one made in hindsight has none."""
    curves = StockTarget.objects.filter(run=OuterRef("pk")).exclude(curve={})
    rows = ForecastRun.objects.filter(Exists(curves), status=ForecastRun.Status.DONE, as_of__lt=as_of)
    return dict(rows.order_by("started_at", "pk").values_list("as_of", "pk"))


def _past(
    group: Sequence[Reviewed],
    key: tuple[int, int, bool],
    chosen: Sequence[int],
    curves: Mapping[tuple[int, int], dict[str, Any]],
    as_of: date,
) -> policy.Past | None:
    """The reviews of items of one lead time and review period (`key`, in days, and whether their demand waits), where there are enough."""
    lead_days, review_days, waits = key
    days = len(chosen) * review_days
    known = [one for one in group if all((run, one.history.item.pk) in curves for run in chosen)]
    if days <= lead_days + review_days or not known:
        return None

    def table(name: str) -> FloatArray:
        return np.array([[curves[run, one.history.item.pk][name] for one in known] for run in chosen])

    return policy.Past(
        levels=table("stocks"),
        foretold=table("missed"),
        weights=table("weight"),
        demand=np.array([_by_day(one.history, as_of, days) for one in known]).T,
        lead=lead_days,
        review=review_days,
        waits=waits,
    )


def _at_reviews(runs: dict[date, int], review_days: int, as_of: date) -> list[int]:
    """Runs one review apart, oldest first, back to the first that is missing."""
    chosen: list[int] = []
    for number in range(1, policy.REVIEWS_LOOKED_BACK + 1):
        day = as_of - timedelta(days=number * review_days)
        near = (day - timedelta(days=late) for late in range(_RUN_MISSED_DAYS + 1))
        found = next((runs[each] for each in near if each in runs), None)
        if found is None:
            break
        chosen.append(found)
    return chosen[::-1]


def _curves(reviewed: Sequence[Reviewed], runs: Collection[int]) -> dict[tuple[int, int], dict[str, Any]]:
    rows = StockTarget.objects.filter(run__in=runs, item__in=[one.history.item.pk for one in reviewed])
    found = rows.exclude(curve={}).values_list("run", "item", "curve")
    return {(run, item): curve for run, item, curve in found}


def _by_day(history: History, as_of: date, days: int) -> FloatArray:
    """Demand of each of the `days` days before `as_of`: its weekday's share of its week."""
    back = np.arange(days, 0, -1)
    weeks = np.concatenate([np.zeros(days // 7 + 1), history.series.values])
    return np.asarray(weeks[-((back - 1) // 7 + 1)] * history.weekdays[(as_of.weekday() - back) % 7])
