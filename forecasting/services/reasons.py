"""Why somebody decided against what was proposed: the next planner reads it."""

from mes.core.refusals import InvalidInput


class ReasonNeeded(InvalidInput):
    code = "forecasting.reason_needed"
    title = "A reason is needed"


def require_why(reason: str) -> None:
    """:raises ReasonNeeded: when nobody says why a person's number is better than the forecast."""
    if not reason.strip():
        raise ReasonNeeded(
            "Say why these numbers are better than the forecast.",
            remedy="Whoever measures forecasts later reads it.",
            errors={"reason": ["Say why."]},
        )
