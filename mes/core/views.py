"""Endpoints of the ground: the log of facts, its deliveries, and an answer where no route leads."""

from typing import Any, NoReturn

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from mes.core import outbox
from mes.core.api import ReadViewSet, service_endpoint
from mes.core.models import Fact, FactDelivery


class FactSerializer(serializers.ModelSerializer[Fact]):
    payload = serializers.DictField(help_text="The fact's own fields: ids and plain values.")

    class Meta:
        model = Fact
        fields = ["id", "name", "payload", "recorded_at"]


class FactDeliverySerializer(serializers.ModelSerializer[FactDelivery]):
    class Meta:
        model = FactDelivery
        fields = ["id", "fact", "subscriber", "status", "attempts", "due_at", "done_at"]


class FactViewSet(ReadViewSet[Fact]):
    """What happened, newest first. To follow along, ask with `ordering=id` and `id__gt` of the last one seen.

    Ids are drawn before commit, so a fact may appear a moment after one with a higher id; ask again a little further back.
    """

    queryset = Fact.objects.all()
    serializer_class = FactSerializer
    filterset_fields = {"id": ["gt"], "name": ["exact", "startswith"], "recorded_at": ["gte", "lt"]}
    ordering_fields = ["id", "recorded_at"]


class FactDeliveryViewSet(ReadViewSet[FactDelivery]):
    """Facts on their way to subscribers; the parked ones need somebody."""

    queryset = FactDelivery.objects.all()
    serializer_class = FactDeliverySerializer
    filterset_fields = ["status", "subscriber", "fact"]
    ordering_fields = ["id", "due_at"]

    retry = service_endpoint(outbox.retry_parked)


class NoSuchRoute(NotFound):
    default_detail = "There is no such route."
    remedy = "See /api/docs/ for those that there are."


@extend_schema(exclude=True)
class UnknownRoute(APIView):
    """Tell in the API's own words that there is nothing here; Django's page would be HTML."""

    permission_classes = [AllowAny]

    def http_method_not_allowed(self, request: Any, *args: object, **kwargs: object) -> NoReturn:
        raise NoSuchRoute
