"""What people type about operations: where they run, what came of them, who answers for a gate."""

from decimal import Decimal, InvalidOperation
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, Sum
from django.utils import timezone

from inventory.forms import QuantityField
from inventory.models import Lot
from inventory.quantities import plain
from mes.core.console import ServiceForm
from mes.core.models import Meaning, User
from mes.core.signing.forms import SigningForm
from production.eligibility import eligible_machines
from production.forms.fields import MomentField, PersonField, may_start
from production.handing_on import came_in
from production.models import Machine, Operation
from production.services import why_not_ready
from production.services.claims import attributes_asked
from production.services.start_gates import OVERRIDABLE
from production.standing import gates_standing


class MachineForm(ServiceForm):
    """Choose a machine among those that may do the operations."""

    machine = forms.ModelChoiceField(
        Machine.objects.none(), required=False, help_text="Empty: where the schedule has it."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        operations = [cast("Operation", each) for each in self.objects]
        centers = {operation.step.work_center_id for operation in operations}
        candidates = Machine.objects.filter(work_center__in=centers).select_related("work_center__site")
        fitting = {
            machine.pk
            for operation in operations
            for machine in eligible_machines(operation.step, operation.batch.quantity, candidates)
        }
        field = cast("forms.ModelChoiceField[Machine]", self.fields["machine"])
        field.queryset = candidates.filter(pk__in=fitting).order_by("code")
        if self.request is not None and (asked := self.request.GET.get("machine")):
            self.initial.setdefault("machine", asked)


class StartForm(MachineForm):
    """Says before one asks what the operation waits for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.objects) == 1 and not self.is_bound:
            reason = why_not_ready(cast("Operation", self.objects[0]))
            self.fields["machine"].help_text += f" It cannot start yet: {reason}." if reason else ""


class OverrideForm(SigningForm, MachineForm):
    """What somebody with the right says who answers for a gate."""

    meaning = Meaning.OVERRIDE
    always = True

    gate = forms.ChoiceField(choices=[(gate.value, gate.label) for gate in OVERRIDABLE])
    person = PersonField(required=False, label="Who is going to start", help_text="Empty: you.")
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why it may start in spite of it. Kept with the batch.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The page of the operation says which gate it is about, and who is going to start."""
        super().__init__(*args, **kwargs)
        person = cast("forms.ModelChoiceField[User]", self.fields["person"])
        person.queryset = may_start(cast("Operation", self.objects[0]).step.work_center.site_id)
        if self.request is None or self.is_bound:
            return
        asked = self.request.GET
        self.initial.update({name: asked[name] for name in ("gate", "person") if name in asked})
        starter = _person_asked(person, asked.get("person", "")) or cast("User", self.request.user)
        gates = gates_standing(cast("Operation", self.objects[0]), person=starter, at=timezone.now())
        shut = [(each.gate.value, each.label) for each in gates if each.may_be_overridden]
        if shut:
            cast("forms.ChoiceField", self.fields["gate"]).choices = shut
        self.fields["gate"].help_text = (
            f"What is shut for {starter} now." if shut else f"None of these is shut for {starter} now."
        )


def _person_asked(field: "forms.ModelChoiceField[User]", key: str) -> User | None:
    people = cast("QuerySet[User]", field.queryset)
    return people.filter(pk=int(key)).first() if key.isdecimal() else None


class PauseForm(ServiceForm):
    reason = forms.CharField(max_length=200, required=False)


class PinForm(MachineForm):
    start_at = MomentField(required=False, help_text="When set-up begins; empty: any time.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["machine"].required = True
        self.fields["machine"].help_text = "It runs here, whatever else the schedule would prefer."


class FinishForm(ServiceForm):
    good = QuantityField(help_text="What can go on.")
    scrap = QuantityField(initial=0)
    consumed = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        label="Lots used",
        help_text="One a line, as lot: quantity. Left out: what is kept for the batch, then free stock, first expired first.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.objects) == 1:
            operation = cast("Operation", self.objects[0])
            reported = operation.reports.aggregate(good=Sum("good"), scrap=Sum("scrap"))
            scrap = reported["scrap"] or Decimal(0)
            self.fields["good"].initial = max(came_in(operation) - scrap, Decimal(0))
            self.fields["scrap"].initial = plain(scrap)
            if reported["scrap"] is not None:
                told = f"{plain(reported['good'])} good and {plain(scrap)} scrap"
                self.fields["good"].help_text += f" In all, with the {told} that were reported so far."
            self.fields["consumed"].help_text += _asked_of_material(operation)

    def clean_consumed(self) -> list[tuple[Lot, Decimal]] | None:
        named = [
            _lot_and_quantity(line) for line in self.cleaned_data["consumed"].splitlines() if line.strip()
        ]
        if not named:
            return None
        items = {
            component.item_id
            for operation in self.objects
            for component in cast("Operation", operation).step.components.all()
        }
        lots = Lot.objects.filter(item__in=items, number__in=[number for number, _ in named])
        found = {lot.number: lot for lot in lots.select_related("item__site")}
        for number, _ in named:
            if number not in found:
                raise ValidationError(f"There is no lot {number} of anything that this step takes.")
        return [(found[number], quantity) for number, quantity in named]


class ReportForm(ServiceForm):
    good = QuantityField(help_text="What can go on, since the last report.")
    scrap = QuantityField(initial=0)


def _asked_of_material(operation: Operation) -> str:
    """What customers ask of the lots that a step takes, in a sentence; empty when nothing."""
    asked = attributes_asked([operation.batch.order_id])
    wanted = [
        f"{component.item} with {', '.join(f'{name} {value}'.strip() for name, value in attributes.items())}"
        for component in operation.step.components.select_related("item").order_by("pk")
        if (attributes := asked.get((operation.batch.order_id, component.pk)))
    ]
    return f" The customer asks for {'; '.join(wanted)}." if wanted else ""


def _lot_and_quantity(line: str) -> tuple[str, Decimal]:
    number, colon, quantity = (part.strip() for part in line.rpartition(":"))
    try:
        amount = Decimal(quantity.replace(",", "."))
    except InvalidOperation as error:
        raise ValidationError(f"“{line}” is not lot: quantity.") from error
    if not (number and colon):
        raise ValidationError(f"“{line}” is not lot: quantity.")
    return number, amount
