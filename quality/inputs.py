"""What the API says to the services of quality."""

from typing import Any

from rest_framework import serializers

from inventory.inputs import QuantityField
from inventory.models import Lot
from mes.core.signing.inputs import SignatureField
from quality.models import Characteristic, Gauge, Inspection, InspectionPlan, Nonconformance
from quality.services import Entry


class ResultField(serializers.DecimalField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=16, decimal_places=6, **kwargs)


class OpenInspectionInput(serializers.Serializer[Any]):
    plan = serializers.PrimaryKeyRelatedField(
        queryset=InspectionPlan.objects.select_related("sampling", "item")
    )
    lot = serializers.PrimaryKeyRelatedField(queryset=Lot.objects.select_related("item"))
    lot_quantity = QuantityField(help_text="How much is judged; the sample is sized by it")
    reference = serializers.CharField(max_length=60, required=False)
    line = serializers.CharField(
        max_length=40,
        required=False,
        help_text="Machine that made it, where the sampling scheme goes by machine",
    )
    sample_size = serializers.IntegerField(
        min_value=1, required=False, help_text="Instead of what the sampling scheme asks for; none may fail"
    )


class RecordInput(serializers.Serializer[Any]):
    characteristic = serializers.PrimaryKeyRelatedField(queryset=Characteristic.objects.all())
    piece = serializers.IntegerField(min_value=1, default=1)
    value = ResultField(
        required=False, help_text="Of a measured characteristic; of a counted one, how many nonconformities"
    )
    conforms = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Of one that conforms or not"
    )
    uom = serializers.CharField(
        max_length=10,
        required=False,
        help_text="Unit of the value where it is another one of the same dimension",
    )
    is_real = serializers.BooleanField(
        default=False, help_text="A value beyond what is plausible was looked at again and is so"
    )
    identity = serializers.CharField(
        max_length=60, required=False, help_text="Serial number of the piece, where the plan names each piece"
    )
    gauge = serializers.PrimaryKeyRelatedField(
        queryset=Gauge.objects.select_related("site"),
        required=False,
        help_text="What it was measured with; needed where the characteristic asks for a kind",
    )
    note = serializers.CharField(max_length=200, required=False)


class CreateMeasurementInput(RecordInput):
    inspection = serializers.PrimaryKeyRelatedField(
        queryset=Inspection.objects.select_related("plan__sampling", "lot__item__site", "source")
    )


class ResultsInput(serializers.Serializer[Any]):
    results = RecordInput(many=True, allow_empty=False)

    def validate_results(self, rows: list[dict[str, Any]]) -> list[Entry]:
        return [Entry(**row) for row in rows]


class CorrectInput(serializers.Serializer[Any]):
    value = ResultField(required=False)
    conforms = serializers.BooleanField(required=False, allow_null=True, default=None)
    uom = serializers.CharField(max_length=10, required=False)
    is_real = serializers.BooleanField(default=False)
    gauge = serializers.PrimaryKeyRelatedField(
        queryset=Gauge.objects.select_related("site"), required=False, help_text="Default: as before"
    )
    note = serializers.CharField(max_length=200, help_text="Why the entry is corrected")


class ReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


class SteadinessInput(ReasonInput):
    is_steady = serializers.BooleanField()


class AttachPictureInput(serializers.Serializer[Any]):
    """Sent as `multipart/form-data`."""

    file = serializers.FileField(allow_empty_file=True, help_text="A PDF or a picture: PNG, JPEG, WebP")
    characteristic = serializers.PrimaryKeyRelatedField(
        queryset=Characteristic.objects.select_related("plan"), required=False
    )
    caption = serializers.CharField(max_length=120, required=False)


class RepeatInput(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=300, required=False)


class ReviseInput(serializers.Serializer[Any]):
    revision = serializers.CharField(max_length=10)
    reason = serializers.CharField(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text="What is going to be different, and why; needed where the item is regulated, here or as X-Change-Reason",
    )


class ReportInput(serializers.Serializer[Any]):
    lot = serializers.PrimaryKeyRelatedField(queryset=Lot.objects.select_related("item__site"))
    quantity = QuantityField()
    description = serializers.CharField()


class DecideInput(serializers.Serializer[Any]):
    disposition = serializers.ChoiceField(choices=Nonconformance.Disposition.choices)
    justification = serializers.CharField()
    quantity = QuantityField(required=False, help_text="To scrap or return; default: what was reported")
    customer_agreement = serializers.CharField(
        max_length=200, required=False, help_text="Of a use as is: what says that the customer agrees"
    )
    signature = SignatureField(help_text="Needed where the rules demand it")


class AgreementInput(serializers.Serializer[Any]):
    customer_agreement = serializers.CharField(
        max_length=200, help_text="What says that the customer agrees to the use as is."
    )
    signature = SignatureField(help_text="Needed where the rules demand it")


class CloseInput(serializers.Serializer[Any]):
    cause = serializers.CharField(max_length=200, required=False)
