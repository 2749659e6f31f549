"""What planning leaves behind is forgotten once nobody needs it any more.

Every renewal of the plan replaces all proposals, and every night makes the numbers of all items anew. What a person decided stays for ever:
proposals that became orders or were dismissed, messages that were followed or dismissed. So does how good forecasts were
(`forecasting.models.MonthlyAccuracy`), and that a run was, with what it told. The rest goes by age, by settings:

- proposals that others took the place of, and messages that are no longer true, after some days;
- of a run the forecasts by day and its shards after two months; its forecasts by week and its targets after half a year, unless it is the first of
  its week, which accuracy is measured by; those too after more than a year.

The newest run that is done keeps everything, and nothing goes that `forecasting.comparing` looks at. Rows go in batches, each a transaction of its
own, so that nobody waits long and whoever is interrupted goes on where he was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet

from forecasting import comparing
from forecasting.models import (
    ExceptionMessage,
    FamilyForecast,
    ForecastAlert,
    ForecastRun,
    ForecastShard,
    ItemForecast,
    Replenishment,
    StockTarget,
)

BATCH: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """How many of each are gone. `dailies` are items of runs whose forecasts by day are gone while the rest of them stays."""

    proposals: int
    messages: int
    alerts: int
    dailies: int
    forecasts: int
    targets: int


def prune(*, at: datetime, batch: int = BATCH) -> Pruned:
    """Forget what is older than the settings say. May be interrupted and repeated at will, and run beside a forecast."""
    dailies, nightlies, weeklies = (
        at - timedelta(days=settings.MES[name])
        for name in ("FORECAST_DAILY_DAYS", "FORECAST_NIGHTLY_DAYS", "FORECAST_RETENTION_DAYS")
    )
    replaced = at - timedelta(days=settings.MES["PROPOSAL_RETENTION_DAYS"])
    old = _runs(dailies)
    measured = {run.pk for run in comparing.first_of_weeks(old)}
    gone = {run.pk for run in _runs(nightlies)} - measured
    gone |= {run.pk for run in _runs(min(weeklies, at - comparing.LOOKED_BACK))}
    with_days = ItemForecast.objects.exclude(daily_means=[])
    thinned = [run.pk for run in old if run.pk not in gone]
    _delete(FamilyForecast.objects.filter(run__in=gone), batch)
    _delete(ForecastShard.objects.filter(run__in=[run.pk for run in old]), batch)
    return Pruned(
        proposals=_delete(Replenishment.objects.forgettable(replaced), batch),
        messages=_delete(ExceptionMessage.objects.forgettable(replaced), batch),
        alerts=_delete(ForecastAlert.objects.forgettable(dailies), batch),
        dailies=_update(with_days.filter(run__in=thinned), batch, daily_means=[]),
        forecasts=_delete(ItemForecast.objects.filter(run__in=gone), batch),
        targets=_delete(StockTarget.objects.filter(run__in=gone), batch),
    )


def _runs(before: datetime) -> list[ForecastRun]:
    """Runs that began before then and are over, the oldest first, but for the newest that is done."""
    newest = ForecastRun.objects.latest_done()
    old = ForecastRun.objects.exclude(status=ForecastRun.Status.RUNNING).filter(started_at__lt=before)
    return [run for run in old.order_by("as_of", "pk") if run != newest]


def _delete(rows: QuerySet[Any], batch: int) -> int:
    return sum(some.delete()[0] for some in _batches(rows, batch))


def _update(rows: QuerySet[Any], batch: int, **values: Any) -> int:
    return sum(some.update(**values) for some in _batches(rows, batch))


def _batches(rows: QuerySet[Any], batch: int) -> Iterator[QuerySet[Any]]:
    """The rows in portions by their keys, from the oldest on: each statement on one is a transaction of its own."""
    done = 0
    while keys := list(rows.filter(pk__gt=done).order_by("pk").values_list("pk", flat=True)[:batch]):
        yield rows.filter(pk__gt=done, pk__lte=keys[-1])
        done = keys[-1]
