"""Running operations are looked at by themselves: at the first piece, every so many minutes, after every so many pieces."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from inventory.models import Lot
from mes.core.models import Fact
from production import services
from production.models import Checkpoint, Operation, ProgressReport
from production.services.turns import why_not_ready
from quality import services as quality
from quality.models import Inspection, Stage
from tests import plant, shop
from tests.plant import MONDAY
from tests.racing import at_once

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def running(quantity=10, *, uom="C62", steps=1, start=True, **plans: Any) -> Operation:
    """An operation of a batch that runs, whose step names these inspection plans: `first_piece`, `periodic` as their fields."""
    item = plant.make_item(supply="make", uom=uom)
    center = shop.make_work_center(site=item.site)
    step: dict[str, Any] = {"work_center": center}
    for stage, fields in plans.items():
        step[f"{stage}_plan"] = plant.make_inspection_plan(item, stage, **fields)
    shop.make_plan(item, [step, *[center] * (steps - 1)])
    operation = shop.operations_of(shop.plan_order(item, quantity))[0]
    return services.start_operation(operation, by=plant.make_user(), at=MONDAY) if start else operation


def report(operation, good, *, at=MONDAY, **given):
    return services.report_progress(operation, good=Decimal(good), by=plant.make_user(), at=at, **given)


def finish(operation, good, scrap=0, *, at=MONDAY):
    return services.finish_operation(
        operation, good=Decimal(good), scrap=Decimal(scrap), by=plant.make_user(), at=at
    )


def looks(operation, moment="periodic"):
    return [each.inspection for each in operation.checkpoints.filter(moment=moment).order_by("pk")]


def test_starting_a_step_that_asks_for_a_first_piece_opens_its_inspection():
    operation = running(first_piece={})

    (inspection,) = looks(operation, "first_piece")
    assert (inspection.plan.stage, inspection.status, inspection.due_at) == (
        Stage.FIRST_PIECE,
        "open",
        MONDAY,
    )
    assert inspection.lot == operation.batch.lot


def test_no_more_than_the_first_piece_is_reported_before_it_has_passed_and_nothing_finished():
    operation = running(first_piece={})

    report(operation, 1)
    with pytest.raises(services.FirstPieceOpen, match="is open: inspection") as refusal:
        report(operation, 1)
    assert "No more than 1 can be reported before" in refusal.value.remedy
    with pytest.raises(services.FirstPieceOpen):
        finish(operation, 10)
    operation.refresh_from_db()
    assert (operation.status, operation.reports.count()) == (Operation.Status.RUNNING, 1)

    plant.measure_all(looks(operation, "first_piece")[0])
    report(operation, 4)
    finish(operation, 10)

    operation.refresh_from_db()
    assert operation.status == Operation.Status.DONE


def test_a_first_piece_that_failed_lets_work_go_on_once_another_passes():
    operation = running(first_piece={})
    (inspection,) = looks(operation, "first_piece")
    plant.measure_all(inspection, 99)
    with pytest.raises(services.FirstPieceOpen, match="is failed"):
        report(operation, 5)

    quality.decide_nonconformance(
        inspection.nonconformance, "reinspect", "Set up again", by=plant.make_user(), at=MONDAY
    )
    plant.measure_all(Inspection.objects.get(repeats=inspection))

    report(operation, 5)
    operation.batch.lot.refresh_from_db()
    assert operation.batch.lot.status == Lot.Status.IN_PROCESS


def test_a_scrapped_first_piece_is_not_the_whole_lot():
    operation = running(first_piece={})
    (inspection,) = looks(operation, "first_piece")
    plant.measure_all(inspection, 99)

    quality.decide_nonconformance(
        inspection.nonconformance, "scrap", "Set-up piece", by=plant.make_user(), at=MONDAY
    )

    operation.batch.lot.refresh_from_db()
    assert operation.batch.lot.status == Lot.Status.IN_PROCESS
    finish(operation, 9, 1)


def test_of_what_is_filled_nothing_is_reported_before_the_first_piece_has_passed():
    operation = running(100, uom="LTR", first_piece={})

    with pytest.raises(services.FirstPieceOpen):
        report(operation, "0.5")


def test_a_sample_is_due_every_so_many_minutes_and_only_one_at_a_time():
    operation = running(periodic={"every_minutes": 15})

    assert services.open_due_samples(at=MONDAY + 14 * MINUTE) == []
    (first,) = services.open_due_samples(at=MONDAY + 16 * MINUTE)
    assert first.due_at == MONDAY + 15 * MINUTE
    assert services.open_due_samples(at=MONDAY + 16 * MINUTE) == []
    assert services.open_due_samples(at=MONDAY + 31 * MINUTE) == []  # the first is not inspected yet
    plant.measure_all(looks(operation)[0])
    (second,) = services.open_due_samples(at=MONDAY + 31 * MINUTE)

    assert second.due_at == MONDAY + 30 * MINUTE
    assert second.inspection.due_at == second.due_at


def test_time_at_which_it_stands_still_does_not_count():
    operation = running(periodic={"every_minutes": 15})
    who = plant.make_user()
    services.pause_operation(operation, by=who, at=MONDAY + 10 * MINUTE)
    assert services.open_due_samples(at=MONDAY + 60 * MINUTE) == []
    services.resume_operation(operation, by=who, at=MONDAY + 60 * MINUTE)

    assert services.open_due_samples(at=MONDAY + 74 * MINUTE) == []
    assert len(services.open_due_samples(at=MONDAY + 75 * MINUTE)) == 1


def test_a_sample_is_due_after_every_so_many_pieces_and_stands_for_them():
    operation = running(periodic={"every_quantity": 4})

    report(operation, 3)
    assert looks(operation) == []
    report(operation, 2, scrap=Decimal(1))

    (inspection,) = looks(operation)
    assert inspection.lot_quantity == 6
    plant.measure_all(inspection)
    report(operation, 3)
    assert len(looks(operation)) == 1
    report(operation, 1)
    assert len(looks(operation)) == 2


def test_what_follows_waits_for_every_look_and_the_lot_too():
    operation = running(steps=2, periodic={"every_quantity": 4})
    report(operation, 5)
    finish(operation, 10)
    following = operation.batch.operations.get(sequence=20)

    assert not Operation.objects.ready().filter(pk=following.pk).exists()
    assert Operation.objects.blocked().filter(pk=following.pk).exists()
    assert "periodic inspection" in why_not_ready(following)
    with pytest.raises(services.NotReady, match=r"periodic inspection .* is open"):
        services.start_operation(following, by=plant.make_user(), at=MONDAY)
    plant.measure_all(looks(operation)[0])

    assert Operation.objects.ready().filter(pk=following.pk).exists()


def test_a_batch_is_released_only_when_its_last_look_has_passed():
    operation = running(periodic={"every_quantity": 4})
    report(operation, 5)
    finish(operation, 10)
    lot = operation.batch.lot
    lot.refresh_from_db()
    assert lot.status == Lot.Status.QUARANTINE

    (inspection,) = looks(operation)
    plant.measure_all(inspection)
    services.clear_batch(operation.batch, by=plant.make_user(), at=MONDAY)

    lot.refresh_from_db()
    assert lot.status == Lot.Status.RELEASED


def test_a_sample_that_was_given_up_holds_nothing_for_its_moment_is_gone():
    operation = running(steps=2, periodic={"every_quantity": 4})
    report(operation, 5)
    quality.cancel_inspection(looks(operation)[0], "Nobody was there", by=plant.make_user(), at=MONDAY)
    finish(operation, 10)

    assert Operation.objects.ready().filter(batch=operation.batch, sequence=20).exists()


@pytest.mark.parametrize(
    ("good", "told"),
    [("0", "Nothing is reported"), ("12", "more than 11"), ("1.5", "whole numbers"), ("-1", "at least zero")],
)
def test_a_report_that_cannot_be_is_refused_and_writes_nothing(good, told):
    operation = running()

    with pytest.raises(Exception, match=told) as refusal:
        report(operation, good)

    assert "good" in refusal.value.errors
    assert not ProgressReport.objects.exists()


def test_the_end_accounts_for_what_was_reported():
    operation = running()
    report(operation, 8)

    with pytest.raises(services.WrongQuantity, match="8 pcs were reported while it ran"):
        finish(operation, 5)
    finish(operation, 7, 3)

    assert Fact.objects.filter(name="production.ProgressReported").count() == 1


def test_only_a_running_operation_makes_progress():
    operation = running(start=False)

    with pytest.raises(services.NotRunning, match="is waiting"):
        report(operation, 1)


def test_plans_of_the_wrong_moment_are_refused_when_the_process_plan_is_approved():
    item = plant.make_item(supply="make")
    final = plant.make_inspection_plan(item, Stage.FINAL)
    center = shop.make_work_center(site=item.site)

    with pytest.raises(services.PlanIncomplete, match="asks for a final inspection"):
        shop.make_plan(item, [{"work_center": center, "first_piece_plan": final}])


def test_progress_is_reported_over_http():
    operation = running()
    client = APIClient()
    client.force_authenticate(plant.make_user(is_superuser=True))

    told = client.post(
        f"/api/v1/operations/{operation.pk}/report/", {"good": "3", "scrap": "1"}, format="json"
    )
    refused = client.post(f"/api/v1/operations/{operation.pk}/report/", {"good": "30"}, format="json")

    assert (told.status_code, told.json()["good"]) == (200, "3.0000")
    assert (refused.status_code, refused.json()["code"]) == (422, "production.wrong_quantity")


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_ask_for_one_sample():
    operation = running(periodic={"every_minutes": 15})

    at_once(*[lambda: services.open_due_samples(at=MONDAY + 20 * MINUTE)] * 3)

    assert Checkpoint.objects.filter(operation=operation).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_report_the_first_piece_at_once_one_waits_for_its_verdict():
    operation = running(first_piece={})

    outcomes = at_once(*[lambda: report(Operation.objects.get(pk=operation.pk), 1)] * 2)

    assert sum(isinstance(each, services.FirstPieceOpen) for each in outcomes) == 1
    assert operation.reports.count() == 1
