"""What "good" means, and whether it was met.

An inspection plan lists the characteristics of an item at a stage; an inspection applies it to one lot. Measurements
are judged against the limits as they are entered. An inspection that fails holds its lot and opens a nonconformance,
whose disposition decides what becomes of the lot. Whoever waits for an inspection points at it (an operation's gate).
"""

from quality.models.actions import AnalysisEntry, CorrectiveAction, CostEntry
from quality.models.charts import (
    ChartLimits,
    ChartPoint,
    ChartRule,
    ChartSignal,
    ControlChart,
    SignalAcknowledgement,
)
from quality.models.gauges import Calibration, Gauge, GaugeReview, ReviewedLot
from quality.models.inspections import Confirmation, Inspection, Measurement, SamplePiece, Tightening
from quality.models.nonconformances import CauseCategory, Nonconformance
from quality.models.pictures import InspectionPicture
from quality.models.plans import RELEASING, WHILE_RUNNING, Characteristic, InspectionPlan, Stage
from quality.models.recalls import Recall, RecallLot, RecallRun
from quality.models.refused import RefusedResult
from quality.models.reviews import ExceptionAnswer, RecordReview
from quality.models.schemes import SamplingScheme, SamplingSource, SeverityChange
from quality.models.studies import GaugeStudy, StudyReading
from quality.models.units import InspectedItem

__all__ = [
    "RELEASING",
    "WHILE_RUNNING",
    "AnalysisEntry",
    "Calibration",
    "CauseCategory",
    "Characteristic",
    "ChartLimits",
    "ChartPoint",
    "ChartRule",
    "ChartSignal",
    "Confirmation",
    "ControlChart",
    "CorrectiveAction",
    "CostEntry",
    "ExceptionAnswer",
    "Gauge",
    "GaugeReview",
    "GaugeStudy",
    "InspectedItem",
    "Inspection",
    "InspectionPicture",
    "InspectionPlan",
    "Measurement",
    "Nonconformance",
    "Recall",
    "RecallLot",
    "RecallRun",
    "RecordReview",
    "RefusedResult",
    "ReviewedLot",
    "SamplePiece",
    "SamplingScheme",
    "SamplingSource",
    "SeverityChange",
    "SignalAcknowledgement",
    "Stage",
    "StudyReading",
    "Tightening",
]
