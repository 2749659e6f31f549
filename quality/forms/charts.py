"""What people type about control charts."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from mes.core.console import ServiceForm
from mes.core.forms import RecordForm
from quality import services, spc
from quality.models import ControlChart
from quality.services import RuleAsked


class RuleSet(models.TextChoices):
    """Rules to begin with."""

    WESTERN_ELECTRIC = "western_electric", "Western Electric: rules 1, 2 (eight points), 5 and 6"
    NELSON = "nelson", "Nelson: all eight"
    LIMITS_ONLY = "limits", "Limits alone: rule 1"

    @property
    def rules(self) -> tuple[RuleAsked, ...]:
        return {
            RuleSet.WESTERN_ELECTRIC: services.WESTERN_ELECTRIC,
            RuleSet.NELSON: services.NELSON,
            RuleSet.LIMITS_ONLY: (RuleAsked(1),),
        }[self]


class RuleForm(RecordForm):
    """A rule that is on: which, in which of its variants, and what a signal of it sets off."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule"].choices = [("", "Which?"), *((rule, _called(rule)) for rule in spc.RULES)]  # type: ignore[attr-defined]  # of a choice

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        rule, points = cleaned.get("rule"), cleaned.get("points")
        lengths = spc.LENGTHS.get(rule or 0, ())
        if points is not None and points not in lengths:
            told = (
                f"Rule {rule} looks at {_either(lengths)} points, as books have it."
                if lengths
                else "Books do not differ on this rule: leave it empty."
            )
            self.add_error("points", told)
        return cleaned


def _called(rule: int) -> str:
    """A rule with the other lengths that books give it."""
    nelson = spc.describe(rule)
    others = [length for length in spc.LENGTHS.get(rule, ()) if not nelson.startswith(f"{length} ")]
    return f"{rule}: {nelson} (or {_either(others)})" if others else f"{rule}: {nelson}"


def _either(lengths: Sequence[int]) -> str:
    *first, last = [str(each) for each in lengths]
    return f"{', '.join(first)} or {last}" if first else last


class NumbersField(forms.CharField):
    """Numbers of points, as `3, 7-9`."""

    def clean(self, value: Any) -> Any:
        numbers: list[int] = []
        for part in filter(None, (each.strip() for each in str(value or "").split(","))):
            first, _, last = part.partition("-")
            if not first.strip().isdecimal() or (last and not last.strip().isdecimal()):
                raise ValidationError(f"“{part}” is no number of a point. Write: 3, 7-9")
            start, end = int(first), int(last or first)
            if not start <= end < start + 1000:
                raise ValidationError(f"“{part}” is no range of points. Write: 3, 7-9")
            numbers += range(start, end + 1)
        return numbers


class FixForm(ServiceForm):
    first = forms.IntegerField(
        min_value=1, required=False, label="From point", help_text="Empty: the first since the limits before."
    )
    last = forms.IntegerField(min_value=1, required=False, label="To point", help_text="Empty: the last.")
    exclude = NumbersField(
        required=False, label="Without points", help_text="Whose cause was found and removed: 3, 7-9"
    )
    reason = forms.CharField(max_length=300, help_text="Why these points show the process as it should be.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for chart in self.objects:
            if isinstance(chart, ControlChart) and (points := services.source_points(chart)):
                self.fields["first"].help_text = f"Empty: point {points[0].sequence}."
                self.fields["last"].help_text = f"Empty: point {points[-1].sequence}, {len(points)} in all."


class GiveForm(ServiceForm):
    center = forms.FloatField(label="Center line", help_text="Of what is plotted: a mean, a share, a count.")
    sigma = forms.FloatField(
        required=False,
        label="Standard deviation",
        help_text="Of one value, within subgroups. Counts need none.",
    )
    reason = forms.CharField(max_length=300, help_text="From where these limits are known.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if all(isinstance(chart, ControlChart) and not chart.is_measured for chart in self.objects):
            del self.fields["sigma"]


class EstablishForm(ServiceForm):
    reason = forms.CharField(max_length=300, help_text="What was changed about the process.")
