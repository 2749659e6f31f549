"""The console of quality, and of lots."""

from quality.admin.actions import CorrectiveActionAdmin
from quality.admin.charts import ControlChartAdmin
from quality.admin.gauges import GaugeAdmin, GaugeReviewAdmin, GaugeStudyAdmin
from quality.admin.inspections import InspectionAdmin
from quality.admin.lots import LotAdmin
from quality.admin.measurements import MeasurementAdmin
from quality.admin.nonconformances import NonconformanceAdmin
from quality.admin.plans import InspectionPlanAdmin
from quality.admin.sampling import SamplingSchemeAdmin, SamplingSourceAdmin

__all__ = [
    "ControlChartAdmin",
    "CorrectiveActionAdmin",
    "GaugeAdmin",
    "GaugeReviewAdmin",
    "GaugeStudyAdmin",
    "InspectionAdmin",
    "InspectionPlanAdmin",
    "LotAdmin",
    "MeasurementAdmin",
    "NonconformanceAdmin",
    "SamplingSchemeAdmin",
    "SamplingSourceAdmin",
]
