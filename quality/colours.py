"""What colour a verdict has in the console; the classes are those of `console.css`."""

from quality.models import Inspection, InspectionPlan, Nonconformance

INSPECTION_LEVELS = {
    Inspection.Status.OPEN: "running",
    Inspection.Status.PASSED: "done",
    Inspection.Status.FAILED: "late",
    Inspection.Status.CANCELLED: "planned",
}
NONCONFORMANCE_LEVELS = {
    Nonconformance.Status.OPEN: "late",
    Nonconformance.Status.DECIDED: "risk",
    Nonconformance.Status.CLOSED: "done",
}
PLAN_LEVELS = {
    InspectionPlan.Status.DRAFT: "planned",
    InspectionPlan.Status.APPROVED: "done",
    InspectionPlan.Status.SUPERSEDED: "planned",
}
