"""What people type about process plans."""

from django import forms

from inventory.models import Item
from mes.core.console import ServiceForm
from mes.core.forms import ReasonOfChangeField, RecordForm
from mes.core.models import Meaning
from mes.core.signing.forms import SigningForm
from production import services


class ComponentForm(RecordForm):
    """A row of a draft's bill of material."""

    def clean_item(self) -> Item:
        """:raises ValidationError: for a part that is made from what the plan makes; of a plan not saved yet, approval says it."""
        part: Item = self.cleaned_data["item"]
        if self.instance.plan_id is not None:
            try:
                services.require_no_circle_by(self.instance.plan, part)
            except services.CircularBill as refusal:
                raise forms.ValidationError(f"{refusal.detail} Choose another part.") from refusal
        return part


class ApproveForm(SigningForm):
    meaning = Meaning.APPROVE


class ReviseForm(ServiceForm):
    revision = forms.CharField(max_length=10, help_text="Of the draft that is made.")
    reason = ReasonOfChangeField()


class NewDrawingForm(ServiceForm):
    revision = forms.CharField(max_length=10, label="Revision of the drawing")
    reason = ReasonOfChangeField(label="What is different, and why")
