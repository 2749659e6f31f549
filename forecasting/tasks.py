"""Background work of forecasting: each task one service, safe to repeat."""

from datetime import datetime
from functools import partial

from celery import group, shared_task
from django.db import transaction
from django.utils import timezone

from forecasting import services
from forecasting.models import ForecastRun, ForecastShard
from mes.core.models import User


@shared_task(ignore_result=True)
def plan_stock_nightly() -> None:
    """Mark yesterday's stock-outs, judge the forecasts there were, begin a run and hand its shards out to the workers."""
    at = timezone.now()
    services.mark_stock_outs(at=at)
    services.propose_outliers(at=at)
    services.judge_forecasts(at=at)
    carry_out_run(run=services.begin_run(at=at).pk)


@shared_task(ignore_result=True)
def carry_out_run(run: int) -> None:
    """Share a run out over the workers; those of its shards that are done stay done."""
    found = ForecastRun.objects.get(pk=run)
    services.ensure_shards(found)
    _hand_out(found, at=timezone.now())


@shared_task(ignore_result=True)
def carry_out_shard(shard: int) -> None:
    """One shard; whoever does the last of a stage lets the run go on. Handed out again when it failed, and by the watch when its worker is killed."""
    found = ForecastShard.objects.light().select_related("run").get(pk=shard)
    services.carry_out_shard(found)
    if services.hand_out_set_back(found, at=timezone.now()):
        carry_out_shard.delay(shard=shard)
    elif services.is_ready(found.run):
        go_on_with_run.delay(run=found.run_id)


@shared_task(ignore_result=True)
def go_on_with_run(run: int) -> None:
    """What comes after the shards that are done: the shards that decide on what was drafted, or the end of the run."""
    found = ForecastRun.objects.get(pk=run)
    if services.go_on(found, at=timezone.now()) and found.status == ForecastRun.Status.RUNNING:
        _hand_out(found, at=timezone.now())


@shared_task(ignore_result=True)
def watch_runs() -> None:
    """Hand out again what a killed worker left, and go on with runs whose last worker was killed before it could."""
    for run in ForecastRun.objects.filter(status=ForecastRun.Status.RUNNING):
        _hand_out(run, at=timezone.now())


def _hand_out(run: ForecastRun, *, at: datetime) -> None:
    if services.is_ready(run) or (run.items_total == 0 and not run.shards.exists()):
        go_on_with_run.delay(run=run.pk)
        return
    again = services.hand_out_again(run, at=at)
    group(carry_out_shard.s(shard=shard.pk) for shard in again).apply_async()


@shared_task(ignore_result=True)
def replenish() -> None:
    """Between the nightly runs: adjust forecasts that demand has left, and bring proposals up to date with stock and orders."""
    services.sense_demand(at=timezone.now())
    if ForecastRun.objects.latest_done() is not None:
        services.replenish(at=timezone.now())


@shared_task(ignore_result=True)
def prune() -> None:
    """Forget what planning no longer needs."""
    services.prune(at=timezone.now())


@shared_task(ignore_result=True)
def firm_by_rules() -> None:
    """Let proposals become orders where a rule says so."""
    services.firm_by_rules(at=timezone.now())


def forecast_in_background(*, by: User, at: datetime) -> ForecastRun:
    """Begin a run and hand it to a worker; its row shows how far it is.

    :raises RunInProgress: while another is under way.
    """
    run = services.begin_run(by=by, at=at)
    transaction.on_commit(partial(carry_out_run.delay, run=run.pk))
    return run
