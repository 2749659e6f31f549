"""Bodies of this app's POST endpoints."""

from typing import Any

from rest_framework import serializers

from forecasting.models import Contribution, DemandEvent, FamilyForecast
from forecasting.services import DemandPoint
from inventory.models import Item, Site

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
    is_return = serializers.BooleanField(default=False, help_text="The quantity came back.")
    customer_group = serializers.CharField(max_length=50, required=False, default="", allow_blank=True)
    channel = serializers.CharField(max_length=50, required=False, default="", allow_blank=True)
    location = serializers.CharField(max_length=50, required=False, default="", allow_blank=True)


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
                is_return=point["is_return"],
                customer_group=point["customer_group"],
                channel=point["channel"],
                location=point["location"],
            )
            for point in points
        ]

    def stated(self) -> list[DemandPoint]:
        found: list[DemandPoint] = self.validated_data["points"]
        return found


class CorrectDemandInput(serializers.Serializer[Any]):
    quantity = serializers.DecimalField(16, 4, help_text="What the day is to stand at, in the item's unit.")
    is_censored = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Left out: as it was stated."
    )
    reason = serializers.CharField(max_length=200)


class DemandImported(serializers.Serializer[Any]):
    days = serializers.IntegerField(help_text="Days of items written.")


class DemandFileInput(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="CSV or XLSX with the headings item, date and quantity.")
    leave_out_wrong = serializers.BooleanField(
        default=False, help_text="Take the rows that can be taken, and report the others."
    )


class DemandEventInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(DemandEvent.Kind.choices)
    name = serializers.CharField(max_length=100)
    item = serializers.PrimaryKeyRelatedField(
        queryset=Item.objects.select_related("site"), required=False, allow_null=True, default=None
    )
    family = serializers.CharField(max_length=50, required=False, default="", allow_blank=True)
    site = serializers.PrimaryKeyRelatedField(
        queryset=Site.objects.all(),
        required=False,
        allow_null=True,
        default=None,
        help_text="Of a family, or of everything at a site; that of an item is known.",
    )
    first_date = serializers.DateField()
    last_date = serializers.DateField(required=False, allow_null=True, default=None)
    factor = serializers.DecimalField(8, 4, required=False, allow_null=True, default=None)
    is_learnt = serializers.BooleanField(required=False, allow_null=True, default=None)
    like_items = serializers.PrimaryKeyRelatedField(queryset=Item.objects.all(), many=True, required=False)


class ConfirmEventInput(serializers.Serializer[Any]):
    factor = serializers.DecimalField(8, 4, required=False, allow_null=True, default=None)
    is_learnt = serializers.BooleanField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class GivenReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)


class AlertNoteInput(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class ContributionInput(serializers.Serializer[Any]):
    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.select_related("site"))
    first_date = serializers.DateField()
    last_date = serializers.DateField()
    quantity = serializers.DecimalField(16, 4, help_text="For the whole stretch, in the item's unit.")
    department = serializers.ChoiceField(Contribution.Department.choices)
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class FreezeInput(serializers.Serializer[Any]):
    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.select_related("site"))
    first_date = serializers.DateField()
    last_date = serializers.DateField()
    reason = serializers.CharField(max_length=200)


class OverrideInput(serializers.Serializer[Any]):
    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.select_related("site"))
    first_date = serializers.DateField()
    last_date = serializers.DateField()
    quantity = serializers.DecimalField(16, 4, help_text="For the whole stretch, in the item's unit.")
    reason = serializers.CharField(max_length=200)


class FamilyOverrideInput(serializers.Serializer[Any]):
    total = serializers.PrimaryKeyRelatedField(
        queryset=FamilyForecast.objects.select_related("site", "run"),
        help_text="The forecast of the family or plant, as `/family-forecasts/` lists it.",
    )
    first_date = serializers.DateField()
    last_date = serializers.DateField()
    quantity = serializers.DecimalField(16, 4, help_text="For all its items over the whole stretch.")
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


class ScaleUpInput(serializers.Serializer[Any]):
    factor = serializers.DecimalField(8, 3, help_text="2 doubles the forecast.")
    family = serializers.CharField(
        max_length=50, required=False, default="", help_text="Only items of this family; left out, all."
    )
    item = serializers.PrimaryKeyRelatedField(
        queryset=Item.objects.all(), required=False, default=None, help_text="Only this item."
    )
