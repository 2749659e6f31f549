"""Limits of control charts, fixed by people, and the signals of points beyond them with what those set off."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from inventory import services as inventory
from inventory.models import Lot
from mes.core.models import Fact
from quality import services
from quality.admin.charts import side_of
from quality.charted import draw
from quality.models import (
    ChartLimits,
    ChartSignal,
    ControlChart,
    Inspection,
    Nonconformance,
    Stage,
)
from quality.services import RuleAsked
from tests import plant
from tests.clean_slate import Stand
from tests.quality.charting import acting, fixed_chart, inspect, make_chart, make_plan, measure, points_of

pytestmark = pytest.mark.django_db
Kind = ControlChart.Kind


def filled(values=None, **given) -> ControlChart:
    chart: ControlChart = make_chart(**given)
    for value in values or [100 + 0.1 * (i % 5) for i in range(12)]:
        inspect(chart.characteristic.plan, [value - 1, value, value, value, value + 1])
    return chart


@pytest.fixture(scope="class")
def twelve_points(standing_for_class: Stand) -> ControlChart:
    return standing_for_class(filled)


@pytest.fixture
def chart(twelve_points: ControlChart) -> ControlChart:
    """A chart of twelve points whose limits nobody has fixed yet."""
    return deepcopy(twelve_points)


class TestLimitsOfTwelvePoints:
    def test_a_person_fixes_limits_from_the_points_with_a_reason(self, chart):
        limits = services.fix_limits(chart, "Trial run after overhaul", **acting())

        assert chart.status == ControlChart.Status.FIXED
        assert (limits.first, limits.last, limits.subgroups) == (1, 12, 12)
        assert limits.spread == 2
        assert limits.sigma == pytest.approx(2 / 2.326)
        assert Fact.objects.filter(name="quality.ChartLimitsFixed", payload__limits=limits.pk).exists()

    @pytest.mark.parametrize(
        ("said", "refusal"),
        [
            ({"last": 9}, services.TooFewPoints),
            ({"exclude": [1, 2, 3]}, services.TooFewPoints),
            ({"exclude": [77]}, services.InvalidLimits),
            ({"reason": " "}, inventory.ReasonMissing),
        ],
    )
    def test_limits_that_would_wander_or_name_no_point_are_refused(self, chart, said, refusal):
        with pytest.raises(refusal):
            services.fix_limits(chart, **({"reason": "Trial"} | said), **acting())

        chart.refresh_from_db()
        assert chart.status == ControlChart.Status.ESTABLISHING
        assert not ChartLimits.objects.exists()

    def test_a_changed_process_gathers_anew_and_former_limits_stay_in_history(self, chart):
        former = services.fix_limits(chart, "Trial", **acting())

        services.establish_anew(chart, "New nozzles", **acting())
        for value in [105 + 0.1 * (i % 5) for i in range(10)]:
            inspect(chart.characteristic.plan, [value - 1, value, value, value, value + 1])
        limits = services.fix_limits(chart, "Trial with new nozzles", **acting())

        assert not ChartSignal.objects.exists()
        assert (limits.first, limits.last) == (13, 22)
        assert list(chart.limits.order_by("pk")) == [former, limits]
        with pytest.raises(DatabaseError), transaction.atomic():
            ChartLimits.objects.filter(pk=former.pk).update(center=1)


def test_points_with_a_known_cause_are_left_out_of_the_limits():
    chart = filled([100] * 11 + [109])

    limits = services.fix_limits(chart, "Nozzle clogged at 12, cleaned", exclude=[12], **acting())

    assert limits.center == pytest.approx(100)
    assert (limits.subgroups, limits.excluded) == (11, [12])


def test_points_that_do_not_vary_give_no_limits():
    chart = make_chart()
    for _ in range(10):
        inspect(chart.characteristic.plan, [100] * 5)

    with pytest.raises(services.InvalidLimits, match="do not vary"):
        services.fix_limits(chart, "Trial", **acting())


@pytest.mark.parametrize(
    ("kind", "said", "field"),
    [
        (Kind.XBAR_R, {"center": 100.0}, "sigma"),
        (Kind.XBAR_R, {"center": 100.0, "sigma": 0.0}, "sigma"),
        (Kind.XBAR_R, {"center": float("nan"), "sigma": 1.0}, "center"),
        (Kind.XBAR_R, {"center": 1.0, "sigma": 1.0, "spread": -1.0}, "spread"),
        (Kind.P, {"center": 0.0}, "center"),
        (Kind.P, {"center": 1.0}, "center"),
    ],
)
def test_given_limits_that_cannot_be_are_refused(kind, said, field):
    chart = make_chart(make_plan(), kind, subgroup_size=5 if kind == Kind.XBAR_R else 1)

    with pytest.raises(services.InvalidLimits) as refusal:
        services.give_limits(chart, "Qualified", **said, **acting())

    assert list(refusal.value.errors) == [field]
    assert not chart.limits.exists()


def test_while_limits_are_being_established_nothing_is_signalled():
    chart = filled([100] * 11 + [108])

    assert not ChartSignal.objects.filter(chart=chart).exists()


def test_a_point_beyond_its_limits_leaves_a_signal_in_the_same_act():
    chart = fixed_chart(owner=plant.make_user())

    inspect(chart.characteristic.plan, [102] * 5)

    [signal] = ChartSignal.objects.filter(part="location")
    assert (signal.rule, signal.point.sequence) == (1, 1)
    assert signal.sentence == "one point beyond 3 sigma"
    assert signal.limits == chart.limits.get()
    fact = Fact.objects.get(name="quality.ChartSignalled", payload__signal=signal.pk)
    assert fact.payload["owner"] == chart.owner_id


def test_only_rules_that_are_on_signal_and_a_row_is_as_long_as_the_chart_says():
    plan = make_plan()
    nelson = fixed_chart(RuleAsked(2), plan=plan, line="A")
    western = fixed_chart(RuleAsked(2, points=8), plan=plan, kind=Kind.XBAR_S)

    for _ in range(9):
        inspect(plan, [100.1] * 5, line="A")

    assert [s.point.sequence for s in ChartSignal.objects.filter(chart=nelson)] == [9]
    assert [s.point.sequence for s in ChartSignal.objects.filter(chart=western).order_by("pk")] == [8, 9]


def test_a_spread_beyond_its_limits_signals_in_the_lower_part():
    chart = fixed_chart()

    inspect(chart.characteristic.plan, [95, 100, 100, 100, 105])

    [signal] = ChartSignal.objects.all()
    assert (signal.part, signal.sentence) == ("spread", "spread within the subgroup beyond its limits")


def test_moving_ranges_signal_from_the_second_value_on():
    chart = fixed_chart(plan=make_plan(2), kind=Kind.I_MR, size=1, subgroup_size=1)

    inspect(chart.characteristic.plan, [98, 102])

    assert [(s.part, s.point.sequence) for s in ChartSignal.objects.all()] == [("spread", 2)]


def test_points_before_given_limits_are_no_part_of_a_row():
    chart = make_chart(rules=[RuleAsked(2)])
    for _ in range(8):
        inspect(chart.characteristic.plan, [100.1] * 5)
    services.give_limits(chart, "Qualified", center=100, sigma=1, **acting())

    inspect(chart.characteristic.plan, [100.1] * 5)

    assert not ChartSignal.objects.exists()


def test_a_signal_of_a_point_that_was_a_slip_of_the_pen_waits_for_nobody():
    plan = make_plan(6)
    chart = fixed_chart(plan=plan)
    inspection = inspect(plan, [100, 100, 100, 100, 109.9])
    assert ChartSignal.objects.waiting().filter(chart=chart).count() == 2  # level and spread

    services.correct_measurement(
        inspection.measurements.get(piece=5), value=Decimal(100), note="slip", **acting()
    )

    assert ChartSignal.objects.filter(chart=chart).count() == 2
    assert not ChartSignal.objects.waiting().exists()


def test_a_rule_that_holds_holds_the_lot_by_a_nonconformance_before_it_can_pass():
    chart = fixed_chart(RuleAsked(1, holds_lot=True))

    inspection = inspect(chart.characteristic.plan, [102.0] * 4 + [103.0])

    [signal] = ChartSignal.objects.all()
    inspection.lot.refresh_from_db()
    assert inspection.status == Inspection.Status.PASSED
    assert inspection.lot.status == Lot.Status.HELD
    assert signal.nonconformance.lot == inspection.lot
    assert "point 1: one point beyond 3 sigma" in signal.nonconformance.description


def test_two_signals_of_one_lot_hold_it_once():
    chart = fixed_chart(RuleAsked(1, holds_lot=True), RuleAsked(5, holds_lot=True), plan=make_plan(10))

    inspect(chart.characteristic.plan, [103, 102, 102, 102, 103] * 2)

    held = {signal.nonconformance_id for signal in ChartSignal.objects.all()}
    assert ChartSignal.objects.count() == 3
    assert held == {Nonconformance.objects.get().pk}


def test_a_rule_that_asks_opens_another_inspection_and_that_one_asks_for_no_further():
    chart = fixed_chart(RuleAsked(1, asks_sample=True))
    inspection = inspect(chart.characteristic.plan, [102, 103, 102, 103, 102])

    sample = ChartSignal.objects.get().sample
    assert sample.status == Inspection.Status.OPEN
    assert (sample.lot, sample.plan, sample.sample_size) == (inspection.lot, inspection.plan, 5)
    assert sample.reference == f"Signal at point 1 of chart {chart.pk}: {chart}"[:60]
    assert sample.sampling_told == "5 pieces, accepted with no nonconforming, rejected from 1 on"
    assert sample.sampled_because == (
        f"Another sample, as large as the subgroup of point 1 of {chart}, which signalled: one point beyond 3 sigma. "
        "5 instead of what the plan draws; none may fail."
    )

    for piece in range(1, 6):
        measure(sample, piece, 102 + piece % 2)
    assert [each.sample for each in ChartSignal.objects.order_by("pk")] == [sample, None]


def test_charts_whose_names_begin_alike_each_ask_for_a_sample_of_their_own():
    bounds = {"lower_limit": 90, "upper_limit": 110}
    plan = plant.make_inspection_plan(
        stage=Stage.IN_PROCESS,
        characteristics=[{"name": "Head 1", **bounds}, {"name": "Head 2", **bounds}],
        sampling=plant.make_sampling(5),
    )
    lot = plant.make_lot(plan.item, 100)
    alike = "Net content of the bottles of Dish soap, 500 ml, by head of the filler"
    heads = list(plan.characteristics.order_by("number"))
    for head in heads:
        asked: dict[str, Any] = {
            "name": f"{alike} {head.name}",
            "subgroup_size": 5,
            "rules": (RuleAsked(1, asks_sample=True),),
        }
        chart = services.set_up_chart(head, Kind.XBAR_R, **asked, **acting())
        services.give_limits(chart, "Qualified", center=100.0, sigma=1.0, **acting())

    for head in heads:
        inspection = plant.make_inspection(plan, lot, lot_quantity=100, reference=head.name)
        for piece in range(1, 6):
            services.record_measurement(inspection, head, piece=piece, value=Decimal(103), **acting())

    first, second = ChartSignal.objects.order_by("pk")
    assert first.sample != second.sample
    assert {first.sample.lot, second.sample.lot} == {lot}


def test_somebody_acknowledges_a_signal_once_with_its_cause():
    chart = fixed_chart()
    inspect(chart.characteristic.plan, [102, 103, 102, 103, 102])
    signal = ChartSignal.objects.get()

    with pytest.raises(services.InvalidChart) as refusal:
        services.acknowledge_signal(signal, " ", **acting())
    assert list(refusal.value.errors) == ["cause"]
    services.acknowledge_signal(signal, "Nozzle worn", action="Replaced", **acting())
    with pytest.raises(services.AcknowledgedBefore, match="Nozzle worn"):
        services.acknowledge_signal(signal, "Something else", **acting())

    assert not ChartSignal.objects.waiting().exists()


def test_a_sample_that_nobody_has_begun_answers_for_what_is_signalled_meanwhile():
    chart = fixed_chart(RuleAsked(1, asks_sample=True))
    lot = inspect(chart.characteristic.plan, [102, 103, 102, 103, 102]).lot
    again = plant.make_inspection(chart.characteristic.plan, lot, lot_quantity=100)
    for piece in range(1, 6):
        measure(again, piece, 102 + piece % 2)

    first, second = ChartSignal.objects.order_by("pk")

    assert first.sample is not None
    assert second.sample == first.sample
    assert Inspection.objects.open().filter(lot=lot).count() == 1


def test_one_cause_answers_for_every_rule_that_a_point_breaks():
    chart = fixed_chart(RuleAsked(1), RuleAsked(5))
    plan = chart.characteristic.plan
    inspect(plan, [102, 103, 102, 103, 102])
    inspect(plan, [102, 103, 102, 103, 102])
    point = points_of(chart)[-1]
    assert point.signals.count() == 2

    services.acknowledge_point(point, "Nozzle worn", action="Replaced", **acting())

    assert {each.acknowledgement.cause for each in point.signals.all()} == {"Nozzle worn"}
    assert ChartSignal.objects.waiting().count() == 1
    with pytest.raises(services.AcknowledgedBefore, match="Nozzle worn"):
        services.acknowledge_point(point, "Something else", **acting())


def test_a_signal_that_waits_is_shown_however_many_points_were_answered_for_since():
    chart = fixed_chart()
    for _ in range(8):
        inspect(chart.characteristic.plan, [102, 103, 102, 103, 102])
    oldest, *since = points_of(chart)
    for point in since:
        services.acknowledge_point(point, "Nozzle worn", **acting())

    side = side_of(chart)

    assert [point.sequence for point, _, _ in side["points"]] == [1, 8, 7, 6, 5, 4]
    assert [waiting for _, _, waiting in side["points"]] == [oldest.signals.get(), *[None] * 5]
    assert side["waiting_until"] == 1


def test_while_limits_are_on_trial_what_would_be_a_signal_is_told_as_one():
    chart = make_chart(rules=(RuleAsked(1), RuleAsked(2, points=7)))
    plan = chart.characteristic.plan
    for middle in [100] * 4 + [100.5] * 7:
        inspect(plan, [middle - 1, middle, middle + 1, middle, middle])
    inspect(plan, [92, 100, 108, 99, 101])

    broken = [each["sentence"] for point in draw(chart).as_data()["points"] for each in point["broken"]]

    assert "spread within the subgroup beyond its limits" in broken
    assert "7 points in a row on one side of the center line" in broken
    assert "one point beyond 3 sigma" not in broken
