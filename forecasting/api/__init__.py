"""The HTTP face of forecasting."""

from forecasting.api.accuracy import ForecastAccuracyViewSet
from forecasting.api.alerts import ForecastAlertViewSet
from forecasting.api.cockpits import CockpitViewSet
from forecasting.api.consensus import ConsensusViewSet, ContributionViewSet
from forecasting.api.demand import DemandHistoryViewSet
from forecasting.api.displacements import DisplacementViewSet
from forecasting.api.events import DemandEventViewSet
from forecasting.api.families import FamilyForecastViewSet, FamilyOverrideViewSet
from forecasting.api.freezes import FreezeViewSet
from forecasting.api.imports import DemandImportViewSet
from forecasting.api.monthly_accuracy import MonthlyAccuracyViewSet
from forecasting.api.netting import LotRuleViewSet, NettingRulesViewSet
from forecasting.api.overrides import OverrideViewSet
from forecasting.api.replenishments import (
    ExceptionMessageViewSet,
    FirmingRuleViewSet,
    ReplenishmentViewSet,
)
from forecasting.api.runs import ForecastRunViewSet, ForecastViewSet, ItemForecastViewSet
from forecasting.api.scaling_up import ScaleUpViewSet
from forecasting.api.stock import StockPolicyViewSet, StockTargetViewSet

__all__ = ["VIEWSETS"]

VIEWSETS: dict[str, type] = {
    "demand-history": DemandHistoryViewSet,
    "demand-imports": DemandImportViewSet,
    "demand-events": DemandEventViewSet,
    "forecast-runs": ForecastRunViewSet,
    "item-forecasts": ItemForecastViewSet,
    "forecasts": ForecastViewSet,
    "family-forecasts": FamilyForecastViewSet,
    "family-overrides": FamilyOverrideViewSet,
    "forecast-overrides": OverrideViewSet,
    "forecast-contributions": ContributionViewSet,
    "forecast-consensus": ConsensusViewSet,
    "forecast-freezes": FreezeViewSet,
    "forecast-accuracy": ForecastAccuracyViewSet,
    "forecast-accuracy-months": MonthlyAccuracyViewSet,
    "forecast-alerts": ForecastAlertViewSet,
    "stock-policies": StockPolicyViewSet,
    "stock-targets": StockTargetViewSet,
    "lot-rules": LotRuleViewSet,
    "netting-rules": NettingRulesViewSet,
    "replenishments": ReplenishmentViewSet,
    "exception-messages": ExceptionMessageViewSet,
    "firming-rules": FirmingRuleViewSet,
    "scale-up": ScaleUpViewSet,
    "displacements": DisplacementViewSet,
    "cockpits": CockpitViewSet,
}
