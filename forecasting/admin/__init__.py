"""The console of forecasting."""

from forecasting.admin.demand import DemandHistoryAdmin
from forecasting.admin.messages import ExceptionMessageAdmin, FirmingRuleAdmin
from forecasting.admin.netting import LotRuleAdmin, NettingRulesAdmin
from forecasting.admin.overrides import OverrideAdmin
from forecasting.admin.replenishments import ReplenishmentAdmin
from forecasting.admin.runs import ForecastRunAdmin, ItemForecastAdmin
from forecasting.admin.stock import StockPolicyAdmin, StockTargetAdmin

__all__ = [
    "DemandHistoryAdmin",
    "ExceptionMessageAdmin",
    "FirmingRuleAdmin",
    "ForecastRunAdmin",
    "ItemForecastAdmin",
    "LotRuleAdmin",
    "NettingRulesAdmin",
    "OverrideAdmin",
    "ReplenishmentAdmin",
    "StockPolicyAdmin",
    "StockTargetAdmin",
]
