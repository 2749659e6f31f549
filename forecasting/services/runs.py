"""Forecast runs: begun, carried out, ended; forecasts, targets and proposals of a run appear together."""

import multiprocessing
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from forecasting.facts import ForecastRunBegun, ForecastRunFailed
from forecasting.models import ForecastRun, ForecastShard
from forecasting.services.families import share_families_anew
from forecasting.services.finishing import ensure_netting_shards, finish
from forecasting.services.proposing import take_back
from forecasting.services.shards import (
    alone,
    carry_out_shard,
    ensure_deciding_shards,
    ensure_shards,
    undone_shards,
)
from forecasting.today import today_at
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError

HORIZON_DAYS = 91
GIVEN_UP_AFTER = timedelta(hours=1)

Stage = ForecastShard.Stage

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

    A run that has not gone on for an hour is given up. Numbers for families are shared out as the newest forecast says first.

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
        _drop_rows(run, at=at)
    share_families_anew(at=at)
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
    """What comes after the shards that there are: those that decide on what was drafted, those that net what was decided, or the end of the run.
    Safe to repeat.

    Items of shards that failed keep the numbers
    of the run before; the run's message names them. Returns whether the run went on: not while shards are undone or somebody else is at it.

    :raises RunFailed: when every shard of a stage failed.
    """
    with alone("run", run.pk) as mine:
        run.refresh_from_db()
        if not mine or run.status != ForecastRun.Status.RUNNING:
            return False
        try:
            if not run.shards.exists() and ensure_shards(run):
                return True
            if run.shards.undone().exists():
                return False
            if not _next_shards(run, at=at):
                finish(run, at=at)
        except Exception as error:
            _fail(run, error)
            raise
        return True


def _next_shards(run: ForecastRun, *, at: datetime) -> bool:
    """Make the shards of the stage that comes next; whether there is one."""
    states = set(run.shards.order_by().values_list("stage", "status").distinct())
    stages = {stage for stage, _ in states}
    for stage in stages:
        if (stage, ForecastShard.Status.DONE) not in states:
            raise _why_nothing_is_done(run, stage)
    if Stage.DRAFT in stages and Stage.DECIDE not in stages:
        ensure_deciding_shards(run)
        return True
    if Stage.NET not in stages and ensure_netting_shards(run, at=at):
        return True
    run.refresh_from_db(fields=["message"])
    return False


def _why_nothing_is_done(run: ForecastRun, stage: str) -> RunFailed:
    failed = run.shards.filter(stage=stage).failed().order_by("number")
    why = failed.values_list("message", flat=True)[0]
    return RunFailed(f"Every shard failed: {why}", remedy="Mend that and run it again.")


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
def _fail(run: ForecastRun, error: Exception) -> None:
    run.refresh_from_db()
    if run.status == ForecastRun.Status.RUNNING:
        message = f"{type(error).__name__}: {error}"[:500]
        now = timezone.now()
        run.move_to(ForecastRun.Status.FAILED, finished_at=now, message=message)
        _drop_rows(run, at=now)
        record(ForecastRunFailed(run=run.pk, message=message))


def _drop_rows(run: ForecastRun, *, at: datetime) -> None:
    """Of a run that has failed nothing counts, and nothing is kept but how it went."""
    for rows in (run.items, run.targets):
        rows.all().delete()
    take_back(run, at=at)
    ForecastShard.objects.filter(run=run).update(given=None, handed_on=None, summary=None)
