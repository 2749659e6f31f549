"""The work of a run is shared out in shards: a worker that is killed loses nothing, a shard that fails stops no other."""

import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Event

import pytest
from django.contrib import admin

from forecasting import binding, deciding, faults, pipeline, services, tasks
from forecasting.admin.runs import ItemForecastAdmin
from forecasting.models import (
    Forecast,
    ForecastRun,
    ForecastShard,
    ItemForecast,
    LotRule,
    Replenishment,
    StockPolicy,
    StockTarget,
)
from inventory.models import Item, Location
from inventory.services import ensure_locations
from tests.clock import set_clock
from tests.forecasting.stock import TODAY, make_history, make_stocked_item, means_of, plan_stock
from tests.killing import killed_once
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
    """Of the shards that draft."""
    return list(run.shards.drafting().order_by("number").values_list("status", flat=True))


def test_what_is_drafted_in_shards_is_what_one_alone_would_have_drafted(monkeypatch):
    items = make_items(5)
    shared = plan_stock()

    monkeypatch.setattr(pipeline, "SHARD_ITEMS", 100)
    alone = plan_stock(MONDAY + timedelta(minutes=1))

    assert (shared.shards.drafting().count(), alone.shards.drafting().count()) == (3, 1)
    assert (shared.shards.deciding().count(), alone.shards.deciding().count()) == (3, 1)
    for item in items:
        assert means_of(item, shared) == pytest.approx(means_of(item, alone))
        rows = [ItemForecast.objects.get(run=run, item=item) for run in (shared, alone)]
        assert rows[0].lead_time_quantiles == rows[1].lead_time_quantiles
        ours, theirs = (StockTarget.objects.get(run=run, item=item) for run in (shared, alone))
        assert (ours.reorder_point, ours.order_up_to) == (theirs.reorder_point, theirs.order_up_to)
        assert (ours.explanation["class_why"], ours.curve) == (theirs.explanation["class_why"], theirs.curve)
    families = [
        run.families.order_by("level").values_list("level", "items", "mean", "correlation")
        for run in (shared, alone)
    ]
    assert list(families[0]) == list(families[1])
    assert not ForecastShard.objects.exclude(given=None, handed_on=None, summary=None).exists()


def drafting_waits(monkeypatch, *, until: Event, begun: Event | None = None) -> None:
    """Whoever drafts an item says that it has begun, and waits for something."""
    quick = pipeline.draft

    def draft(*args, **kwargs):
        if begun is not None:
            begun.set()
        assert until.wait(60)
        return quick(*args, **kwargs)

    monkeypatch.setattr(pipeline, "draft", draft)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_in_the_middle_loses_nothing(monkeypatch):
    items = make_items(6)
    run = make_run()
    quick = pipeline.draft

    def draft(*args, **kwargs):
        if states(run) == ["done", "running", "pending"]:
            time.sleep(60)
        return quick(*args, **kwargs)

    monkeypatch.setattr(pipeline, "draft", draft)

    killed_once(
        lambda: states(run) == ["done", "running", "pending"],
        at=lambda: services.work_on(ForecastRun.objects.get(pk=run.pk)),
    )

    monkeypatch.setattr(pipeline, "draft", quick)
    assert states(run) == ["done", "running", "pending"]
    assert not services.go_on(run, at=MONDAY)
    run = services.carry_out(run, at=MONDAY)

    assert run.status == ForecastRun.Status.DONE
    assert list(run.shards.drafting().order_by("number").values_list("status", "attempts")) == [
        ("done", 1),
        ("done", 2),
        ("done", 1),
    ]
    assert {row.item for row in ItemForecast.objects.filter(run=run)} == set(items)
    assert {row.item for row in StockTarget.objects.filter(run=run)} == set(items)
    assert Replenishment.objects.proposed().filter(run=run).exists()


def break_down_deciding_on(monkeypatch, item, error: type[Exception] = MemoryError) -> None:
    """As nobody can who decides on it: with what is no fault of an item, the whole shard."""
    decided = deciding.decide

    def decide(run, drafted, learnt):
        if item in [history.item for history, _ in drafted]:
            raise error("no demand at all")
        return decided(run, drafted, learnt)

    monkeypatch.setattr(deciding, "decide", decide)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_while_it_decides_loses_nothing_and_leaves_nothing_half_done(monkeypatch):
    items = make_items(4)
    run = make_run()
    services.work_on(run)
    assert services.go_on(run, at=MONDAY)
    stored = deciding.store

    def store_slowly(made):
        stored(made)
        time.sleep(60)

    def work() -> None:
        monkeypatch.setattr(deciding, "store", store_slowly)
        services.work_on(ForecastRun.objects.get(pk=run.pk))

    killed_once(run.shards.deciding().filter(attempts=1).exists, at=work, after=0.5)

    assert set(run.shards.deciding().values_list("status", flat=True)) == {"running", "pending"}
    assert not ItemForecast.objects.filter(run=run).exists()
    run = services.carry_out(run, at=MONDAY)

    assert run.status == ForecastRun.Status.DONE
    assert sorted(run.shards.deciding().values_list("attempts", flat=True)) == [1, 2]
    assert sorted(ItemForecast.objects.filter(run=run).values_list("item", flat=True)) == [
        i.pk for i in items
    ]
    assert sorted(StockTarget.objects.filter(run=run).values_list("item", flat=True)) == [i.pk for i in items]


def test_a_shard_that_cannot_be_decided_on_is_named_and_its_items_keep_their_numbers(monkeypatch):
    items = make_items(4)
    former = plan_stock()
    break_down_deciding_on(monkeypatch, items[0])

    run = plan_stock(TOMORROW)

    assert run.status == ForecastRun.Status.DONE
    assert list(run.shards.deciding().order_by("number").values_list("status", "attempts")) == [
        ("failed", 3),
        ("done", 1),
    ]
    assert (
        f"Shard 1 failed (MemoryError: no demand at all (in decide)): {items[0]}, {items[1]}" in run.message
    )
    assert means_of(items[0], run) == means_of(items[0], former)[1:]
    assert StockTarget.objects.filter(run=run).count() == 4


def test_an_item_that_cannot_be_decided_on_is_left_out_alone_and_keeps_its_numbers(monkeypatch):
    items = make_items(4)
    former = plan_stock()
    break_down_deciding_on(monkeypatch, items[0], ZeroDivisionError)

    run = plan_stock(TOMORROW)

    assert run.status == ForecastRun.Status.DONE
    assert set(run.shards.values_list("status", "attempts")) == {("done", 1)}
    assert (
        f"3 items forecast, {Replenishment.objects.proposed().count()} proposals. {items[0]} (ZeroDivisionError: "
        f"no demand at all (in decide)) could not be forecast; 1 keeps its numbers of {former}."
    ) in run.message
    assert means_of(items[0], run) == means_of(items[0], former)[1:]
    assert not ItemForecast.objects.get(run=run, item=items[1]).why.startswith("Kept from")
    assert StockTarget.objects.filter(run=run).count() == 4
    assert run.families.get(level="plant").items == 3
    assert {row.run for row in Replenishment.objects.proposed()} == {run}


def test_an_item_whose_demand_is_beyond_all_numbers_is_named_and_the_rest_of_its_shard_is_done():
    items = make_items(3)
    huge = make_stocked_item(site=items[0].site, days=60, per_day=5e10)

    run = plan_stock()

    assert run.status == ForecastRun.Status.DONE
    assert set(run.shards.values_list("status", "attempts")) == {("done", 1)}
    assert (
        f"{huge} (OverflowError: 3.5e+11 a week would be forecast (in _drafted)) could not be forecast; "
        "it has no numbers."
    ) in run.message
    assert {row.item for row in ItemForecast.objects.filter(run=run)} == set(items)
    assert {row.item for row in StockTarget.objects.filter(run=run)} == set(items)
    assert {row.item for row in Replenishment.objects.proposed()} == set(items)


def test_an_item_whose_rows_the_database_refuses_is_left_out_and_those_beside_it_are_stored(monkeypatch):
    items = make_items(4)
    made = deciding.decide

    def decide(run, drafted, learnt):
        decided = made(run, drafted, learnt)
        for target in decided.targets:
            if target.item == items[2]:
                target.order_up_to = Decimal("1e13")
        return decided

    monkeypatch.setattr(deciding, "decide", decide)
    run = plan_stock()

    assert run.status == ForecastRun.Status.DONE
    assert f"{items[2]} (NumericValueOutOfRange" in run.message.replace("DataError", "NumericValueOutOfRange")
    assert "it has no numbers" in run.message
    stored = set(StockTarget.objects.filter(run=run).values_list("item", flat=True))
    assert stored == {item.pk for item in items} - {items[2].pk}
    assert set(ItemForecast.objects.filter(run=run).values_list("item", flat=True)) == stored


def test_an_item_of_a_class_that_would_be_kept_beyond_all_numbers_is_left_out_alone(monkeypatch):
    items = make_items(5)
    Item.objects.update(unit_cost=4, unit_price=9)
    StockPolicy.objects.create(service_level=Decimal("0.97"), is_shared=True)
    former = plan_stock()
    decided = binding.decided

    def beyond(shards, tally):
        for one in decided(shards, tally):
            is_huge = one.asked.item == items[3]
            yield replace(one, target=replace(one.target, order_up_to=1e12)) if is_huge else one

    monkeypatch.setattr(binding, "decided", beyond)
    run = plan_stock(TOMORROW)

    assert run.status == ForecastRun.Status.DONE
    assert f"{items[3]} (OverflowError: 1e+12 would be kept (in row)) could not be forecast" in run.message
    assert means_of(items[3], run) == means_of(items[3], former)[1:]
    assert StockTarget.objects.filter(run=run).count() == 5
    ours, theirs = (StockTarget.objects.get(run=one, item=items[3]) for one in (run, former))
    assert ours.order_up_to == theirs.order_up_to


def test_where_too_many_items_fail_it_is_not_they_that_are_wrong(monkeypatch):
    monkeypatch.setattr(faults, "MOST_FAULTS", 1)
    items = make_items(4)
    monkeypatch.setattr(pipeline, "SHARD_ITEMS", 100)
    drafted = pipeline._drafted

    def break_down(history, weeks):
        if history.item in items[:3]:
            raise ZeroDivisionError("a unit of nothing")
        return drafted(history, weeks)

    monkeypatch.setattr(pipeline, "_drafted", break_down)
    with pytest.raises(services.RunFailed, match="Every shard failed: ZeroDivisionError: a unit of nothing"):
        plan_stock()


def test_a_run_of_which_nothing_can_be_decided_has_failed_and_leaves_no_rows(monkeypatch):
    [item] = make_items(1)
    former = plan_stock()
    break_down_deciding_on(monkeypatch, item)

    with pytest.raises(services.RunFailed, match="Every shard failed: MemoryError: no demand at all"):
        plan_stock(TOMORROW)

    failed = ForecastRun.objects.exclude(pk=former.pk).get()
    assert failed.status == ForecastRun.Status.FAILED
    assert not failed.items.exists()
    assert not failed.targets.exists()
    assert not failed.shards.exclude(given=None, handed_on=None, summary=None).exists()


def test_what_a_run_under_way_has_decided_does_not_count_yet(rf):
    make_items(4)
    former = plan_stock()
    run = make_run(TOMORROW)
    services.work_on(run)
    services.go_on(run, at=TOMORROW)
    services.carry_out_shard(run.shards.deciding().order_by("number")[0])

    assert run.items.count() == run.targets.count() == 2
    for model in (ItemForecast, Forecast, StockTarget):
        assert set(model.objects.counting().values_list("run", flat=True)) == {former.pk}
    listed = ItemForecastAdmin(ItemForecast, admin.site).get_queryset(rf.get("/"))
    assert set(listed.values_list("run", flat=True)) == {former.pk}
    assert ForecastRun.objects.latest_done() == former


@pytest.mark.parametrize("bound", ["together", "a budget", "a warehouse", "a budget and a warehouse"])
def test_items_that_are_bound_together_get_what_one_worker_alone_would_have_given_them(monkeypatch, bound):
    items = make_items(5)
    Item.objects.update(unit_cost=4, unit_price=9, storage_volume_m3=Decimal("0.01"))
    limits = {"budget": 1100} if "budget" in bound else {}
    StockPolicy.objects.create(service_level=Decimal("0.97"), is_shared=bound == "together", **limits)
    if "warehouse" in bound:
        ensure_locations(items[0].site)
        Location.objects.filter(site=items[0].site, kind="finished").update(capacity_m3=Decimal("2.6"))
    shared = plan_stock()
    monkeypatch.setattr(pipeline, "SHARD_ITEMS", 100)
    alone = plan_stock(MONDAY + timedelta(minutes=1))

    told = [
        list(run.targets.order_by("item").values_list("item", "safety_stock", "order_up_to", "explanation"))
        for run in (shared, alone)
    ]
    assert told[0] == told[1]
    assert len(told[0]) == 5
    said = {
        "together": ["97.0% of the demand of 5 items together"],
        "a budget": ["the budget for stock is spent"],
        "a warehouse": ["the warehouse is full"],
        "a budget and a warehouse": ["the budget for stock is spent", "the warehouse is full"],
    }
    notes = {line["note"] for *_, explanation in told[0] for line in explanation["lines"]}
    assert notes.issuperset(said[bound])


def test_a_family_that_is_set_up_together_is_sized_as_one_wherever_its_items_are_decided_on(monkeypatch):
    items = make_items(5)
    Item.objects.update(unit_cost=4, unit_price=9)
    for item in items:
        LotRule.objects.create(item=item, sizing="joint", family="Mixer", order_cost=2, family_cost=30)
    shared = plan_stock()
    monkeypatch.setattr(pipeline, "SHARD_ITEMS", 100)
    alone = plan_stock(MONDAY + timedelta(minutes=1))

    told = [
        list(run.targets.order_by("item").values_list("item", "order_up_to", "explanation"))
        for run in (shared, alone)
    ]
    assert told[0] == told[1]
    for _, _, explanation in told[0]:
        [lot] = [line for line in explanation["lines"] if line["what"] == "lot"]
        assert "Mixer is set up for its 5 items together" in lot["note"]


def test_a_large_run_learns_from_some_of_its_items_and_decides_on_all(monkeypatch):
    items = make_items(5)
    monkeypatch.setattr(pipeline, "LEARNT_FROM", 2)
    run = make_run()
    services.work_on(run)

    lessons = [pipeline.unpack(each) for each in run.shards.values_list("summary", flat=True)]
    run = services.carry_out(run, at=MONDAY)

    assert [len(lesson.evidence) for lesson in lessons] == [1, 1, 1]
    assert [len(pipeline.unpack(lesson.sample)) for lesson in lessons] == [1, 1, 1]
    assert sum(len(lesson.values) for lesson in lessons) == 5
    for item in items:
        known = ItemForecast.objects.get(run=run, item=item)
        values = [known.lead_time_quantiles[level] for level in ("0.05", "0.5", "0.95")]
        assert values[0] < values[1] < values[2]


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_one_shard_one_draws_back(monkeypatch):
    make_items(2)
    run = make_run()
    drawn_back = Event()
    drafting_waits(monkeypatch, until=drawn_back)
    shard = run.shards.get()

    def work() -> bool:
        try:
            return services.carry_out_shard(shard)
        finally:
            drawn_back.set()

    outcomes = at_once(work, work)

    shard.refresh_from_db()
    assert sorted(outcomes) == [False, True]
    assert (shard.status, shard.attempts) == ("done", 1)


def test_the_watch_hands_out_again_what_a_killed_worker_left_and_finishes_the_run():
    make_items(4)
    run = make_run()
    left = run.shards.get(number=1)
    left.move_to(ForecastShard.Status.RUNNING)
    run.shards.update(handed_out_at=MONDAY)
    set_clock(TOMORROW)

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
    begun, looked = Event(), Event()
    drafting_waits(monkeypatch, until=looked, begun=begun)
    first = run.shards.get(number=1)

    def look() -> list[ForecastShard]:
        assert begun.wait(60)
        try:
            ForecastRun.objects.filter(pk=run.pk).update(seen_at=MONDAY)
            return services.hand_out_again(run, at=MONDAY + timedelta(minutes=10))
        finally:
            looked.set()

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
    assert sorted(run.shards.drafting().values_list("attempts", flat=True)) == [1, 2]


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
    assert run.shards.drafting().get(number=1).attempts == 3
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
