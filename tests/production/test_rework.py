"""Rework of a running batch: steps done once more, judged by the repeated inspection, before the batch goes on."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from mes.core.models import Fact
from mes.core.outbox import dispatch_facts
from mes.core.refusals import InvalidInput
from production import services
from production.models import Operation, Slot
from production.planning import reschedule
from production.services.turns import why_not_ready
from quality import services as quality
from quality.models import Inspection, Nonconformance
from tests.plant import MONDAY, make_inspection_plan, make_item, make_site, make_user, measure_all
from tests.shop import make_plan, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db


def start(operation) -> Operation:
    return services.start_operation(operation, by=make_user(), at=MONDAY)


def finish(operation, good=10) -> Operation:
    return services.finish_operation(operation, good=Decimal(good), by=make_user(), at=MONDAY)


def a_failed_batch(components=None):
    """Three steps, the second with a gate that failed and was decided as rework: its operations and the nonconformance."""
    site = make_site()
    item = make_item(site=site)
    gate = make_inspection_plan(item, "in_process")
    center = make_work_center(site=site)
    make_plan(item, [center, {"work_center": center, "inspection_plan": gate}, center], components)
    operations = operations_of(plan_order(item))
    for operation in operations[:2]:
        finish(start(operation))
    measure_all(Inspection.objects.open().get(), 20)
    found = Nonconformance.objects.get()
    return operations, found


def decided(found, disposition="rework") -> Nonconformance:
    return quality.decide_nonconformance(found, disposition, "Turn again", by=make_user(), at=MONDAY)


def rework(operations, found, *steps) -> list[Operation]:
    steps = steps or (operations[1].step,)
    return services.plan_rework(operations[0].batch, found, steps, by=make_user(), at=MONDAY)


def test_a_step_is_done_once_more_and_then_judged_before_the_batch_goes_on():
    operations, found = a_failed_batch()
    decided(found)
    (again,) = rework(operations, found)
    last = operations[2]

    assert (again.sequence, again.step, again.rework_of) == (21, operations[1].step, found)
    assert set(Operation.objects.ready()) == {again}
    with pytest.raises(services.NotReady, match="Step 20 is waiting"):
        start(last)
    finish(start(Operation.objects.get(pk=again.pk)))
    with pytest.raises(services.NotReady, match="inspection"):
        start(last)
    measure_all(Inspection.objects.open().get(), 10)
    assert finish(start(Operation.objects.get(pk=last.pk))).status == "done"
    assert Fact.objects.filter(name="production.ReworkPlanned", payload__operations=[again.pk]).exists()


def test_work_that_is_done_again_hands_on_nothing_before_it_is_done():
    site = make_site()
    item = make_item(site=site)
    gate = make_inspection_plan(item, "in_process")
    steps: list[dict[str, object]] = [
        {"work_center": make_work_center(site=site), "transfer_quantity": 2},
        {"work_center": make_work_center(site=site), "inspection_plan": gate},
        {"work_center": make_work_center(site=site)},
    ]
    make_plan(item, steps)
    first, second, last = operations_of(plan_order(item))
    finish(start(first))
    finish(start(second))
    measure_all(Inspection.objects.open().get(), 20)
    found = decided(Nonconformance.objects.get())
    rework([first], found, first.step, second.step)
    again, afterwards = operations_of(first.batch.order)[2:4]
    services.report_progress(start(again), good=Decimal(5), by=make_user(), at=MONDAY)

    assert not Operation.objects.ready().exists()
    for waiting in (afterwards, last):
        assert why_not_ready(waiting) == f"step {first.step} is running"
    finish(again)
    assert Operation.objects.ready().get() == afterwards


def test_the_plan_finds_rework_a_place():
    operations, found = a_failed_batch()
    decided(found)
    (again,) = rework(operations, found)

    reschedule(reason="Rework", seconds=0, at=MONDAY)

    places = {slot.operation_id: slot for slot in Slot.objects.published()}
    assert places[again.pk].ends_at <= places[operations[2].pk].starts_at


def test_while_something_is_reworked_more_rework_goes_behind_it():
    operations, found = a_failed_batch()
    decided(found)
    (again,) = rework(operations, found)
    start(Operation.objects.get(pk=again.pk))
    lot = operations[0].batch.lot
    scratched = quality.open_nonconformance(lot, Decimal(2), "Scratched", by=make_user(), at=MONDAY)

    (more,) = rework(operations, decided(scratched), operations[0].step)

    assert (again.sequence, more.sequence, operations[2].sequence) == (21, 22, 30)


def test_what_follows_rework_is_not_ready_before_the_repeated_inspection_has_passed():
    operations, found = a_failed_batch()
    decided(found)
    (again,) = rework(operations, found)
    finish(start(Operation.objects.get(pk=again.pk)))
    last = operations[2]

    assert not Operation.objects.ready().exists()
    assert list(Operation.objects.blocked()) == [last]
    measure_all(Inspection.objects.open().get(), 10)
    assert list(Operation.objects.ready()) == [last]


def test_what_a_person_found_is_reworked_before_the_batch_goes_on():
    site = make_site()
    item = make_item(site=site)
    center = make_work_center(site=site)
    make_plan(item, [center, center])
    first, last = operations_of(plan_order(item))
    finish(start(first))
    lot = first.batch.lot
    assert lot is not None
    found = quality.open_nonconformance(lot, Decimal(1), "Chatter", by=make_user(), at=MONDAY)
    decided(found)

    assert list(Operation.objects.blocked()) == [last]
    with pytest.raises(services.NotReady, match=f"{found} is to be reworked, and nobody has planned that"):
        start(last)
    (again,) = rework([first, last], found, first.step)
    assert list(Operation.objects.ready()) == [again]
    finish(start(again))
    start(last)


def test_what_was_not_decided_so_or_is_planned_already_is_refused():
    operations, found = a_failed_batch()

    with pytest.raises(services.NoRework, match="Decide on rework first"):
        rework(operations, found)
    decided(found)
    with pytest.raises(InvalidInput) as refusal:
        rework(operations, found, operations[2].step)
    assert refusal.value.errors.keys() == {"steps"}
    rework(operations, found)
    with pytest.raises(services.NoRework, match="planned already"):
        rework(operations, found)

    assert Operation.objects.filter(rework_of=found).count() == 1


def test_a_step_that_takes_material_is_not_repeated_and_a_batch_that_is_over_not_reworked():
    operations, found = a_failed_batch()
    decided(found)
    over = operations_of(plan_order(operations[0].batch.plan.item))[0].batch

    with pytest.raises(services.NoRework, match="another lot"):
        services.plan_rework(over, found, [operations[1].step], by=make_user(), at=MONDAY)
    with pytest.raises(InvalidInput, match="at least one"):
        services.plan_rework(operations[0].batch, found, [], by=make_user(), at=MONDAY)

    assert not Operation.objects.filter(rework_of__isnull=False).exists()


def test_rework_is_planned_over_http_and_bad_steps_are_named():
    operations, found = a_failed_batch()
    decided(found)
    dispatch_facts(at=MONDAY)
    client = APIClient()
    client.force_authenticate(make_user(is_superuser=True))
    address = f"/api/v1/batches/{operations[0].batch_id}/rework/"

    bad = client.post(address, {"nonconformance": found.pk, "steps": [operations[2].step_id]}, format="json")
    good = client.post(address, {"nonconformance": found.pk, "steps": [operations[1].step_id]}, format="json")

    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "#/steps")
    assert good.status_code == 200, good.content
    listed = client.get(f"/api/v1/operations/?batch={operations[0].batch_id}&ordering=sequence").json()[
        "results"
    ]
    assert [(each["sequence"], each["rework_of"]) for each in listed] == [
        (10, None),
        (20, None),
        (21, found.pk),
        (30, None),
    ]
