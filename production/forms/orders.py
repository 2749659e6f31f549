"""What people type about production orders."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminSelectWidget

from inventory.models import Item
from inventory.quantities import InvalidQuantity, check_quantity
from mes.core.console import ServiceForm
from mes.core.forms import RecordForm
from production.forms.fields import MomentField
from production.models import Priority, ProductionOrder


class PlanForm(RecordForm):
    """A production order as it is asked for; what follows from it is worked out."""

    strategy = forms.ChoiceField(
        choices=[("", "As the item is made"), *Item.Strategy.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
        label="For",
        help_text="Whose share of the machines it takes.",
    )

    class Meta:
        model = ProductionOrder
        fields = [
            "item",
            "quantity",
            "due_at",
            "priority",
            "strategy",
            "earliest_start_at",
            "reason",
            "campaign",
        ]

    def clean_quantity(self) -> Decimal:
        quantity: Decimal = self.cleaned_data["quantity"]
        item = self.cleaned_data.get("item")
        if item is not None:
            try:
                check_quantity(item, quantity)
            except InvalidQuantity as refusal:
                raise ValidationError(str(refusal)) from refusal
        return quantity


class CancelForm(ServiceForm):
    reason = forms.CharField(max_length=300)


class ReprioritiseForm(ServiceForm):
    priority = forms.TypedChoiceField(
        choices=[("", "as it is"), *Priority.choices],
        coerce=int,
        empty_value=None,
        required=False,
        help_text="Sub-orders share it.",
    )
    due_at = MomentField(
        required=False, help_text="Empty: as it is. What was promised to the customer does not change."
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned is not None and cleaned.get("priority") is None and cleaned.get("due_at") is None:
            raise ValidationError("Give a priority, a due date or both.")
        return cleaned
