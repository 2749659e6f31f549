"""What planning leaves behind is forgotten by age; what somebody decided, and what accuracy is measured by, stays."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError, transaction
from django_celery_beat.models import PeriodicTask

from forecasting import comparing, services, tasks
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
from inventory import services as inventory
from inventory.models import Item
from mes.core.copying import copy_rows
from tests.forecasting.stock import TODAY, make_stocked_item, plan_stock, proposals_of
from tests.plant import MONDAY, make_item, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HISTORY: Any = Replenishment.pgh_event_model
MESSAGES: Any = ExceptionMessage.pgh_event_model


def make_proposals(item: Item, count: int, *, superseded_at: datetime) -> None:
    copy_rows(
        Replenishment,
        (
            Replenishment(
                item=item,
                quantity=Decimal(10),
                start_date=TODAY,
                due_date=TODAY + 7 * DAY,
                why="Test",
                status="superseded",
                superseded_at=superseded_at,
            )
            for _ in range(count)
        ),
    )


def make_run(started_at: datetime, item: Item) -> ForecastRun:
    """A run with numbers of one item, as a night leaves it."""
    run = ForecastRun.objects.create(
        started_at=started_at,
        finished_at=started_at,
        status="done",
        as_of=started_at.date(),
        horizon_days=14,
    )
    ItemForecast.objects.create(
        run=run,
        item=item,
        method="x",
        why="x",
        weeks=[{"date": run.as_of.isoformat(), "mean": 70, "q": {"0.05": 50, "0.95": 90}}],
        daily_means=[10.0] * 14,
        lead_time_days=7,
    )
    StockTarget.objects.create(
        run=run, item=item, safety_stock=1, reorder_point=2, order_up_to=3, why="x", curve={"lot": 1}
    )
    ForecastShard.objects.create(run=run, number=1, items=[item.pk])
    FamilyForecast.objects.create(
        run=run, site=item.site, level="plant", uom=item.uom, items=1, mean=140, value=140
    )
    return run


def days_of(rows: Any) -> list[date]:
    return sorted(rows.values_list("run__as_of", flat=True))


def test_replaced_proposals_go_after_the_days_that_are_set_in_batches_and_leave_no_history(settings):
    item = make_item()
    make_proposals(item, 2_500, superseded_at=MONDAY - 3 * DAY - timedelta(minutes=1))
    make_proposals(item, 40, superseded_at=MONDAY - 3 * DAY)

    pruned = services.prune(at=MONDAY, batch=1_000)

    assert pruned.proposals == 2_500
    assert Replenishment.objects.count() == 40
    assert not HISTORY.objects.exists()
    settings.MES = settings.MES | {"PROPOSAL_RETENTION_DAYS": 0}
    assert services.prune(at=MONDAY).proposals == 40


def test_a_batch_takes_two_statements_however_many_rows_it_has(django_assert_max_num_queries):
    item = make_item()
    make_proposals(item, 5_000, superseded_at=MONDAY - 10 * DAY)

    with django_assert_max_num_queries(30):
        assert services.prune(at=MONDAY).proposals == 5_000


def test_what_somebody_decided_of_a_proposal_stays_for_ever():
    item, planner = make_stocked_item(policy={"cover_days": 3}), make_user()
    plan_stock()
    firm, dismissed, reopened = proposals_of(item)[:3]
    services.firm_replenishment(firm, by=planner, at=MONDAY)
    services.dismiss_replenishment(dismissed, "No", by=planner, at=MONDAY)
    services.dismiss_replenishment(reopened, "Not now", by=planner, at=MONDAY)
    services.reopen_replenishment(reopened, by=planner, at=MONDAY)
    make_proposals(item, 1, superseded_at=MONDAY)  # nobody decided anything of this one
    services.replenish(at=MONDAY + DAY)
    assert set(Replenishment.objects.exclude(status="proposed").values_list("status", flat=True)) == {
        "firm",
        "dismissed",
        "superseded",
    }
    decided = HISTORY.objects.count()

    services.prune(at=MONDAY + 4000 * DAY)

    kept = dict(Replenishment.objects.exclude(status="proposed").values_list("pk", "status"))
    assert kept == {firm.pk: "firm", dismissed.pk: "dismissed", reopened.pk: "superseded"}
    assert HISTORY.objects.count() == decided
    assert Replenishment.objects.proposed().exists()


def test_a_firm_or_dismissed_proposal_cannot_be_deleted_and_another_one_leaves_its_history():
    item, planner = make_stocked_item(policy={"cover_days": 3}), make_user()
    plan_stock()
    firm, dismissed, open_one = proposals_of(item)[:3]
    services.firm_replenishment(firm, by=planner, at=MONDAY)
    services.dismiss_replenishment(dismissed, "No", by=planner, at=MONDAY)

    for row in (firm, dismissed):
        with pytest.raises(ProgrammingError, match="Cannot delete rows"), transaction.atomic():
            Replenishment.objects.filter(pk=row.pk).delete()
    Replenishment.objects.filter(pk=open_one.pk).delete()

    assert HISTORY.objects.filter(pgh_obj_id=open_one.pk, pgh_label="delete").exists()


def late_purchases(item: Item, count: int) -> list[Any]:
    return [
        inventory.expect_receipt(item, Decimal(5_000), TODAY + timedelta(days=80 + number), at=MONDAY)
        for number in range(count)
    ]


def messages_by_status(*statuses: str) -> list[ExceptionMessage]:
    return list(ExceptionMessage.objects.filter(status__in=statuses).order_by("pk"))


def test_messages_that_are_gone_are_forgotten_unless_somebody_decided_about_them():
    item, planner = make_stocked_item(), make_user(is_superuser=True)
    receipts = late_purchases(item, 2)
    plan_stock()
    first, second = messages_by_status("open")
    services.dismiss_message(first, "Agreed so", by=planner, at=MONDAY)
    for receipt in receipts:
        inventory.cancel_expected_receipt(receipt, by=planner, at=MONDAY)
    services.replenish(at=MONDAY + DAY)
    assert len(messages_by_status("gone")) == 2

    assert services.prune(at=MONDAY + 3 * DAY).messages == 0
    assert services.prune(at=MONDAY + 5 * DAY).messages == 1

    assert messages_by_status("gone") == [first]
    assert not MESSAGES.objects.filter(pgh_obj_id=second.pk).exists()
    assert list(
        MESSAGES.objects.filter(pgh_obj_id=first.pk).order_by("pgh_id").values_list("status", flat=True)
    ) == [
        "dismissed",
        "gone",
    ]


def test_alerts_that_passed_unseen_are_forgotten_after_two_months():
    item, run = make_item(), make_run(MONDAY, make_item())
    common: dict[str, Any] = {
        "item": item,
        "run": run,
        "value": 1,
        "limit": 1,
        "why": "x",
        "status": "passed",
    }
    for days, seen_by in ((61, None), (59, None), (61, make_user())):
        ForecastAlert.objects.create(
            kind="bias",
            raised_at=MONDAY - 90 * DAY,
            passed_at=MONDAY - days * DAY,
            seen_by=seen_by,
            **common,
        )

    assert services.prune(at=MONDAY).alerts == 1
    assert ForecastAlert.objects.count() == 2


def test_of_old_runs_the_days_go_first_then_all_but_one_night_a_week_then_everything():
    item = make_item()
    nights = [*range(10), *range(58, 63), *range(178, 200), *range(398, 412)]
    for back in nights:
        make_run(MONDAY - back * DAY, item)

    pruned = services.prune(at=MONDAY)

    with_days = ItemForecast.objects.exclude(daily_means=[])
    assert days_of(with_days) == sorted(TODAY - back * DAY for back in nights if back <= 60)
    # Today is a Monday, and so is every seventh day before it: the first night of its week.
    weekly = {182, 189, 196, 399} | {199}  # of the week before 196 nothing earlier is known
    kept = sorted(TODAY - back * DAY for back in nights if back <= 180 or back in weekly)
    assert days_of(ItemForecast.objects.all()) == kept
    assert days_of(StockTarget.objects.all()) == kept
    assert days_of(FamilyForecast.objects.all()) == kept
    assert days_of(ForecastShard.objects.all()) == sorted(TODAY - back * DAY for back in nights if back <= 60)
    assert pruned.forecasts == pruned.targets == len(nights) - len(kept)
    assert ForecastRun.objects.count() == len(nights)


def test_what_accuracy_is_measured_by_stays_whatever_is_set(settings):
    settings.MES = settings.MES | {
        "FORECAST_DAILY_DAYS": 1,
        "FORECAST_NIGHTLY_DAYS": 1,
        "FORECAST_RETENTION_DAYS": 1,
    }
    item = make_item()
    for back in range(1, 280):
        make_run(MONDAY - back * DAY, item)
    compared = comparing.runs_compared(TODAY)

    services.prune(at=MONDAY)

    assert comparing.runs_compared(TODAY) == compared
    assert _with_numbers(compared) == {run.pk for run in compared}


def _with_numbers(runs: Iterable[ForecastRun]) -> set[int]:
    return set(ItemForecast.objects.filter(run__in=list(runs)).values_list("run", flat=True))


def test_the_newest_run_keeps_everything_however_old_it_is():
    item = make_item()
    old, newest = make_run(MONDAY - 900 * DAY, item), make_run(MONDAY - 800 * DAY, item)

    services.prune(at=MONDAY)

    assert days_of(ItemForecast.objects.exclude(daily_means=[])) == [newest.as_of]
    assert not old.items.exists()
    assert newest.shards.exists()


def test_pruning_again_changes_nothing_and_is_a_job_of_its_own():
    item = make_item()
    make_run(MONDAY - 500 * DAY, item)
    make_run(MONDAY, item)
    services.prune(at=MONDAY)

    again = services.prune(at=MONDAY)
    tasks.prune()

    assert not any(vars_of(again))
    assert ForecastRun.objects.count() == 2


def vars_of(pruned: services.Pruned) -> list[int]:
    return [
        pruned.proposals,
        pruned.messages,
        pruned.alerts,
        pruned.dailies,
        pruned.forecasts,
        pruned.targets,
    ]


def test_the_job_is_among_those_that_beat_runs(settings):
    assert settings.CELERY_BEAT_SCHEDULE["prune planning"]["task"] == tasks.prune.name
    assert not PeriodicTask.objects.filter(task=tasks.prune.name, enabled=False).exists()
