"""The HTTP face of forecasting."""

from forecasting.api.cockpits import CockpitViewSet
from forecasting.api.demand import DemandHistoryViewSet
from forecasting.api.displacements import DisplacementViewSet
from forecasting.api.netting import LotRuleViewSet, NettingRulesViewSet
from forecasting.api.overrides import OverrideViewSet
from forecasting.api.replenishments import (
    ExceptionMessageViewSet,
    FirmingRuleViewSet,
    ReplenishmentViewSet,
)
from forecasting.api.runs import ForecastRunViewSet, ForecastViewSet, ItemForecastViewSet
from forecasting.api.stock import StockPolicyViewSet, StockTargetViewSet

__all__ = ["VIEWSETS"]

VIEWSETS: dict[str, type] = {
    "demand-history": DemandHistoryViewSet,
    "forecast-runs": ForecastRunViewSet,
    "item-forecasts": ItemForecastViewSet,
    "forecasts": ForecastViewSet,
    "forecast-overrides": OverrideViewSet,
    "stock-policies": StockPolicyViewSet,
    "stock-targets": StockTargetViewSet,
    "lot-rules": LotRuleViewSet,
    "netting-rules": NettingRulesViewSet,
    "replenishments": ReplenishmentViewSet,
    "exception-messages": ExceptionMessageViewSet,
    "firming-rules": FirmingRuleViewSet,
    "displacements": DisplacementViewSet,
    "cockpits": CockpitViewSet,
}
