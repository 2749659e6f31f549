"""What a planner types before a service of orders is called; each field is one of the service's keyword arguments."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.db.models import QuerySet
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from inventory.quantities import plain
from mes.core.console import ServiceForm
from mes.core.models import Meaning
from mes.core.signing.forms import SigningForm
from orders.evidence import lots_so_far
from orders.models import Amendment, OrderLine, Requirement
from orders.places import Place, places_for
from orders.services import RequirementAsked
from production.models import Priority, Specification
from quality.models import Nonconformance


class ShipForm(ServiceForm):
    """Everything ready is shipped, or the lines chosen; the papers may name who carries it."""

    lines = forms.ModelMultipleChoiceField(
        OrderLine.objects.none(), required=False, help_text="None chosen: all that are ready"
    )
    carrier = forms.CharField(max_length=60, required=False)
    carrier_reference = forms.CharField(max_length=60, required=False, label="Carrier's reference")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.objects) != 1:
            del self.fields["lines"]  # a line is shipped with its own order only
            return
        chosen: Any = self.fields["lines"]
        chosen.queryset = (
            OrderLine.objects.filter(order=self.objects[0].pk).select_related("order").order_by("number")
        )

    def clean_lines(self) -> list[OrderLine] | None:
        """None chosen is no choice at all: the service's default."""
        return list(self.cleaned_data["lines"]) or None


class ReasonForm(ServiceForm):
    reason = forms.CharField(
        max_length=200, help_text="Kept with the order; its production orders show it too."
    )


class PromiseForm(ServiceForm):
    promised_date = forms.DateField(
        required=False, widget=AdminDateWidget, help_text="Empty = the best that can be kept, worked out now"
    )
    binding = forms.CharField(max_length=200, required=False, label="Because", help_text="What it hangs on")


class AmendForm(ServiceForm):
    """What stays is what is there; a confirmed line is planned afresh where nothing was begun."""

    quantity = forms.DecimalField(max_digits=16, decimal_places=4, required=False)
    due_date = forms.DateField(required=False, widget=AdminDateWidget)
    priority = forms.TypedChoiceField(choices=Priority.choices, coerce=int, required=False, empty_value=None)
    reason = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.objects) == 1 and isinstance(line := self.objects[0], OrderLine):
            self.fields["quantity"].initial = line.quantity.normalize()
            self.fields["due_date"].initial = line.due_date
            self.fields["priority"].initial = line.priority


class RequirementForm(ServiceForm):
    """A requirement in the customer's words, and where it binds; nothing named binds the delivery as a whole.

    What the plans in force of the line's item have is suggested: its materials, steps, characteristics.
    """

    kind = forms.ChoiceField(choices=Specification.Kind.choices)
    text = forms.CharField(max_length=300, label="What is asked", help_text="In the customer's words")
    component_number = forms.CharField(
        max_length=50,
        required=False,
        label="Of material (item number)",
        help_text="No material, step or characteristic = it binds the delivery, and somebody proves it",
    )
    attribute = forms.CharField(
        max_length=50, required=False, label="Attribute its lots must carry", help_text="Such as heat"
    )
    expected = forms.CharField(
        max_length=100, required=False, label="With the value", help_text="Empty = any"
    )
    step_sequence = forms.IntegerField(min_value=1, required=False, label="At step")
    qualification = forms.CharField(
        max_length=50, required=False, help_text="That whoever does the step must hold"
    )
    characteristic_name = forms.CharField(max_length=120, required=False, label="Of characteristic")
    lower_limit = forms.DecimalField(max_digits=16, decimal_places=6, required=False, label="From")
    upper_limit = forms.DecimalField(max_digits=16, decimal_places=6, required=False, label="To")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = _places_of(self.lines())
        for name in self.places:
            self.fields[name].widget.attrs |= {"list": f"places-{name}", "autocomplete": "off"}

    def lines(self) -> Sequence[OrderLine]:
        """Of which lines the requirement may be; another form may be called for something else."""
        return [each for each in self.objects if isinstance(each, OrderLine)]

    def render_after_template(self) -> SafeString:
        options = {
            name: format_html_join(
                "", '<option value="{}">{}</option>', ((each.value, each.told) for each in places)
            )
            for name, places in self.places.items()
        }
        return format_html_join("", '<datalist id="places-{}">{}</datalist>', options.items())


def _places_of(lines: Sequence[OrderLine]) -> dict[str, list[Place]]:
    """By field, what the lines' items have to be bound, each once."""
    found: dict[str, dict[str, Place]] = {}
    for line in lines:
        for name, places in places_for(line).items():
            found.setdefault(name, {}).update({place.value: place for place in places})
    return {name: list(places.values()) for name, places in found.items() if places}


class EvidenceForm(ServiceForm):
    evidence = forms.CharField(max_length=300, help_text="What proves it: a certificate's number, a report")
    file = forms.FileField(
        required=False, allow_empty_file=True, label="The paper itself", help_text="PDF or picture"
    )


class ConcessionForm(SigningForm):
    meaning = Meaning.CONCESSION
    always = True

    reason = forms.CharField(max_length=300, help_text="Why the goods may go all the same")
    customer_agreement = forms.CharField(
        max_length=200,
        required=False,
        label="Customer's agreement",
        help_text="His letter or number that agrees",
    )
    file = forms.FileField(
        required=False, allow_empty_file=True, label="That letter", help_text="PDF or picture"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.objects) == 1 and isinstance(requirement := self.objects[0], Requirement):
            lots = lots_so_far([requirement.line_id]).get(requirement.line_id, [])
            agreed = (
                Nonconformance.objects.agreed_by_the_customer(lots).order_by("-decided_at", "-pk").first()
            )
            self.fields["customer_agreement"].initial = agreed.customer_agreement if agreed else ""


class AmendmentForm(ServiceForm):
    reason = forms.CharField(max_length=300, help_text="Kept with the order's history")
    customer_reference = forms.CharField(
        max_length=60, required=False, label="Number of the customer's change"
    )


class ApproveAmendmentForm(SigningForm):
    meaning = Meaning.APPROVE


class _OfAnAmendment(ServiceForm):
    """Offers what the order of the amendment asks, should it be approved."""

    requirement = forms.ModelChoiceField(Requirement.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.objects) == 1 and isinstance(amendment := self.objects[0], Amendment):
            asked: Any = self.fields["requirement"]
            asked.queryset = (
                Requirement.objects.proposed_in(amendment).filter(line__order=amendment.order_id).in_order()
            )


class EndRequirementForm(_OfAnAmendment):
    """Which requirement is asked no more."""


def _typed(requirement: Requirement) -> dict[str, str]:
    """A requirement as somebody would type it, by field."""
    values = {name: getattr(requirement, name) for name in ("line_id", *RequirementAsked._fields)}
    values["line"] = values.pop("line_id")
    return {
        name: plain(value) if isinstance(value, Decimal) else "" if value is None else str(value)
        for name, value in values.items()
    }


class RestateForm(_OfAnAmendment, RequirementForm):
    """What is asked, anew of a line or in the place of a requirement, which the other fields then say until they are changed."""

    line = forms.ModelChoiceField(OrderLine.objects.none(), required=False)
    field_order = ["line", "requirement"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["requirement"].required = False
        asked: Any = self.fields["requirement"]
        asked.label = "In the place of"
        asked.help_text = "Chosen, the fields below say what is asked now"
        asked.widget.attrs["data-fills"] = json.dumps({each.pk: _typed(each) for each in asked.queryset})
        line: Any = self.fields["line"]
        line.queryset = self._lines_amended()
        if len(self.lines()) == 1:
            line.initial = self.lines()[0]

    def lines(self) -> Sequence[OrderLine]:
        return list(self._lines_amended())

    def _lines_amended(self) -> QuerySet[OrderLine]:
        orders = [each.order_id for each in self.objects if isinstance(each, Amendment)]
        found = OrderLine.objects.filter(order__in=orders if len(orders) == 1 else [])
        return found.select_related("order", "item").order_by("number")
