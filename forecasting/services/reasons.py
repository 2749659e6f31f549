"""Why somebody decided against what was proposed: the next planner reads it."""

from mes.core.refusals import InvalidInput


class ReasonNeeded(InvalidInput):
    code = "forecasting.reason_needed"
    title = "A reason is needed"
