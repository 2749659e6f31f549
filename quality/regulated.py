"""Which of quality's settings are regulated, beside what is signed."""

from collections.abc import Collection

from inventory.models import Item
from mes.core.regulated import part_of, regulates
from quality.models import Characteristic, ChartRule, ControlChart, Gauge, InspectionPlan, SamplingScheme


@regulates(SamplingScheme)
def _schemes(keys: Collection[int]) -> Collection[int]:
    """Those by which a plan in force of a regulated item draws its samples."""
    plans = InspectionPlan.objects.effective().filter(sampling__in=keys, item__in=Item.objects.under_rules())
    return plans.values_list("sampling", flat=True)


@regulates(Gauge)
def _gauges(keys: Collection[int]) -> Collection[int]:
    """Those of sites at which anything is made under the rules."""
    sites = Item.objects.under_rules().filter(is_active=True).values("site")
    return Gauge.objects.filter(pk__in=keys, site__in=sites).values_list("pk", flat=True)


@regulates(ControlChart)
def _charts(keys: Collection[int]) -> Collection[int]:
    charts = ControlChart.objects.filter(
        pk__in=keys, characteristic__plan__item__in=Item.objects.under_rules()
    )
    return charts.values_list("pk", flat=True)


part_of(Characteristic, "plan")
part_of(ChartRule, "chart")
