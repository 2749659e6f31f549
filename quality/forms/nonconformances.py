"""What people type about what is not as it should be."""

from django import forms

from inventory.forms import QuantityField
from mes.core.console import ServiceForm
from mes.core.models import Meaning
from mes.core.signing.forms import SigningForm
from quality.models import Nonconformance


class ReportForm(ServiceForm):
    quantity = QuantityField(help_text="How much of the lot is in doubt.")
    description = forms.CharField(widget=forms.Textarea, help_text="What is wrong with it.")


class DecideForm(SigningForm):
    meaning = Meaning.DISPOSITION

    disposition = forms.ChoiceField(choices=Nonconformance.Disposition)
    justification = forms.CharField(widget=forms.Textarea, help_text="Whoever audits this will ask.")
    quantity = QuantityField(required=False, help_text="To scrap or return; empty: what was reported.")
    customer_agreement = forms.CharField(
        max_length=200,
        required=False,
        label="Customer's agreement",
        help_text="Of a use as is, where the customer asks to be asked: nothing ships to him without. It can follow later.",
    )


class AgreementForm(SigningForm):
    meaning = Meaning.DISPOSITION

    customer_agreement = forms.CharField(
        max_length=200, label="Customer's agreement", help_text="His letter or number that agrees."
    )


class CloseForm(ServiceForm):
    cause = forms.CharField(max_length=200, required=False, help_text="What caused it, if it is known.")
