"""What people type in the console of production."""

from decimal import Decimal, InvalidOperation
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from inventory.forms import QuantityField
from inventory.models import Item, Lot
from inventory.renumbering import renumbered_from
from mes.core.console import ServiceForm
from mes.core.models import Meaning, User
from mes.core.signing.forms import SigningForm
from production.changes import MOST_PARTS
from production.eligibility import eligible_machines
from production.models import (
    Batch,
    Changeover,
    Instruction,
    InstructionVersion,
    Machine,
    Operation,
    Operator,
    Priority,
    ProductionOrder,
    Step,
)
from production.services import why_not_ready
from production.services.claims import attributes_asked
from production.services.start_gates import OVERRIDABLE
from quality import services as quality
from quality.models import Nonconformance, RecordReview


class MomentField(forms.DateTimeField):
    """A date and a time, in the console's time zone, chosen with the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}), **kwargs)


class PlanForm(forms.ModelForm[ProductionOrder]):
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


class CancelForm(ServiceForm):
    reason = forms.CharField(max_length=300)


class ApproveForm(SigningForm):
    meaning = Meaning.APPROVE


class ReviewForm(SigningForm):
    """The signature under a review by exception."""

    always = True
    meaning = Meaning.REVIEW


class AnswerForm(ServiceForm):
    exceptions = forms.MultipleChoiceField(
        choices=[],
        widget=forms.CheckboxSelectMultiple,
        label="",
        help_text="Tick those that this answers.",
    )
    answer = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="How it came about, and why the batch may be released in spite of it, or not.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reviews = RecordReview.objects.filter(
            kind=Batch._meta.label_lower, key__in=[each.pk for each in self.objects]
        )
        found = [told for review in reviews.order_by("pk") for told in quality.open_exceptions(review)]
        field: Any = self.fields["exceptions"]
        field.choices = [(told, told) for told in found]
        if len(found) == 1:
            field.initial = found


class ReviseForm(ServiceForm):
    revision = forms.CharField(max_length=10, help_text="Of the draft that is made.")


class InstructionForm(forms.ModelForm[Instruction]):
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


class StartForm(MachineForm):
    """Says before one asks what the operation waits for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.objects) == 1 and not self.is_bound:
            reason = why_not_ready(cast("Operation", self.objects[0]))
            self.fields["machine"].help_text += f" It cannot start yet: {reason}." if reason else ""


class PersonField(forms.ModelChoiceField[User]):
    """Somebody with a badge."""

    def __init__(self, **kwargs: Any) -> None:
        badges = Operator.objects.values("user")
        people = User.objects.filter(is_active=True, pk__in=badges).order_by("last_name", "username")
        super().__init__(queryset=people, **kwargs)


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


class CleaningForm(ServiceForm):
    kind = forms.CharField(max_length=80, label="What was done", help_text="As the changeover calls it.")
    note = forms.CharField(max_length=300, required=False, help_text="Agent, swab result, anything found.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        centers = {cast("Machine", machine).work_center_id for machine in self.objects}
        asked = Changeover.objects.filter(work_center__in=centers).exclude(cleaning="")
        names = sorted(set(asked.values_list("cleaning", flat=True)))
        if names:
            self.fields["kind"].help_text = f"As the changeover calls it: {', '.join(names)}."
        if len(names) == 1:
            self.fields["kind"].initial = names[0]


class CheckCleaningForm(ServiceForm):
    is_clean = forms.TypedChoiceField(
        choices=[("", "–"), ("yes", "Clean"), ("no", "Not clean")], coerce=lambda chosen: chosen == "yes"
    )
    note = forms.CharField(max_length=300, required=False, help_text="Needed when it is not clean.")


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
            self.fields["good"].initial = _expected(operation)
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


class BreakdownForm(ServiceForm):
    reason = forms.CharField(max_length=200)
    expected_until = MomentField(required=False, help_text="When it should run again, if anybody knows.")


class MaintenanceForm(ServiceForm):
    starts_at = MomentField()
    ends_at = MomentField()
    reason = forms.CharField(max_length=200)


class OvertimeForm(MaintenanceForm):
    """When a machine works beside its shifts."""


class ReworkForm(ServiceForm):
    nonconformance = forms.ModelChoiceField(Nonconformance.objects.none(), help_text="Decided on rework.")
    steps = forms.ModelMultipleChoiceField(Step.objects.none(), help_text="To be done once more.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        batches = [cast("Batch", each) for each in self.objects]
        found: Any = self.fields["nonconformance"]
        goods = renumbered_from([batch.lot_id for batch in batches if batch.lot_id])
        found.queryset = Nonconformance.objects.filter(
            lot__in={lot for each in goods.values() for lot in each}, disposition="rework", status="decided"
        ).order_by("pk")
        steps: Any = self.fields["steps"]
        steps.queryset = (
            Step.objects.filter(
                operations__batch__in=batches, operations__status="done", components__isnull=True
            )
            .distinct()
            .order_by("sequence")
        )


class SplitForm(ServiceForm):
    parts = forms.IntegerField(
        min_value=2, max_value=MOST_PARTS, initial=2, help_text="Each with a number and a lot of its own."
    )


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


def _asked_of_material(operation: Operation) -> str:
    """What customers ask of the lots that a step takes, in a sentence; empty when nothing."""
    asked = attributes_asked([operation.batch.order_id])
    wanted = [
        f"{component.item} with {', '.join(f'{name} {value}'.strip() for name, value in attributes.items())}"
        for component in operation.step.components.select_related("item").order_by("pk")
        if (attributes := asked.get((operation.batch.order_id, component.pk)))
    ]
    return f" The customer asks for {'; '.join(wanted)}." if wanted else ""


def _expected(operation: Operation) -> Decimal:
    """What came from the step before; of the first step, the batch."""
    former = (
        Operation.objects.filter(batch=operation.batch_id, sequence__lt=operation.sequence, status="done")
        .order_by("-sequence")
        .first()
    )
    return former.good_quantity if former is not None else operation.batch.quantity


def _lot_and_quantity(line: str) -> tuple[str, Decimal]:
    number, colon, quantity = (part.strip() for part in line.rpartition(":"))
    try:
        return number if number and colon else "", Decimal(quantity.replace(",", "."))
    except InvalidOperation as error:
        raise ValidationError(f"“{line}” is not lot: quantity.") from error
