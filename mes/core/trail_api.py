"""The audit trail for other systems."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mes.core.permissions import requires
from mes.core.trail import MOST, Asked, entries, tracked
from mes.core.unknown import read_parameters


class AskedInput(serializers.Serializer[Any]):
    kind = serializers.CharField(required=False, default="", help_text="What kind of record, as app.model")
    key = serializers.IntegerField(
        required=False, default=None, help_text="Of this record, and of what refers to it"
    )
    user = serializers.IntegerField(required=False, default=None)
    since = serializers.DateTimeField(required=False, default=None)
    until = serializers.DateTimeField(required=False, default=None)

    def validate_kind(self, kind: str) -> str:
        if kind and kind not in tracked():
            raise serializers.ValidationError(f"One of: {', '.join(sorted(tracked()))}.")
        return kind

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["key"] is not None and not attrs["kind"]:
            raise serializers.ValidationError({"kind": ["Say of which kind of record this is the key."]})
        return attrs


class ChangeSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    old = serializers.CharField()
    new = serializers.CharField()


class EntrySerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    what = serializers.CharField()
    kind = serializers.CharField()
    key = serializers.IntegerField()
    record = serializers.CharField()
    changes = ChangeSerializer(many=True)
    user = serializers.IntegerField(allow_null=True)
    by = serializers.CharField()
    why = serializers.CharField()
    where = serializers.CharField()


class AuditTrailView(APIView):
    """Who changed what, when, from which value to which, and why; the newest first, at most 500 at once."""

    permission_classes = [requires("core.read_trail")]

    @extend_schema(
        parameters=[AskedInput, OpenApiParameter("page", exclude=True)],
        responses={200: EntrySerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        found = entries(Asked(**read_parameters(AskedInput, request)), MOST)
        return Response(EntrySerializer(found, many=True).data)
