"""What people type about sources of lots."""

from django import forms

from mes.core.console import ServiceForm


class SteadinessForm(ServiceForm):
    is_steady = forms.TypedChoiceField(
        label="Production is",
        choices=[("yes", "Steady"), ("no", "Not steady")],
        coerce=lambda chosen: chosen == "yes",
    )
    reason = forms.CharField(max_length=300)
