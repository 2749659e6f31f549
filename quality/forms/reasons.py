"""Why somebody does what the button says."""

from django import forms

from mes.core.console import ServiceForm


class ReasonForm(ServiceForm):
    reason = forms.CharField(max_length=300)
