"""Forecast runs: begun, carried out, ended; forecasts, targets and proposals of a run appear together."""

import multiprocessing
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from forecasting import components, demand, hierarchy, pipeline, policy, targets
from forecasting.facts import ForecastRunBegun, ForecastRunDone, ForecastRunFailed
from forecasting.models import ForecastRun, ForecastShard, ItemForecast, StockPolicy
from forecasting.services.judging import pass_sensed
from forecasting.services.keeping import failed_items, keep_former
from forecasting.services.replenishing import write_proposals
from forecasting.services.shards import alone, carry_out_shard, ensure_shards, is_ready, undone_shards
from forecasting.today import today_at
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError

HORIZON_DAYS = 91
GIVEN_UP_AFTER = timedelta(hours=1)
DAYS_KEPT = 60


Progress = Callable[[int, int], None]
"""Called with (items done, items in all)."""


class RunFailed(DomainError):
    code = "forecasting.run_failed"
    title = "The forecast run failed"


class RunInProgress(DomainError):
    code = "forecasting.run_in_progress"
    title = "A forecast run is under way"


@transaction.atomic
def begin_run(*, horizon_days: int = HORIZON_DAYS, by: User | None = None, at: datetime) -> ForecastRun:
    """Open a run from today on, which is the earliest day that it is at any plant; `carry_out` does its work.

    A run that has not gone on for an hour is given up.

    :raises RunInProgress: while another is under way.
    """
    running = ForecastRun.objects.filter(status=ForecastRun.Status.RUNNING)
    for run in running.select_for_update().order_by("pk"):
        if at - (run.seen_at or run.started_at) < GIVEN_UP_AFTER:
            raise RunInProgress(
                f"{run} has done {run.items_done} of {run.items_total} items.",
                remedy="Wait until it is done.",
            )
        run.move_to(
            ForecastRun.Status.FAILED, finished_at=at, message="Given up: it had not gone on for an hour."
        )
    try:
        with transaction.atomic():
            begun = ForecastRun.objects.create(
                started_at=at, as_of=today_at(at).earliest, horizon_days=horizon_days
            )
    except IntegrityError as taken:  # by a run that was begun since we looked
        raise RunInProgress("Another run has just been begun.", remedy="Wait until it is done.") from taken
    record(ForecastRunBegun(run=begun.pk, by=by.pk if by else None))
    return begun


def carry_out(
    run: ForecastRun,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    at: datetime,
) -> ForecastRun:
    """Forecast, set targets and propose replenishments, here and now. Until it is done, the run before it counts.

    Safe to repeat: a run that is done stays as it is, one that was cut short goes on with the shards that are not done.

    :param workers: processes that share the shards; within a transaction this one works alone, since others would not see it.
    """
    run.refresh_from_db()
    if run.status != ForecastRun.Status.RUNNING:
        return run

    def tell(run: ForecastRun) -> None:
        if progress is not None:
            progress(run.items_done, run.items_total)

    try:
        ensure_shards(run)
        run.refresh_from_db()
        if workers > 1 and not connection.in_atomic_block:
            _share(run, workers, tell)
        work_on(run, told=tell)
    except Exception as error:
        _fail(run, error)
        raise
    return finish_run(run, at=at)


def work_on(run: ForecastRun, *, told: Callable[[ForecastRun], None] | None = None) -> None:
    """Carry out shards of a run, one after another, until none is left that nobody else is at."""
    worked = True
    while worked:
        worked = False
        for shard in undone_shards(run):
            worked = carry_out_shard(shard, told=told) or worked


def finish_run(run: ForecastRun, *, at: datetime) -> ForecastRun:
    """Make bands, targets and proposals of what the shards have drafted, all in one transaction. Safe to repeat.

    Items of shards that failed keep the numbers of the run before; the run's message names them.

    :raises RunFailed: when every shard failed.
    """
    with alone("run", run.pk) as mine:
        run.refresh_from_db()
        if not mine or run.status != ForecastRun.Status.RUNNING or not (is_ready(run) or not run.items_total):
            return run
        try:
            drafts = run.shards.filter(status=ForecastShard.Status.DONE).order_by("number")
            if run.items_total and not drafts.exists():
                messages = run.shards.failed().order_by("number").values_list("message", flat=True)
                raise RunFailed(f"Every shard failed: {messages[0]}", remedy="Mend that and run it again.")
            packed = drafts.values_list("drafts", flat=True).iterator(chunk_size=8)
            found = pipeline.outlooks((bytes(each) for each in packed if each), horizon_days=run.horizon_days)
            standing = targets.standings(found)
            policies = targets.policies_of((one.history.item for one in found), standing)
            chain = components.chain_of(found, policies, unknown=failed_items(run))
            return _store(run, found, standing, policies, chain, at=at)
        except Exception as error:
            _fail(run, error)
            raise


def _share(run: ForecastRun, workers: int, told: Callable[[ForecastRun], None]) -> None:
    """Let other processes work on the shards beside this one."""
    connections.close_all()  # no two processes may speak over one connection
    context = multiprocessing.get_context("fork")
    helpers = [context.Process(target=_help, args=[run.pk]) for _ in range(workers - 1)]
    for helper in helpers:
        helper.start()
    try:
        work_on(run, told=told)
    finally:
        for helper in helpers:
            helper.join()


def _help(key: int) -> None:
    connections.close_all()
    work_on(ForecastRun.objects.get(pk=key))


def run_forecast(
    *,
    horizon_days: int = HORIZON_DAYS,
    workers: int = 1,
    progress: Progress | None = None,
    by: User | None = None,
    at: datetime,
) -> ForecastRun:
    """Begin a run and carry it out at once.

    :raises RunInProgress: while another is under way.
    """
    run = begin_run(horizon_days=horizon_days, by=by, at=at)
    return carry_out(run, workers=workers, progress=progress, at=at)


@transaction.atomic
def prune_runs(*, at: datetime) -> int:
    """Drop the daily forecasts of old runs; weeks, methods, errors, targets and the newest run done stay. Returns how many items lost theirs."""
    newest = ForecastRun.objects.latest_done()
    old = ForecastRun.objects.filter(started_at__lt=at - timedelta(days=DAYS_KEPT))
    if newest is not None:
        old = old.exclude(pk=newest.pk)
    return ItemForecast.objects.filter(run__in=old).exclude(daily_means=[]).update(daily_means=[])


@transaction.atomic
def _store(
    run: ForecastRun,
    found: list[pipeline.Outlook],
    standing: Mapping[int, policy.Class],
    policies: Mapping[int, StockPolicy],
    chain: components.Chain,
    *,
    at: datetime,
) -> ForecastRun:
    pipeline.store(
        run, found, [targets.bridging_days(one.history.item, policies[one.history.item.pk]) for one in found]
    )
    hierarchy.store(run, found)
    pass_sensed(at=at)
    ratios = targets.override_ratios(run.as_of, found, policies)
    stocked = targets.decide(found, policies, ratios, standing, waits=chain.waits, as_of=run.as_of, at=at)
    targets.store(run, stocked)
    components.store(run, chain)
    kept = keep_former(run)
    proposals = write_proposals(run, at=at)
    ForecastShard.objects.filter(run=run).update(drafts=None)
    remarks = " ".join(remark.text for remark in demand.remarks_of(one.history for one in found))
    run.move_to(
        ForecastRun.Status.DONE,
        finished_at=timezone.now(),
        items_total=len(found),
        items_done=len(found),
        message=" ".join(
            part for part in (f"{len(found)} items forecast, {proposals} proposals.", kept, remarks) if part
        ),
    )
    record(ForecastRunDone(run=run.pk, items=len(found), proposals=proposals))
    return run


@transaction.atomic
def _fail(run: ForecastRun, error: Exception) -> None:
    run.refresh_from_db()
    if run.status == ForecastRun.Status.RUNNING:
        message = f"{type(error).__name__}: {error}"[:500]
        run.move_to(ForecastRun.Status.FAILED, finished_at=timezone.now(), message=message)
        record(ForecastRunFailed(run=run.pk, message=message))
