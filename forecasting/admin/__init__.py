"""The console of forecasting."""

from forecasting.admin.accuracy import ForecastAccuracyAdmin
from forecasting.admin.alerts import ForecastAlertAdmin
from forecasting.admin.consensus import ConsensusAdmin, ContributionAdmin
from forecasting.admin.demand import DemandHistoryAdmin
from forecasting.admin.events import DemandEventAdmin
from forecasting.admin.families import FamilyForecastAdmin
from forecasting.admin.freezes import FreezeAdmin
from forecasting.admin.imports import DemandImportAdmin
from forecasting.admin.messages import ExceptionMessageAdmin, FirmingRuleAdmin
from forecasting.admin.netting import LotRuleAdmin, NettingRulesAdmin
from forecasting.admin.overrides import FamilyOverrideAdmin, OverrideAdmin
from forecasting.admin.replenishments import ReplenishmentAdmin
from forecasting.admin.runs import ForecastRunAdmin, ItemForecastAdmin
from forecasting.admin.stock import StockPolicyAdmin, StockTargetAdmin

__all__ = [
    "ConsensusAdmin",
    "ContributionAdmin",
    "DemandEventAdmin",
    "DemandHistoryAdmin",
    "DemandImportAdmin",
    "ExceptionMessageAdmin",
    "FamilyForecastAdmin",
    "FamilyOverrideAdmin",
    "FirmingRuleAdmin",
    "ForecastAccuracyAdmin",
    "ForecastAlertAdmin",
    "ForecastRunAdmin",
    "FreezeAdmin",
    "ItemForecastAdmin",
    "LotRuleAdmin",
    "NettingRulesAdmin",
    "OverrideAdmin",
    "ReplenishmentAdmin",
    "StockPolicyAdmin",
    "StockTargetAdmin",
]
