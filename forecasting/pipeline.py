"""From stored demand to stored forecasts: load, forecast, spread over days, store.

Shards of items are drafted apart, by whatever worker; their bands are made when all are there, of all their back-test errors together. A
run's rows appear in one transaction then, so the numbers of the run before stay readable meanwhile; carrying out a run twice leaves the same
rows as once.
"""

import pickle
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from forecasting import demand
from forecasting.demand import History
from forecasting.methods import LEVELS, Draft, SeriesForecast, draft, forecast_new, with_bands
from forecasting.methods.series import FloatArray
from forecasting.models import ForecastRun, ItemForecast
from forecasting.policy import QuantileDemand, demand_over
from inventory.models import Item
from mes.core.copying import copy_rows

SHOWN_LEVELS: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
SHARD_ITEMS: Final = 500
_WEEK: Final = 7
_SHOWN: Final = [LEVELS.index(level) for level in SHOWN_LEVELS]


@dataclass(frozen=True, eq=False)
class Outlook:
    """What is known of one item's future: the weekly forecast and where it came from."""

    history: History
    weekly: SeriesForecast

    def mean_by_day(self, as_of: date, days: int) -> FloatArray:
        """Mean demand of each of `days` days from `as_of` on."""
        shares = self.history.shares(as_of, days)
        return np.asarray(self.weekly.mean[np.arange(days) // _WEEK] * shares)

    def over(self, days: float) -> QuantileDemand:
        """Demand over the first `days` days, as a distribution."""
        return demand_over(self.weekly, days / _WEEK)


def items_in_shards(items: Sequence[Item]) -> list[list[int]]:
    """Keys of the items, shared out so that a worker that is killed loses little and every worker gets some."""
    keys = [item.pk for item in items]
    return [keys[first : first + SHARD_ITEMS] for first in range(0, len(keys), SHARD_ITEMS)]


def drafts_of(
    keys: Sequence[int],
    *,
    as_of: date,
    horizon_days: int,
    ends: Mapping[int, date],
    told: Callable[[int], None],
) -> bytes:
    """Forecast these items but for their bands, which need the others' too; packed to be stored until all are there.

    :param ends: the newest demand of each site, :param told: called with how many are done.
    """
    items = Item.objects.filter(pk__in=keys).select_related("site").order_by("pk")
    made: list[tuple[History, Draft]] = []
    weeks = _weeks_in(horizon_days)
    for history in demand.histories(list(items), as_of, weeks, ends=ends):
        made.append((history, _drafted(history, weeks)))
        told(len(made))
    return zlib.compress(pickle.dumps(made, pickle.HIGHEST_PROTOCOL), 1)


def _drafted(history: History, weeks: int) -> Draft:
    """By the item's own demand, or from the items that a new one is like."""
    if history.likes:
        return Draft(forecast_new(history.series, history.likes, weeks))
    return draft(history.series, horizon=weeks)


def outlooks(packed: Iterable[bytes], *, horizon_days: int) -> list[Outlook]:
    """Outlooks of all items from the drafts of all shards, which are read one after another."""
    made: list[tuple[History, Draft]] = []
    for each in packed:
        made += pickle.loads(zlib.decompress(each))  # noqa: S301 - our own, written by `drafts_of` in the same run
    finished = with_bands([one for _, one in made], _weeks_in(horizon_days))
    return [
        Outlook(history, history.living(weekly)) for (history, _), weekly in zip(made, finished, strict=True)
    ]


def _weeks_in(days: int) -> int:
    return -(-days // _WEEK)


def store(run: ForecastRun, found: Sequence[Outlook], bridging_days: Sequence[int]) -> None:
    """Write a run's forecasts, in place of what an interrupted attempt may have left. Call it in a transaction.

    :param bridging_days: for each outlook, lead time plus review.
    """
    run.items.all().delete()
    pairs = zip(found, bridging_days, strict=True)
    copy_rows(ItemForecast, (_item_row(run, one, days) for one, days in pairs))


def _item_row(run: ForecastRun, one: Outlook, days: int) -> ItemForecast:
    why = " ".join(part for part in (one.weekly.why, *one.history.notes, one.history.remark) if part)
    bridging = one.over(days)
    return ItemForecast(
        run=run,
        item=one.history.item,
        method=one.weekly.method,
        why=why,
        errors=one.weekly.errors,
        measure=one.weekly.measure,
        weeks=_weeks(run, one),
        daily_means=[round(mean, 4) for mean in one.mean_by_day(run.as_of, run.horizon_days).tolist()],
        daily_noise=[round(noise, 4) for noise in one.history.daily_noise.tolist()],
        lead_time_days=days,
        lead_time_quantiles={f"{level:g}": round(bridging.quantile(level), 3) for level in LEVELS},
    )


def _weeks(run: ForecastRun, one: Outlook) -> list[dict[str, object]]:
    return [
        {
            "date": (run.as_of + timedelta(days=_WEEK * number)).isoformat(),
            "mean": round(float(mean), 3),
            "q": {
                f"{level:g}": round(float(one.weekly.quantiles[place, number]), 3)
                for level, place in zip(SHOWN_LEVELS, _SHOWN, strict=True)
            },
        }
        for number, mean in enumerate(one.weekly.mean)
    ]
