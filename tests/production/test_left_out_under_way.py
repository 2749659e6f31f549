"""What is under way keeps its machine, whatever keeps the rest of its batch out of the plan."""

from datetime import timedelta
from typing import Any

import pytest

from inventory.models import Lot
from production import services
from production.explaining import explain
from production.models import Batch, ProductionOrder, Schedule, Shift, Slot, WorkCenter
from production.planning import reschedule
from tests.plant import MONDAY, make_user
from tests.shop import make_made_item, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def plan() -> Schedule:
    return reschedule(reason="test", at=MONDAY, seconds=0)


def slot_of(order: ProductionOrder) -> Slot:
    return Slot.objects.published().get(operation__batch__order=order)


def shut(center: WorkCenter) -> None:
    """The break takes all of its only shift."""
    hours = {"starts": "08:00", "ends": "09:00", "break_starts": "08:00", "break_ends": "09:00"}
    Shift.objects.create(work_center=center, weekday=0, **hours)


@pytest.fixture
def mill() -> WorkCenter:
    return make_work_center()


@pytest.fixture
def grinder(mill: WorkCenter) -> WorkCenter:
    return make_work_center(site=mill.site)


@pytest.fixture
def under_way(mill: WorkCenter, grinder: WorkCenter) -> ProductionOrder:
    """Eight hours on the mill, which have begun, and then the grinder."""
    steps: Any = [{"work_center": mill, "run_seconds": 8 * 3600}, grinder]
    order = plan_order(make_made_item(steps, site=mill.site), 1)
    plan()
    services.start_operation(operations_of(order)[0], by=make_user(), at=MONDAY)
    return order


def test_a_machine_is_not_given_away_while_it_works_on_what_has_no_place_later_on(
    mill: WorkCenter, grinder: WorkCenter, under_way: ProductionOrder
):
    shut(grinder)
    other = plan_order(make_made_item([mill], site=mill.site), 1)

    schedule = plan()

    assert slot_of(under_way).ends_at == MONDAY + 8 * HOUR
    assert slot_of(other).starts_at == MONDAY + 8 * HOUR
    (row,) = schedule.unplanned
    assert (row["order"], row["sequence"]) == (under_way.number, 20)


def test_the_same_where_no_machine_is_left_for_the_rest_or_the_lot_was_rejected(
    mill: WorkCenter, grinder: WorkCenter, under_way: ProductionOrder
):
    other = plan_order(make_made_item([mill], site=mill.site), 1)
    grinder.machines.update(is_active=False)

    for _ in range(2):
        schedule = plan()

        assert slot_of(other).starts_at == MONDAY + 8 * HOUR
        assert {row["order"] for row in schedule.unplanned} == {under_way.number}
        made = Batch.objects.filter(order=under_way).values("lot")
        Lot.objects.filter(pk__in=made).update(status=Lot.Status.REJECTED)


def test_an_order_of_which_only_what_is_under_way_has_a_place_has_no_end(
    grinder: WorkCenter, under_way: ProductionOrder
):
    before = Schedule.objects.get()
    shut(grinder)

    schedule = plan()

    assert before.orders[0]["now"] is not None
    (row,) = schedule.orders
    assert (row["number"], row["now"]) == (under_way.number, None)
    assert schedule.figures["late_orders"] == 0
    assert plan().orders == [], "nor had it one before"
    found = explain(under_way, at=MONDAY)
    assert found.ends_at is None
    assert "has no working time" in found.reasons[0]
