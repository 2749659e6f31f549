"""What colour a verdict has in the console; the classes are those of `console.css`."""

from quality.models import ControlChart, Gauge, GaugeReview, Inspection, Nonconformance

INSPECTION_LEVELS = {
    Inspection.Status.OPEN: "running",
    Inspection.Status.PASSED: "done",
    Inspection.Status.FAILED: "late",
    Inspection.Status.CANCELLED: "planned",
    Inspection.Status.SKIPPED: "done",
}
NONCONFORMANCE_LEVELS = {
    Nonconformance.Status.OPEN: "late",
    Nonconformance.Status.DECIDED: "risk",
    Nonconformance.Status.CLOSED: "done",
}
GAUGE_LEVELS = {
    Gauge.Status.IN_USE: "done",
    Gauge.Status.OUT: "planned",
    Gauge.Status.BLOCKED: "late",
    Gauge.Status.RETIRED: "planned",
}
GAUGE_REVIEW_LEVELS = {
    GaugeReview.Status.OPEN: "late",
    GaugeReview.Status.CONCLUDED: "done",
}
SEVERITY_LEVELS = {"normal": "running", "tightened": "risk", "reduced": "done"}
CHART_LEVELS = {
    ControlChart.Status.ESTABLISHING: "running",
    ControlChart.Status.FIXED: "done",
    ControlChart.Status.RETIRED: "planned",
}
