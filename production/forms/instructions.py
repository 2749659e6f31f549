"""What people type about work instructions."""

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from mes.core.console import ServiceForm
from mes.core.forms import RecordForm
from mes.core.models import Meaning
from mes.core.signing.forms import SigningForm
from production.forms.fields import MomentField
from production.models import Instruction, InstructionVersion


class InstructionForm(RecordForm):
    """A new instruction with the text of its first version."""

    revision = forms.CharField(max_length=10, initial="A", widget=UnfoldAdminTextInputWidget)
    must_be_read = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Nobody starts a step of it before having read and understood it.",
    )
    text = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 16}),
        required=False,
        help_text=InstructionVersion._meta.get_field("text").help_text,
    )

    class Meta:
        model = Instruction
        fields = ["number", "title"]


class ReviseInstructionForm(ServiceForm):
    revision = forms.CharField(max_length=10, help_text="Of the draft that is made.")
    change = forms.CharField(max_length=300, help_text="What is going to be different, and why.")


class AttachForm(ServiceForm):
    file = forms.FileField(allow_empty_file=True, help_text="A PDF or a picture: PNG, JPEG, WebP.")
    name = forms.CharField(
        max_length=120, required=False, help_text="As the text calls it; empty: its own name."
    )


class ApproveInstructionForm(SigningForm):
    meaning = Meaning.APPROVE

    effective_from = MomentField(required=False, help_text="Empty: from now on.")


class WithdrawForm(ServiceForm):
    reason = forms.CharField(max_length=300)
