"""Gauges: in calibration or refused; one found out of tolerance casts doubt on what it measured."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from inventory import services as inventory
from inventory.models import Location, Lot
from mes.core.models import Fact
from mes.core.states import IllegalTransition
from quality import services
from quality.doubt import doubtful_lots
from quality.models import (
    Calibration,
    Gauge,
    GaugeReview,
    Measurement,
    Nonconformance,
    RefusedResult,
    ReviewedLot,
)
from tests import plant
from tests.racing import at_once

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def site():
    return plant.make_site()


@pytest.fixture
def inspection(site):
    """Of a diameter that asks for a micrometer, on three pieces."""
    return make_inspection(site)


def make_inspection(site, *, kind="micrometer", pieces=3, **fields):
    given = {"name": "Diameter", "lower_limit": 9, "upper_limit": 11, "gauge_kind": kind, "uom": "mm"}
    plan = plant.make_inspection_plan(plant.make_item(site=site), characteristics=[given])
    return plant.make_inspection(plan, lot_quantity=pieces, **fields)


def measure(inspection, gauge=None, *, piece=1, value="10", at=plant.MONDAY):
    return services.record_measurement(
        inspection,
        inspection.plan.characteristics.get(),
        piece=piece,
        value=Decimal(value),
        gauge=gauge,
        by=plant.make_user(),
        at=at,
    )


def calibrate(gauge, *, at=plant.MONDAY + 10 * DAY, **said):
    return services.calibrate_gauge(gauge, by=plant.make_user(), at=at, **said)


def test_a_result_names_the_gauge_it_was_measured_with(site, inspection):
    gauge = plant.make_gauge(site=site)

    result = measure(inspection, gauge)

    assert Measurement.objects.get(pk=result.pk).gauge == gauge


def test_a_characteristic_that_asks_for_a_gauge_refuses_a_result_without_one_and_says_which_may_be_used(
    site, inspection
):
    plant.make_gauge("MIC-1", site=site)
    plant.make_gauge("MIC-2", site=site, calibrated_at=None)
    plant.make_gauge("MIC-3")

    with pytest.raises(services.GaugeNeeded) as refusal:
        measure(inspection)

    assert refusal.value.remedy == "These may be used: MIC-1."
    assert refusal.value.errors == {"gauge": ["1 Diameter is measured with a micrometer; say which"]}
    assert not inspection.measurements.exists()


def test_a_gauge_of_another_kind_or_another_site_is_refused(site, inspection):
    plant.make_gauge("MIC-7", site=site)

    with pytest.raises(services.WrongGauge, match="is a caliper; 1 Diameter asks for a micrometer"):
        measure(inspection, plant.make_gauge(kind="caliper", site=site))
    with pytest.raises(services.WrongGauge, match="These may be used: MIC-7"):
        measure(inspection, plant.make_gauge())
    assert not inspection.measurements.exists()


def test_a_gauge_measures_through_its_due_date_and_no_day_longer(site, inspection):
    gauge = plant.make_gauge("MIC-8", site=site, calibrated_at=plant.MONDAY - 30 * DAY, interval_days=30)
    other = plant.make_gauge("MIC-9", site=site)

    measure(inspection, gauge, piece=1, at=plant.MONDAY)
    with pytest.raises(services.GaugeUnusable) as refusal:
        measure(inspection, gauge, piece=2, at=plant.MONDAY + DAY)

    assert str(refusal.value) == ("MIC-8 was due for calibration on 2026-03-02. These may be used: MIC-9.")
    (kept,) = RefusedResult.objects.filter(inspection=inspection)
    assert (kept.piece, kept.refusal) == (2, "MIC-8 was due for calibration on 2026-03-02.")
    assert inspection.measurements.count() == 1
    assert measure(inspection, other, piece=2, at=plant.MONDAY + DAY).gauge == other


def test_a_correction_in_another_unit_is_held_against_the_gauges_range_in_its_own(site):
    inspection, inches = (
        make_inspection(site),
        plant.make_gauge(site=site, range_from=5, range_to=25, uom="mm"),
    )
    measurement = measure(inspection, plant.make_gauge(site=site))

    corrected = services.correct_measurement(
        measurement,
        value=Decimal("0.4"),
        uom="in",
        gauge=inches,
        note="measured again",
        by=plant.make_user(),
        at=plant.MONDAY,
    )

    assert (corrected.value, corrected.entered) == (Decimal("10.16"), "0.4 in")


def test_the_day_of_a_due_date_is_the_sites_own():
    site = plant.make_site(time_zone="Pacific/Auckland")
    gauge = plant.make_gauge(site=site, calibrated_at=plant.MONDAY - 30 * DAY, interval_days=30)
    evening_in_utc = plant.MONDAY.replace(hour=20)  # Tuesday morning there

    with pytest.raises(services.GaugeUnusable):
        measure(make_inspection(site), gauge, at=evening_in_utc)


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (services.block_gauge, "is blocked (dropped)"),
        (services.take_out_gauge, "is out (dropped)"),
        (services.retire_gauge, "is retired (dropped)"),
    ],
)
def test_a_gauge_that_is_blocked_away_or_retired_measures_nothing(site, inspection, act, told):
    gauge = act(plant.make_gauge(site=site), "dropped", by=plant.make_user(), at=plant.MONDAY)

    with pytest.raises(services.GaugeUnusable) as refusal:
        measure(inspection, gauge)

    assert told in str(refusal.value)
    assert "No micrometer of" in refusal.value.remedy
    assert not inspection.measurements.exists()


def test_a_gauge_that_was_never_calibrated_measures_nothing(site, inspection):
    with pytest.raises(services.GaugeUnusable, match="has never been calibrated"):
        measure(inspection, plant.make_gauge(site=site, calibrated_at=None))


def test_a_value_that_the_gauge_cannot_show_is_a_slip_of_the_pen(site, inspection):
    gauge = plant.make_gauge("MIC-5", site=site, range_from=0, range_to=25, uom="mm")

    with pytest.raises(services.BeyondGauge) as refusal:
        measure(inspection, gauge, value="100")

    assert refusal.value.errors == {"value": ["MIC-5 measures 0 to 25 mm; 100 lies beyond"]}
    assert measure(inspection, gauge, value="10").value == 10


def test_what_is_no_number_is_refused_as_that_whatever_the_gauge_can_show(site, inspection):
    gauge = plant.make_gauge(site=site, range_from=0, range_to=25, uom="mm")

    for typed in ("NaN", "sNaN", "Infinity"):
        with pytest.raises(services.InvalidMeasurement, match="value is a number") as refusal:
            measure(inspection, gauge, value=typed)
        assert refusal.value.errors.keys() == {"value"}

    assert not Measurement.objects.exists()


def test_a_typing_error_is_corrected_under_the_gauge_that_measured_it_even_when_that_is_blocked_since(
    site, inspection
):
    gauge = plant.make_gauge(site=site)
    wrong = measure(inspection, gauge, value="1")
    services.block_gauge(gauge, "dropped", by=plant.make_user(), at=plant.MONDAY)

    right = services.correct_measurement(
        wrong, value=Decimal(10), note="digit lost", by=plant.make_user(), at=plant.MONDAY
    )

    assert right.gauge == gauge
    with pytest.raises(services.GaugeUnusable):
        services.correct_measurement(
            right, value=Decimal(10), gauge=gauge, note="again", by=plant.make_user(), at=plant.MONDAY
        )


def test_a_calibration_says_until_when_the_gauge_may_be_used(site):
    gauge = plant.make_gauge(site=site, calibrated_at=None, interval_days=90)

    calibrate(gauge, found_in_tolerance=True, certificate="K-1", at=plant.MONDAY)

    gauge.refresh_from_db()
    assert gauge.due_date == date(2026, 5, 31)
    assert Gauge.objects.usable(date(2026, 5, 31)).filter(pk=gauge.pk).exists()
    assert not Gauge.objects.usable(date(2026, 6, 1)).filter(pk=gauge.pk).exists()
    assert not GaugeReview.objects.exists()
    assert Fact.objects.filter(name="quality.GaugeCalibrated", payload__gauge=gauge.pk).exists()


def test_the_permissible_error_judges_what_was_found_and_left(site):
    gauge = plant.make_gauge(site=site, permissible_error=Decimal("0.004"), uom="mm")

    calibration = calibrate(gauge, as_found=Decimal("-0.006"), as_left=Decimal("0.001"))

    assert (calibration.found_in_tolerance, calibration.left_in_tolerance) == (False, True)
    assert gauge.status == Gauge.Status.IN_USE


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "found_in_tolerance"),
        ({"found_in_tolerance": False}, "left_in_tolerance"),
        ({"found_in_tolerance": True, "as_found": Decimal("0.01")}, "found_in_tolerance"),
        ({"as_found": Decimal("NaN")}, "found_in_tolerance"),
        ({"found_in_tolerance": True, "calibrated_at": plant.MONDAY + 11 * DAY}, "calibrated_at"),
        ({"found_in_tolerance": True, "calibrated_at": plant.MONDAY - 40 * DAY}, "calibrated_at"),
        ({"found_in_tolerance": True, "next_due_date": date(2026, 3, 1)}, "next_due_date"),
        ({"found_in_tolerance": True, "next_due_date": date(2046, 3, 1)}, "next_due_date"),
    ],
)
def test_a_calibration_that_cannot_be_is_refused_whole(site, said, field):
    gauge = plant.make_gauge(site=site, permissible_error=Decimal("0.004"))

    with pytest.raises(services.InvalidCalibration) as refusal:
        calibrate(gauge, **said)

    assert list(refusal.value.errors) == [field]
    assert gauge.calibrations.count() == 1


def test_a_gauge_left_out_of_tolerance_is_blocked_until_a_good_calibration(site):
    gauge = plant.make_gauge(site=site)

    calibrate(gauge, found_in_tolerance=False, left_in_tolerance=False)
    with pytest.raises(services.NotCalibrated):
        services.put_gauge_in_use(gauge, "looks fine", by=plant.make_user(), at=plant.MONDAY + 11 * DAY)
    assert gauge.status == Gauge.Status.BLOCKED

    calibrate(gauge, found_in_tolerance=False, left_in_tolerance=True, at=plant.MONDAY + 12 * DAY)
    assert gauge.status == Gauge.Status.IN_USE


def test_a_gauge_that_was_dropped_and_looked_at_is_put_in_use_with_a_reason(site):
    gauge = plant.make_gauge(site=site)
    services.block_gauge(gauge, "dropped", by=plant.make_user(), at=plant.MONDAY)

    with pytest.raises(inventory.ReasonMissing):
        services.put_gauge_in_use(gauge, " ", by=plant.make_user(), at=plant.MONDAY)
    services.put_gauge_in_use(gauge, "checked on blocks", by=plant.make_user(), at=plant.MONDAY)

    assert (gauge.status, gauge.status_reason) == (Gauge.Status.IN_USE, "checked on blocks")


def test_a_retired_gauge_is_not_calibrated_any_more(site):
    gauge = services.retire_gauge(
        plant.make_gauge(site=site), "worn out", by=plant.make_user(), at=plant.MONDAY
    )

    with pytest.raises(IllegalTransition):
        calibrate(gauge, found_in_tolerance=True)

    assert gauge.calibrations.count() == 1


def test_out_of_tolerance_lists_every_result_since_the_last_good_calibration(site):
    gauge, other = plant.make_gauge(site=site), plant.make_gauge(site=site)
    calibrate(gauge, found_in_tolerance=True, at=plant.MONDAY)
    before, after, elsewhere = (make_inspection(site) for _ in range(3))
    measure(before, gauge, at=plant.MONDAY - DAY)
    measure(after, gauge, piece=1, at=plant.MONDAY + DAY)
    measure(after, gauge, piece=2, at=plant.MONDAY + 2 * DAY, value="11.5")
    measure(elsewhere, other, at=plant.MONDAY + DAY)

    calibration = calibrate(gauge, found_in_tolerance=False, left_in_tolerance=True)

    review = calibration.review
    assert (review.since, review.until) == (plant.MONDAY, plant.MONDAY + 10 * DAY)
    [doubtful] = doubtful_lots(review)
    assert doubtful.lot == after.lot
    assert (doubtful.results, doubtful.failed) == (2, 1)
    assert (doubtful.first, doubtful.last) == (plant.MONDAY + DAY, plant.MONDAY + 2 * DAY)


def test_a_gauge_that_stayed_bad_leaves_everything_since_the_last_good_calibration_in_doubt(site):
    gauge, inspection = plant.make_gauge(site=site), make_inspection(site)
    first = calibrate(gauge, found_in_tolerance=False, left_in_tolerance=False, at=plant.MONDAY)
    assert doubtful_lots(first.review) == []

    late = calibrate(
        gauge,
        found_in_tolerance=False,
        left_in_tolerance=True,
        calibrated_at=plant.MONDAY + DAY,
        at=plant.MONDAY + 3 * DAY,
    )
    measure(inspection, gauge, at=plant.MONDAY + 4 * DAY)

    assert late.review.since == first.gauge.calibrations.order_by("at").first().at
    assert doubtful_lots(late.review) == []


def test_a_doubtful_lot_says_where_it_is_now(site):
    gauge = plant.make_gauge(site=site)
    inspection = make_inspection(site, pieces=3)
    for piece in (1, 2, 3):
        measure(inspection, gauge, piece=piece)
    lot = inspection.lot
    lot.refresh_from_db()
    inventory.ship(lot, Decimal(2), reference="SH-1", by=plant.make_user(), at=plant.MONDAY)

    review = calibrate(gauge, found_in_tolerance=False, left_in_tolerance=True).review

    [doubtful] = doubtful_lots(review)
    assert (doubtful.here, doubtful.shipped, doubtful.used, doubtful.gone) == (1, 2, 0, 0)
    assert Location.objects.get(name=doubtful.places).kind == Location.Kind.FINISHED


def test_a_thermometer_that_is_off_puts_only_results_near_a_limit_in_doubt_in_whichever_scale(site):
    thermometer = plant.make_gauge(site=site, kind="thermometer", uom="K")
    given = {"name": "Core", "lower_limit": 72, "upper_limit": 90, "gauge_kind": "thermometer", "uom": "°C"}
    plan = plant.make_inspection_plan(plant.make_item(site=site), characteristics=[given])
    inspection = plant.make_inspection(plan, lot_quantity=2)
    for piece, value in ((1, "80"), (2, "72.3")):
        measure(inspection, thermometer, piece=piece, value=value)

    review = calibrate(
        thermometer, as_found=Decimal("0.5"), found_in_tolerance=False, left_in_tolerance=True
    ).review

    [doubtful] = doubtful_lots(review, with_results=True)
    assert [(each.measurement.value, each.is_close) for each in doubtful.taken] == [
        (Decimal("72.3"), True),
        (Decimal(80), False),
    ]


def test_everything_in_doubt_is_held_at_once_where_that_is_asked_for(site):
    gauge = plant.make_gauge(site=site)
    inspections = [make_inspection(site) for _ in range(2)]
    for each in inspections:
        measure(each, gauge)

    calibrate(gauge, found_in_tolerance=False, left_in_tolerance=False, hold=True)

    for each in inspections:
        each.lot.refresh_from_db()
        found = Nonconformance.objects.get(lot=each.lot)
        assert each.lot.status == Lot.Status.HELD
        assert f"1 result taken with {gauge}" in found.description


def test_a_lot_is_decided_once_and_the_review_ends_when_all_are(site):
    gauge = plant.make_gauge(site=site)
    first, second = make_inspection(site), make_inspection(site)
    measure(first, gauge)
    measure(second, gauge)
    review = calibrate(gauge, found_in_tolerance=False, left_in_tolerance=True).review
    said: dict[str, Any] = {"by": plant.make_user(), "at": plant.MONDAY + 11 * DAY}

    services.clear_doubtful_lot(review, first.lot, "Measured again on the CMM", **said)
    with pytest.raises(services.DecidedBefore):
        services.doubt_lot(review, first.lot, **said)
    with pytest.raises(services.LotsUndecided, match=second.lot.number):
        services.conclude_gauge_review(review, "Done", **said)
    with pytest.raises(services.NotInDoubt):
        services.doubt_lot(review, make_inspection(site).lot, **said)

    found = services.doubt_lot(review, second.lot, **said)
    services.conclude_gauge_review(review, "One lot measured again, one judged", **said)

    assert review.status == GaugeReview.Status.CONCLUDED
    assert ReviewedLot.objects.get(lot=second.lot).nonconformance == found
    assert not Nonconformance.objects.filter(lot=first.lot).exists()
    with pytest.raises(services.ReviewConcluded):
        services.hold_doubtful_lots(review, **said)


def test_a_lot_is_not_cleared_without_a_reason(site):
    gauge, inspection = plant.make_gauge(site=site), make_inspection(site)
    measure(inspection, gauge)
    review = calibrate(gauge, found_in_tolerance=False, left_in_tolerance=True).review

    with pytest.raises(services.JustificationMissing):
        services.clear_doubtful_lot(
            review, inspection.lot, " ", by=plant.make_user(), at=plant.MONDAY + 11 * DAY
        )

    assert not ReviewedLot.objects.exists()


def test_doubtful_lots_take_as_many_queries_for_ten_as_for_one(site):
    gauge = plant.make_gauge(site=site)
    for _ in range(10):
        measure(make_inspection(site), gauge)
    review = calibrate(gauge, found_in_tolerance=False, left_in_tolerance=True).review

    with CaptureQueriesContext(connection) as asked:
        assert len(doubtful_lots(review)) == 10

    assert len(asked) <= 4


@pytest.mark.django_db(transaction=True)
def test_a_result_and_a_calibration_at_once_leave_no_result_behind_the_reviews_back():
    site = plant.make_site()
    gauge = plant.make_gauge(site=site)
    inspection = make_inspection(site)
    moment = plant.MONDAY + DAY

    result, calibration = at_once(
        lambda: measure(inspection, gauge, at=moment),
        lambda: calibrate(
            Gauge.objects.get(pk=gauge.pk), found_in_tolerance=False, left_in_tolerance=False, at=moment
        ),
    )

    in_doubt = [each.lot for each in doubtful_lots(calibration.review)]
    if isinstance(result, Measurement):
        assert in_doubt == [inspection.lot]
    else:
        assert isinstance(result, services.GaugeUnusable)
        assert in_doubt == []
        assert not inspection.measurements.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_calibrate_the_same_gauge_at_the_same_moment_leave_one_calibration():
    gauge = plant.make_gauge()

    answers = at_once(
        *(lambda: calibrate(Gauge.objects.get(pk=gauge.pk), found_in_tolerance=True) for _ in range(2))
    )

    assert sum(isinstance(answer, Calibration) for answer in answers) == 1
    assert [type(answer) for answer in answers if not isinstance(answer, Calibration)] == [
        services.InvalidCalibration
    ]
    assert gauge.calibrations.count() == 2


def test_a_calibration_is_neither_changed_nor_deleted_and_a_number_is_given_once(site):
    gauge = plant.make_gauge("MIC-77", site=site)

    with pytest.raises(DatabaseError), transaction.atomic():
        gauge.calibrations.update(found_in_tolerance=False)
    with pytest.raises(DatabaseError), transaction.atomic():
        gauge.calibrations.all()._raw_delete("default")
    with pytest.raises(IntegrityError), transaction.atomic():
        plant.make_gauge("MIC-77", site=site)


def test_an_inspector_chooses_among_the_gauges_that_may_be_used(site, client):
    good = plant.make_gauge("MIC-OK", site=site, calibrated_at=timezone.now() - DAY)
    plant.make_gauge("MIC-OLD", site=site, interval_days=1)
    inspection = make_inspection(site)
    client.force_login(plant.make_user(is_staff=True, is_superuser=True))
    address = reverse("admin:quality_inspection_change", args=[inspection.pk])
    characteristic = inspection.plan.characteristics.get()

    shown = client.get(address).text
    assert "MIC-OK" in shown
    assert "MIC-OLD" not in shown

    client.post(address, {f"result-{characteristic.pk}-1": "10", f"gauge-{characteristic.pk}": str(good.pk)})
    refused = client.post(address, {f"result-{characteristic.pk}-2": "10", f"gauge-{characteristic.pk}": ""})

    assert [each.gauge for each in inspection.measurements.all()] == [good]
    assert "say which" in refused.text


class TestApi:
    @pytest.fixture
    def api(self):
        client = APIClient()
        client.force_authenticate(plant.make_user(is_superuser=True))
        return client

    def test_a_gauge_is_made_calibrated_and_blocked(self, api, site):
        made = api.post(
            "/api/v1/gauges/", {"number": "CMM-1", "kind": "CMM", "site": site.pk, "interval_days": 365}
        )
        assert made.status_code == 201, made.data
        address = f"/api/v1/gauges/{made.data['id']}/"
        bad = api.post(f"{address}calibrate/", {}, format="json")
        assert (bad.status_code, bad.data["errors"][0]["pointer"]) == (422, "#/found_in_tolerance")

        good = api.post(f"{address}calibrate/", {"found_in_tolerance": True}, format="json")
        assert (good.status_code, good.data["review"]) == (200, None)
        assert api.post(f"{address}block/", {"reason": "dropped"}).data["status"] == "blocked"
        assert api.post(f"{address}block/", {"reason": "dropped"}).status_code == 409

    def test_a_result_without_its_gauge_is_refused_naming_the_field(self, api, site):
        gauge = plant.make_gauge("MIC-90", site=site, calibrated_at=timezone.now() - DAY)
        inspection = make_inspection(site)
        said = {"characteristic": inspection.plan.characteristics.get().pk, "value": "10"}

        refused = api.post(f"/api/v1/inspections/{inspection.pk}/measure/", said)
        assert (refused.status_code, refused.data["code"]) == (422, "quality.gauge_needed")
        assert refused.data["errors"][0]["pointer"] == "#/gauge"
        assert refused.data["remedy"] == "These may be used: MIC-90."

        taken = api.post(f"/api/v1/inspections/{inspection.pk}/measure/", said | {"gauge": gauge.pk})
        assert (taken.status_code, taken.data["gauge"]) == (200, gauge.pk)

    def test_lots_in_doubt_are_listed_cleared_and_held(self, api, site):
        gauge = plant.make_gauge(site=site)
        inspections = [make_inspection(site) for _ in range(2)]
        for each in inspections:
            measure(each, gauge)
        review = calibrate(gauge, found_in_tolerance=False, left_in_tolerance=True).review
        address = f"/api/v1/gauge-reviews/{review.pk}/"

        listed = api.get(f"{address}lots/").data
        assert {each["lot"] for each in listed} == {each.lot_id for each in inspections}
        assert api.post(f"{address}clear/", {"lot": inspections[0].lot_id}).status_code == 400
        cleared = api.post(f"{address}clear/", {"lot": inspections[0].lot_id, "reason": "Measured again"})
        assert cleared.status_code == 200
        assert (
            api.post(f"{address}conclude/", {"conclusion": "Done"}).data["code"] == "quality.lots_undecided"
        )
        api.post(f"{address}hold/")
        assert [each["verdict"] for each in api.get(f"{address}lots/").data] == [
            "unaffected",
            "nonconformance",
        ]
        assert api.post(f"{address}conclude/", {"conclusion": "Done"}).data["status"] == "concluded"

    def test_a_list_of_gauges_takes_as_many_queries_for_many_as_for_few(self, api, site):
        plant.make_gauge(site=site)
        with CaptureQueriesContext(connection) as few:
            api.get("/api/v1/gauges/")
        for _ in range(5):
            plant.make_gauge(site=site)
        with CaptureQueriesContext(connection) as many:
            assert len(api.get("/api/v1/gauges/").data["results"]) == 6

        assert len(many) == len(few)
