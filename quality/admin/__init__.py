"""The console of quality, and of lots."""

from quality.admin.gauges import GaugeAdmin, GaugeReviewAdmin
from quality.admin.inspections import InspectionAdmin, MeasurementAdmin, NonconformanceAdmin
from quality.admin.lots import LotAdmin
from quality.admin.plans import InspectionPlanAdmin, SamplingSchemeAdmin

__all__ = [
    "GaugeAdmin",
    "GaugeReviewAdmin",
    "InspectionAdmin",
    "InspectionPlanAdmin",
    "LotAdmin",
    "MeasurementAdmin",
    "NonconformanceAdmin",
    "SamplingSchemeAdmin",
]
