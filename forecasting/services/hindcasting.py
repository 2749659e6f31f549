"""Forecasts of the weeks that are over, as they would have been made then: a plant that has just loaded its history can be judged at once."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from forecasting import demand, pipeline
from forecasting.methods import Calibrations
from forecasting.models import ForecastRun, ItemForecast
from forecasting.policies import policies_of
from forecasting.questions import bridging_days
from forecasting.today import today_at
from mes.core.copying import copy_rows

_WEEK = timedelta(days=7)


def hindcast(*, weeks: int = 13, horizon_days: int = 28, at: datetime) -> list[ForecastRun]:
    """Make the run of each of the last weeks that has none, each from the demand known before its day; the newest last.

    They are kept for accuracy alone: no targets, no proposals, and the newest run stays what it was. Events that were known
    only later are among what they go by, so their errors are a little small. Safe to repeat.
    """
    made = []
    for back in range(weeks, 0, -1):
        then = at - back * _WEEK
        as_of = today_at(then).earliest
        done = ForecastRun.objects.filter(status=ForecastRun.Status.DONE)
        if not done.filter(as_of__gt=as_of - _WEEK, as_of__lte=as_of).exists():
            made.append(_hindcast(then, horizon_days, at))
    return made


def _hindcast(then: datetime, horizon_days: int, at: datetime) -> ForecastRun:
    as_of = today_at(then).earliest
    items = list(demand.forecastable().values_list("pk", flat=True))
    ends = demand.ends_by_site(items, as_of)
    packed, lessons = [], []
    for keys in pipeline.items_in_shards(items):
        made = pipeline.drafts_of(
            keys,
            as_of=as_of,
            horizon_days=horizon_days,
            ends=ends,
            items_total=len(items),
            told=lambda _: None,
        )
        packed.append(made.packed)
        lessons.append(made.lesson)
    known = pipeline.learnt(lessons, horizon_days=horizon_days)
    with transaction.atomic():
        run = ForecastRun.objects.create(
            started_at=then,
            finished_at=then,
            status=ForecastRun.Status.DONE,
            as_of=as_of,
            horizon_days=horizon_days,
            message=f"Made in hindsight on {today_at(at).earliest}, from the demand known before {as_of}.",
        )
        run.items_total = run.items_done = sum(_store(run, pipeline.unpack(each), known) for each in packed)
        run.save(update_fields=["items_total", "items_done"])
    return run


def _store(run: ForecastRun, drafted: Iterable[pipeline.Drafted], known: Calibrations) -> int:
    """Of items that had any demand by then; returns how many."""
    found = [one for one in pipeline.outlooks(drafted, known) if len(one.history.series.values)]
    policies = policies_of(one.history.item for one in found)
    days = [bridging_days(one.history.item, policies[one.history.item.pk]) for one in found]
    return copy_rows(ItemForecast, pipeline.rows(run, found, days))
