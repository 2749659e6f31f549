"""Forecast runs: begun, carried out, ended; forecasts, targets and proposals of a run appear together."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from forecasting import binding, hierarchy, pipeline, targets
from forecasting.deciding import Report
from forecasting.facts import ForecastRunBegun, ForecastRunDone, ForecastRunFailed
from forecasting.models import ForecastRun, ForecastShard, StockTarget
from forecasting.services.judging import pass_sensed
from forecasting.services.keeping import keep_former
from forecasting.services.replenishing import write_proposals
from forecasting.services.shards import (
    alone,
    carry_out_shard,
    ensure_deciding_shards,
    ensure_shards,
    is_ready,
    undone_shards,
)
from forecasting.today import today_at
from mes.core.copying import copy_rows
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError

HORIZON_DAYS = 91
GIVEN_UP_AFTER = timedelta(hours=1)


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
        _drop_rows(run)
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
    except Exception as error:
        _fail(run, error)
        raise
    while run.status == ForecastRun.Status.RUNNING:
        try:
            if workers > 1 and not connection.in_atomic_block and undone_shards(run):
                _share(run, workers, tell)
            work_on(run, told=tell)
        except Exception as error:
            _fail(run, error)
            raise
        if not go_on(run, at=at):
            break
    return run


def work_on(run: ForecastRun, *, told: Callable[[ForecastRun], None] | None = None) -> None:
    """Carry out shards of a run, one after another, until none is left that nobody else is at."""
    worked = True
    while worked:
        worked = False
        for shard in undone_shards(run):
            worked = carry_out_shard(shard, told=told) or worked


def go_on(run: ForecastRun, *, at: datetime) -> bool:
    """What comes after the shards that there are: those that decide on what was drafted, or the end of the run. Safe to repeat.

    Targets that bind items together, sums and proposals are made at the end, in one transaction. Items of shards that failed keep the numbers
    of the run before; the run's message names them. Returns whether the run went on: not while shards are undone or somebody else is at it.

    :raises RunFailed: when every shard of a stage failed.
    """
    with alone("run", run.pk) as mine:
        run.refresh_from_db()
        if not mine or run.status != ForecastRun.Status.RUNNING or not (is_ready(run) or not run.items_total):
            return False
        try:
            if run.items_total:
                deciding = run.shards.deciding().exists()
                _check_some_done(run, ForecastShard.Stage.DECIDE if deciding else ForecastShard.Stage.DRAFT)
                if not deciding:
                    ensure_deciding_shards(run)
                    return True
            _finish(run, at=at)
        except Exception as error:
            _fail(run, error)
            raise
        return True


def _check_some_done(run: ForecastRun, stage: str) -> None:
    shards = run.shards.filter(stage=stage)
    if not shards.done().exists():
        messages = shards.failed().order_by("number").values_list("message", flat=True)
        raise RunFailed(f"Every shard failed: {messages[0]}", remedy="Mend that and run it again.")


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
def _finish(run: ForecastRun, *, at: datetime) -> None:
    """What only all items together can be told."""
    done = run.shards.deciding().done().order_by("number")
    reports: list[Report] = [pipeline.unpack(each) for each in done.values_list("summary", flat=True)]
    hierarchy.store(run, (report.families for report in reports))
    tally = binding.together(report.tally for report in reports)

    def bound() -> Iterator[Sequence[binding.Bound]]:
        packed = done.exclude(handed_on=None).values_list("handed_on", flat=True)
        return (pipeline.unpack(each) for each in packed.iterator(chunk_size=1))

    copy_rows(StockTarget, targets.rows(run, binding.decided(bound, tally)))
    pass_sensed(at=at)
    kept = keep_former(run)
    proposals = write_proposals(run, at=at)
    ForecastShard.objects.filter(run=run).update(given=None, handed_on=None, summary=None)
    items = sum(report.items for report in reports)
    remarks = dict.fromkeys(remark for report in reports for remark in report.remarks)
    run.move_to(
        ForecastRun.Status.DONE,
        finished_at=timezone.now(),
        items_total=items,
        items_done=items,
        message=" ".join(
            part
            for part in (
                f"{_counted(items, 'item')} forecast, {_counted(proposals, 'proposal')}.",
                kept,
                *remarks,
            )
            if part
        ),
    )
    record(ForecastRunDone(run=run.pk, items=items, proposals=proposals))


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


@transaction.atomic
def _fail(run: ForecastRun, error: Exception) -> None:
    run.refresh_from_db()
    if run.status == ForecastRun.Status.RUNNING:
        message = f"{type(error).__name__}: {error}"[:500]
        run.move_to(ForecastRun.Status.FAILED, finished_at=timezone.now(), message=message)
        _drop_rows(run)
        record(ForecastRunFailed(run=run.pk, message=message))


def _drop_rows(run: ForecastRun) -> None:
    """Of a run that has failed nothing counts, and nothing is kept but how it went."""
    for rows in (run.items, run.targets):
        rows.all().delete()
    ForecastShard.objects.filter(run=run).update(given=None, handed_on=None, summary=None)
