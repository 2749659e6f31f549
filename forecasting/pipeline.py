"""From stored demand to stored forecasts: load, forecast, spread over days, store.

Shards of items are drafted apart, by whatever worker. Each draft has errors of its own back-tests; what those of the whole run teach
together (`Lesson`) makes the bands of each, again shard by shard.
"""

import pickle
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from forecasting import demand, faults
from forecasting.demand import History
from forecasting.methods import (
    LEVELS,
    Calibrations,
    Draft,
    Evidence,
    SeriesForecast,
    banded,
    calibrated,
    draft,
    forecast_new,
)
from forecasting.methods.series import FloatArray
from forecasting.models import ForecastRun, ItemForecast
from forecasting.policy import QuantileDemand, demand_over
from inventory.models import Item, Site

SHOWN_LEVELS: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
SHARD_ITEMS: Final = 500
LEARNT_FROM: Final = 4_000
"""Items of a run, spread evenly over it, whose back-tests teach what the errors of all are like: more of them say the same."""
YEAR_DAYS: Final = 364
_WEEK: Final = 7
_SHOWN: Final = [LEVELS.index(level) for level in SHOWN_LEVELS]
_SHOWN_NAMES: Final = [f"{level:g}" for level in SHOWN_LEVELS]
_NAMES: Final = [f"{level:g}" for level in LEVELS]

Drafted = tuple[History, Draft]
MOST: Final = 1e11
"""No quantity and no money of ours is as much; what is, is a fault of the numbers that it came from."""


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


@dataclass(frozen=True, eq=False)
class Lesson:
    """What the drafts of some items tell the whole run.

    :ivar values: by the key of each item, what was asked for of it in a year, at cost; :ivar evidence: what some of the drafts tell of errors;
    :ivar sample: those drafts, packed: they are unpacked where past runs are looked back on.
    """

    values: Mapping[int, float]
    evidence: Sequence[Evidence]
    sample: bytes


@dataclass(frozen=True, eq=False)
class Drafts:
    """Some items forecast but for their bands, packed; what they tell the whole run; and those that could not be, by key, each with why."""

    packed: bytes
    lesson: Lesson
    faults: Mapping[int, str]


def items_in_shards(keys: Sequence[int]) -> list[Sequence[int]]:
    """Keys of items, shared out so that a worker that is killed loses little and every worker gets some."""
    return [keys[first : first + SHARD_ITEMS] for first in range(0, len(keys), SHARD_ITEMS)]


def drafts_of(
    keys: Sequence[int],
    *,
    as_of: date,
    horizon_days: int,
    ends: Mapping[int, date],
    items_total: int,
    told: Callable[[int], None],
) -> Drafts:
    """Forecast these items but for their bands, which need the others' too.

    :param ends: the newest demand of each site, :param items_total: of the run, :param told: called with how many are done.
    """
    made: list[Drafted] = []
    weeks = _weeks_in(horizon_days)

    def draft_some(keys: Sequence[int]) -> None:
        own: list[Drafted] = []
        for history in demand.histories(_items(keys), as_of, weeks, ends=ends):
            own.append((history, _drafted(history, weeks)))
            told(len(made) + len(own))
        made.extend(own)

    failed = faults.carried_out(keys, draft_some).faults
    values = {history.item.pk: value_a_year(history) for history, _ in made}
    some = made[:: -(-items_total // LEARNT_FROM) or 1]
    lesson = Lesson(values, [one.evidence for _, one in some], pack(some))
    return Drafts(pack(made), lesson, dict(failed))


def pack(made: Any) -> bytes:
    """What one worker leaves for another of the same run."""
    return zlib.compress(pickle.dumps(made, pickle.HIGHEST_PROTOCOL), 1)


def unpack(packed: bytes | memoryview | None) -> Any:
    """What `pack` has packed.

    :raises ValueError: when there is nothing.
    """
    if packed is None:
        raise ValueError("Nothing was handed on; the run was begun by another version of the program.")
    return pickle.loads(zlib.decompress(packed))  # noqa: S301 - our own, written by `pack` in the same run


def learnt(lessons: Iterable[Lesson], *, horizon_days: int) -> Calibrations:
    """What the back-tests of a run teach about the errors of all its forecasts."""
    return calibrated((each for lesson in lessons for each in lesson.evidence), _weeks_in(horizon_days))


def outlooks(drafted: Iterable[Drafted], known: Calibrations) -> Iterator[Outlook]:
    """Outlooks from drafts, with the bands that the run has taught."""
    return (Outlook(history, history.living(banded(made, known))) for history, made in drafted)


def value_a_year(history: History) -> float:
    """What was asked for of an item in a year, at cost."""
    weeks = history.series.values[-YEAR_DAYS // _WEEK :]
    a_week = float(weeks.mean()) if weeks.size else 0.0
    return a_week * 365 / _WEEK * float(history.item.unit_cost or history.item.unit_price)


def _items(keys: Sequence[int]) -> list[Item]:
    """Items in the order of their keys; those of one site share it, so that it is packed once."""
    items = list(Item.objects.filter(pk__in=keys).order_by("pk"))
    sites = Site.objects.in_bulk({item.site_id for item in items})
    for item in items:
        item.site = sites[item.site_id]
    return items


def _drafted(history: History, weeks: int) -> Draft:
    """By the item's own demand, or from the items that a new one is like.

    :raises OverflowError: when that comes to more than there can be, which would tell the whole run nonsense.
    """
    made = (
        Draft(forecast_new(history.series, history.likes, weeks))
        if history.likes
        else draft(history.series, horizon=weeks)
    )
    largest = float(np.max(made.forecast.mean, initial=0.0))
    if not largest < MOST:
        raise OverflowError(f"{largest:,.4g} a week would be forecast")
    return made


def _weeks_in(days: int) -> int:
    return -(-days // _WEEK)


def rows(run: ForecastRun, found: Sequence[Outlook], bridging_days: Sequence[int]) -> Iterator[ItemForecast]:
    """Forecasts as unsaved rows.

    :param bridging_days: for each outlook, lead time plus review.
    """
    for one, days in zip(found, bridging_days, strict=True):
        why = " ".join(part for part in (one.weekly.why, *one.history.notes, one.history.remark) if part)
        bridging = one.over(days)
        yield ItemForecast(
            run=run,
            item=one.history.item,
            method=one.weekly.method,
            why=why,
            errors=one.weekly.errors,
            measure=one.weekly.measure,
            weeks=_weeks(run, one),
            daily_means=one.mean_by_day(run.as_of, run.horizon_days).round(4).tolist(),
            daily_noise=one.history.daily_noise.round(4).tolist(),
            lead_time_days=days,
            lead_time_quantiles={
                name: round(bridging.quantile(level), 3) for name, level in zip(_NAMES, LEVELS, strict=True)
            },
        )


def _weeks(run: ForecastRun, one: Outlook) -> list[dict[str, object]]:
    means = one.weekly.mean.round(3).tolist()
    quantiles = one.weekly.quantiles[_SHOWN].T.round(3).tolist()
    return [
        {
            "date": (run.as_of + timedelta(days=_WEEK * number)).isoformat(),
            "mean": mean,
            "q": dict(zip(_SHOWN_NAMES, own, strict=True)),
        }
        for number, (mean, own) in enumerate(zip(means, quantiles, strict=True))
    ]
