"""What people type about lots: what came, and that it may be used."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold import widgets

from inventory.forms import PlaceField, QuantityField
from inventory.models import ExpectedReceipt, Lot
from mes.core.forms import RecordForm, ServiceForm
from mes.core.models import Meaning
from mes.core.signing.forms import SigningForm
from quality.models import InspectionPlan

_DRESS = {
    "quantity": widgets.UnfoldAdminDecimalFieldWidget,
    "number": widgets.UnfoldAdminTextInputWidget,
    "reference": widgets.UnfoldAdminTextInputWidget,
    "attributes": widgets.UnfoldAdminTextareaWidget,
    "expected_receipt": widgets.UnfoldAdminSelectWidget,
    "location": widgets.UnfoldAdminSelectWidget,
}


class ReceiveForm(RecordForm):
    """A delivery: what came, how much, from whom, with which papers."""

    quantity = QuantityField(help_text="In the item's unit.")
    number = forms.CharField(
        label="Lot number", max_length=60, required=False, help_text="Empty: the next number."
    )
    attributes = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        help_text="One a line, as name: value. For instance heat: H-7041",
    )
    expected_receipt = forms.ModelChoiceField(
        ExpectedReceipt.objects.open().select_related("item", "supplier").order_by("due_date", "pk"),
        required=False,
        help_text="The open purchase that this delivers.",
    )
    location = PlaceField(required=False, help_text="Empty: receiving.")
    reference = forms.CharField(max_length=60, required=False, label="Delivery note")

    class Meta:
        model = Lot
        fields = ["item", "supplier", "supplier_lot", "expires_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The admin dresses the model's own fields only.
        for name, widget in _DRESS.items():
            field = self.fields[name]
            dressed = widget(attrs=field.widget.attrs)
            if isinstance(field, forms.ModelChoiceField):
                dressed.choices = field.choices
            field.widget = dressed

    def clean_attributes(self) -> dict[str, str]:
        return attributes_of(self.cleaned_data["attributes"])

    def service_input(self) -> dict[str, Any]:
        """The fields as keyword arguments of `quality.services.receive`."""
        return self.cleaned_data | {"number": self.cleaned_data["number"] or None}


class InspectForm(ServiceForm):
    """An inspection that nothing else asks for, by a plan of the item that is in force."""

    plan = forms.ModelChoiceField(
        InspectionPlan.objects.none(),
        help_text="In force for the item; a receiving or final inspection releases the lot when it passes.",
    )
    lot_quantity = QuantityField(
        required=False, label="Quantity", help_text="How much is judged; empty: all that is on hand."
    )
    reference = forms.CharField(max_length=60, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = {lot.item_id for lot in self.objects if isinstance(lot, Lot)}
        plans = InspectionPlan.objects.effective().filter(item__in=items).select_related("item")
        field: Any = self.fields["plan"]
        field.queryset = plans.order_by("stage", "code")


class LotForm(RecordForm):
    """What may be put right of a lot that is there; its attributes are written as at its receipt."""

    attributes = forms.CharField(
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        required=False,
        help_text="One a line, as name: value. For instance heat: H-7041",
    )

    class Meta:
        model = Lot
        fields = ["supplier", "supplier_lot", "expires_on", "attributes"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = self.instance.attributes
        self.initial["attributes"] = "\n".join(f"{name}: {value}" for name, value in known.items())

    def clean_attributes(self) -> dict[str, Any]:
        """What was not touched stays what it was, a number a number."""
        known = self.instance.attributes
        typed = attributes_of(self.cleaned_data["attributes"])
        return {
            name: known[name] if str(known.get(name)) == value else value for name, value in typed.items()
        }


def attributes_of(text: str) -> dict[str, str]:
    """Lines of `name: value` as a dictionary.

    :raises ValidationError: naming the line that is not.
    """
    found = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not (name and colon and value):
            raise ValidationError(f"“{line}” is not name: value.")
        found[name] = value
    return found


class ReleaseForm(SigningForm):
    meaning = Meaning.RELEASE
