"""What will be asked for, how much stock that takes, what to make or buy for it.

History becomes forecasts in a run; a run's numbers stay readable while the next is made, and the latest finished run
is the one that counts. Targets and replenishment proposals come from a run; a firm replenishment points at the
production order or the purchase it became.
"""

from forecasting.models.accuracy import ForecastAccuracy
from forecasting.models.alerts import ForecastAlert
from forecasting.models.consensus import Consensus, Contribution
from forecasting.models.demand import DemandHistory
from forecasting.models.displacements import AS_LATE, Displacement
from forecasting.models.events import DemandEvent
from forecasting.models.families import FamilyForecast
from forecasting.models.family_overrides import FamilyOverride
from forecasting.models.firming import FirmingRule
from forecasting.models.freezes import Freeze
from forecasting.models.imports import DemandImport
from forecasting.models.messages import ExceptionMessage
from forecasting.models.monthly_accuracy import MonthlyAccuracy
from forecasting.models.netting import LotRule, NettingRules
from forecasting.models.overrides import Override
from forecasting.models.replenishments import Replenishment
from forecasting.models.runs import Forecast, ForecastRun, ForecastShard, ItemForecast
from forecasting.models.stock import StockPolicy, StockTarget
from forecasting.models.units import ForecastItem

__all__ = [
    "AS_LATE",
    "Consensus",
    "Contribution",
    "DemandEvent",
    "DemandHistory",
    "DemandImport",
    "Displacement",
    "ExceptionMessage",
    "FamilyForecast",
    "FamilyOverride",
    "FirmingRule",
    "Forecast",
    "ForecastAccuracy",
    "ForecastAlert",
    "ForecastItem",
    "ForecastRun",
    "ForecastShard",
    "Freeze",
    "ItemForecast",
    "LotRule",
    "MonthlyAccuracy",
    "NettingRules",
    "Override",
    "Replenishment",
    "StockPolicy",
    "StockTarget",
]
