"""What people type about sampling schemes and sources of lots."""

from django import forms

from mes.core.console import ServiceForm
from mes.core.forms import RecordForm
from quality.models import SamplingScheme


class SchemeForm(RecordForm):
    class Meta:
        model = SamplingScheme
        fields = "__all__"
        help_texts = {
            "source": "Whose lots are counted together: what makes inspection stricter or milder, and lets lots be skipped",
            "skip_qualifies": "Accepted in a row before lots are skipped; empty: none is",
            "skip_every": "Of so many lots one is inspected then, drawn at random",
        }


class SteadinessForm(ServiceForm):
    is_steady = forms.TypedChoiceField(
        label="Production is",
        choices=[("yes", "Steady"), ("no", "Not steady")],
        coerce=lambda chosen: chosen == "yes",
    )
    reason = forms.CharField(max_length=300)
