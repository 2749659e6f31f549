"""Bodies of this app's POST endpoints."""

from typing import Any

from rest_framework import serializers

from forecasting.services import DemandPoint
from inventory.models import Item

MOST_POINTS = 50_000


class NothingInput(serializers.Serializer[Any]):
    """An endpoint that needs no body."""


class DemandPointInput(serializers.Serializer[Any]):
    item_number = serializers.CharField(max_length=50)
    revision = serializers.CharField(max_length=10, required=False, default="", allow_blank=True)
    date = serializers.DateField()
    quantity = serializers.DecimalField(16, 4)
    is_censored = serializers.BooleanField(
        default=False, help_text="The item was out of stock that day: more may have been wanted."
    )


class DemandImportInput(serializers.Serializer[Any]):
    points = DemandPointInput(many=True, allow_empty=False)

    def validate_points(self, points: list[dict[str, Any]]) -> list[DemandPoint]:
        """Points with their items, in one query; numbers that nobody knows are named together."""
        if len(points) > MOST_POINTS:
            raise serializers.ValidationError(f"Send at most {MOST_POINTS:,} points at a time.")
        wanted = {(point["item_number"], point["revision"]) for point in points}
        rows = Item.objects.filter(number__in={number for number, _ in wanted})
        items = {(item.number, item.revision): item for item in rows}
        unknown = sorted(" ".join(key).strip() for key in wanted - items.keys())
        if unknown:
            raise serializers.ValidationError(f"No such item: {', '.join(unknown[:20])}.")
        return [
            DemandPoint(
                item=items[point["item_number"], point["revision"]],
                date=point["date"],
                quantity=point["quantity"],
                is_censored=point["is_censored"],
            )
            for point in points
        ]

    def stated(self) -> list[DemandPoint]:
        found: list[DemandPoint] = self.validated_data["points"]
        return found


class DemandImported(serializers.Serializer[Any]):
    days = serializers.IntegerField(help_text="Days of items written.")


class OverrideInput(serializers.Serializer[Any]):
    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.select_related("site"))
    first_date = serializers.DateField()
    last_date = serializers.DateField()
    quantity = serializers.DecimalField(16, 4, help_text="For the whole stretch, in the item's unit.")
    reason = serializers.CharField(max_length=200)


class FirmInput(serializers.Serializer[Any]):
    quantity = serializers.DecimalField(
        16, 4, required=False, allow_null=True, help_text="Instead of the quantity proposed."
    )
    due_date = serializers.DateField(
        required=False, allow_null=True, help_text="Instead of the day proposed."
    )


class DismissInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)


class ExceptionDismissInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200, help_text="Why the order stays as it is.")
