"""Ways out of lateness: what a cause suggests, tried against the plan, the cheapest first, and only what helps."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from inventory import services as inventory
from production import services
from production.changes import MaterialBy, Overtime, Reprioritise, Split, Unpin, UseMachine
from production.comparison import OrderChange
from production.explaining import explain
from production.models import ProductionOrder
from production.planning import reschedule
from production.remedies import Proposal, extra_hours
from production.snapshot import take_snapshot
from production.ways_out import Search, Way, search_for
from tests.plant import MONDAY, make_item, make_site, make_user
from tests.shop import make_made_item, make_shift, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def hours(*stretches: tuple[float, float]) -> list[tuple[datetime, datetime]]:
    return [(MONDAY + start * HOUR, MONDAY + end * HOUR) for start, end in stretches]


def ways(order: ProductionOrder) -> list[Way]:
    search = search_for(explain(order, at=MONDAY))
    plant = take_snapshot(at=MONDAY)
    while not search.is_over:
        search.try_next(plant, seconds=0)
    return search.found


def way(order: ProductionOrder, kind: type) -> Way | None:
    return next((each for each in ways(order) if isinstance(each.proposal.changes[0], kind)), None)


def plan() -> None:
    reschedule(reason="test", at=MONDAY, seconds=0)


def test_overtime_begins_with_the_evenings_and_a_shift_on_days_off():
    nights = hours((8, 24), (32, 48))
    assert extra_hours(nights, 3 * HOUR, after=MONDAY) == hours((8, 11))
    assert extra_hours(nights, 6 * HOUR, after=MONDAY) == hours((8, 12), (32, 34))
    weekend = hours((104, 168))  # Friday at four to Monday at eight
    assert extra_hours(weekend, 12 * HOUR, after=MONDAY) == hours((120, 128), (144, 148))
    assert extra_hours(weekend, 12 * HOUR, after=MONDAY + 122 * HOUR) == hours((122, 128), (144, 150))
    assert extra_hours(hours((4, 5)), HOUR, after=MONDAY) == [], "a break is no time to call people in for"
    assert extra_hours(nights, 4 * HOUR, after=MONDAY + 10 * HOUR) == hours((10, 14))


def test_overtime_costs_the_hours_that_are_worked_and_saves_a_night():
    center = make_work_center("MILL", site=make_site(), hourly_cost=Decimal(90))
    make_shift(center, "08:00", "16:00")
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=center.site)
    order = plan_order(item, 10, due_at=MONDAY + 12 * HOUR)
    plan()

    found = way(order, Overtime)

    assert found is not None
    assert found.proposal.changes == (
        Overtime(center.machines.get().pk, MONDAY + 8 * HOUR, MONDAY + 10 * HOUR),
    )
    assert (found.proposal.cost, found.proposal.price) == (180, "2 h at 90.00")
    assert (found.saved_hours, found.late_after_hours, found.harmed) == (14, 0, ())
    assert "Mon 02 Mar 16:00–18:00" in found.proposal.what


def test_a_weekend_is_worked_through_on_every_machine_that_is_left_not_on_one_alone():
    site = make_site()
    mill, bench, desk = (
        make_work_center(name, site=site, hourly_cost=Decimal(40)) for name in ("MILL", "BENCH", "DESK")
    )
    make_shift(mill, "08:00", "16:00", weekdays=range(6))
    for center in (bench, desk):
        make_shift(center, "08:00", "16:00")
    steps = [{"work_center": center, "run_seconds": 3600} for center in (mill, bench, desk)]
    friday_evening = MONDAY + 106 * HOUR
    order = plan_order(
        make_made_item(steps, site=site), 2, due_at=MONDAY + 135 * HOUR, earliest_start_at=friday_evening
    )
    plan()  # milled on Saturday from eight to ten, then closed until Monday

    found = ways(order)

    (through,) = [each for each in found if each.late_after_hours == 0]
    saturday = MONDAY + 120 * HOUR
    assert through.proposal.changes == (
        Overtime(bench.machines.get().pk, saturday + 2 * HOUR, saturday + 4 * HOUR),
        Overtime(desk.machines.get().pk, saturday + 4 * HOUR, saturday + 6 * HOUR),
    )
    assert through.proposal.cost == 160


def test_nobody_is_called_in_before_the_order_comes_to_the_machine():
    site = make_site()
    center = make_work_center("MILL", site=site, hourly_cost=Decimal(90))
    make_shift(center, "08:00", "16:00")
    bar = make_item("BAR", site=site, supply="buy")
    inventory.expect_receipt(bar, Decimal(10), MONDAY.date() + timedelta(days=3), at=MONDAY)
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], components={bar: 1}, site=site)
    other = make_made_item([{"work_center": center, "run_seconds": 3600}], site=site)
    plan_order(other, 24, due_at=MONDAY + 240 * HOUR)
    order = plan_order(item, 10, due_at=MONDAY + 80 * HOUR)
    plan()

    extra = [
        change for each in ways(order) for change in each.proposal.changes if isinstance(change, Overtime)
    ]

    assert extra, "a night less in its way"
    assert min(change.starts_at for change in extra) >= MONDAY + 72 * HOUR


def test_a_purchase_is_worth_hastening_by_what_the_order_is_late():
    site = make_site()
    bar = make_item("BAR", site=site, supply="buy")
    order = plan_order(make_made_item(components={bar: 1}, site=site), 60, due_at=MONDAY + 48 * HOUR)
    purchase = inventory.expect_receipt(bar, Decimal(60), MONDAY.date() + timedelta(days=5), at=MONDAY)
    plan()

    found = way(order, MaterialBy)

    assert found is not None
    assert f"Expedite purchase {purchase}" in found.proposal.what
    assert "4 days sooner" in found.proposal.what
    assert found.proposal.cost is None
    assert found.late_after_hours == 0


def test_no_supplier_is_asked_to_deliver_within_a_day_nor_at_a_weekend():
    site = make_site()
    bar = make_item("BAR", site=site, supply="buy")
    friday = MONDAY + timedelta(days=4)
    order = plan_order(
        make_made_item(components={bar: 1}, site=site), 60, at=friday, due_at=friday + timedelta(days=1)
    )
    inventory.expect_receipt(bar, Decimal(60), friday.date() + timedelta(days=6), at=friday)
    reschedule(reason="test", at=friday, seconds=0)

    asked = [each.changes[0] for each in search_for(explain(order, at=friday)).proposals]

    (sooner,) = [each for each in asked if isinstance(each, MaterialBy)]
    assert f"{sooner.at:%a %d %b %H:%M}" == "Mon 09 Mar 12:00"


def test_a_delivery_that_would_be_hours_sooner_is_no_way_out():
    site = make_site()
    bar = make_item("BAR", site=site, supply="buy")
    item = make_made_item(components={bar: 1}, site=site)
    order = plan_order(item, 1, due_at=MONDAY + timedelta(days=3))
    inventory.expect_receipt(bar, Decimal(1), MONDAY.date() + timedelta(days=1), at=MONDAY)
    plan()
    ProductionOrder.objects.filter(pk=order.pk).update(due_at=MONDAY + timedelta(hours=27))
    order.refresh_from_db()

    asked = [each.changes[0] for each in search_for(explain(order, at=MONDAY)).proposals]

    assert not [each for each in asked if isinstance(each, MaterialBy)]


def test_a_batch_is_split_where_a_second_machine_is_free():
    site = make_site()
    center = make_work_center(site=site, machines=2)
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=site)
    order = plan_order(item, 10, due_at=MONDAY + 6 * HOUR)
    plan()

    found = way(order, Split)

    assert found is not None
    assert found.proposal.changes == (Split(order.batches.get().pk, 2),)
    assert (found.saved_hours, found.late_after_hours) == (4, 0)


def test_another_machine_is_offered_where_the_order_was_pinned_into_a_queue():
    site = make_site()
    center = make_work_center(site=site, machines=2)
    one, two = center.machines.order_by("code")
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=site)
    first = plan_order(item, 8, due_at=MONDAY + 8 * HOUR)
    order = plan_order(item, 2, due_at=MONDAY + 3 * HOUR)
    boss = make_user()
    services.pin_operation(operations_of(first)[0], one, MONDAY, by=boss, at=MONDAY)
    services.pin_operation(operations_of(order)[0], one, by=boss, at=MONDAY)
    plan()

    found = way(order, UseMachine)

    assert found is not None
    assert found.proposal.changes == (UseMachine(operations_of(order)[0].pk, two.pk),)
    assert (found.saved_hours, found.proposal.cost) == (7, 0)


def test_a_pin_that_makes_an_order_late_is_taken_out_before_anything_is_paid_for():
    center = make_work_center(site=make_site())
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=center.site)
    order = plan_order(item, 4, due_at=MONDAY + 6 * HOUR)
    (operation,) = operations_of(order)
    services.pin_operation(operation, center.machines.get(), MONDAY + 20 * HOUR, by=make_user(), at=MONDAY)
    plan()

    found = ways(order)[0]

    assert found.proposal.changes == (Unpin(operation.pk),)
    assert (found.proposal.what, found.proposal.cost) == (f"Unpin {operation}", 0)
    assert (found.saved_hours, found.late_after_hours) == (18, 0)


def test_a_higher_priority_says_who_pays_for_it():
    site = make_site()
    center = make_work_center(site=site)
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=site)
    other = plan_order(item, 4, due_at=MONDAY + 4 * HOUR)
    order = plan_order(item, 4, due_at=MONDAY + 4 * HOUR, priority=3)
    plan()

    found = way(order, Reprioritise)

    if found is not None:  # the first plan may leave them as they stand
        assert found.saved_hours == 4
        assert [each.order for each in found.harmed] == [other.pk]
        assert found.harm_hours == 4


def test_the_cheapest_comes_first_and_what_does_not_help_is_told_apart():
    site = make_site()
    center = make_work_center("MILL", site=site, machines=2, hourly_cost=Decimal(90))
    make_shift(center, "08:00", "16:00")
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=site)
    order = plan_order(item, 10, due_at=MONDAY + 7 * HOUR)
    plan()
    search = search_for(explain(order, at=MONDAY))
    plant = take_snapshot(at=MONDAY)
    while not search.is_over:
        search.try_next(plant, seconds=0)

    costs = [each.proposal.cost for each in search.found if each.proposal.cost is not None]
    assert costs == sorted(costs)
    assert costs[0] == 0, "a split costs nothing"
    assert costs[-1] > 0
    assert all(each.saved_hours > 0 for each in search.found)
    assert not set(map(id, search.found)) & set(map(id, search.idle))


def test_overtime_that_costs_more_and_saves_hardly_more_is_not_offered():
    evening = Overtime(1, MONDAY + 8 * HOUR, MONDAY + 12 * HOUR)
    little = Proposal((evening,), "little", cost=Decimal(100))
    much = Proposal((evening, evening), "much", cost=Decimal(200))
    split = Proposal((Split(1, 2),), "split", cost=Decimal(0))
    search = Search(1, [little, much, split])

    search.ways = [Way(little, saved_hours=5), Way(much, saved_hours=5), Way(split, saved_hours=6)]
    assert [way.proposal.what for way in search.found] == ["split", "little"]
    assert [way.proposal.what for way in search.idle] == ["much"]

    search.ways[1] = Way(much, saved_hours=5.3)
    assert [way.proposal.what for way in search.idle] == ["much"], "twenty minutes for a hundred"

    search.ways[1] = Way(much, saved_hours=7)
    assert [way.proposal.what for way in search.found] == ["split", "little", "much"]


def test_overtime_that_comes_to_the_same_once_idle_hours_are_left_out_is_offered_once():
    evening = (Overtime(1, MONDAY + 8 * HOUR, MONDAY + 12 * HOUR),)
    alone, with_another = (Proposal(evening, what, cost=Decimal(100)) for what in ("alone", "with another"))
    search = Search(1, [alone, with_another])

    search.ways = [Way(alone, saved_hours=5), Way(with_another, saved_hours=6)]

    assert [way.proposal.what for way in search.found] == ["with another"]
    assert search.idle == []


def test_what_costs_others_more_than_it_saves_stands_last_whatever_its_price():
    split = Proposal((Split(1, 2),), "split", cost=Decimal(0))
    evening = Proposal((Overtime(1, MONDAY, MONDAY + HOUR),), "evening", cost=Decimal(100))
    due = MONDAY + 10 * HOUR
    other = OrderChange(2, "P-2", "Pin", "", due, was=due, now=due + 30 * HOUR)
    search = Search(1, [split, evening])

    search.ways = [Way(split, saved_hours=22, harmed=(other,)), Way(evening, saved_hours=5)]

    assert [way.proposal.what for way in search.found] == ["evening", "split"]
    assert [way.costs_others_more for way in search.found] == [False, True]


def crowded_out() -> ProductionOrder:
    """An order that waits for its purchase, while others, each due soon after its turn, leave no gap on the only machine until then."""
    site = make_site()
    center = make_work_center("MILL", site=site)
    bar = make_item("BAR", site=site, supply="buy")
    inventory.expect_receipt(bar, Decimal(10), MONDAY.date() + timedelta(days=3), at=MONDAY)
    step = {"work_center": center, "run_seconds": 3600}
    other = make_made_item([step], site=site)
    for number in range(1, 75):
        plan_order(other, 1, due_at=MONDAY + (number + 11) * HOUR)
    plan()
    waiting = make_made_item([step], components={bar: 1}, site=site)
    order = plan_order(waiting, 10, due_at=MONDAY + 12 * HOUR)
    plan()
    return order


def test_where_many_are_in_the_way_a_way_is_tried_on_a_plan_that_may_move_everything():
    order = crowded_out()
    search = search_for(explain(order, at=MONDAY))
    plant = take_snapshot(at=MONDAY)
    first = search.count
    while not search.is_over:
        search.try_next(plant, seconds=0)

    assert search.count == 2 * first, "all once more: nothing saved half of what it is late"
    assert [way.freely for way in search.ways] == [False] * first + [True] * first
    sooner = [way for way in search.ways if isinstance(way.proposal.changes[0], MaterialBy)]
    late = search.late_hours
    assert [way.saved_hours > late * share for way, share in zip(sooner, (0.5, 0.6), strict=True)] == [
        False,
        True,
    ]
    assert sooner[1] in search.found
    assert sooner[1].moved > 30
    assert not [way for way in search.idle if isinstance(way.proposal.changes[0], MaterialBy)]


def test_nobody_turns_the_plan_over_for_what_saves_hardly_more_or_comes_of_planning_again():
    again = Proposal((Unpin(1),), "again", is_baseline=True)
    split = Proposal((Split(1, 2),), "split")
    search = Search(1, [again, split], late_hours=100)
    search.ways = [Way(again, saved_hours=5), Way(split, saved_hours=30)]

    assert search.count == 4
    search.ways += [Way(again, freely=True, saved_hours=20), Way(split, freely=True, saved_hours=49)]
    assert [(way.proposal.what, way.freely) for way in search.found] == [("split", False), ("again", False)]

    search.ways[3] = Way(split, freely=True, saved_hours=50)
    assert [way.saved_hours for way in search.found] == [50, 30, 5]
    search.ways[2] = Way(again, freely=True, saved_hours=31)
    assert [way.saved_hours for way in search.found] == [31, 30, 5], "planning again earns it"

    for enough in (Search(1, [again, split], late_hours=60), Search(1, [again, split], late_hours=3)):
        enough.ways = [Way(again), Way(split, saved_hours=enough.late_hours / 2)]
        assert enough.is_over
    refused = Search(1, [again, split], late_hours=60)
    refused.ways = [Way(again), Way(split, refusals=("It has begun.",))]
    assert refused.count == 3


def test_an_order_that_waits_for_nothing_it_could_have_sooner_has_no_way_out():
    order = plan_order(make_made_item(site=make_site()), 60, due_at=MONDAY)
    plan()
    assert ways(order) == []


def test_trying_writes_nothing():
    site = make_site()
    center = make_work_center(site=site, machines=2)
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=site)
    order = plan_order(item, 10, due_at=MONDAY)
    plan()

    assert ways(order)

    order.refresh_from_db()
    assert (order.priority, order.batches.count()) == (2, 1)
    assert operations_of(order)[0].pinned_machine is None
