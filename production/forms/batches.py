"""What people type about batches: their review, rework and splitting."""

from typing import Any, cast

from django import forms

from inventory.quantities import plain
from inventory.renumbering import renumbered_from
from mes.core.console import ServiceForm
from mes.core.models import Meaning
from mes.core.signing.forms import SigningForm
from production.changes import MOST_PARTS
from production.models import Batch, Operation, Step
from quality import services as quality
from quality.models import Nonconformance, RecordReview


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


class ReworkForm(ServiceForm):
    nonconformance = forms.ModelChoiceField(Nonconformance.objects.none(), help_text="Decided on rework.")
    steps = forms.ModelMultipleChoiceField(Step.objects.none(), help_text="To be done once more.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        batches = [cast("Batch", each) for each in self.objects]
        found: Any = self.fields["nonconformance"]
        goods = renumbered_from([batch.lot_id for batch in batches if batch.lot_id])
        found.queryset = Nonconformance.objects.filter(
            lot__in={lot for each in goods.values() for lot in each},
            disposition=Nonconformance.Disposition.REWORK,
            status=Nonconformance.Status.DECIDED,
        ).order_by("pk")
        steps: Any = self.fields["steps"]
        steps.queryset = (
            Step.objects.filter(
                operations__batch__in=batches,
                operations__status=Operation.Status.DONE,
                components__isnull=True,
            )
            .distinct()
            .order_by("sequence")
        )
        if not steps.queryset:
            steps.help_text = (
                "No step that was done can be repeated by a plan: those that take material are not. Rework it by hand, "
                "then close the nonconformance."
            )


class JoinForm(ServiceForm):
    """Which batches of its order become one with it; all that have not begun, unless some are left out."""

    others = forms.ModelMultipleChoiceField(
        Batch.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        label="",
        help_text="Those that are ticked are cancelled, and so are their lots; it gets their quantities.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["others"]
        if len(self.objects) > 1:
            field.help_text = "Open the one whose number stays, and join the others with it there."
            return
        batch = cast("Batch", self.objects[0])
        field.queryset = batch.mates().order_by("number")
        unit = batch.plan.item.unit
        field.label_from_instance = lambda other: f"{other}: {plain(other.quantity)} {unit}"
        field.initial = list(field.queryset)


class SplitForm(ServiceForm):
    parts = forms.IntegerField(
        min_value=2, max_value=MOST_PARTS, initial=2, help_text="Each with a number and a lot of its own."
    )
