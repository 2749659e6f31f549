"""Rows read past Django are what Django would have made of them."""

import pytest

from inventory.models import Item, Lot
from mes.core.rows import models_of
from production import services
from production.models import Batch, Operation, ProcessPlan, ProductionOrder
from tests.plant import MONDAY, make_lot, make_user
from tests.shop import make_machine, make_made_item, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [Operation, Batch, ProductionOrder, ProcessPlan, Lot, Item])
def test_instances_hold_what_django_would_give_them(model):
    center = make_work_center()
    machine = make_machine(center)
    item = make_made_item([center, center], site=center.site)
    order = plan_order(item, 5)
    services.start_operation(operations_of(order)[0], machine=machine, by=make_user(), at=MONDAY)
    make_lot(item, attributes={"heat": "H-66", "grades": ["A", 2]})
    query = model.objects.order_by("pk")
    ours, theirs = models_of(query), list(query)
    assert len(ours) > 0
    assert [_columns(row) for row in ours] == [_columns(row) for row in theirs]
    assert ours == theirs
    assert {(row._state.adding, row._state.db) for row in ours} == {(False, "default")}


def test_an_instance_can_be_saved_and_follows_its_keys():
    center = make_work_center()
    order = plan_order(make_made_item([center], site=center.site))
    [read] = models_of(ProductionOrder.objects.filter(pk=order.pk))
    assert read.item.number == order.item.number
    read.reason = "for the fair"
    read.save()
    order.refresh_from_db()
    assert order.reason == "for the fair"


def _columns(row):
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: (type(value), value) for name, value in values.items()}
