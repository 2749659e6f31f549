"""The HTTP face of what people expect and agree on."""

from rest_framework import serializers

from forecasting import inputs, services
from forecasting.models import Consensus, Contribution
from mes.core.api import ReadViewSet, create_endpoint, service_endpoint
from mes.core.permissions import ModelPermissions


class ContributionSerializer(serializers.ModelSerializer[Contribution]):
    item_number = serializers.CharField(source="item.number", read_only=True)
    owner_name = serializers.CharField(source="owner.username", read_only=True)

    class Meta:
        model = Contribution
        fields = [
            "id",
            "item",
            "item_number",
            "first_date",
            "last_date",
            "quantity",
            "department",
            "reason",
            "owner",
            "owner_name",
            "made_at",
        ]


class ContributionViewSet(ReadViewSet[Contribution]):
    """What each person expects; said again for the same days, the later number counts."""

    queryset = Contribution.objects.select_related("item", "owner")
    serializer_class = ContributionSerializer
    filterset_fields = {
        "item": ["exact"],
        "item__number": ["exact"],
        "department": ["exact"],
        "owner": ["exact"],
        "first_date": ["gte", "lte"],
        "last_date": ["gte", "lte"],
    }

    create = create_endpoint(services.contribute, input=inputs.ContributionInput)


class ConsensusSerializer(serializers.ModelSerializer[Consensus]):
    item_number = serializers.CharField(source="item.number", read_only=True)
    agreed_by_name = serializers.CharField(source="agreed_by.username", read_only=True)

    class Meta:
        model = Consensus
        fields = [
            "id",
            "item",
            "item_number",
            "first_date",
            "last_date",
            "quantity",
            "statistical",
            "reason",
            "agreed_by",
            "agreed_by_name",
            "agreed_at",
            "is_active",
            "ended_at",
            "ended_by",
        ]


class AgreePermissions(ModelPermissions):
    """To agree takes a right of its own."""

    perms_map = ModelPermissions.perms_map | {"POST": ["forecasting.agree_consensus"]}


class ConsensusViewSet(ReadViewSet[Consensus]):
    """The numbers that were agreed; they count instead of the forecast and of overrides made before."""

    queryset = Consensus.objects.select_related("item", "agreed_by")
    serializer_class = ConsensusSerializer
    permission_classes = [AgreePermissions]
    filterset_fields = {
        "item": ["exact"],
        "item__number": ["exact"],
        "is_active": ["exact"],
        "first_date": ["gte", "lte"],
        "last_date": ["gte", "lte"],
    }

    create = create_endpoint(services.agree, input=inputs.OverrideInput)
    end = service_endpoint(services.end_consensus, permission="forecasting.agree_consensus")
