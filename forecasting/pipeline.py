"""From stored demand to stored forecasts: load, forecast, spread over days, store.

A run's rows appear in one transaction when all of them are made, so the numbers of the run before stay readable
meanwhile; carrying out a run twice leaves the same rows as once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from forecasting import demand
from forecasting.demand import History
from forecasting.methods import LEVELS, SeriesForecast, forecast_many
from forecasting.methods.series import FloatArray
from forecasting.models import Forecast, ForecastRun, ItemForecast
from forecasting.policy import QuantileDemand, demand_over

SHOWN_LEVELS: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_WEEK: Final = 7
_ROWS: Final = 2_000
_SHOWN: Final = [LEVELS.index(level) for level in SHOWN_LEVELS]

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Outlook:
    """What is known of one item's future: the weekly forecast and where it came from."""

    history: History
    weekly: SeriesForecast

    def mean_by_day(self, as_of: date, days: int) -> FloatArray:
        """Mean demand of each of `days` days from `as_of` on."""
        shares = self.history.weekdays[(as_of.weekday() + np.arange(days)) % _WEEK]
        return self.weekly.mean[np.arange(days) // _WEEK] * shares

    def over(self, days: float) -> QuantileDemand:
        """Demand over the first `days` days, as a distribution."""
        return demand_over(self.weekly, days / _WEEK)


def outlooks(
    *, as_of: date, horizon_days: int, workers: int = 1, progress: Progress | None = None
) -> list[Outlook]:
    """Forecast every item that is forecast, from `as_of` on, as the history stands."""
    found = demand.histories(demand.forecastable(), as_of)
    weeks = -(-horizon_days // _WEEK)
    made = forecast_many([history.series for history in found], weeks, workers=workers, progress=progress)
    return [Outlook(history, weekly) for history, weekly in zip(found, made, strict=True)]


def store(run: ForecastRun, found: Sequence[Outlook], bridging_days: Sequence[int]) -> None:
    """Write a run's forecasts, in place of what an interrupted attempt may have left. Call it in a transaction.

    :param bridging_days: for each outlook, lead time plus review.
    """
    run.items.all().delete()
    run.forecasts.all().delete()
    ItemForecast.objects.bulk_create(
        [_item_row(run, one, days) for one, days in zip(found, bridging_days, strict=True)], batch_size=_ROWS
    )
    rows: list[Forecast] = []
    for one in found:
        rows += _day_rows(run, one)
        if len(rows) >= _ROWS:
            Forecast.objects.bulk_create(rows)
            rows = []
    Forecast.objects.bulk_create(rows)


def _item_row(run: ForecastRun, one: Outlook, days: int) -> ItemForecast:
    why = f"{one.weekly.why} {one.history.remark}".strip()
    bridging = one.over(days)
    return ItemForecast(
        run=run,
        item=one.history.item,
        method=one.weekly.method,
        why=why[:300],
        errors=one.weekly.errors,
        weeks=_weeks(run, one),
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


def _day_rows(run: ForecastRun, one: Outlook) -> Iterator[Forecast]:
    means, quantiles = by_day(one, run.as_of, run.horizon_days)
    for number in range(run.horizon_days):
        yield Forecast(
            run=run,
            item=one.history.item,
            date=run.as_of + timedelta(days=number),
            mean=round(float(means[number]), 4),
            quantiles={
                f"{level:g}": round(float(value), 3)
                for level, value in zip(SHOWN_LEVELS, quantiles[number], strict=True)
            },
        )


def by_day(one: Outlook, as_of: date, days: int) -> tuple[FloatArray, FloatArray]:
    """Mean [day] and quantiles [day, level of `SHOWN_LEVELS`] of each day.

    A day is unsure because its week is, and because its share of the week is; the two are independent, so their
    variances add.
    """
    weeks = np.arange(days) // _WEEK
    weekday = (as_of.weekday() + np.arange(days)) % _WEEK
    shares = one.history.weekdays[weekday]
    means = one.weekly.mean[weeks] * shares
    from_week = (one.weekly.quantiles[_SHOWN][:, weeks] - one.weekly.mean[weeks]) * shares
    noise = one.history.daily_noise[weekday] * one.weekly.mean[weeks] / _WEEK
    from_day = np.array(_STANDARD)[:, None] * noise
    together = np.sign(from_week) * np.hypot(from_week, np.where(shares > 0, from_day, 0.0))
    quantiles = np.maximum.accumulate(np.maximum(means + together, 0.0), axis=0)
    return means, quantiles.T


_STANDARD: Final = (-1.645, -1.282, -0.674, 0.0, 0.674, 1.282, 1.645)
"""Standard normal quantiles at `SHOWN_LEVELS`."""
