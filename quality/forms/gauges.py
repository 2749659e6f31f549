"""What people type about gauges."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from inventory.quantities import plain
from mes.core.console import ServiceForm
from quality import spc
from quality.models import Gauge

YES_NO = [("", "–"), ("yes", "In tolerance"), ("no", "Out of tolerance")]
LONGEST_PART, LONGEST_NAME = 30, 60  # as `StudyReading` keeps them


class ToleranceField(forms.TypedChoiceField):
    """In tolerance, out of it, or not said."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=YES_NO, coerce=lambda chosen: chosen == "yes", empty_value=None, required=False, **kwargs
        )


class CalibrateForm(ServiceForm):
    found_in_tolerance = ToleranceField(label="Found")
    as_found = forms.DecimalField(
        label="Error as found",
        max_digits=16,
        decimal_places=6,
        required=False,
        help_text="Largest error before adjustment; judged by the permissible error where the gauge has one.",
    )
    left_in_tolerance = ToleranceField(label="Left")
    as_left = forms.DecimalField(label="Error as left", max_digits=16, decimal_places=6, required=False)
    certificate = forms.CharField(max_length=60, required=False)
    laboratory = forms.CharField(max_length=120, required=False)
    next_due_date = forms.DateField(
        widget=forms.DateInput, required=False, help_text="Empty: the gauge's interval from today."
    )
    note = forms.CharField(max_length=300, required=False)
    hold = forms.BooleanField(
        label="Hold what is in doubt",
        required=False,
        help_text="If it was found out of tolerance: hold every lot measured with it since the last good calibration.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for gauge in self.objects:
            if isinstance(gauge, Gauge) and gauge.permissible_error is not None:
                self.fields[
                    "as_found"
                ].help_text = f"Permissible: ± {plain(gauge.permissible_error)} {gauge.uom}"


class ConcludeReviewForm(ServiceForm):
    conclusion = forms.CharField(widget=forms.Textarea, help_text="What was found, and why that is enough.")


class ReadingsField(forms.CharField):
    """Lines of part, appraiser and value, separated by commas, semicolons or tabs: pasted from a spreadsheet."""

    widget = forms.Textarea

    def clean(self, value: Any) -> Any:
        readings = []
        for number, line in enumerate(str(value or "").splitlines(), start=1):
            if not line.strip():
                continue
            cells = [cell.strip() for cell in line.replace("\t", ";").split(";")]
            if len(cells) != 3:
                cells = [cell.strip() for cell in line.split(",")]
            try:
                part, appraiser, typed = cells
                readings.append(spc.Reading(part, appraiser, float(typed.replace(",", "."))))
            except ValueError as fault:
                raise ValidationError(f"Line {number}, “{line}”: write part; appraiser; value.") from fault
            if len(part) > LONGEST_PART or len(appraiser) > LONGEST_NAME:
                told = f"a part is named by {LONGEST_PART} characters at most, an appraiser by {LONGEST_NAME}"
                raise ValidationError(f"Line {number}, “{line}”: {told}.")
        if not readings:
            raise ValidationError("Write one reading a line: part; appraiser; value.")
        return readings


class StudyForm(ServiceForm):
    name = forms.CharField(
        max_length=120, help_text="What was measured, for instance: bore 25 H6 of NP-4410."
    )
    tolerance = forms.FloatField(
        required=False, help_text="Width of the drawing's limits; empty: judged by what varies alone."
    )
    readings = ReadingsField(
        help_text="One a line: part; appraiser; value. Everybody measures every part equally often."
    )
    pools = forms.BooleanField(
        required=False, initial=True, label="Count an interaction that may be chance with repeatability"
    )
    note = forms.CharField(max_length=300, required=False)
