"""Inspections: opened, measured, judged on entry, concluded by the last result."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from inventory import services as inventory
from inventory.models import Location, Lot
from mes.core.models import Fact
from mes.core.refusals import DomainError
from quality import services
from quality.models import Inspection, InspectionPlan, Measurement, Nonconformance, SamplingScheme, Stage
from tests import plant

pytestmark = pytest.mark.django_db


def acting() -> dict[str, Any]:
    return {"by": plant.make_user(), "at": plant.MONDAY}


def characteristic_of(inspection, number=1):
    return inspection.plan.characteristics.get(number=number)


def record(inspection, value=None, *, number=1, **given):
    value = None if value is None else Decimal(str(value))
    characteristic = characteristic_of(inspection, number)
    return services.record_measurement(inspection, characteristic, value=value, **given, **acting())


def test_a_delivery_that_must_be_inspected_waits_in_quarantine_with_its_inspection_open():
    item = plant.make_item()
    plan = plant.make_inspection_plan(item, Stage.RECEIVING)

    lot = services.receive(item, Decimal(10), reference="DN-1", **acting())

    inspection = Inspection.objects.get(lot=lot)
    assert lot.status == Lot.Status.QUARANTINE
    assert (inspection.plan, inspection.sample_size, inspection.reference) == (plan, 10, "DN-1")


def test_a_delivery_that_nobody_need_inspect_is_released_and_put_in_its_place():
    item = plant.make_item(kind="raw")

    lot = services.receive(item, Decimal(10), **acting())

    assert lot.status == Lot.Status.RELEASED
    assert lot.balances.on_hand().get().location.kind == Location.Kind.STORAGE


def test_a_lot_that_passes_its_final_inspection_is_released_and_put_away():
    inspection = plant.measure_all(plant.make_inspection(lot_quantity=2), 10)

    assert inspection.status == Inspection.Status.PASSED
    assert inspection.lot.status == Lot.Status.RELEASED
    assert inspection.lot.balances.on_hand().get().location.kind == Location.Kind.FINISHED
    assert Fact.objects.filter(name="quality.InspectionPassed", payload__gate=inspection.pk).exists()


def test_a_failed_final_inspection_holds_the_lot_and_opens_a_nonconformance():
    inspection = plant.make_inspection(lot_quantity=2)

    record(inspection, 10, piece=1)
    bad = record(inspection, "11.01", piece=2)

    inspection.lot.refresh_from_db()
    found = Nonconformance.objects.get(inspection=inspection)
    assert (bad.conforms, inspection.status) == (False, Inspection.Status.FAILED)
    assert inspection.lot.status == Lot.Status.HELD
    assert (found.quantity, found.status) == (1, Nonconformance.Status.OPEN)
    assert "1 Characteristic 1, piece 2: 11.01 (asked: 9 to 11)" in found.description
    assert found.number in inspection.lot.hold_reason


def test_a_sample_that_fails_casts_doubt_on_the_whole_lot():
    plan = plant.make_inspection_plan(sampling=plant.make_sampling(1))
    inspection = plant.measure_all(plant.make_inspection(plan, lot_quantity=50), 12)

    assert inspection.nonconformance.quantity == 50


def test_as_many_pieces_as_the_acceptance_number_may_fail():
    plan = plant.make_inspection_plan(sampling=plant.make_sampling(3, accept=1))
    inspection = plant.make_inspection(plan, lot_quantity=50)

    for piece, value in enumerate((12, 10, 10), start=1):
        record(inspection, value, piece=piece)

    assert inspection.status == Inspection.Status.PASSED


def test_a_key_characteristic_may_not_fail_whatever_the_acceptance_number():
    plan = plant.make_inspection_plan(
        characteristics=[{"upper_limit": 1, "is_key": True}], sampling=plant.make_sampling(2, accept=1)
    )
    inspection = plant.make_inspection(plan, lot_quantity=50)

    record(inspection, 2, piece=1)
    record(inspection, 0, piece=2)

    assert inspection.status == Inspection.Status.FAILED


def test_a_customers_tighter_limit_binds_in_its_inspection_only():
    plan = plant.make_inspection_plan()
    asked = services.Tightened(plan.characteristics.get(), Decimal("9.9"), None, "SO-7/1")
    usual, tight = plant.make_inspection(plan), plant.make_inspection(plan, tightened=[asked])

    assert record(usual, "9.5").conforms
    assert not record(tight, "9.5").conforms


def test_what_is_not_measured_conforms_or_not():
    plan = plant.make_inspection_plan(characteristics=[{}, {"lower_limit": 1}])
    inspection = plant.make_inspection(plan)

    with pytest.raises(services.InvalidMeasurement, match="Say whether it conforms"):
        record(inspection, 3)
    with pytest.raises(services.InvalidMeasurement, match="Enter the value measured"):
        record(inspection, conforms=True, number=2)
    record(inspection, conforms=True)
    record(inspection, 3, number=2)

    assert inspection.status == Inspection.Status.PASSED


@pytest.mark.parametrize(
    ("given", "refusal", "field"),
    [
        ({"value": 10, "piece": 3}, services.InvalidMeasurement, "piece"),
        ({"value": 10, "piece": 0}, services.InvalidMeasurement, "piece"),
        ({"value": "NaN"}, services.InvalidMeasurement, "value"),
        ({"value": "0.0000001"}, services.InvalidMeasurement, "value"),
    ],
)
def test_what_is_no_result_of_the_sample_is_refused(given, refusal, field):
    inspection = plant.make_inspection(lot_quantity=2)

    with pytest.raises(refusal) as told:
        record(inspection, **given)

    assert field in told.value.errors
    assert not inspection.measurements.exists()


def test_a_characteristic_of_another_plan_is_refused():
    inspection, other = plant.make_inspection(), plant.make_inspection()

    with pytest.raises(services.NotInPlan):
        services.record_measurement(inspection, characteristic_of(other), value=Decimal(10), **acting())


def test_a_piece_is_measured_once_and_a_wrong_entry_is_corrected_by_another():
    inspection = plant.make_inspection(lot_quantity=2)
    wrong = record(inspection, 1)

    with pytest.raises(services.AlreadyMeasured):
        record(inspection, 10)
    right = services.correct_measurement(wrong, value=Decimal(10), note="Read the wrong scale", **acting())
    with pytest.raises(services.AlreadyMeasured):
        services.correct_measurement(wrong, value=Decimal(10), note="Again", **acting())
    record(inspection, 10, piece=2)

    assert list(inspection.measurements.standing().filter(piece=1)) == [right]
    assert inspection.status == Inspection.Status.PASSED
    assert inspection.measurements.count() == 3


def test_a_correction_needs_a_reason():
    wrong = record(plant.make_inspection(lot_quantity=2), 1)

    with pytest.raises(services.InvalidMeasurement) as refusal:
        services.correct_measurement(wrong, value=Decimal(10), note=" ", **acting())

    assert "note" in refusal.value.errors


def test_nothing_is_entered_into_a_concluded_inspection():
    inspection = plant.measure_all(plant.make_inspection())
    measurement = inspection.measurements.get()

    with pytest.raises(services.InspectionClosed, match="is passed"):
        record(inspection, 10)
    with pytest.raises(services.InspectionClosed):
        services.correct_measurement(measurement, value=Decimal(1), note="Typo", **acting())


def test_an_inspection_concludes_early_only_when_the_lot_can_no_longer_pass():
    inspection = plant.make_inspection(lot_quantity=3)
    record(inspection, 10, piece=1)

    with pytest.raises(services.Incomplete, match="2 of 3 results are missing"):
        services.conclude_inspection(inspection, **acting())
    record(inspection, 50, piece=2)
    services.conclude_inspection(inspection, **acting())

    assert inspection.status == Inspection.Status.FAILED


def test_a_cancelled_inspection_leaves_the_lot_where_it_was_and_can_be_repeated():
    inspection = plant.make_inspection()
    services.cancel_inspection(inspection, "Wrong drawing", **acting())

    again = services.repeat_inspection(inspection, **acting())
    plant.measure_all(again)

    inspection.lot.refresh_from_db()
    assert (inspection.status, inspection.note) == (Inspection.Status.CANCELLED, "Wrong drawing")
    assert inspection.lot.status == Lot.Status.RELEASED
    assert Inspection.objects.cleared().filter(pk=inspection.pk).exists()


def test_one_gate_has_one_open_inspection():
    inspection = plant.make_inspection()

    with pytest.raises(services.AlreadyOpen):
        services.open_inspection(inspection.plan, inspection.lot, lot_quantity=Decimal(1), at=plant.MONDAY)


def test_a_draft_plan_inspects_nothing_and_a_plan_only_its_item():
    draft = plant.make_inspection_plan(approved=False)
    plan = plant.make_inspection_plan()

    with pytest.raises(services.PlanNotEffective, match=r"is draft\. Approve it"):
        services.open_inspection(draft, plant.make_lot(draft.item), lot_quantity=Decimal(1), at=plant.MONDAY)
    with pytest.raises(services.WrongItem):
        services.open_inspection(plan, plant.make_lot(), lot_quantity=Decimal(1), at=plant.MONDAY)


@pytest.mark.django_db(transaction=True)
def test_of_two_inspectors_who_record_the_same_piece_one_is_told():
    inspection = plant.make_inspection()
    characteristic, who, barrier = characteristic_of(inspection), acting(), Barrier(2)

    def measure(value):
        barrier.wait()
        try:
            mine = Inspection.objects.get(pk=inspection.pk)
            return services.record_measurement(mine, characteristic, value=Decimal(value), **who)
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(measure, ("9.5", "10.5")))

    assert sum(isinstance(each, Measurement) for each in outcomes) == 1
    assert (
        sum(isinstance(each, services.AlreadyMeasured | services.InspectionClosed) for each in outcomes) == 1
    )
    assert inspection.measurements.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_inspectors_who_enter_the_last_two_pieces_conclude_once():
    inspection = plant.make_inspection(lot_quantity=2)
    characteristic, who, barrier = characteristic_of(inspection), acting(), Barrier(2)

    def measure(piece):
        barrier.wait()
        try:
            mine = Inspection.objects.get(pk=inspection.pk)
            services.record_measurement(mine, characteristic, piece=piece, value=Decimal(10), **who)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(measure, (1, 2)))

    inspection.refresh_from_db()
    assert inspection.status == Inspection.Status.PASSED
    assert Fact.objects.filter(name="quality.InspectionPassed").count() == 1


def test_a_revision_supersedes_the_one_in_force_when_it_is_approved():
    plan = plant.make_inspection_plan()
    draft = services.revise_inspection_plan(plan, "B")
    assert draft.characteristics.count() == 1

    services.approve_inspection_plan(draft, **acting())

    plan.refresh_from_db()
    assert (plan.status, draft.status) == (InspectionPlan.Status.SUPERSEDED, InspectionPlan.Status.APPROVED)
    with pytest.raises(services.RevisionExists):
        services.revise_inspection_plan(draft, "A")


def test_a_second_final_plan_of_an_item_is_refused():
    plan = plant.make_inspection_plan()
    rival = plant.make_inspection_plan(plan.item, approved=False)

    with pytest.raises(services.AnotherPlanInForce, match=f"Make this a revision of {plan.code}"):
        services.approve_inspection_plan(rival, **acting())

    rival.refresh_from_db()
    assert rival.status == InspectionPlan.Status.DRAFT


def test_a_plan_without_characteristics_is_not_approved():
    with pytest.raises(services.NothingToInspect):
        plant.make_inspection_plan(characteristics=[])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE quality_characteristic SET upper_limit = 99 WHERE plan_id = %s",
        "DELETE FROM quality_characteristic WHERE plan_id = %s",
        "UPDATE quality_inspectionplan SET stage = 'receiving' WHERE id = %s",
        "UPDATE quality_inspectionplan SET status = 'draft' WHERE id = %s",
    ],
)
def test_the_database_keeps_a_plan_in_force_as_it_is(statement):
    plan = plant.make_inspection_plan()

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [plan.pk])

    assert plan.characteristics.get().upper_limit == 11


def test_a_measurement_is_never_changed():
    measurement = record(plant.make_inspection(lot_quantity=2), 12)

    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Measurement.objects.filter(pk=measurement.pk).update(conforms=True)


def test_a_percentage_of_a_lot_is_sampled():
    scheme = plant.make_sampling(10, kind=SamplingScheme.Kind.PERCENT)
    inspection = plant.make_inspection(plant.make_inspection_plan(sampling=scheme), lot_quantity=45)

    assert inspection.sample_size == 5


def test_an_inspection_is_not_cancelled_without_a_reason():
    inspection = plant.make_inspection()

    with pytest.raises(inventory.ReasonMissing, match="Say why it is cancelled") as refusal:
        services.cancel_inspection(inspection, " ", by=plant.make_user(), at=plant.MONDAY)

    inspection.refresh_from_db()
    assert (refusal.value.code, inspection.status) == ("inventory.reason_missing", Inspection.Status.OPEN)
