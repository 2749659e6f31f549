"""What people type in the console before stock moves."""

from decimal import Decimal
from typing import Any

from django import forms

from inventory.labels import SIZES
from inventory.models import Location, Lot
from inventory.quantities import plain
from inventory.services import on_hand
from mes.core.console import ServiceForm
from mes.papers.forms import LabelForm as PaperForm


class PlaceField(forms.ModelChoiceField[Location]):
    """A real location, told apart from its namesakes at other sites."""

    def __init__(self, **kwargs: Any) -> None:
        places = Location.objects.real().select_related("site").order_by("site__code", "code")
        super().__init__(queryset=places, **kwargs)

    def label_from_instance(self, obj: Location) -> str:
        return f"{obj.site.code} · {obj.name}"


class QuantityField(forms.DecimalField):
    """A quantity as people write it: what stands there already has no zeros behind it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=16, decimal_places=4, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value


class LotForm(ServiceForm):
    """A form whose `quantity` starts as all that is on hand, when it is for one lot."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.objects) == 1 and isinstance(lot := self.objects[0], Lot) and "quantity" in self.fields:
            self.fields["quantity"].initial = plain(on_hand(lot))
            self.fields["quantity"].help_text = f"in {lot.item.unit}"


class ReasonForm(ServiceForm):
    reason = forms.CharField(max_length=300, help_text="The books keep it for whoever asks later.")


class TransferForm(LotForm):
    quantity = QuantityField()
    destination = PlaceField()
    source = PlaceField(required=False, help_text="Empty: from wherever else it is.")


class TakeOutForm(LotForm):
    quantity = QuantityField()
    source = PlaceField(required=False, help_text="Empty: from wherever it is.")
    reason = forms.CharField(max_length=300)


class AdjustForm(LotForm):
    location = PlaceField()
    quantity_change = QuantityField(help_text="Above zero for more than the books have, below for less.")
    reason = forms.CharField(max_length=300)


class CountForm(ServiceForm):
    counted = QuantityField(min_value=0, help_text="What is there. A difference is adjusted at once.")


class SplitForm(LotForm):
    quantity = QuantityField(help_text="What becomes a lot of its own.")
    number = forms.CharField(max_length=60, required=False, help_text="Empty: the next number.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"].initial = None


class SerialiseForm(ServiceForm):
    numbers = forms.CharField(
        widget=forms.Textarea,
        required=False,
        help_text="One serial number a line. Empty: the lot's number and a counter from 001.",
    )

    def clean_numbers(self) -> list[str] | None:
        lines = [line.strip() for line in self.cleaned_data["numbers"].splitlines() if line.strip()]
        return lines or None


class ReserveForm(ServiceForm):
    quantity = QuantityField()
    purpose = forms.CharField(max_length=100, help_text="Number of the order or batch it is kept for.")


class LabelForm(PaperForm):
    """Which stickers, and how many."""

    size = forms.ChoiceField(
        choices=[(name, f"{width} × {height} mm") for name, (width, height) in SIZES.items()],
        initial="100x60",
    )
    copies = forms.IntegerField(min_value=1, initial=1, help_text="How many of the same")
    per_pack = QuantityField(
        required=False,
        min_value=0,
        help_text="So much to a pack: one label for each. Empty: the lot as a whole",
    )
    field_order = ["size", "copies", "per_pack", "reason"]
