"""What the API and its callers say to the services of stock."""

from typing import Any

from rest_framework import serializers

from inventory.labels import SIZES
from inventory.models import ExpectedReceipt, Item, Location, Lot, Supplier
from mes.papers.inputs import PaperInput


class QuantityField(serializers.DecimalField):
    """A quantity in the item's unit; which ones an item can have is the service's business."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=16, decimal_places=4, **kwargs)


def location_field(**kwargs: Any) -> serializers.PrimaryKeyRelatedField[Location]:
    return serializers.PrimaryKeyRelatedField(
        queryset=Location.objects.real().select_related("site"), **kwargs
    )


class ReceiveInput(serializers.Serializer[Lot]):
    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.select_related("site", "supplier"))
    quantity = QuantityField()
    number = serializers.CharField(
        max_length=60, required=False, help_text="Drawn from a sequence when left out"
    )
    supplier = serializers.PrimaryKeyRelatedField(queryset=Supplier.objects.all(), required=False)
    supplier_lot = serializers.CharField(max_length=60, required=False)
    attributes = serializers.DictField(
        child=serializers.CharField(max_length=200),
        required=False,
        help_text="Heat, certificate, melt source, …",
    )
    expires_on = serializers.DateField(required=False, help_text="Default: the item's shelf life from today")
    expected_receipt = serializers.PrimaryKeyRelatedField(
        queryset=ExpectedReceipt.objects.select_related("item", "supplier"),
        required=False,
        help_text="The open purchase that this delivers",
    )
    location = location_field(required=False, help_text="Default: receiving")
    reference = serializers.CharField(max_length=60, required=False, help_text="Delivery note")


class StockReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


class RejectInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300, required=False)


class TransferInput(serializers.Serializer[Any]):
    quantity = QuantityField()
    destination = location_field()
    source: Any = location_field(required=False, help_text="Default: wherever else it is")
    reference = serializers.CharField(max_length=60, required=False)
    reason = serializers.CharField(max_length=300, required=False)


class TakeOutInput(serializers.Serializer[Any]):
    quantity = QuantityField()
    source: Any = location_field(required=False, help_text="Default: wherever it is")
    reason = serializers.CharField(max_length=300)
    reference = serializers.CharField(max_length=60, required=False)


class TakeBackInput(serializers.Serializer[Any]):
    quantity = QuantityField()
    reason = serializers.CharField(max_length=300)
    reference = serializers.CharField(max_length=60, required=False, help_text="Return note")
    location = location_field(required=False, help_text="Default: quarantine")


class AdjustInput(serializers.Serializer[Any]):
    location = location_field()
    quantity_change = QuantityField(help_text="Above zero for more than the books have, below for less")
    reason = serializers.CharField(max_length=300)


class CountInput(serializers.Serializer[Any]):
    location = location_field()
    counted = QuantityField()


class SplitInput(serializers.Serializer[Any]):
    quantity = QuantityField()
    number = serializers.CharField(max_length=60, required=False)
    source: Any = location_field(required=False)


class SerialiseInput(serializers.Serializer[Any]):
    numbers = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=10_000
    )


class MergeInput(serializers.Serializer[Any]):
    lots = serializers.PrimaryKeyRelatedField(
        queryset=Lot.objects.select_related("item__site", "supplier"), many=True
    )
    number = serializers.CharField(max_length=60, required=False)


class ReserveInput(serializers.Serializer[Any]):
    lot = serializers.PrimaryKeyRelatedField(queryset=Lot.objects.select_related("item__site"))
    quantity = QuantityField()
    purpose = serializers.CharField(max_length=100, help_text="Number of the order or batch it is kept for")


class PostponeInput(serializers.Serializer[Any]):
    due_date = serializers.DateField(help_text="The day it is counted on from now on")


class ReduceInput(serializers.Serializer[Any]):
    quantity = QuantityField(help_text="What is still to come from now on, less than what is owed")


class ExpectInput(serializers.Serializer[Any]):
    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.select_related("supplier"))
    quantity = QuantityField()
    due_date = serializers.DateField()
    supplier = serializers.PrimaryKeyRelatedField(queryset=Supplier.objects.all(), required=False)
    number = serializers.CharField(max_length=30, required=False)


class LabelInput(PaperInput):
    size = serializers.ChoiceField(choices=sorted(SIZES), default="100x60", help_text="In millimetres")
    copies = serializers.IntegerField(default=1, min_value=1, help_text="How many of the same")
    per_pack = QuantityField(required=False, help_text="So much to a pack: one label for each pack")
