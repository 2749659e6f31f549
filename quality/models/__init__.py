"""What "good" means, and whether it was met.

An inspection plan lists the characteristics of an item at a stage; an inspection applies it to one lot. Measurements
are judged against the limits as they are entered. An inspection that fails holds its lot and opens a nonconformance,
whose disposition decides what becomes of the lot. Whoever waits for an inspection points at it (an operation's gate).
"""

from quality.models.charts import (
    ChartLimits,
    ChartPoint,
    ChartRule,
    ChartSignal,
    ControlChart,
    SignalAcknowledgement,
)
from quality.models.gauges import Calibration, Gauge, GaugeReview, ReviewedLot
from quality.models.inspections import Inspection, Measurement, Nonconformance, Tightening
from quality.models.plans import Characteristic, InspectionPlan, SamplingScheme, Stage
from quality.models.recalls import Recall, RecallLot, RecallRun

__all__ = [
    "Calibration",
    "Characteristic",
    "ChartLimits",
    "ChartPoint",
    "ChartRule",
    "ChartSignal",
    "ControlChart",
    "Gauge",
    "GaugeReview",
    "Inspection",
    "InspectionPlan",
    "Measurement",
    "Nonconformance",
    "Recall",
    "RecallLot",
    "RecallRun",
    "ReviewedLot",
    "SamplingScheme",
    "SignalAcknowledgement",
    "Stage",
    "Tightening",
]
