"""Daily demand made ready to learn from: returns netted, events laid over the days, unusual days told apart.

Knows no Django; days are whole numbers on any one count (here: since 1970-01-01).
"""

from forecasting.history.known import Known, Laid, Stretch, lay_out
from forecasting.history.likes import WEEKS_TO_COMPARE, joined
from forecasting.history.outliers import Outlier, outliers
from forecasting.history.returns import DAYS_BACK, Netted, less_returns

__all__ = [
    "DAYS_BACK",
    "WEEKS_TO_COMPARE",
    "Known",
    "Laid",
    "Netted",
    "Outlier",
    "Stretch",
    "joined",
    "lay_out",
    "less_returns",
    "outliers",
]
