"""The benches' plant is one that our own scheduler can plan."""

import pytest

from bench.plant import build
from orders.models import OrderLine
from production.models import Operation, Slot
from production.planning import reschedule
from tests.plant import MONDAY

pytestmark = pytest.mark.django_db


def test_a_drawn_plant_is_planned_whole_and_its_customers_lines_are_projected():
    plant = build(60, machines=10, at=MONDAY)

    reschedule(reason="test", at=MONDAY, seconds=0)

    assert (
        Slot.objects.published().count() == Operation.objects.unfinished().count() == plant.operations >= 60
    )
    lines = OrderLine.objects.with_progress(MONDAY)
    assert lines.exists()
    assert all(line.projected_date for line in lines)
