"""What people type in the console of quality."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from unfold import widgets

from inventory.forms import PlaceField, QuantityField
from inventory.models import ExpectedReceipt, Lot
from mes.core.console import ServiceForm
from mes.core.models import Meaning
from mes.core.signing.forms import SigningForm
from quality.models import Characteristic, Nonconformance

_DRESS = {
    "quantity": widgets.UnfoldAdminDecimalFieldWidget,
    "number": widgets.UnfoldAdminTextInputWidget,
    "reference": widgets.UnfoldAdminTextInputWidget,
    "attributes": widgets.UnfoldAdminTextareaWidget,
    "expected_receipt": widgets.UnfoldAdminSelectWidget,
    "location": widgets.UnfoldAdminSelectWidget,
}


class ReceiveForm(forms.ModelForm[Lot]):
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


class ApproveForm(SigningForm):
    meaning = Meaning.APPROVE


class ReleaseForm(SigningForm):
    meaning = Meaning.RELEASE


class DecideForm(SigningForm):
    meaning = Meaning.DISPOSITION

    disposition = forms.ChoiceField(choices=Nonconformance.Disposition)
    justification = forms.CharField(widget=forms.Textarea, help_text="Whoever audits this will ask.")
    quantity = QuantityField(required=False, help_text="To scrap or return; empty: what was reported.")
    customer_agreement = forms.CharField(
        max_length=200,
        required=False,
        label="Customer's agreement",
        help_text="Of a use as is, where the customer has to agree.",
    )


class CloseForm(ServiceForm):
    cause = forms.CharField(max_length=200, required=False, help_text="What caused it, if it is known.")


class ReportForm(ServiceForm):
    quantity = QuantityField(help_text="How much of the lot is in doubt.")
    description = forms.CharField(widget=forms.Textarea, help_text="What is wrong with it.")


class ReasonForm(ServiceForm):
    reason = forms.CharField(max_length=300)


class RepeatForm(ServiceForm):
    note = forms.CharField(max_length=300, required=False, help_text="Why it is inspected again.")


class ReviseForm(ServiceForm):
    revision = forms.CharField(max_length=10, help_text="Of the new draft.")


class CorrectForm(ServiceForm):
    """The result once more: a value where the characteristic is measured, else whether it conforms."""

    value = forms.DecimalField(max_digits=16, decimal_places=6)
    conforms = forms.TypedChoiceField(
        choices=[("", "–"), ("yes", "Conforms"), ("no", "Does not conform")],
        coerce=lambda chosen: chosen == "yes",
        empty_value=None,
    )
    uom = forms.CharField(
        label="Unit", max_length=10, required=False, help_text="Empty: that of the characteristic."
    )
    is_real = forms.BooleanField(
        label="It is so", required=False, help_text="Of a value beyond what is plausible: looked at again."
    )
    note = forms.CharField(max_length=200, help_text="Why the entry is corrected.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = {getattr(measurement, "characteristic").kind for measurement in self.objects}  # noqa: B009
        if "attribute" not in kinds:
            del self.fields["conforms"]
        elif kinds == {"attribute"}:
            for field in ("value", "uom", "is_real"):
                del self.fields[field]


class AttachPictureForm(ServiceForm):
    """A picture for the plan, beside one of its characteristics or above them all."""

    file = forms.FileField(allow_empty_file=True, help_text="A PDF or a picture: PNG, JPEG, WebP.")
    characteristic = forms.ModelChoiceField(
        Characteristic.objects.none(), required=False, help_text="Empty: of the whole plan."
    )
    caption = forms.CharField(max_length=120, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Characteristic]", self.fields["characteristic"])
        field.queryset = Characteristic.objects.filter(plan__in=[plan.pk for plan in self.objects]).order_by(
            "plan", "number"
        )


class SteadinessForm(ServiceForm):
    is_steady = forms.TypedChoiceField(
        label="Production is",
        choices=[("yes", "Steady"), ("no", "Not steady")],
        coerce=lambda chosen: chosen == "yes",
    )
    reason = forms.CharField(max_length=300)
