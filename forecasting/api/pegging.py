"""The HTTP face of full pegging: what covers a demand, and whom a proposal serves in the end."""

from typing import Any

from rest_framework import serializers

from forecasting.outputs import Number
from forecasting.pegged import KINDS, SOURCES


class SourceOutput(serializers.Serializer[Any]):
    """What covers a part of a demand."""

    kind = serializers.ChoiceField(choices=SOURCES)
    what = serializers.CharField(help_text="The lot, purchase, production order or proposal in words")
    id = serializers.IntegerField(
        source="about.pk", default=None, allow_null=True, help_text="Of it, where it is stored"
    )
    quantity = Number()
    day = serializers.DateField(help_text="From when it can be used")
    lateness = serializers.IntegerField(help_text="Days that the demand waits for it")


class ServedOutput(serializers.Serializer[Any]):
    """A demand that is served in the end, of `item` and in its unit."""

    kind = serializers.ChoiceField(choices=KINDS)
    what = serializers.CharField()
    id = serializers.IntegerField(
        source="about.pk", default=None, allow_null=True, help_text="Of the order line or production order"
    )
    item = serializers.IntegerField(source="item.pk")
    item_number = serializers.CharField(source="item")
    first_date = serializers.DateField()
    last_date = serializers.DateField()
    quantity = Number()


class CoveredOutput(serializers.Serializer[Any]):
    """A demand of the item, in its unit, and what covers it."""

    kind = serializers.ChoiceField(choices=KINDS)
    what = serializers.CharField()
    id = serializers.IntegerField(
        source="about.pk",
        default=None,
        allow_null=True,
        help_text="Of the order line, production order or proposal that asks",
    )
    first_date = serializers.DateField()
    last_date = serializers.DateField()
    quantity = Number()
    short = Number(help_text="What nothing covers within the horizon; of a forecast, what is lost")
    lateness = serializers.IntegerField(help_text="Days that a part of it waits")
    sources = SourceOutput(many=True)
    ends = ServedOutput(many=True, help_text="For whom it is in the end, where a product is to be made of it")
