"""A run is netted in shards of what hangs together: the same proposals as of one, readable when the run is done, and nothing is lost or said twice."""

import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from forecasting import pipeline, services
from forecasting.models import (
    ExceptionMessage,
    ForecastAlert,
    ForecastRun,
    LotRule,
    Replenishment,
    StockTarget,
)
from forecasting.progress import step_at, steps_of
from forecasting.services import proposing
from inventory import services as inventory
from inventory.models import Item
from mes.core.models import Fact
from tests.forecasting.stock import TODAY, make_history, make_stocked_item, plan_stock, proposals_of
from tests.killing import killed_once
from tests.orders.desk import make_order
from tests.plant import MONDAY, make_item, make_lot, make_site, make_supplier, make_user
from tests.shop import make_made_item, plan_order

pytestmark = pytest.mark.django_db
TOMORROW = MONDAY + timedelta(days=1)
TOLD = (
    "item",
    "quantity",
    "start_date",
    "due_date",
    "stockout_date",
    "why",
    "pegging",
    "cost",
    "cost_why",
    "family",
)


@pytest.fixture(autouse=True)
def _two_items_a_shard(monkeypatch):
    monkeypatch.setattr(pipeline, "SHARD_ITEMS", 2)


def make_items(count: int, **fields: Any) -> list[Item]:
    site = make_site()
    return [make_stocked_item(site=site, days=60, per_day=5 + number, **fields) for number in range(count)]


def netting_begun(at=TOMORROW) -> ForecastRun:
    """A run of which everything is decided and nothing is netted."""
    run = services.begin_run(horizon_days=42, at=at)
    services.ensure_shards(run)
    for _ in range(2):
        services.work_on(run)
        assert services.go_on(run, at=at)
    assert set(run.shards.netting().values_list("status", flat=True)) == {"pending"}
    return run


def netted(at=TOMORROW) -> ForecastRun:
    """A run of which everything is netted and nothing counts."""
    run = netting_begun(at)
    services.work_on(run)
    return run


def told(run: ForecastRun) -> list[tuple[Any, ...]]:
    """What a run has proposed, whatever has become of it."""
    rows = Replenishment.objects.filter(run=run).values_list(*TOLD)
    return sorted(rows, key=lambda row: (row[0], row[3], row[1], row[5]))


def messages() -> list[tuple[Any, ...]]:
    rows = ExceptionMessage.objects.open().order_by("pk")
    return list(
        rows.values_list(
            "item",
            "kind",
            "production_order",
            "expected_receipt",
            "better_date",
            "better_quantity",
            "why",
            "cost",
        )
    )


def make_plant() -> dict[str, Item]:
    """Products that share a bottle, one of them with a bulk of its own; three items that are ordered together; a few that stand alone."""
    site = make_site()
    bottle = make_item("bottle", site=site, supply="buy", strategy="mto", kind="packaging", lead_time_days=3)
    raw = make_item("raw", site=site, supply="buy", strategy="mto", kind="raw", lead_time_days=6)
    bulk = make_made_item(
        (), {raw: 3}, site=site, strategy="mto", uom="LTR", kind="intermediate", lead_time_days=2
    )
    both: list[dict[Item, Decimal | int | str]] = [{bottle: 1, bulk: "0.5"}, {bottle: 2}]
    made = [
        make_made_item(
            (), parts, site=site, strategy="mts", supply="make", lead_time_days=5, unit_cost=4, unit_price=9
        )
        for parts in both
    ]
    for number, item in enumerate(made):
        make_history(item, per_day=6 + number, days=120)
    supplier = make_supplier()
    joint = [
        make_stocked_item(
            site=site, days=120, per_day=4 + number, supplier=supplier, unit_cost=2, unit_price=5
        )
        for number in range(3)
    ]
    for item in joint:
        LotRule.objects.create(item=item, sizing="joint", order_cost=2, family_cost=30)
    alone = [
        make_stocked_item(site=site, days=120, per_day=7 + number, unit_cost=3, unit_price=8)
        for number in range(4)
    ]
    make_lot(made[1], 40)
    make_lot(alone[0], 90, expires_on=TODAY + timedelta(days=6))
    make_lot(alone[1], 60)
    inventory.expect_receipt(alone[1], Decimal(400), TODAY + timedelta(days=25), at=MONDAY)
    inventory.expect_receipt(alone[2], Decimal(4000), TODAY + timedelta(days=2), at=MONDAY)
    plan_order(made[0], 300, due_at=MONDAY + timedelta(days=30))
    make_order(
        (alone[3], 500, TODAY + timedelta(days=20)), (made[1], 80, TODAY + timedelta(days=12)), confirmed=True
    )
    return {
        "bottle": bottle,
        "raw": raw,
        "product": made[0],
        "plain": made[1],
        "first of family": joint[0],
        "firmed": joint[1],
        "dismissed": alone[0],
    }


def test_what_is_proposed_in_shards_is_what_would_be_proposed_at_once(monkeypatch):
    plant = make_plant()
    plan_stock()
    services.dismiss_replenishment(
        proposals_of(plant["dismissed"])[0], "We shall close", by=make_user(), at=MONDAY
    )
    services.firm_replenishment(proposals_of(plant["firmed"])[0], by=make_user(), at=MONDAY)

    shared = plan_stock(MONDAY + timedelta(minutes=1))
    told_in_shards = messages()
    monkeypatch.setattr(pipeline, "SHARD_ITEMS", 100)
    alone = plan_stock(MONDAY + timedelta(minutes=2))

    sizes = sorted(len(shard.items) for shard in shared.shards.netting())
    assert alone.shards.netting().count() == 1
    assert sizes[-2:] == [3, 5]  # a family; and two products with what they take
    assert len(sizes) >= 4
    assert told(shared) == told(alone)
    # What was firmed of one of the family brings all that is asked for.
    assert {row[0] for row in told(shared)} >= {plant[name].pk for name in plant.keys() - {"firmed"}}
    assert {"expedite", "reduce"} <= {row[1] for row in told_in_shards}
    assert messages() == told_in_shards
    assert any(row[9] for row in told(shared))  # a family's proposals name it
    assert f"{plant['product']}, to be made" in {peg["what"] for row in told(shared) for peg in row[6]}


def test_renewing_the_proposals_says_what_the_run_said():
    make_plant()
    run = plan_stock()
    before, said = told(run), messages()
    Replenishment.objects.proposed().update(status="superseded", superseded_at=MONDAY)

    services.replenish(at=MONDAY)

    standing = Replenishment.objects.proposed().values_list(*TOLD)
    assert sorted(standing, key=lambda row: (row[0], row[3], row[1], row[5])) == before
    assert messages() == said


def test_a_plant_where_everything_hangs_together_is_one_shard():
    site = make_site()
    bottle = make_item(site=site, supply="buy", strategy="mto", kind="packaging", lead_time_days=3)
    for number in range(4):
        item = make_made_item((), {bottle: 1}, site=site, strategy="mts", supply="make", lead_time_days=5)
        make_history(item, per_day=5 + number, days=60)

    run = plan_stock()

    assert [len(shard.items) for shard in run.shards.netting()] == [5]
    assert run.shards.drafting().count() == 2
    assert proposals_of(bottle)


def test_what_a_run_under_way_proposes_does_not_count_and_what_stood_can_still_be_firmed(client):
    [item, *_] = make_items(3)
    former = plan_stock()
    standing = set(Replenishment.objects.proposed().values_list("pk", flat=True))
    client.force_login(make_user(is_superuser=True, is_staff=True))

    run = netted()
    prepared = run.replenishments.filter(item=item).first()

    assert prepared is not None
    assert set(Replenishment.objects.proposed().values_list("pk", flat=True)) == standing
    assert client.get("/api/v1/replenishments/?status=proposed").json()["count"] == len(standing)
    assert client.get(f"/api/v1/replenishments/{prepared.pk}/").status_code == 404
    assert client.post(f"/api/v1/replenishments/{prepared.pk}/firm/").status_code == 404
    assert client.get("/admin/forecasting/replenishment/").context["cl"].result_count == len(standing)
    assert ForecastRun.objects.latest_done() == former

    assert services.go_on(run, at=TOMORROW)

    assert set(Replenishment.objects.proposed().values_list("run", flat=True)) == {run.pk}
    assert not Replenishment.objects.filter(run=former, status="proposed").exists()


def test_what_is_ordered_while_a_run_is_netted_is_not_proposed_once_more():
    first, second, third, fourth = make_items(4)
    plan_stock()
    run = netted()
    before = {item: run.replenishments.filter(item=item).count() for item in (first, third)}
    firm = services.firm_replenishment(proposals_of(first)[0], by=make_user(), at=TOMORROW)

    services.go_on(run, at=TOMORROW)

    standing = proposals_of(first)
    assert {row.run for row in standing} == {run}
    assert len(standing) == before[first] - 1
    assert firm.due_date not in {row.due_date for row in standing}
    # Those of other shards are those that were netted.
    assert run.replenishments.filter(item__in=[third, fourth]).count() == len(proposals_of(third)) + len(
        proposals_of(fourth)
    )
    assert proposals_of(second)


@pytest.mark.parametrize("then", ["dismissed", "taken back"])
def test_what_is_said_no_to_while_a_run_is_netted_is_remembered(then):
    first, *_ = make_items(3)
    plan_stock()
    row, user = proposals_of(first)[0], make_user()
    if then == "taken back":
        services.dismiss_replenishment(row, "Enough", by=user, at=MONDAY)
    run = netted()
    prepared = [one.due_date for one in run.replenishments.filter(item=first)]

    if then == "dismissed":
        services.dismiss_replenishment(row, "Enough", by=user, at=TOMORROW)
    else:
        services.reopen_replenishment(row, by=user, at=TOMORROW)
    services.go_on(run, at=TOMORROW)

    near = [one for one in proposals_of(first) if abs((one.due_date - row.due_date).days) <= 7]
    assert bool(near) == (then == "taken back")
    assert bool([day for day in prepared if abs((day - row.due_date).days) <= 7]) == (then == "dismissed")


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_while_it_nets_loses_nothing_and_leaves_nothing_half_done(monkeypatch):
    items = make_items(6)
    run = netting_begun(MONDAY)
    stored = proposing._stored

    def work() -> None:
        def store_slowly(*args, **given):
            made = stored(*args, **given)
            time.sleep(60)
            return made

        monkeypatch.setattr(proposing, "_stored", store_slowly)
        services.work_on(ForecastRun.objects.get(pk=run.pk))

    killed_once(run.shards.netting().filter(attempts=1).exists, at=work, after=0.5)

    assert sorted(run.shards.netting().values_list("status", flat=True)) == ["pending", "pending", "running"]
    assert not Replenishment.objects.exists()
    assert not services.go_on(run, at=MONDAY)
    run = services.carry_out(run, at=MONDAY)

    assert run.status == ForecastRun.Status.DONE
    assert sorted(run.shards.netting().values_list("attempts", flat=True)) == [1, 1, 2]
    assert not Replenishment.objects.exclude(status="proposed").exists()
    first = told(run)
    again = plan_stock(MONDAY + timedelta(minutes=1))
    assert told(again) == first
    assert {row[0] for row in first} == {item.pk for item in items}


def break_down_netting(monkeypatch, *items: Item, error: Callable[[], Exception]) -> None:
    net = proposing._net

    def break_down(run, keys, *, at):
        if {item.pk for item in items} & set(keys):
            raise error()
        return net(run, keys, at=at)

    monkeypatch.setattr(proposing, "_net", break_down)


def test_what_cannot_be_netted_by_itself_is_named_and_keeps_its_proposals_and_messages(monkeypatch):
    broken, beside, *others = make_items(4)
    make_lot(broken, 20)
    late = inventory.expect_receipt(broken, Decimal(600), TODAY + timedelta(days=25), at=MONDAY)
    former = plan_stock()
    stood = {row.pk for row in proposals_of(broken)}
    assert ExceptionMessage.objects.open().filter(expected_receipt=late).exists()
    break_down_netting(monkeypatch, broken, error=lambda: ZeroDivisionError("a lot of nothing"))

    run = plan_stock(TOMORROW)

    assert run.status == ForecastRun.Status.DONE
    assert set(run.shards.netting().values_list("status", "attempts")) == {("done", 1)}
    assert (
        f"Nothing could be proposed of {broken} (ZeroDivisionError: a lot of nothing (in break_down)); what was proposed stays."
        in run.message
    )
    assert {row.pk for row in proposals_of(broken)} == stood
    assert {row.run for row in proposals_of(broken)} == {former}
    assert ExceptionMessage.objects.open().filter(expected_receipt=late).exists()
    for item in (beside, *others):
        assert {row.run for row in proposals_of(item)} == {run}
    assert StockTarget.objects.filter(run=run).count() == 4


def test_a_netting_shard_that_fails_is_tried_again_then_named_and_the_rest_is_proposed(monkeypatch):
    items = make_items(4)
    former = plan_stock()
    shard = former.shards.netting().get(number=1)
    broken = [item for item in items if item.pk in shard.items]
    break_down_netting(monkeypatch, broken[0], error=lambda: MemoryError("no room"))

    run = plan_stock(TOMORROW)

    assert run.status == ForecastRun.Status.DONE
    assert sorted(run.shards.netting().values_list("status", "attempts")) == [("done", 1), ("failed", 3)]
    assert (
        "Netting: Shard 1 failed (MemoryError: no room (in break_down)); what was proposed of its items stays."
        in run.message
    )
    for item in items:
        assert {row.run for row in proposals_of(item)} == ({former} if item in broken else {run})


def test_a_run_of_which_nothing_can_be_netted_has_failed_and_what_stood_stands(monkeypatch):
    items = make_items(3)
    former = plan_stock()
    break_down_netting(monkeypatch, *items, error=lambda: MemoryError("no room"))

    with pytest.raises(services.RunFailed, match="Every shard failed: MemoryError: no room"):
        plan_stock(TOMORROW)

    assert {row.run for row in Replenishment.objects.proposed()} == {former}
    assert not ForecastRun.objects.get(status="failed").targets.exists()


def test_what_a_run_proposed_before_it_failed_never_counts(monkeypatch):
    make_items(3)
    former = plan_stock()
    run = netted()

    def break_down(*args, **kwargs):
        raise RuntimeError("disk full")

    monkeypatch.setattr("forecasting.hierarchy.store", break_down)
    with pytest.raises(RuntimeError):
        services.go_on(run, at=TOMORROW)

    assert {row.run for row in Replenishment.objects.proposed()} == {former}
    assert not run.replenishments.filter(status="proposed").exists()
    assert not Replenishment.objects.counting().filter(run=run).exists()


def test_more_than_can_be_ordered_is_proposed_of_nobody_and_the_item_is_named():
    huge, *others = make_items(3)
    plan_stock()
    run = netting_begun()
    StockTarget.objects.filter(run=run, item=huge).update(
        safety_stock=Decimal("5e11"), reorder_point=Decimal("5e11"), order_up_to=Decimal("5e11")
    )

    run = services.carry_out(run, at=TOMORROW)

    assert run.status == ForecastRun.Status.DONE
    assert f"Nothing could be proposed of {huge} (OverflowError: 5e+11 would be proposed" in run.message
    assert {row.run for row in proposals_of(huge)} != {run}
    for item in others:
        assert {row.run for row in proposals_of(item)} == {run}


def test_adjustments_by_what_was_sensed_stand_until_the_run_counts_and_are_not_netted_with_it():
    first, *_ = make_items(3)
    plan_stock()
    plain = netted()
    services.go_on(plain, at=TOMORROW)
    ForecastAlert.objects.create(
        item=first,
        kind="out_of_band",
        first_date=TODAY + timedelta(days=1),
        last_date=TODAY + timedelta(days=28),
        value=4.0,
        limit=2.0,
        factor=4.0,
        why="Four times as much",
        run=plain,
        raised_at=TOMORROW,
    )

    run = netted(TOMORROW + timedelta(minutes=1))
    assert ForecastAlert.objects.adjusting().filter(item=first).exists()
    services.go_on(run, at=TOMORROW + timedelta(minutes=1))

    assert not ForecastAlert.objects.adjusting().exists()
    assert told(run) == told(plain)


def test_how_far_a_run_is_is_told_stage_by_stage(client):
    make_items(4)
    run = netting_begun()
    services.carry_out_shard(run.shards.netting().order_by("number")[0])
    client.force_login(make_user(is_superuser=True, is_staff=True))

    steps = steps_of(run)
    page = client.get("/console/runs/").text

    assert [(step.stage, step.done, step.items) for step in steps] == [
        ("draft", 4, 4),
        ("decide", 4, 4),
        ("net", 2, 4),
    ]
    assert step_at(steps) == steps[2]
    run.refresh_from_db()
    assert run.items_done == 3  # of four, five sixths of the way
    assert "Netting" in page
    assert "2 of 4 items" in page
    assert "Netting 2 of 4" in client.get("/console/portfolio/").text


def test_a_run_that_was_begun_and_never_shared_out_is_begun_again_by_whoever_looks():
    make_items(2)
    run = services.begin_run(horizon_days=42, at=MONDAY)

    assert services.go_on(run, at=MONDAY)

    assert run.status == ForecastRun.Status.RUNNING
    assert run.shards.drafting().count() == 1


def test_a_run_without_anything_forecast_still_buys_what_open_batches_lack():
    site = make_site()
    steel = make_item(site=site, supply="buy", strategy="mto", kind="raw", lead_time_days=3)
    shaft = make_made_item((), {steel: 2}, site=site, strategy="mto", lead_time_days=4)
    plan_order(shaft, 10, due_at=MONDAY + timedelta(days=12))

    run = plan_stock()

    assert (run.status, run.items_total, run.shards.count()) == ("done", 0, 1)
    assert sum(row.quantity for row in proposals_of(steel)) == 20


def test_a_run_is_told_once():
    make_items(3)
    run = netted()
    services.go_on(run, at=TOMORROW)

    assert not services.go_on(run, at=TOMORROW)

    fact = Fact.objects.get(name="forecasting.ForecastRunDone")
    assert fact.payload["proposals"] == Replenishment.objects.proposed().count()
