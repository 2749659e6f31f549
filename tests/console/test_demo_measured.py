"""What the demo's inspectors have seen, on the least that its plants must hold for it."""

from io import StringIO

import pytest
from django.utils import timezone

from mes.console.demo import measured
from quality import services
from quality.doubt import doubtful_lots
from quality.models import ChartSignal, ControlChart, Gauge, GaugeReview
from tests import plant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def inspector():
    return plant.make_user("inspector")


def make_line():
    item = plant.make_item("CW-DW-100")
    plan = plant.make_inspection_plan(
        item,
        "in_process",
        code=measured.DRIFTS,
        characteristics=[
            {"name": "Net content", "nominal": "1031.2", "lower_limit": "1009.6", "upper_limit": "1045.5"},
            {"name": "Cap torque", "lower_limit": "1.2", "upper_limit": "2.4"},
            {"name": "Label, batch code and best-before correct"},
        ],
        sampling=plant.make_sampling(5),
    )
    plant.make_lot(item, 10_668)
    return services.set_up_chart(
        plan.characteristics.get(number=1),
        "xbar_r",
        line=measured.LINE,
        rules=services.WESTERN_ELECTRIC,
        by=plant.make_user(),
        at=timezone.now(),
    )


def test_the_line_drifts_until_its_chart_calls():
    assert not measured.line_is_unwatched()
    chart = make_line()
    assert measured.line_is_unwatched()

    measured.watch_the_line(StringIO())

    chart = ControlChart.objects.with_state().get(pk=chart.pk)
    first = ChartSignal.objects.order_by("pk").first()
    assert not measured.line_is_unwatched()
    assert chart.points_count == measured.CALM + measured.DRIFTING
    assert chart.waiting > 0
    assert first.point.sequence > measured.CALM


def test_the_gauge_is_found_out_once():
    assert not measured.gauge_is_unsuspected()
    plant.make_gauge(measured.FOUND_OUT, permissible_error="0.004", uom="mm", calibrated_at=plant.MONDAY)
    assert measured.gauge_is_unsuspected()

    measured.find_gauge_out(StringIO())

    assert not measured.gauge_is_unsuspected()
    assert doubtful_lots(GaugeReview.objects.get()) == []
    assert Gauge.objects.get().status == Gauge.Status.IN_USE
