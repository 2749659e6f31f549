"""Forecasts held against what was asked for: whose number was better, is one biased or drifting, has reality left the band.

Knows no Django; plain numbers in, plain numbers out.
"""

from forecasting.judging.sensing import Sensed, sense
from forecasting.judging.signals import DRIFT_LIMIT, TRACKING_LIMIT, drift, tracking_signal
from forecasting.judging.tally import Tally, share, tally
from forecasting.judging.value_added import Compared, Judged, judge

__all__ = [
    "DRIFT_LIMIT",
    "TRACKING_LIMIT",
    "Compared",
    "Judged",
    "Sensed",
    "Tally",
    "drift",
    "judge",
    "sense",
    "share",
    "tally",
    "tracking_signal",
]
