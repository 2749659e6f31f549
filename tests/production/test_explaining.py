"""Why an order is late: the plant's own rows as a chain, in words, in a fixed number of queries."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory import services as inventory
from inventory.models import Item
from production import services
from production.causes import Kind
from production.explaining import explain
from production.explanation import Explanation
from production.models import Batch, ProductionOrder, SchedulingRules, WorkCenter
from production.planning import reschedule
from production.reasons import cause_sentence, rows, sentence
from quality.models import Stage
from tests.plant import (
    MONDAY,
    make_inspection_plan,
    make_item,
    make_lot,
    make_site,
    make_user,
    measure_all,
)
from tests.shop import (
    make_made_item,
    make_operator,
    make_plan,
    make_shift,
    make_tool,
    make_work_center,
    operations_of,
    plan_order,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def why(order: ProductionOrder, *, at=MONDAY, plan: bool = True) -> Explanation:
    if plan:
        reschedule(reason="test", at=at, seconds=0)
    found = explain(order, at=at)
    spans = [link.span for link in found.links]
    assert found.ends_at is None or sum(spans, timedelta()) == found.ends_at - at, "the chain adds up"
    return found


def kinds(found: Explanation) -> list[str]:
    return [str(link.kind) for link in found.links]


def test_a_machine_that_works_for_a_more_urgent_order_is_named_with_it():
    site = make_site()
    lathe = make_work_center("LATHE", site=site)
    item = make_made_item([{"work_center": lathe, "run_seconds": 3600}], site=site)
    rush = plan_order(item, 6, due_at=MONDAY + 6 * HOUR, priority=1)
    late = plan_order(item, 2, due_at=MONDAY + 3 * HOUR)

    found = why(late)

    machine = lathe.machines.get()
    assert kinds(found) == ["machine", "processing"]
    assert found.lateness == 5 * HOUR
    told = f"5.0 h after it is due: 6.0 h go by while {machine} is busy with {rush} (rush)."
    assert sentence(found) == f"{late} ends Mon 02 Mar 16:00, {told}"
    assert [rival.order for rival in rows(found)[0].rivals] == [rush.pk]


def test_a_purchase_that_comes_late_is_named_with_its_day():
    site = make_site()
    bar = make_item("BAR", site=site, supply="buy")
    product = make_made_item(components={bar: 2}, site=site)
    order = plan_order(product, 5, due_at=MONDAY + 24 * HOUR)
    purchase = inventory.expect_receipt(bar, Decimal(10), MONDAY.date() + timedelta(days=2), at=MONDAY)

    found = why(order)

    assert kinds(found) == ["material", "processing"]
    assert f"purchase {purchase} brings 10 {bar.unit} of BAR only Wed 04 Mar 12:00" in sentence(found)
    assert rows(found)[0].receipt == purchase.pk


def test_material_that_nobody_ordered_is_said_to_be_so():
    site = make_site()
    bar = make_item("BAR", site=site, supply="buy", lead_time_days=9)
    order = plan_order(make_made_item(components={bar: 2}, site=site), 5, due_at=MONDAY + 24 * HOUR)

    assert f"nobody has ordered 10 {bar.unit} of BAR" in sentence(why(order))


def test_stock_that_goes_to_a_more_urgent_order_leaves_the_other_waiting():
    site = make_site()
    bar = make_item("BAR", site=site, supply="buy")
    product = make_made_item(components={bar: 1}, site=site)
    first = plan_order(product, 5, due_at=MONDAY + HOUR, priority=1)
    second = plan_order(product, 5, due_at=MONDAY + HOUR)
    make_lot(bar, 5)
    inventory.expect_receipt(bar, Decimal(5), MONDAY.date() + timedelta(days=1), at=MONDAY)

    assert kinds(why(second)) == ["material", "processing"]
    assert "material" not in kinds(why(first, plan=False))


def sawn_and_milled(mill_seconds: int) -> tuple[WorkCenter, WorkCenter, Batch]:
    """A hundred pieces, sawn in a minute each and handed on by twenty."""
    site = make_site()
    saw, mill = make_work_center("SAW", site=site), make_work_center("MILL", site=site)
    steps = [
        {"work_center": saw, "name": "Saw", "transfer_quantity": 20},
        {"work_center": mill, "name": "Mill", "run_seconds": mill_seconds},
    ]
    order = plan_order(make_made_item(steps, site=site), 100, due_at=MONDAY + HOUR)
    return saw, mill, order.batches.get()


def test_a_step_that_starts_on_the_first_pieces_waits_for_these_alone():
    saw, mill, batch = sawn_and_milled(mill_seconds=120)

    found = why(batch.order)

    assert found.ends_at == MONDAY + timedelta(minutes=220)
    first, second = rows(found)
    assert first.what == f"First 20 pcs of Saw of {batch} on {saw.machines.get()}"
    assert (first.ends_at - first.starts_at, second.what) == (
        timedelta(minutes=20),
        f"Mill of {batch} on {mill.machines.get()}",
    )


def test_a_quick_step_ends_with_the_last_pieces_of_the_one_before():
    saw, mill, batch = sawn_and_milled(mill_seconds=30)

    found = why(batch.order)

    assert found.ends_at == MONDAY + timedelta(minutes=110)
    assert [row.what for row in rows(found)] == [
        f"Saw of {batch} on {saw.machines.get()}",
        f"Last 20 pcs of Mill of {batch} on {mill.machines.get()}",
    ]


def test_the_sub_order_and_what_it_waits_for_are_part_of_the_chain():
    site = make_site()
    saw, press = make_work_center("SAW", site=site), make_work_center("PRESS", site=site)
    part = make_made_item([{"work_center": saw, "run_seconds": 3600}], site=site, strategy="mto")
    product = make_made_item([{"work_center": press, "run_seconds": 3600}], {part: 1}, site=site)
    other = plan_order(part, 3, due_at=MONDAY + 3 * HOUR, priority=1)
    order = plan_order(product, 2, due_at=MONDAY + 4 * HOUR)
    below = order.sub_orders.get()

    found = why(order)

    assert kinds(found) == ["machine", "processing", "processing"]
    assert [row.operation.order for row in rows(found)] == [below.pk, below.pk, order.pk]
    assert str(other) in sentence(found)
    assert explain(below, at=MONDAY).order == order, "a sub-order is as late as who waits for it"


def test_closed_hours_and_a_breakdown_are_told_apart():
    site = make_site()
    center = make_work_center("MILL", site=site)
    make_shift(center, "08:00", "16:00")
    machine = center.machines.get()
    order = plan_order(
        make_made_item([{"work_center": center, "run_seconds": 3600}], site=site),
        10,
        due_at=MONDAY + 12 * HOUR,
    )
    services.report_breakdown(machine, "Spindle", expected_until=MONDAY + 3 * HOUR, by=make_user(), at=MONDAY)

    found = why(order)

    assert kinds(found) == ["down", "processing", "closed", "processing"]
    assert f"{machine} is closed for 16.0 h of that time" in sentence(found)
    (wait, work) = rows(found)
    assert (wait.what, wait.hours) == (f"Step 10 waits: {machine} is down for 3.0 h", 3)
    assert [(share.label, share.hours) for share in work.shares] == [("Closed hours", 16), ("Work", 10)]


def test_what_is_left_free_before_breaks_is_told_as_that(settings):
    settings.MES = settings.MES | {"SHIFT_MARGIN_MINUTES": 15}
    site = make_site()
    mill, bench = make_work_center("MILL", site=site), make_work_center("BENCH", site=site)
    for center in (mill, bench):
        make_shift(center, "08:00", "16:00")
    steps = [{"work_center": center, "run_seconds": 3600} for center in (mill, bench)]
    order = plan_order(make_made_item(steps, site=site), 18, due_at=MONDAY + 12 * HOUR)

    found = why(order)

    wait = next(row for row in rows(found) if row.kind is Kind.PLAN)
    assert (
        wait.what
        == "Step 20 waits: the plan leaves 15 min free before it, for small delays of the work before"
    )


def test_an_inspection_that_is_not_judged_and_a_held_lot_are_waited_for():
    order = plan_order(judged_item(), 5, due_at=MONDAY)
    first, _ = operations_of(order)
    services.start_operation(first, by=make_user(), at=MONDAY)

    assert kinds(why(order)) == ["processing", "inspection", "processing"]

    services.finish_operation(first, good=Decimal(5), by=make_user(), at=MONDAY)
    assert kinds(why(order)) == ["inspection", "processing"]

    lot = order.batches.get().lot
    assert lot is not None
    inventory.hold_lot(lot, reason="Scratched", by=make_user(), at=MONDAY)
    found = why(order)
    assert kinds(found) == ["hold", "processing"]
    assert f"lot {lot} is held" in sentence(found)


def test_a_release_date_and_a_pin_are_told():
    site = make_site()
    item = make_made_item(site=site)
    later = plan_order(item, 1, earliest_start_at=MONDAY + 5 * HOUR, due_at=MONDAY)
    assert "it may not begin before Mon 02 Mar 13:00" in sentence(why(later))

    pinned = plan_order(make_made_item(site=site), 1, due_at=MONDAY)
    (operation,) = operations_of(pinned)
    machine = operation.step.work_center.machines.get()
    services.pin_operation(operation, machine, MONDAY + 3 * HOUR, by=make_user(), at=MONDAY)
    assert "is pinned 3.0 h later than it could begin" in sentence(why(pinned))


def test_an_order_on_time_says_what_it_is_made_of_and_one_without_a_place_why():
    site = make_site()
    center = make_work_center("MILL", site=site)
    order = plan_order(make_made_item([center], site=site), 60, due_at=MONDAY + 5 * HOUR)
    assert (
        sentence(why(order))
        == f"{order} ends Mon 02 Mar 09:00, 4.0 h before it is due: the work itself takes 1.0 h."
    )

    center.machines.update(is_active=False)
    found = why(order)
    assert (found.ends_at, found.binding) == (None, None)
    assert "has no place in the published plan" in sentence(found)
    assert "no active machine of MILL" in sentence(found)


def test_a_plan_that_is_overtaken_has_no_chain_and_no_error():
    order = plan_order(make_made_item(site=make_site()), 60, due_at=MONDAY)
    why(order)

    found = explain(order, at=MONDAY + 9 * HOUR)

    assert (found.links, found.binding, found.is_late) == ((), None, True)
    assert sentence(found) == f"{order} ends Mon 02 Mar 09:00, 1.0 h after it is due."


def test_a_tool_that_another_order_has_is_named_with_it():
    site = make_site()
    jig = make_tool(site, 1, "JIG")
    lathe, mill = make_work_center("LATHE", site=site), make_work_center("MILL", site=site)
    steps = [{"work_center": center, "run_seconds": 3600, "tools": {jig: 1}} for center in (lathe, mill)]
    rush = plan_order(make_made_item(steps[:1], site=site), 4, due_at=MONDAY + 4 * HOUR, priority=1)
    late = plan_order(make_made_item(steps[1:], site=site), 2, due_at=MONDAY + 3 * HOUR)

    found = why(late)

    assert kinds(found) == ["tool", "processing"]
    assert f"4.0 h go by while too few of tool JIG are free beside {rush} (rush)" in sentence(found)
    assert [rival.order for rival in rows(found)[0].rivals] == [rush.pk]


def test_a_tool_that_is_away_is_waited_for():
    site = make_site()
    jig = make_tool(site, 1, "JIG")
    jig.absences.create(quantity=1, starts_at=MONDAY - HOUR, ends_at=MONDAY + 5 * HOUR)
    order = plan_order(
        make_made_item([{"work_center": make_work_center(site=site), "tools": {jig: 1}}], site=site),
        60,
        due_at=MONDAY + HOUR,
    )

    found = why(order)

    assert kinds(found) == ["tool", "processing"]
    assert "5.0 h go by while too few of tool JIG are there" in sentence(found)


def test_people_who_work_elsewhere_are_waited_for():
    site = make_site()
    make_operator(site, "WELD")
    centers = [make_work_center(site=site, is_limited_by_people=True) for _ in range(2)]
    first, second = (
        plan_order(
            make_made_item(
                [{"work_center": center, "run_seconds": 3600, "required_qualification": "WELD"}], site=site
            ),
            3,
            due_at=MONDAY + HOUR,
            priority=priority,
        )
        for center, priority in zip(centers, (1, 2), strict=True)
    )

    found = why(second)

    assert kinds(found) == ["tool", "processing"]
    told = f"3.0 h go by while too few of operators with WELD at {site.code} are free beside {first} (rush)"
    assert told in sentence(found)


def test_the_chain_of_a_large_order_takes_as_many_queries_as_that_of_a_small_one(
    django_assert_max_num_queries,
):
    site = make_site()
    bar = make_item(site=site, supply="buy")
    part = make_made_item(components={bar: 1}, site=site, strategy="mto")
    product = make_made_item(components={part: 2}, site=site, plan={"batch_maximum": 5})
    order = plan_order(product, 60, due_at=MONDAY)
    for _ in range(6):
        plan_order(product, 20, due_at=MONDAY, priority=1)
    reschedule(reason="test", at=MONDAY, seconds=0)

    with django_assert_max_num_queries(28):
        assert explain(order, at=MONDAY).links


def test_what_has_passed_its_inspection_is_not_waited_for():
    order = plan_order(judged_item(), 5, due_at=MONDAY)
    first, _ = operations_of(order)
    services.start_operation(first, by=make_user(), at=MONDAY)
    services.finish_operation(first, good=Decimal(5), by=make_user(), at=MONDAY)
    first.refresh_from_db()
    assert first.inspection is not None
    measure_all(first.inspection)

    assert [link.kind for link in why(order).links] == [Kind.PROCESSING]


def judged_item() -> Item:
    """An item of two steps; after the first, it is inspected."""
    item = make_item()
    center = make_work_center(site=item.site)
    gate = make_inspection_plan(item, Stage.IN_PROCESS)
    make_plan(item, [{"work_center": center, "inspection_plan": gate}, center])
    return item


def test_time_kept_for_other_work_is_named_with_its_share():
    site = make_site()
    SchedulingRules.objects.update_or_create(pk=1, defaults={"reserves_released_days": 7})
    mill = make_work_center("MILL", site=site, order_share=Decimal("0.65"))
    make_shift(mill, "08:00", "16:00")
    pin = make_made_item(
        [{"work_center": mill, "run_seconds": 3600}], site=site, strategy=Item.Strategy.TO_STOCK
    )
    # Two weeks are open to all and take ten batches each; of the third, stock may have 14 hours.
    orders = [plan_order(pin, 4, due_at=MONDAY + HOUR) for _ in range(25)]
    reschedule(reason="test", at=MONDAY, seconds=0)

    first, *_, last = sorted(
        (why(order, plan=False) for order in orders), key=lambda found: str(found.ends_at)
    )

    (kept,) = (cause for cause in last.causes if cause.kind is Kind.KEPT)
    assert kept.hours > 24
    assert cause_sentence(last, kept).endswith(
        "keeps 65% for what is made to order, and what is left is taken"
    )
    assert Kind.KEPT not in {cause.kind for cause in first.causes}
