"""Control charts in execution: points as measurements are recorded, limits fixed by people, signals and what they set off."""

from copy import deepcopy
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory import services as inventory
from inventory.models import Lot
from mes.core.models import Fact
from mes.core.states import IllegalTransition
from quality import services
from quality.admin.charts import side_of
from quality.charted import draw
from quality.models import (
    ChartLimits,
    ChartPoint,
    ChartSignal,
    ControlChart,
    Inspection,
    Nonconformance,
    Stage,
)
from quality.services import RuleAsked
from tests import plant
from tests.clean_slate import Stand
from tests.racing import at_once

pytestmark = pytest.mark.django_db
Kind = ControlChart.Kind
_numbers = count(1)


def acting() -> dict[str, Any]:
    return {"by": plant.make_user(), "at": plant.MONDAY}


def make_plan(size=5, **characteristic):
    given = {"name": "Weight", "lower_limit": 90, "upper_limit": 110} | characteristic
    return plant.make_inspection_plan(
        stage=Stage.IN_PROCESS, characteristics=[given], sampling=plant.make_sampling(size)
    )


def make_chart(plan=None, kind=Kind.XBAR_R, size=5, **given):
    plan = plan or make_plan(size)
    return services.set_up_chart(
        plan.characteristics.get(), kind, subgroup_size=given.pop("subgroup_size", size), **given, **acting()
    )


def inspect(plan, values, **opened):
    """An inspection of a lot of its own with these results, in order of the pieces."""
    inspection = plant.make_inspection(plan, lot_quantity=100, reference=f"B{next(_numbers)}", **opened)
    for piece, value in enumerate(values, start=1):
        measure(inspection, piece, value)
    inspection.refresh_from_db()
    return inspection


def measure(inspection, piece, value, *, by=None):
    result: dict[str, Any] = (
        {"conforms": value} if isinstance(value, bool) else {"value": Decimal(str(value))}
    )
    return services.record_measurement(
        inspection,
        inspection.plan.characteristics.get(),
        piece=piece,
        **result,
        by=by or plant.make_user(),
        at=plant.MONDAY,
    )


def fixed_chart(*rules, plan=None, kind=Kind.XBAR_R, center=100.0, sigma=1.0, size=5, **given):
    """A chart with given limits on which only these rules are on."""
    chart = make_chart(plan, kind, size, rules=rules or (RuleAsked(1),), **given)
    measured = {"sigma": sigma} if chart.is_measured else {}
    services.give_limits(chart, "Qualified", center=center, **measured, **acting())
    return chart


def points_of(chart):
    return list(chart.points.standing().in_order())


# --- points ----------------------------------------------------------------------------------------------------------


def test_five_consecutive_pieces_of_an_inspection_make_a_point_when_the_last_is_measured():
    chart = make_chart(make_plan(10))
    plan = chart.characteristic.plan
    inspection = plant.make_inspection(plan, lot_quantity=100)

    for piece, value in [(1, 100), (2, 101), (4, 102), (5, 103), (6, 99)]:
        measure(inspection, piece, value)
    assert points_of(chart) == []
    measure(inspection, 3, 104)

    [point] = points_of(chart)
    assert (point.sequence, point.first_piece, point.last_piece, point.size) == (1, 1, 5, 5)
    assert (point.value, point.spread) == (102, 4)
    assert point.values == [100, 101, 104, 102, 103]


def test_pieces_that_fill_no_subgroup_are_not_plotted():
    chart = make_chart(make_plan(7))

    inspect(chart.characteristic.plan, [100] * 7)

    assert [(point.first_piece, point.last_piece) for point in points_of(chart)] == [(1, 5)]


def test_individuals_make_a_point_each():
    plan = make_plan(2)
    chart = make_chart(plan, Kind.I_MR, subgroup_size=1)

    inspect(plan, [100, 103])

    assert [(point.sequence, point.value) for point in points_of(chart)] == [(1, 100), (2, 103)]


def test_standard_deviations_are_plotted_where_the_chart_says_s():
    chart = make_chart(kind=Kind.XBAR_S)

    inspect(chart.characteristic.plan, [98, 99, 100, 101, 102])

    assert points_of(chart)[0].spread == pytest.approx(2.5**0.5)


def test_shares_take_the_whole_sample_and_numbers_their_subgroup():
    plan = plant.make_inspection_plan(
        stage=Stage.IN_PROCESS,
        characteristics=[{"name": "Print"}],
        sampling=plant.make_sampling(4, accept=4),
    )
    share = make_chart(plan, Kind.P, subgroup_size=1)
    number = make_chart(plan, Kind.NP, subgroup_size=2)

    inspect(plan, [True, False, False, False])

    assert [(point.value, point.size) for point in points_of(share)] == [(0.75, 4)]
    assert [point.value for point in points_of(number)] == [1, 2]


def test_nonconformities_are_counted_over_the_subgroup_and_per_unit():
    plan = make_plan(3, name="Blemishes", kind="count", lower_limit=None, upper_limit=9)
    number = make_chart(plan, Kind.C, subgroup_size=3)
    rate = make_chart(plan, Kind.U, subgroup_size=1)

    inspect(plan, [2, 0, 4])

    assert points_of(number)[0].value == 6
    assert points_of(rate)[0].value == 2


def test_an_inspection_given_up_early_counts_what_was_looked_at_in_a_share():
    plan = plant.make_inspection_plan(
        stage=Stage.IN_PROCESS, characteristics=[{"name": "Print"}], sampling=plant.make_sampling(4)
    )
    chart = make_chart(plan, Kind.P, subgroup_size=1)
    inspection = inspect(plan, [True, False])

    services.conclude_inspection(inspection, **acting())

    assert [(point.value, point.size, point.last_piece) for point in points_of(chart)] == [(0.5, 2, 4)]


@pytest.mark.parametrize("kind", [Kind.C, Kind.U])
def test_what_is_measured_is_no_number_of_nonconformities(kind):
    plan = make_plan(3)

    with pytest.raises(services.InvalidChart, match="no number of nonconformities; take a chart of means"):
        make_chart(plan, kind, subgroup_size=1)

    assert not ControlChart.objects.exists()


@pytest.mark.parametrize(("ends", "plotted"), [("conclude", [0.5]), ("cancel", []), ("wait", [])])
def test_a_part_of_a_sample_is_history_only_where_its_inspection_was_concluded(ends, plotted):
    plan = plant.make_inspection_plan(
        stage=Stage.IN_PROCESS, characteristics=[{"name": "Print"}], sampling=plant.make_sampling(4)
    )
    inspection = inspect(plan, [True, False])
    if ends == "conclude":
        services.conclude_inspection(inspection, **acting())
    elif ends == "cancel":
        services.cancel_inspection(inspection, "Wrong lot", **acting())

    chart = make_chart(plan, Kind.P, subgroup_size=1)

    assert [point.value for point in points_of(chart)] == plotted


def test_a_chart_goes_on_under_the_next_revision_of_its_plan():
    chart = make_chart()
    plan = chart.characteristic.plan
    following = services.revise_inspection_plan(plan, "B")
    services.approve_inspection_plan(following, **acting())

    inspect(following, [100] * 5)

    assert len(points_of(chart)) == 1


def test_a_chart_of_one_line_takes_only_what_that_line_made():
    plan = make_plan()
    here, anywhere = make_chart(plan, line="FILL-1"), make_chart(plan)

    inspect(plan, [100] * 5, line="FILL-2")
    inspect(plan, [100] * 5, line="FILL-1")

    assert (len(points_of(here)), len(points_of(anywhere))) == (1, 2)


def test_a_corrected_value_makes_a_point_that_replaces_the_one_before():
    plan = make_plan(6)
    chart = make_chart(plan)
    inspection = inspect(plan, [100, 100, 100, 100, 105])
    wrong = inspection.measurements.get(piece=5)

    services.correct_measurement(wrong, value=Decimal(100), note="slip", **acting())

    [point] = points_of(chart)
    assert (point.sequence, point.value, point.spread) == (1, 100, 0)
    assert point.replaces.value == 101
    assert ChartPoint.objects.filter(chart=chart).count() == 2


def test_a_new_chart_begins_with_what_was_measured_before_there_was_one():
    plan = make_plan(10)
    inspect(plan, [100] * 10)
    unfinished = plant.make_inspection(plan, lot_quantity=100)
    measure(unfinished, 1, 100)

    chart = make_chart(plan, size=5)
    bare = make_chart(plan, kind=Kind.XBAR_S, size=5, with_history=False)
    for piece in range(2, 6):
        measure(unfinished, piece, 101)

    assert [(p.sequence, p.first_piece) for p in points_of(chart)] == [(1, 1), (2, 6), (3, 1)]
    assert [p.sequence for p in points_of(bare)] == [1]


def test_what_is_not_charted_costs_one_query_a_result():
    inspection = plant.make_inspection(make_plan(3), lot_quantity=100)
    measure(inspection, 1, 100)
    with CaptureQueriesContext(connection) as asked:
        measure(inspection, 2, 100)

    assert sum("quality_controlchart" in query["sql"] for query in asked) == 1


# --- limits ----------------------------------------------------------------------------------------------------------


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


# --- signals ---------------------------------------------------------------------------------------------------------


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


def test_points_and_signals_are_never_changed():
    chart = fixed_chart()
    inspect(chart.characteristic.plan, [102] * 5)

    with pytest.raises(DatabaseError), transaction.atomic():
        ChartPoint.objects.filter(chart=chart).update(value=100)
    with pytest.raises(DatabaseError), transaction.atomic():
        ChartSignal.objects.filter(chart=chart).update(rule=2)


def test_a_retired_chart_takes_no_points_and_no_limits():
    chart = make_chart()
    services.retire_chart(chart, "Replaced by an s chart", **acting())

    inspect(chart.characteristic.plan, [100] * 5)

    assert points_of(chart) == []
    with pytest.raises(services.ChartRetired):
        services.give_limits(chart, "Qualified", center=100, sigma=1, **acting())
    with pytest.raises(IllegalTransition):
        chart.move_to(ControlChart.Status.FIXED)
    assert make_chart(chart.characteristic.plan).pk != chart.pk


# --- setting up ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        (Kind.XBAR_R, {"size": 1}, "subgroup_size"),
        (Kind.XBAR_R, {"size": 26}, "subgroup_size"),
        (Kind.I_MR, {"size": 2}, "subgroup_size"),
        ("cusum", {}, "kind"),
        (Kind.XBAR_R, {"rules": [RuleAsked(9)]}, "rules"),
        (Kind.XBAR_R, {"rules": [RuleAsked(1), RuleAsked(1)]}, "rules"),
        (Kind.XBAR_R, {"rules": [RuleAsked(3, points=8)]}, "rules"),
        (Kind.XBAR_R, {"rules": [RuleAsked(1, points=1)]}, "rules"),
    ],
)
def test_a_chart_that_cannot_be_is_refused(kind, given, field):
    with pytest.raises(services.InvalidChart) as refusal:
        make_chart(make_plan(30), kind, **given)

    assert list(refusal.value.errors) == [field]
    assert not ControlChart.objects.exists()


def test_a_subgroup_larger_than_every_sample_is_refused():
    with pytest.raises(services.InvalidChart, match="would never be full"):
        make_chart(make_plan(3), size=5)


def test_what_conforms_or_not_has_no_chart_of_values():
    plan = plant.make_inspection_plan(characteristics=[{}], sampling=plant.make_sampling(5))

    with pytest.raises(services.InvalidChart, match="take a p or np chart"):
        make_chart(plan)


def test_a_characteristic_has_one_live_chart_of_a_kind_and_line_under_whichever_revision():
    chart = make_chart()
    following = services.revise_inspection_plan(chart.characteristic.plan, "B")

    with pytest.raises(services.ChartExists):
        make_chart(chart.characteristic.plan)
    with pytest.raises(services.ChartExists):
        make_chart(following)
    make_chart(chart.characteristic.plan, line="FILL-1")


def test_rules_are_chosen_anew_and_all_or_none():
    chart = make_chart(rules=services.NELSON)

    services.set_chart_rules(chart, services.WESTERN_ELECTRIC, **acting())
    with pytest.raises(services.InvalidChart):
        services.set_chart_rules(chart, [RuleAsked(1), RuleAsked(12)], **acting())

    assert list(chart.rules.order_by("rule").values_list("rule", "points")) == [
        (1, None),
        (2, 8),
        (5, None),
        (6, None),
    ]


# --- two at once -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_inspectors_of_two_lots_leave_one_order_of_points_without_a_gap():
    chart = fixed_chart()
    plan = chart.characteristic.plan
    inspections = [plant.make_inspection(plan, lot_quantity=100) for _ in range(4)]
    for each in inspections:
        for piece in range(1, 5):
            measure(each, piece, 102)
    user = plant.make_user()

    answers = at_once(*(lambda each=each: measure(each, 5, 102, by=user) for each in inspections))

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert [point.sequence for point in points_of(chart)] == [1, 2, 3, 4]
    assert ChartSignal.objects.filter(part="location").count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_inspectors_of_one_lot_who_fill_a_subgroup_together_make_one_point():
    chart = fixed_chart()
    inspection = plant.make_inspection(chart.characteristic.plan, lot_quantity=100)
    for piece in range(1, 4):
        measure(inspection, piece, 102)
    user = plant.make_user()

    at_once(
        *(
            lambda piece=piece: measure(Inspection.objects.get(pk=inspection.pk), piece, 102, by=user)
            for piece in (4, 5)
        )
    )

    assert [point.size for point in points_of(chart)] == [5]


@pytest.mark.django_db(transaction=True)
def test_two_who_set_up_the_same_chart_get_one():
    plan = make_plan()
    characteristic, user = plan.characteristics.get(), plant.make_user()

    answers = at_once(
        *(
            lambda: services.set_up_chart(characteristic, Kind.XBAR_R, by=user, at=plant.MONDAY)
            for _ in range(2)
        )
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["ChartExists", "ControlChart"]


@pytest.mark.django_db(transaction=True)
def test_two_who_acknowledge_the_same_signal_leave_one_cause():
    chart = fixed_chart()
    inspect(chart.characteristic.plan, [102, 103, 102, 103, 102])
    signal, user = ChartSignal.objects.get(), plant.make_user()

    answers = at_once(
        *(
            lambda cause=cause: services.acknowledge_signal(
                ChartSignal.objects.get(pk=signal.pk), cause, by=user, at=plant.MONDAY
            )
            for cause in ("worn", "dirty")
        )
    )

    assert sorted(type(answer).__name__ for answer in answers) == [
        "AcknowledgedBefore",
        "SignalAcknowledgement",
    ]
