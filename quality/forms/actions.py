"""What people type about causes, costs and corrective actions."""

from typing import Any, cast

from django import forms
from django.contrib.admin.widgets import AdminDateWidget

from mes.core.console import ServiceForm
from mes.core.forms import RecordForm
from mes.core.models import User
from quality.models import AnalysisEntry, CauseCategory, CorrectiveAction, CostEntry
from quality.services.actions import QUESTIONS


class OwnerField(forms.ModelChoiceField[User]):
    def __init__(self, **kwargs: Any) -> None:
        people = User.objects.filter(is_active=True, is_staff=True).order_by("last_name", "username")
        super().__init__(queryset=people, **kwargs)


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=AdminDateWidget, **kwargs)


class AssignForm(ServiceForm):
    owner = OwnerField()
    due_date = DayField(help_text="By when it is decided and done.")


class CauseForm(ServiceForm):
    cause = forms.CharField(max_length=200, help_text="In a sentence.")
    cause_category = forms.ChoiceField(choices=CauseCategory.choices, label="Kind of cause")


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


class PlanActionForm(ServiceForm):
    plan = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), label="What will be done")
    cause = forms.CharField(
        max_length=300,
        required=False,
        label="Root cause",
        help_text="Empty: the last answer of the analysis.",
    )
    cause_category = forms.ChoiceField(choices=CauseCategory.choices, label="Kind of cause")
    due_date = DayField(required=False, help_text="Empty: as it is.")
    check_date = DayField(
        label="Effectiveness check", help_text="On or after this day somebody else judges it."
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
