"""Forecast runs: begun, carried out, ended; forecasts, targets and proposals of a run appear together."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from forecasting import demand, pipeline, targets
from forecasting.facts import ForecastRunDone, ForecastRunFailed
from forecasting.models import Forecast, ForecastRun
from forecasting.pipeline import Progress
from forecasting.services.replenishing import write_proposals
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError

HORIZON_DAYS = 91
GIVEN_UP_AFTER = timedelta(hours=1)
DAYS_KEPT = 60


class RunInProgress(DomainError):
    code = "forecasting.run_in_progress"
    title = "A forecast run is under way"


@transaction.atomic
def begin_run(*, horizon_days: int = HORIZON_DAYS, by: User | None = None, at: datetime) -> ForecastRun:
    """Open a run from today on; `carry_out` does its work.

    A run that has been going for an hour was killed and is given up.

    :raises RunInProgress: while another is under way.
    """
    running = ForecastRun.objects.filter(status=ForecastRun.Status.RUNNING)
    for run in running.select_for_update().order_by("pk"):
        if at - run.started_at < GIVEN_UP_AFTER:
            raise RunInProgress(
                f"{run} has done {run.items_done} of {run.items_total} items.",
                remedy="Wait until it is done.",
            )
        run.move_to(
            ForecastRun.Status.FAILED, finished_at=at, message="Given up: it had not ended within an hour."
        )
    try:
        with transaction.atomic():
            return ForecastRun.objects.create(
                started_at=at, as_of=timezone.localdate(at), horizon_days=horizon_days
            )
    except IntegrityError as taken:  # by a run that was begun since we looked
        raise RunInProgress("Another run has just been begun.", remedy="Wait until it is done.") from taken


def carry_out(
    run: ForecastRun,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    by: User | None = None,
    at: datetime,
) -> ForecastRun:
    """Forecast, set targets and propose replenishments. Until it is done, the run before it counts.

    Safe to repeat: a run that is done stays as it is, one that was cut short is done anew.
    """
    run.refresh_from_db()
    if run.status != ForecastRun.Status.RUNNING:
        return run

    def tell(done: int, total: int) -> None:
        if done % 25 == 0 or done == total:
            ForecastRun.objects.filter(pk=run.pk).update(items_done=done, items_total=total)
        if progress is not None:
            progress(done, total)

    try:
        found = pipeline.outlooks(
            as_of=run.as_of, horizon_days=run.horizon_days, workers=workers, progress=tell
        )
        return _store(run, found, at=at)
    except Exception as error:
        _fail(run, error)
        raise


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
    return carry_out(run, workers=workers, progress=progress, by=by, at=at)


@transaction.atomic
def prune_runs(*, at: datetime) -> int:
    """Drop the daily forecasts of old runs; methods, errors, targets and the newest run done stay. Returns the rows dropped."""
    newest = ForecastRun.objects.latest_done()
    old = ForecastRun.objects.filter(started_at__lt=at - timedelta(days=DAYS_KEPT))
    if newest is not None:
        old = old.exclude(pk=newest.pk)
    return Forecast.objects.filter(run__in=old).delete()[0]


@transaction.atomic
def _store(run: ForecastRun, found: list[pipeline.Outlook], *, at: datetime) -> ForecastRun:
    policies = targets.policies_of(one.history.item for one in found)
    pipeline.store(
        run, found, [targets.bridging_days(one.history.item, policies[one.history.item.pk]) for one in found]
    )
    ratios = targets.override_ratios(run.as_of, found, policies)
    stocked = targets.decide(found, policies, ratios)
    targets.store(run, stocked)
    proposals = write_proposals(run, stocked, as_of=run.as_of, at=at)
    remarks = " ".join(remark.text for remark in demand.remarks_of(one.history for one in found))
    run.move_to(
        ForecastRun.Status.DONE,
        finished_at=timezone.now(),
        items_total=len(found),
        items_done=len(found),
        message=f"{len(found)} items forecast, {proposals} proposals. {remarks}".strip(),
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
