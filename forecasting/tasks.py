"""Background work of forecasting: each task one service, safe to repeat."""

from datetime import datetime
from functools import partial

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from forecasting import services
from forecasting.models import ForecastRun
from mes.core.models import User


@shared_task(ignore_result=True)
def plan_stock_nightly() -> None:
    """Forecast, set targets and propose replenishments; drop daily forecasts nobody looks at any more."""
    at = timezone.now()
    services.run_forecast(at=at)
    services.prune_runs(at=at)


@shared_task(ignore_result=True)
def carry_out_run(run: int) -> None:
    """Carry out a run that was begun; one whose worker was killed is handed out again and done anew."""
    found = ForecastRun.objects.get(pk=run)
    services.carry_out(found, at=timezone.now())


@shared_task(ignore_result=True)
def replenish() -> None:
    """Bring proposals up to date with stock and orders, between the nightly runs."""
    if ForecastRun.objects.latest_done() is not None:
        services.replenish(at=timezone.now())


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
