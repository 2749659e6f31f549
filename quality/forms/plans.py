"""What people type about inspection plans."""

from typing import Any, cast

from django import forms

from mes.core.console import ServiceForm
from mes.core.forms import ReasonOfChangeField
from mes.core.models import Meaning
from mes.core.signing.forms import SigningForm
from quality.models import Characteristic


class ApproveForm(SigningForm):
    meaning = Meaning.APPROVE


class ReviseForm(ServiceForm):
    revision = forms.CharField(max_length=10, help_text="Of the new draft.")
    reason = ReasonOfChangeField()


class AttachPictureForm(ServiceForm):
    """A picture for the plan, beside one of its characteristics or above them all."""

    file = forms.FileField(allow_empty_file=True, help_text="A PDF or a picture: PNG, JPEG, WebP.")
    characteristic = forms.ModelChoiceField(
        Characteristic.objects.none(), required=False, help_text="Empty: of the whole plan."
    )
    caption = forms.CharField(max_length=120, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Characteristic]", self.fields["characteristic"])
        field.queryset = Characteristic.objects.filter(plan__in=[plan.pk for plan in self.objects]).order_by(
            "plan", "number"
        )
