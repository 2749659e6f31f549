"""What people type about process plans."""

from django import forms

from mes.core.console import ServiceForm
from mes.core.models import Meaning
from mes.core.signing.forms import SigningForm


class ApproveForm(SigningForm):
    meaning = Meaning.APPROVE


class ReviseForm(ServiceForm):
    revision = forms.CharField(max_length=10, help_text="Of the draft that is made.")
    reason = forms.CharField(
        max_length=300,
        required=False,
        label="Why",
        help_text="Needed where the item is regulated; kept in its history.",
    )
