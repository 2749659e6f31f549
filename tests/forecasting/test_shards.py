"""The work of a run is shared out in shards: a worker that is killed loses nothing, a shard that fails stops no other."""

import multiprocessing
import os
import signal
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connections

from forecasting import pipeline, services, tasks
from forecasting.models import (
    Forecast,
    ForecastRun,
    ForecastShard,
    ItemForecast,
    Replenishment,
    StockPolicy,
    StockTarget,
)
from tests.forecasting.stock import TODAY, make_history, make_stocked_item, means_of, plan_stock
from tests.plant import MONDAY, make_site
from tests.racing import at_once
from tests.shop import make_made_item

pytestmark = pytest.mark.django_db
TOMORROW = MONDAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def _two_items_a_shard(monkeypatch):
    monkeypatch.setattr(pipeline, "SHARD_ITEMS", 2)


def make_items(count: int):
    site = make_site()
    return [make_stocked_item(site=site, days=60, per_day=5 + number) for number in range(count)]


def make_run(at=MONDAY) -> ForecastRun:
    run = services.begin_run(horizon_days=42, at=at)
    services.ensure_shards(run)
    run.refresh_from_db()
    return run


def states(run: ForecastRun) -> list[str]:
    return list(run.shards.order_by("number").values_list("status", flat=True))


def slowly(monkeypatch) -> None:
    quick = pipeline.draft

    def draft(*args, **kwargs):
        time.sleep(0.4)
        return quick(*args, **kwargs)

    monkeypatch.setattr(pipeline, "draft", draft)


def test_what_is_drafted_in_shards_is_what_one_alone_would_have_drafted(monkeypatch):
    items = make_items(5)
    shared = plan_stock()

    monkeypatch.setattr(pipeline, "SHARD_ITEMS", 100)
    alone = plan_stock(MONDAY + timedelta(minutes=1))

    assert (shared.shards.count(), alone.shards.count()) == (3, 1)
    for item in items:
        assert means_of(item, shared) == pytest.approx(means_of(item, alone))
        rows = [ItemForecast.objects.get(run=run, item=item) for run in (shared, alone)]
        assert rows[0].lead_time_quantiles == rows[1].lead_time_quantiles
    assert not ForecastShard.objects.exclude(drafts=None).exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_in_the_middle_loses_nothing(monkeypatch):
    items = make_items(6)
    run = make_run()
    slowly(monkeypatch)

    def work(key: int) -> None:
        connections.close_all()
        services.work_on(ForecastRun.objects.get(pk=key))

    connections.close_all()
    worker = multiprocessing.get_context("fork").Process(target=work, args=[run.pk])
    worker.start()
    deadline = time.monotonic() + 60
    while states(run) != ["done", "running", "pending"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()

    assert states(run) == ["done", "running", "pending"]
    assert services.finish_run(run, at=MONDAY).status == "running"
    services.work_on(run)
    run = services.finish_run(run, at=MONDAY)

    assert run.status == ForecastRun.Status.DONE
    assert list(run.shards.order_by("number").values_list("status", "attempts")) == [
        ("done", 1),
        ("done", 2),
        ("done", 1),
    ]
    assert {row.item for row in ItemForecast.objects.filter(run=run)} == set(items)
    assert {row.item for row in StockTarget.objects.filter(run=run)} == set(items)
    assert Replenishment.objects.proposed().filter(run=run).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_one_shard_one_draws_back(monkeypatch):
    make_items(2)
    run = make_run()
    slowly(monkeypatch)
    shard = run.shards.get()

    outcomes = at_once(*(lambda: services.carry_out_shard(shard) for _ in range(2)))

    shard.refresh_from_db()
    assert sorted(outcomes) == [False, True]
    assert (shard.status, shard.attempts) == ("done", 1)


def test_the_watch_hands_out_again_what_a_killed_worker_left_and_finishes_the_run():
    make_items(4)
    run = make_run()
    left = run.shards.get(number=1)
    left.move_to(ForecastShard.Status.RUNNING)
    run.shards.update(handed_out_at=MONDAY)

    tasks.watch_runs()

    run.refresh_from_db()
    assert run.status == ForecastRun.Status.DONE
    assert run.items_done == run.items_total == 4


def test_a_shard_that_was_just_handed_out_is_left_to_its_worker():
    make_items(2)
    run = make_run()
    run.shards.update(handed_out_at=TOMORROW)

    assert services.hand_out_again(run, at=TOMORROW + timedelta(seconds=30)) == []
    assert len(services.hand_out_again(run, at=TOMORROW + timedelta(minutes=3))) == 1


def test_what_still_waits_in_the_queue_is_not_queued_twice_while_the_work_goes_on():
    make_items(6)
    run = make_run()
    run.shards.update(handed_out_at=MONDAY)
    late = MONDAY + timedelta(minutes=10)
    ForecastRun.objects.filter(pk=run.pk).update(seen_at=late - timedelta(seconds=20))
    left = run.shards.get(number=2)
    left.move_to(ForecastShard.Status.RUNNING)

    assert services.hand_out_again(run, at=late) == [left]
    assert services.hand_out_again(run, at=late) == []
    quiet = services.hand_out_again(run, at=late + timedelta(minutes=2))
    assert [shard.number for shard in quiet] == [2, 1, 3]


@pytest.mark.django_db(transaction=True)
def test_what_waits_is_not_queued_twice_while_somebody_is_at_a_shard(monkeypatch):
    make_items(4)
    run = make_run()
    run.shards.update(handed_out_at=MONDAY)
    slowly(monkeypatch)
    first = run.shards.get(number=1)

    def look() -> list[ForecastShard]:
        deadline = time.monotonic() + 30
        while states(run)[0] == "pending" and time.monotonic() < deadline:
            time.sleep(0.02)
        ForecastRun.objects.filter(pk=run.pk).update(seen_at=MONDAY)
        return services.hand_out_again(run, at=MONDAY + timedelta(minutes=10))

    worked, handed_out = at_once(lambda: services.carry_out_shard(first), look)

    assert (worked, handed_out) == (True, [])


def test_a_worker_that_has_done_a_shard_asks_only_whether_the_run_is_ready():
    make_items(6)
    run = make_run()
    run.shards.update(handed_out_at=MONDAY)

    tasks.carry_out_shard(shard=run.shards.get(number=1).pk)

    assert states(run) == ["done", "pending", "pending"]
    assert set(run.shards.values_list("handed_out_at", flat=True)) == {MONDAY}


def test_a_shard_that_fails_in_a_worker_is_handed_out_again_at_once_and_the_run_ends(monkeypatch):
    make_items(4)
    run = make_run()
    drafted = pipeline.drafts_of
    failures: list[list[int]] = []

    def break_down_once(keys, **given):
        if not failures:
            failures.append(keys)
            raise ZeroDivisionError("a unit of nothing")
        return drafted(keys, **given)

    monkeypatch.setattr(pipeline, "drafts_of", break_down_once)
    tasks.carry_out_run(run=run.pk)

    run.refresh_from_db()
    assert run.status == ForecastRun.Status.DONE
    assert sorted(run.shards.values_list("attempts", flat=True)) == [1, 2]


def test_a_shard_that_fails_is_tried_again_then_named_and_the_rest_completes(monkeypatch):
    items = make_items(4)
    former = plan_stock()
    ItemForecast.objects.filter(run=former, item=items[0]).update(why="It sells in spring. " * 60)
    drafted = pipeline.drafts_of

    def break_down(keys, **given):
        if items[0].pk in keys:
            raise ZeroDivisionError("a unit of nothing")
        return drafted(keys, **given)

    monkeypatch.setattr(pipeline, "drafts_of", break_down)
    run = plan_stock(TOMORROW)

    assert run.status == ForecastRun.Status.DONE
    assert states(run) == ["failed", "done"]
    assert run.shards.get(number=1).attempts == 3
    assert (
        f"Shard 1 failed (ZeroDivisionError: a unit of nothing (in break_down)): {items[0]}, {items[1]}"
        in run.message
    )
    assert f"2 keep their numbers of {former}" in run.message
    assert means_of(items[0], run) == means_of(items[0], former)[1:]
    assert (
        ItemForecast.objects.get(run=run, item=items[0]).why
        == f"Kept from {former}. " + "It sells in spring. " * 60
    )
    assert StockTarget.objects.filter(run=run).count() == 4
    assert Forecast.objects.filter(run=run, item=items[1]).earliest("date").date == TODAY + timedelta(days=1)


def test_a_sold_component_whose_shard_fails_keeps_its_target_once(monkeypatch):
    part = make_stocked_item(days=60, per_day=5)
    other = make_stocked_item(site=part.site, days=60, per_day=4)
    product = make_made_item(
        site=part.site, components={part: 2}, lead_time_days=7, strategy="mts", kind="finished"
    )
    make_history(product, per_day=6)
    StockPolicy.objects.create(item=part, service_level=Decimal("0.98"), review_days=7)
    former = plan_stock()
    drafted = pipeline.drafts_of

    def break_down(keys, **given):
        if part.pk in keys:
            raise ZeroDivisionError("a unit of nothing")
        return drafted(keys, **given)

    monkeypatch.setattr(pipeline, "drafts_of", break_down)
    run = plan_stock(TOMORROW)

    assert run.status == ForecastRun.Status.DONE
    assert {row.item for row in StockTarget.objects.filter(run=run)} == {part, other, product}
    kept, before = (StockTarget.objects.get(run=one, item=part) for one in (run, former))
    assert (kept.reorder_point, kept.why) == (before.reorder_point, before.why)


def test_a_run_of_which_every_shard_fails_has_failed_and_the_old_numbers_count(monkeypatch):
    make_items(2)
    former = plan_stock()

    def break_down(*args, **kwargs):
        raise RuntimeError("no memory")

    monkeypatch.setattr(pipeline, "drafts_of", break_down)
    with pytest.raises(services.RunFailed, match="Every shard failed: RuntimeError: no memory"):
        plan_stock(TOMORROW)

    assert ForecastRun.objects.latest_done() == former
    assert ForecastRun.objects.exclude(pk=former.pk).get().status == "failed"


def test_a_shard_that_kills_its_workers_ends_too():
    make_items(2)
    run = make_run()
    shard = run.shards.get()
    shard.move_to(ForecastShard.Status.RUNNING)
    ForecastShard.objects.update(attempts=3)

    services.carry_out_shard(shard)

    shard.refresh_from_db()
    assert (shard.status, shard.message) == ("failed", "Its workers were killed 3 times.")
