"""Results as inspectors enter them: in other units, of named pieces, confirmed by another person, by several people at once."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory.models import Lot
from quality import services
from quality.models import Confirmation, Inspection, RefusedResult, Stage
from quality.units import UNITS, UnitMismatch, convert, convert_difference, same_dimension
from tests import plant
from tests.racing import at_once

pytestmark = pytest.mark.django_db


def who() -> dict[str, Any]:
    return {"by": plant.make_user(), "at": plant.MONDAY}


def inspection_of(pieces=1, **characteristic: Any) -> Inspection:
    given = {"lower_limit": 9, "upper_limit": 11, "uom": "mm"} | characteristic
    return plant.make_inspection(plant.make_inspection_plan(characteristics=[given]), lot_quantity=pieces)


def record(inspection, value, **given):
    (characteristic,) = inspection.plan.characteristics.all()
    return services.record_measurement(inspection, characteristic, value=Decimal(value), **(who() | given))


@pytest.mark.parametrize(
    ("value", "given", "wanted", "becomes"),
    [
        ("1", "in", "mm", "25.4"),
        ("1", "INH", "MMT", "25.4"),
        ("0.5", "l", "ml", "500"),
        ("1", "lbf·in", "Nm", "0.1129848290276167"),
        ("212", "°F", "°C", "100"),
        ("1.01", "g/ml", "kg/m³", "1010"),
        ("250", "cP", "mPa·s", "250"),
        ("7", "pH", "pH", "7"),
        ("1", "μm", "mm", "0.001"),
    ],
)
def test_a_value_becomes_another_unit_of_the_same_dimension(value, given, wanted, becomes):
    assert convert(Decimal(value), given, wanted) == pytest.approx(Decimal(becomes), abs=Decimal("1e-20"))


@pytest.mark.parametrize(
    ("value", "given", "wanted", "becomes"),
    [("0.5", "K", "°C", "0.5"), ("0.9", "°F", "°C", "0.5"), ("-0.001", "in", "mm", "-0.0254")],
)
def test_a_difference_is_as_large_wherever_scales_begin(value, given, wanted, becomes):
    found = convert_difference(Decimal(value), given, wanted)

    assert found == pytest.approx(Decimal(becomes), abs=Decimal("1e-20"))


@pytest.mark.parametrize(
    ("given", "wanted"), [("kg", "mm"), ("HRC", "mm"), ("mm", "HRC"), ("pH", ""), ("furlong", "mm")]
)
def test_what_measures_something_else_cannot(given, wanted):
    with pytest.raises(UnitMismatch, match="cannot become"):
        convert(Decimal(1), given, wanted)


def test_units_of_one_dimension_come_back_to_where_they_were():
    for symbol, unit in UNITS.items():
        for other in same_dimension(symbol):
            there = convert(Decimal("12.5"), symbol, other)
            assert convert(there, other, symbol) == pytest.approx(Decimal("12.5"), abs=Decimal("1e-15")), (
                unit,
                other,
            )
    assert same_dimension("HRC") == ["HRC"]


def test_a_result_in_another_unit_is_converted_and_what_was_typed_is_kept():
    inspection = inspection_of()

    measurement = record(inspection, "0.4", uom="in")

    assert (measurement.value, measurement.entered, measurement.conforms) == (
        Decimal("10.16"),
        "0.4 in",
        True,
    )


def test_a_result_in_a_unit_of_something_else_is_refused():
    inspection = inspection_of()

    with pytest.raises(services.WrongUnit, match="is in mm: kg cannot become mm") as refusal:
        record(inspection, "10", uom="kg")

    assert "Enter it in one of: mm, m, cm" in refusal.value.remedy
    assert (refusal.value.code, refusal.value.status, "uom" in refusal.value.errors) == (
        "quality.wrong_unit",
        422,
        True,
    )
    assert not inspection.measurements.exists()


def test_what_is_hardly_possible_is_refused_unless_it_is_said_to_be_real_and_that_is_kept():
    inspection = inspection_of(plausible_lower=5, plausible_upper=20)

    with pytest.raises(services.Implausible, match="100 is hardly possible: at least 5 and at most 20 mm"):
        record(inspection, "100")
    assert not inspection.measurements.exists()
    measurement = record(inspection, "100", is_real=True)

    assert (measurement.is_confirmed_real, measurement.conforms) == (True, False)
    assert record(inspection_of(plausible_upper=20), "10", is_real=True).is_confirmed_real is False


def test_where_the_plan_states_no_plausible_values_what_is_fifty_tolerances_off_is_taken_for_a_slip():
    inspection = inspection_of()  # 9 to 11

    with pytest.raises(services.Implausible, match="1041 is hardly possible: at least -90 and at most 110"):
        record(inspection, "1041")

    assert record(inspection, "45").conforms is False
    assert record(inspection_of(), "1041", is_real=True).is_confirmed_real is True


def test_a_limit_that_stands_alone_tells_a_slip_too():
    roughness = inspection_of(lower_limit=None, upper_limit="0.8", uom="µm")
    strength = inspection_of(lower_limit=900, upper_limit=None, uom="MPa")

    with pytest.raises(services.Implausible, match="92 is hardly possible: at least -40 and at most 40 µm"):
        record(roughness, "92")
    with pytest.raises(services.Implausible, match="at most 45000 MPa"):
        record(strength, "100000")

    assert record(roughness, "8").conforms is False
    assert record(inspection_of(lower_limit=None, upper_limit=0), "5").conforms is False


def test_what_was_refused_as_implausible_is_kept_with_what_was_typed_and_by_whom():
    inspection, ada = inspection_of(plausible_upper=20), who()

    with pytest.raises(services.Implausible) as told, transaction.atomic():
        record(inspection, "10", uom="in", **ada)

    (kept,) = RefusedResult.objects.filter(inspection=inspection)
    assert (kept.entered, kept.code, kept.piece, kept.by_id) == ("10 in", told.value.code, 1, ada["by"].pk)
    assert kept.refusal == told.value.detail
    assert not inspection.measurements.exists()


def test_what_was_refused_for_its_unit_is_kept_as_it_was_typed_also_in_a_correction():
    inspection, ada = inspection_of(pieces=2), who()

    with pytest.raises(services.WrongUnit) as told, transaction.atomic():
        record(inspection, "10", uom="kg", **ada)
    measurement = record(inspection, "10")
    with pytest.raises(services.WrongUnit):
        services.correct_measurement(measurement, value=Decimal("10.1"), uom="bar", note="misread", **ada)

    kept = RefusedResult.objects.filter(inspection=inspection).order_by("pk")
    assert [(each.entered, each.code, each.by_id) for each in kept] == [
        ("10 kg", "quality.wrong_unit", ada["by"].pk),
        ("10.1 bar", "quality.wrong_unit", ada["by"].pk),
    ]
    assert kept[0].refusal == told.value.detail
    assert measurement.value == 10
    assert inspection.measurements.count() == 1


def test_of_many_results_at_once_the_one_that_was_refused_is_kept_and_none_is_taken():
    inspection = inspection_of(pieces=2, plausible_upper=20)
    (characteristic,) = inspection.plan.characteristics.all()
    entries = [
        services.Entry(characteristic, piece, Decimal(value)) for piece, value in ((1, "10"), (2, "400"))
    ]

    with pytest.raises(services.Implausible):
        services.record_results(inspection, entries, **who())

    assert [each.piece for each in RefusedResult.objects.filter(inspection=inspection)] == [2]
    assert not inspection.measurements.exists()


def test_plausibility_is_judged_in_the_characteristics_own_unit():
    inspection = inspection_of(plausible_upper=20)

    with pytest.raises(services.Implausible):
        record(inspection, "10", uom="in")


def test_a_result_that_needs_a_second_person_concludes_only_when_another_confirms_it():
    inspection = inspection_of(needs_second_person=True)
    first, second = who(), who()
    measurement = record(inspection, "10", **first)

    assert inspection.status == Inspection.Status.OPEN
    assert services.unconfirmed(inspection) == 1
    with pytest.raises(services.NotAnotherPerson, match="Ask a colleague"):
        services.confirm_measurement(measurement, **first)
    with pytest.raises(services.Incomplete, match="1 result waits for a second person"):
        services.conclude_inspection(inspection, **first)
    services.confirm_measurement(measurement, **second)

    measurement.inspection.refresh_from_db()
    assert measurement.inspection.status == Inspection.Status.PASSED
    assert measurement.confirmation.by == second["by"]


def test_who_finds_something_else_corrects_it_and_a_third_confirms_that():
    inspection = inspection_of(needs_second_person=True)
    first, second = who(), who()
    measurement = record(inspection, "10", **first)
    corrected = services.correct_measurement(
        measurement, value=Decimal("10.2"), note="Measured 10.2", **second
    )

    with pytest.raises(services.AlreadyMeasured, match="was corrected"):
        services.confirm_measurement(measurement, **second)
    with pytest.raises(services.NotAnotherPerson):
        services.confirm_measurement(corrected, **second)
    services.confirm_measurement(corrected, **first)

    assert Inspection.objects.get(pk=inspection.pk).status == Inspection.Status.PASSED


def test_where_no_second_person_is_asked_for_there_is_nothing_to_confirm():
    measurement = record(inspection_of(pieces=2), "10")

    with pytest.raises(services.NotAnotherPerson, match="asks for no second person"):
        services.confirm_measurement(measurement, **who())


def test_the_database_lets_nobody_confirm_their_own():
    first = who()
    measurement = record(inspection_of(needs_second_person=True), "10", **first)

    with pytest.raises(DatabaseError, match="another person"), transaction.atomic():
        Confirmation.objects.create(measurement=measurement, **first)


def test_pieces_that_are_known_by_number_are_named_before_they_are_measured():
    plan = plant.make_inspection_plan(characteristics=[{"upper_limit": 11}, {}], identifies_pieces=True)
    inspection = plant.make_inspection(plan, lot_quantity=2)
    bore, look = plan.characteristics.order_by("number")

    with pytest.raises(services.PieceUnnamed, match="Say which serial number piece 1 is"):
        services.record_measurement(inspection, bore, value=Decimal(10), **who())
    services.record_measurement(inspection, bore, value=Decimal(10), identity="SN-1", **who())
    services.record_measurement(inspection, look, conforms=True, **who())
    with pytest.raises(services.PieceUnnamed, match="SN-1 is piece 1 already"):
        services.record_measurement(inspection, bore, piece=2, value=Decimal(10), identity="SN-1", **who())
    services.record_measurement(inspection, bore, piece=2, value=Decimal(10), identity="SN-2", **who())
    with pytest.raises(services.PieceUnnamed, match="Piece 2 is SN-2, not SN-9"):
        services.record_measurement(inspection, look, piece=2, conforms=True, identity="SN-9", **who())

    assert set(inspection.pieces.values_list("piece", "identity")) == {(1, "SN-1"), (2, "SN-2")}


def test_several_results_are_entered_together_or_not_at_all():
    inspection = inspection_of(pieces=3)
    (bore,) = inspection.plan.characteristics.all()

    with pytest.raises(services.InvalidMeasurement) as refusal:
        services.record_results(
            inspection, [services.Entry(bore, 1, Decimal(10)), services.Entry(bore, 9, Decimal(10))], **who()
        )
    assert list(refusal.value.errors) == ["results/1/piece"]
    assert not inspection.measurements.exists()
    services.record_results(
        inspection, [services.Entry(bore, piece, Decimal(10)) for piece in (1, 2)], **who()
    )

    assert (inspection.measurements.count(), inspection.status) == (2, Inspection.Status.OPEN)


def test_many_results_at_once_are_asked_about_once():
    def reads_for(pieces: int) -> int:
        inspection = plant.make_inspection(plant.make_inspection_plan(characteristics=[{}]), lot_quantity=50)
        head = inspection.plan.characteristics.get()
        entries = [services.Entry(head, piece, conforms=True) for piece in range(1, pieces + 1)]
        by = who()
        with CaptureQueriesContext(connection) as asked:
            services.record_results(inspection, entries, **by)
        return sum(each["sql"].startswith("SELECT") for each in asked)

    assert reads_for(2) == reads_for(40)


def test_a_piece_that_is_entered_twice_at_once_is_refused_with_who_entered_it():
    inspection = plant.make_inspection(plant.make_inspection_plan(characteristics=[{}]), lot_quantity=3)
    head = inspection.plan.characteristics.get()
    twice = [services.Entry(head, piece, conforms=True) for piece in (1, 2, 1)]

    with pytest.raises(services.AlreadyMeasured, match="of piece 1 was measured already") as told:
        services.record_results(inspection, twice, **who())

    assert list(told.value.errors) == ["results/2"]
    assert not inspection.measurements.exists()


def test_what_is_left_passes_at_a_glance_but_for_what_is_measured():
    measured, looked_at = (
        inspection_of(pieces=3),
        plant.make_inspection(plant.make_inspection_plan(characteristics=[{}]), lot_quantity=3),
    )
    (bore,), (look,) = (each.plan.characteristics.all() for each in (measured, looked_at))
    services.record_measurement(looked_at, look, piece=2, conforms=True, **who())

    with pytest.raises(services.InvalidMeasurement):
        services.pass_rest(measured, bore, **who())
    passed = services.pass_rest(looked_at, look, **who())

    assert not measured.measurements.exists()
    assert [each.piece for each in passed] == [1, 3]
    assert looked_at.status == Inspection.Status.PASSED


def test_first_pieces_and_periodic_samples_let_work_go_on_and_release_nothing():
    for stage, minutes in ((Stage.FIRST_PIECE, None), (Stage.PERIODIC, 15)):
        plan = plant.make_inspection_plan(stage=stage, every_minutes=minutes)
        lot = plant.make_lot(plan.item, 10, status=Lot.Status.IN_PROCESS)
        inspection = services.open_inspection(plan, lot, lot_quantity=Decimal(10), at=plant.MONDAY)
        assert inspection.sample_size == 1

        plant.measure_all(inspection)

        lot.refresh_from_db()
        assert (inspection.status, lot.status) == (Inspection.Status.PASSED, Lot.Status.IN_PROCESS)


def test_a_first_piece_that_fails_puts_that_piece_in_doubt_and_holds_the_lot():
    plan = plant.make_inspection_plan(stage=Stage.FIRST_PIECE)
    lot = plant.make_lot(plan.item, 10, status=Lot.Status.IN_PROCESS)
    inspection = services.open_inspection(plan, lot, lot_quantity=Decimal(10), at=plant.MONDAY)

    plant.measure_all(inspection, 99)

    lot.refresh_from_db()
    assert (inspection.nonconformance.quantity, lot.status) == (1, Lot.Status.HELD)


def test_only_a_periodic_plan_says_how_often():
    with pytest.raises(DatabaseError), transaction.atomic():
        plant.make_inspection_plan(stage=Stage.PERIODIC)
    with pytest.raises(DatabaseError), transaction.atomic():
        plant.make_inspection_plan(stage=Stage.FINAL, every_minutes=15)


@pytest.mark.django_db(transaction=True)
def test_two_inspectors_who_enter_all_pieces_at_once_lose_and_double_nothing():
    inspection = inspection_of(pieces=6)
    (bore,) = inspection.plan.characteristics.all()
    inspectors = [who(), who()]

    def enter(number):
        told = []
        for piece in range(1, 7):
            try:
                mine = Inspection.objects.get(pk=inspection.pk)
                services.record_measurement(mine, bore, piece=piece, value=Decimal(10), **inspectors[number])
                told.append("entered")
            except (services.AlreadyMeasured, services.InspectionClosed) as refusal:
                told.append(refusal.code)
        return told

    outcomes = at_once(lambda: enter(0), lambda: enter(1))

    inspection.refresh_from_db()
    assert sum(told == "entered" for outcome in outcomes for told in outcome) == 6
    assert sorted(inspection.measurements.values_list("piece", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert inspection.status == Inspection.Status.PASSED


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_the_same_result_confirm_it_once():
    measurement = record(inspection_of(pieces=2, needs_second_person=True), "10")
    colleagues = [who(), who()]

    def confirm(number):
        mine = type(measurement).objects.get(pk=measurement.pk)
        return services.confirm_measurement(mine, **colleagues[number])

    outcomes = at_once(lambda: confirm(0), lambda: confirm(1))

    assert sum(isinstance(each, services.AlreadyMeasured) for each in outcomes) == 1
    assert Confirmation.objects.filter(measurement=measurement).count() == 1
