"""Control charts in execution: points as measurements are recorded, and what a chart may be."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from mes.core.states import IllegalTransition
from quality import services
from quality.models import (
    ChartPoint,
    ChartSignal,
    ControlChart,
    Inspection,
    Stage,
)
from quality.services import RuleAsked
from tests import plant
from tests.quality.charting import acting, fixed_chart, inspect, make_chart, make_plan, measure, points_of
from tests.racing import at_once

pytestmark = pytest.mark.django_db
Kind = ControlChart.Kind


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


def test_results_entered_together_make_one_point_of_each_subgroup_and_signal_once():
    chart = fixed_chart(plan=make_plan(10))
    plan = chart.characteristic.plan
    inspection = plant.make_inspection(plan, lot_quantity=100)
    values = [99, 100, 100, 100, 101, 104, 105, 105, 105, 106]
    entries = [
        services.Entry(plan.characteristics.get(), piece, Decimal(value))
        for piece, value in enumerate(values, start=1)
    ]

    services.record_results(inspection, entries, **acting())

    assert list(chart.points.order_by("pk").values_list("sequence", "value", "replaces")) == [
        (1, 100, None),
        (2, 105, None),
    ]
    assert [signal.point.sequence for signal in ChartSignal.objects.select_related("point")] == [2]


def test_what_is_left_passes_at_a_glance_as_one_point_of_a_share():
    plan = plant.make_inspection_plan(
        stage=Stage.IN_PROCESS, characteristics=[{"name": "Print"}], sampling=plant.make_sampling(4)
    )
    chart = make_chart(plan, Kind.P, subgroup_size=1)
    inspection = plant.make_inspection(plan, lot_quantity=100)

    services.pass_rest(inspection, plan.characteristics.get(), **acting())

    assert [(point.value, point.size, point.replaces) for point in chart.points.all()] == [(0, 4, None)]


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
