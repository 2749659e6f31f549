"""What people type to issue papers of production."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from mes.core.links import told_with_links
from mes.core.problems import anticipated
from mes.papers.forms import SignedPaperForm
from mes.papers.models import Paper
from production.first_articles import baseline_of, told_before_issue
from production.models import Batch, FirstArticle, Operation, WorkCenter
from production.papers.batch_records import lots_of
from production.papers.completeness import why_batch_waits

CERTIFICATE = "certificate_of_"


class BatchRecordForm(SignedPaperForm):
    kind = Paper.Kind.BATCH_RECORD

    def is_regulated(self, each: Any) -> bool:
        return bool(each.order.item.is_under_rules)


class FirstArticleForm(SignedPaperForm):
    """What no record shows of a first article; a field for the certificate of each step done outside."""

    kind = Paper.Kind.FIRST_ARTICLE
    scope = forms.ChoiceField(choices=FirstArticle.Scope.choices, initial=FirstArticle.Scope.FULL)
    why = forms.CharField(
        max_length=300, required=False, label="Because of", help_text="Empty: what is said above"
    )
    drawing_number = forms.CharField(max_length=60, required=False, help_text="Empty: the part number")
    drawing_revision = forms.CharField(max_length=20, required=False, help_text="Empty: the part's revision")
    additional_changes = forms.CharField(max_length=300, required=False)
    customer = forms.CharField(max_length=120, required=False)
    purchase_order = forms.CharField(max_length=60, required=False)
    functional_test = forms.CharField(max_length=120, required=False, label="Functional test procedure")
    acceptance_report = forms.CharField(max_length=120, required=False)
    comments = forms.CharField(max_length=500, required=False)
    piece = forms.IntegerField(min_value=1, initial=1, help_text="Which piece of the samples it is")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.baselines = [found for batch in self.batches() if (found := baseline_of(batch))]
        if not self.baselines:
            self._only_full()
        for sequence, name in self._outside():
            self.fields[f"{CERTIFICATE}{sequence}"] = forms.CharField(
                max_length=120, required=False, label=f"Certificate of step {sequence} {name}"
            )

    def render_before_template(self) -> str:
        """Why it is due and what a partial one would build on, above whatever keeps it from being signed or issued."""
        told = [told_before_issue(batch, timezone.now()) for batch in self.batches()]
        told += [f"A partial one builds on {each}, batch {each.batch}." for each in self.baselines]
        lines = format_html_join("", '<p class="mb-4">{}</p>', ((line,) for line in told))
        return lines + self._waits() + super().render_before_template()

    def _waits(self) -> str:
        """What it waits for, before a dozen fields are filled in; afterwards the refusal itself says it."""
        if self.is_bound:
            return SafeString("")
        waits = [
            why_batch_waits(f"The first article of batch {batch}", batch, lots_of(batch))
            for batch in self.batches()
        ]
        return format_html_join(
            "",
            '<p class="mb-4 text-red-600 dark:text-red-500">{}</p>',
            ((told_with_links(anticipated(each)),) for each in waits if each is not None),
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        named = [name for name in cleaned if name.startswith(CERTIFICATE)]
        certificates = {int(name.removeprefix(CERTIFICATE)): cleaned.pop(name) for name in named}
        return cleaned | {"process_certificates": certificates}

    def is_regulated(self, each: Any) -> bool:
        return bool(each.order.item.is_under_rules)

    def batches(self) -> list[Any]:
        """Whose first article it is; another form may find them by what it is called for."""
        return [each for each in self.objects if isinstance(each, Batch)]

    def subjects(self) -> list[Any]:
        return self.batches()

    def _only_full(self) -> None:
        scope: Any = self.fields["scope"]
        scope.choices = [(FirstArticle.Scope.FULL.value, FirstArticle.Scope.FULL.label)]
        scope.help_text = "A partial one builds on a full one of a batch made before; there is none."

    def _outside(self) -> list[tuple[int, str]]:
        steps = Operation.objects.filter(
            batch__in=self.batches(), step__work_center__kind=WorkCenter.Kind.OUTSIDE
        )
        return list(steps.order_by("sequence").values_list("sequence", "step__name").distinct())
