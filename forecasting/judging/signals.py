"""Whether a forecast is off for good: a tracking signal for bias, a cumulative sum for drift.

Both take errors as demand less forecast, oldest first, one for each week.

* The tracking signal of Trigg (1964, Operational Research Quarterly 15) is the smoothed error over the smoothed absolute
  error: 1 when all errors are demand above forecast, −1 when all are below, about 0 without bias.
* The cumulative sum of Page (1954, Biometrika 41) adds up how far standardised errors lie beyond half a standard
  deviation. Beyond 5 it signals; it does so by chance once in 465 weeks, and after a shift of one standard deviation within
  about ten (Montgomery, Introduction to Statistical Quality Control, table of average run lengths for k = 1/2).
"""

from collections.abc import Sequence
from typing import Final

SMOOTHING: Final = 0.2
TRACKING_LIMIT: Final = 0.8
"""Beyond it in about one week of fifty without bias; see the test that simulates it."""
DRIFT_LIMIT: Final = 5.0
SLACK: Final = 0.5
LEAST_WEEKS: Final = 6


def tracking_signal(errors: Sequence[float], smoothing: float = SMOOTHING) -> float | None:
    """Trigg's signal after the last error, in −1…1; None with fewer than six errors, or without any error at all.

    The averages begin with the mean of the first errors, so that the signal does not begin at its own extreme.
    """
    if len(errors) < LEAST_WEEKS:
        return None
    start = errors[: LEAST_WEEKS // 2]
    mean = sum(start) / len(start)
    size = sum(abs(error) for error in start) / len(start)
    for error in errors[len(start) :]:
        mean += smoothing * (error - mean)
        size += smoothing * (abs(error) - size)
    return mean / size if size > 0 else None


def drift(errors: Sequence[float], spread: float, slack: float = SLACK) -> float:
    """The larger of the two cumulative sums after the last error, with its sign: above zero where demand is above forecast.

    :param spread: standard deviation of an error when all is well, as the forecast's own band says; not above zero: 0 comes back.
    """
    if spread <= 0:
        return 0.0
    up = down = 0.0
    for error in errors:
        up = max(0.0, up + error / spread - slack)
        down = max(0.0, down - error / spread - slack)
    return up if up >= down else -down
