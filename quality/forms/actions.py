"""What people type about causes, costs and corrective actions."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from mes.core.console import ServiceForm
from mes.core.forms import RecordForm
from mes.core.models import User
from quality.models import AnalysisEntry, CauseCategory, CorrectiveAction, CostEntry, Nonconformance
from quality.services.actions import QUESTIONS, why_not_to_judge


class OwnerField(forms.ModelChoiceField[User]):
    def __init__(self, **kwargs: Any) -> None:
        people = User.objects.filter(is_active=True, is_staff=True).order_by("last_name", "username")
        super().__init__(queryset=people, **kwargs)


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=AdminDateWidget, **kwargs)


class KindOfCauseField(forms.ChoiceField):
    """Nothing is chosen before somebody chooses: the first kind of the list would pass for a finding."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[("", "–"), *CauseCategory.choices], label="Kind of cause", **kwargs)


class AssignForm(ServiceForm):
    owner = OwnerField()
    due_date = DayField(help_text="By when it is decided and done.")


class CauseForm(ServiceForm):
    cause = forms.CharField(max_length=200, help_text="In a sentence.")
    cause_category = KindOfCauseField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.objects) == 1:
            report = cast("Nonconformance", self.objects[0])
            self.initial["cause"], self.initial["cause_category"] = report.cause, report.cause_category


class CostForm(ServiceForm):
    kind = forms.ChoiceField(choices=CostEntry.Kind.choices)
    amount = forms.DecimalField(max_digits=14, decimal_places=2, min_value=0)
    reason = forms.CharField(
        max_length=300, help_text="Why it is put otherwise; what was there stays readable."
    )


class OpenActionForm(ServiceForm):
    title = forms.CharField(max_length=160, label="What is to be achieved")
    owner = OwnerField()
    due_date = DayField(help_text="By when it is implemented.")
    method = forms.ChoiceField(choices=CorrectiveAction.Method.choices, label="Analysis by")


class NewActionForm(RecordForm):
    class Meta:
        model = CorrectiveAction
        fields = ["title", "kind", "method", "owner", "due_date", "nonconformances"]


class AnswerForm(ServiceForm):
    question = forms.ChoiceField(choices=AnalysisEntry.Question.choices)
    answer = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        methods = {CorrectiveAction.Method(cast("CorrectiveAction", each).method) for each in self.objects}
        if len(methods) == 1:
            asked = QUESTIONS[methods.pop()]
            field = cast("forms.ChoiceField", self.fields["question"])
            field.choices = [choice for choice in AnalysisEntry.Question.choices if choice[0] in asked]
            field.initial = self._next_of(asked)

    def _next_of(self, asked: Sequence[str]) -> str:
        """The first question that nobody answered yet; the first of all once all are."""
        answered = AnalysisEntry.objects.filter(action__in=[each.pk for each in self.objects]).values_list(
            "question", flat=True
        )
        return next((each for each in asked if each not in set(answered)), asked[0])


class PlanActionForm(ServiceForm):
    plan = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), label="What will be done")
    cause = forms.CharField(
        max_length=300,
        required=False,
        label="Root cause",
        help_text="Empty: the last answer of the analysis.",
    )
    cause_category = KindOfCauseField()
    due_date = DayField(required=False, help_text="Empty: as it is.")
    check_date = DayField(
        label="Effectiveness check", help_text="On or after this day somebody else judges it."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.objects) == 1:
            self._begin_with(cast("CorrectiveAction", self.objects[0]))

    def _begin_with(self, action: CorrectiveAction) -> None:
        """What is known of the cause, and the days that are still to come; a day that has passed is asked for anew."""
        today = action.local_date(timezone.now())
        self.initial["cause_category"] = action.cause_category
        if action.judged_at is None or not action.analysis.filter(at__gt=action.judged_at).exists():
            self.initial["cause"] = (
                action.cause
            )  # else it was analysed anew, and the last answer is the cause
        if action.check_date is not None and action.check_date > today:
            self.initial["check_date"] = action.check_date
        due = self.fields["due_date"]
        if action.due_date >= today:
            self.initial["due_date"] = action.due_date
        else:
            due.required = True
            due.help_text = (
                f"It was {date_format(action.due_date)}, which has passed: by when is it done now?"
            )


class DoneForm(ServiceForm):
    done = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), label="What was done")


class JudgeForm(ServiceForm):
    is_effective = forms.TypedChoiceField(
        choices=[("", "–"), ("yes", "It helped"), ("no", "It did not")],
        coerce=lambda chosen: chosen == "yes",
        label="Judgement",
    )
    judgement = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), label="What shows it")

    def render_before_template(self) -> str:
        """Why whoever opens this could not judge, so that nobody writes a judgement to be told."""
        user = self.request.user if self.request is not None else None
        if self.is_bound or not isinstance(user, User) or len(self.objects) != 1:
            return super().render_before_template()
        refusal = why_not_to_judge(cast("CorrectiveAction", self.objects[0]), by=user, at=timezone.now())
        return format_html('<p class="text-red-600 dark:text-red-500">{}</p>', refusal) if refusal else ""
