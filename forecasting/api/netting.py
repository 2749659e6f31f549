"""The HTTP face of what netting goes by."""

from rest_framework import mixins, serializers

from forecasting.models import LotRule, NettingRules
from mes.core.api import MasterDataViewSet, ReadViewSet


class LotRuleSerializer(serializers.ModelSerializer[LotRule]):
    class Meta:
        model = LotRule
        fields = ["id", "item", "sizing", "fixed_lot", "order_cost", "family", "family_cost"]


class LotRuleViewSet(MasterDataViewSet[LotRule]):
    """How much one replenishment of an item brings; items without a rule follow their policy's cover."""

    queryset = LotRule.objects.all()
    serializer_class = LotRuleSerializer
    filterset_fields = {
        "item": ["exact"],
        "item__number": ["exact"],
        "sizing": ["exact"],
        "family": ["exact"],
    }


class NettingRulesSerializer(serializers.ModelSerializer[NettingRules]):
    class Meta:
        model = NettingRules
        fields = ["id", "tolerance_days", "tolerance_share", "late_share_a_day", "holding_share_a_year"]


class NettingRulesViewSet(mixins.UpdateModelMixin, ReadViewSet[NettingRules]):
    """Tolerances, and what waiting and holding cost; one row, number 1. The next proposals go by it."""

    queryset = NettingRules.objects.all()
    serializer_class = NettingRulesSerializer
