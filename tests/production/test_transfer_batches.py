"""Two steps of a batch are under way at once: the second works on what the first has handed on, and on no more than that."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from inventory import services as inventory
from mes.core.states import IllegalTransition
from production import services
from production.handing_on import came_in
from production.models import Batch, Operation, ProgressReport, Step
from production.services.turns import why_not_ready
from tests.plant import MONDAY, make_inspection_plan, make_item, make_user
from tests.racing import at_once, held_up
from tests.shop import make_plan, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def batch_of(quantity=100, *, uom="C62", transfers=(20, None), **first: Any) -> list[Operation]:
    """Operations of a released batch whose steps hand on so much at a time."""
    item = make_item(supply="make", uom=uom)
    steps = [
        {"work_center": make_work_center(site=item.site), "transfer_quantity": transfer}
        for transfer in transfers
    ]
    make_plan(item, [steps[0] | first, *steps[1:]])
    return operations_of(plan_order(item, quantity))


def start(operation, *, at=MONDAY):
    return services.start_operation(operation, by=make_user(), at=at)


def report(operation, good, scrap=0, *, at=MONDAY):
    return services.report_progress(
        operation, good=Decimal(good), scrap=Decimal(scrap), by=make_user(), at=at
    )


def finish(operation, good, scrap=0, *, at=MONDAY + HOUR):
    return services.finish_operation(
        operation, good=Decimal(good), scrap=Decimal(scrap), by=make_user(), at=at
    )


def is_ready(operation) -> bool:
    return Operation.objects.ready().filter(pk=operation.pk).exists()


def under_way(quantity=100, handed_on=20, **given: Any) -> list[Operation]:
    """Two operations that run: the first has handed so much on to the second."""
    first, second, *rest = batch_of(quantity, **given)
    start(first)
    report(first, handed_on)
    start(second)
    return [first, second, *rest]


# --- the start ------------------------------------------------------------------------------------------------------------


def test_a_step_starts_once_the_one_before_has_handed_on_its_first_transfer_batch():
    first, second = batch_of()
    start(first)
    report(first, 10, 3)

    with pytest.raises(services.NotReady) as refusal:
        start(second)
    assert (
        f"step {first.step} has handed on 10 of 20 pcs; 10 more must be reported good there"
        in refusal.value.detail
    )
    assert not is_ready(second)

    report(first, 10)

    assert is_ready(second)
    assert not why_not_ready(second)
    assert start(second).status == "running"


def test_a_step_that_hands_nothing_on_is_waited_for():
    first, second = batch_of(transfers=(None, None))
    start(first)
    report(first, 90)

    assert not is_ready(second)
    assert why_not_ready(second) == f"step {first.step} is running"


@pytest.mark.parametrize("transfer", [100, 150])
def test_a_transfer_batch_as_large_as_the_batch_hands_nothing_on_before(transfer):
    first, second = batch_of(100, transfers=(transfer, None))
    start(first)
    report(first, 100)

    assert not is_ready(second)
    assert why_not_ready(second) == f"step {first.step} is running"


def test_what_is_paused_has_handed_on_what_it_has():
    first, second = batch_of()
    start(first)
    report(first, 20)
    services.pause_operation(first, by=make_user(), at=MONDAY + HOUR)

    assert is_ready(second)
    start(second)


def test_of_three_steps_each_waits_for_the_one_before_it_alone():
    _, second, third = under_way(transfers=(20, 5, None))
    report(second, 4)
    assert why_not_ready(third) == (
        f"step {second.step} has handed on 4 of 5 pcs; 1 more must be reported good there"
    )

    report(second, 1)

    assert is_ready(third)


def test_a_first_piece_that_has_not_passed_keeps_the_next_step_from_starting():
    item = make_item(supply="make")
    look = make_inspection_plan(item, "first_piece")
    center, other = make_work_center(site=item.site), make_work_center(site=item.site)
    make_plan(
        item,
        [{"work_center": center, "transfer_quantity": 1, "first_piece_plan": look}, {"work_center": other}],
    )
    first, second = operations_of(plan_order(item, 10))
    start(first)
    report(first, 1)

    assert not is_ready(second)
    assert "first piece inspection" in why_not_ready(second)


# --- what is reported ------------------------------------------------------------------------------------------------------


def test_no_more_is_reported_than_was_handed_on():
    first, second = under_way()
    report(second, 12, 1)

    with pytest.raises(services.WrongQuantity) as refusal:
        report(second, 8)
    assert (
        f"it is more than 20, which is all that step {first.step} has handed on so far"
        in refusal.value.detail
    )

    report(first, 30)
    report(second, 8)
    assert came_in(second) == 50


def test_scrap_of_the_step_before_lowers_what_the_next_can_do():
    first, second = under_way()
    finish(first, 70, 30)

    with pytest.raises(services.WrongQuantity, match="came from step"):
        finish(second, 71)
    batch = finish(second, 69, 1).batch

    batch.refresh_from_db()
    assert (batch.status, batch.good_quantity, batch.scrap_quantity) == ("done", 69, 31)


def test_a_step_is_finished_only_after_the_one_before_it():
    first, second = under_way(handed_on=40)

    with pytest.raises(services.FormerNotDone) as refusal:
        finish(second, 40)
    assert f"Step {first.step} is running and has handed on 40 pcs so far" in refusal.value.detail
    assert refusal.value.remedy == (
        f"Report what is done of step {second.step}, and finish it once step {first.step} is finished."
    )
    second.refresh_from_db()
    assert second.status == "running"

    finish(first, 100)
    finish(second, 100)
    assert Batch.objects.get(pk=first.batch_id).status == "done"


def test_what_the_next_step_has_used_stays_good():
    first, second = under_way(handed_on=40)
    report(second, 30, 5)

    with pytest.raises(services.WrongQuantity) as refusal:
        finish(first, 34, 66)
    assert refusal.value.detail == (
        f"Step {second.step} has used 35 pcs of what this step handed on; 34 good are 1 too few."
    )
    assert f"scrap of step {second.step}: report it there" in refusal.value.remedy
    first.refresh_from_db()
    assert first.status == "running"

    finish(first, 35, 65)
    finish(second, 30, 5)
    assert Batch.objects.get(pk=first.batch_id).good_quantity == 30


def test_a_step_whose_next_is_under_way_is_not_scrapped_as_a_whole():
    first, second = under_way()

    with pytest.raises(services.WrongQuantity, match="so something of it is good"):
        finish(first, 0, 100)
    finish(first, 20, 80)
    finish(second, 0, 20)

    batch = Batch.objects.select_related("lot").get(pk=first.batch_id)
    assert (batch.status, batch.good_quantity, batch.lot.status) == ("done", 0, "rejected")


def test_finishing_a_step_does_not_end_the_batch_whose_last_step_runs():
    first, second = under_way()

    finish(first, 100)

    assert Batch.objects.get(pk=first.batch_id).status == "running"
    second.refresh_from_db()
    assert second.status == "running"


def test_what_is_measured_may_gain_a_little_on_the_way():
    first, second = under_way(uom="LTR")
    report(second, "20.9")

    with pytest.raises(services.WrongQuantity, match="has handed on so far"):
        report(second, "0.2")
    with pytest.raises(services.WrongQuantity, match=r"has used 20\.9"):
        finish(first, "19", "81")


def test_a_batch_whose_lot_is_rejected_ends_with_the_last_step_under_way():
    first, second, third = under_way(transfers=(20, None, None))
    lot = first.batch.lot
    assert lot is not None
    inventory.reject_lot(lot, "Wrong heat", by=make_user(), at=MONDAY)
    finish(first, 100)
    assert Batch.objects.get(pk=first.batch_id).status == "running"

    finish(second, 100)

    third.refresh_from_db()
    assert third.status == "cancelled"
    assert Batch.objects.get(pk=first.batch_id).status == "done"


def test_a_batch_that_is_split_hands_on_in_each_part():
    first, second = batch_of()
    part, *_ = services.split_batch(first.batch, 5, by=make_user(), at=MONDAY)
    first, second = part.operations.order_by("sequence")
    start(first)
    report(first, 20)

    assert not is_ready(second)  # no part is larger than what is handed on at a time


# --- two at once -----------------------------------------------------------------------------------------------------------


def acting(service, operation, **given):
    by, key = make_user(), operation.pk

    def act():
        mine = Operation.objects.select_related("step__work_center", "batch").get(pk=key)
        return service(mine, by=by, at=MONDAY + HOUR, **given)

    return act


@pytest.mark.django_db(transaction=True)
def test_of_two_reports_at_once_no_more_is_taken_than_was_handed_on():
    _, second = under_way()
    twelve = {"good": Decimal(12)}

    answers = at_once(*[acting(services.report_progress, second, **twelve) for _ in range(2)])

    (refusal,) = [answer for answer in answers if not isinstance(answer, ProgressReport)]
    assert isinstance(refusal, services.WrongQuantity)
    assert ProgressReport.objects.filter(operation=second).count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_used_at_this_moment_is_not_scrapped_by_the_step_before():
    first, second = under_way()
    use = acting(services.report_progress, second, good=Decimal(20))
    scrap = acting(services.finish_operation, first, good=Decimal(10), scrap=Decimal(90))

    with pytest.raises(services.WrongQuantity, match="has used 20"):
        held_up(scrap, by=use)

    first.refresh_from_db()
    assert first.status == "running"


@pytest.mark.django_db(transaction=True)
def test_a_step_that_starts_while_the_one_before_is_scrapped_waits_and_is_told():
    first, second = batch_of()
    start(first)
    report(first, 20)
    scrap = acting(services.finish_operation, first, good=Decimal(0), scrap=Decimal(100))

    with pytest.raises(IllegalTransition, match="is cancelled"):
        held_up(acting(services.start_operation, second), by=scrap)

    second.refresh_from_db()
    assert second.status == "cancelled"


# --- what may be stated ----------------------------------------------------------------------------------------------------


def test_the_last_step_hands_nothing_on():
    item = make_item(supply="make")
    plan = make_plan(
        item, [{"work_center": make_work_center(site=item.site), "transfer_quantity": 5}], approved=False
    )

    with pytest.raises(services.PlanIncomplete) as refusal:
        services.approve_process_plan(plan, by=make_user(), at=MONDAY)
    assert "hands on 5 at a time, but no step follows it: clear its transfer quantity" in refusal.value.detail


def test_a_step_that_is_judged_as_a_whole_hands_nothing_on_before():
    item = make_item(supply="make")
    center = make_work_center(site=item.site)
    plan = make_plan(item, [center, center], approved=False)
    step = plan.steps.earliest("sequence")
    step.transfer_quantity, step.inspection_plan = Decimal(5), make_inspection_plan(item, "in_process")

    with pytest.raises(ValidationError) as fault:
        step.full_clean()
    assert "judges the whole batch" in fault.value.message_dict["transfer_quantity"][0]
    with pytest.raises(IntegrityError, match="what_is_judged_as_a_whole"), transaction.atomic():
        step.save()


@pytest.mark.parametrize(
    ("quantity", "fault"), [("0", "above zero"), ("-3", "above zero"), ("2.5", "whole numbers")]
)
def test_a_transfer_quantity_that_cannot_be_is_refused(quantity, fault):
    item = make_item(supply="make")
    center = make_work_center(site=item.site)
    plan = make_plan(item, [center, center], approved=False)
    step = Step(plan=plan, transfer_quantity=Decimal(quantity))

    assert fault in step.why_not_handed_on()


def test_a_revision_copies_what_a_step_hands_on():
    first, *_ = batch_of()

    draft = services.revise_process_plan(first.batch.plan, "X", by=make_user(), at=MONDAY)

    assert draft.steps.earliest("sequence").transfer_quantity == 20


def test_the_traveler_says_what_a_step_hands_on():
    first, *_ = batch_of()

    paper = services.issue_traveler(first.batch.order, by=make_user(), at=MONDAY)

    assert "hand on 20 pcs at a time" in str(paper.content)
