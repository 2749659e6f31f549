"""What people type about inspections and their results."""

from typing import Any

from django import forms

from mes.core.console import ServiceForm


class RepeatForm(ServiceForm):
    note = forms.CharField(max_length=300, required=False, help_text="Why it is inspected again.")


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
