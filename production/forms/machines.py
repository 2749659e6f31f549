"""What people type about machines: that they are down, work longer, or were cleaned."""

from typing import Any, cast

from django import forms

from mes.core.console import ServiceForm
from production.forms.fields import MomentField
from production.models import Changeover, Machine, WorkCenter
from production.services.cleaning import CLEARANCE


class BreakdownForm(ServiceForm):
    reason = forms.CharField(max_length=200)
    expected_until = MomentField(required=False, help_text="When it should run again, if anybody knows.")


class MaintenanceForm(ServiceForm):
    starts_at = MomentField()
    ends_at = MomentField()
    reason = forms.CharField(max_length=200)


class OvertimeForm(MaintenanceForm):
    """When a machine works beside its shifts."""


class CleaningForm(ServiceForm):
    kind = forms.CharField(
        max_length=80, label="What was done", help_text="As the changeover or work center calls it."
    )
    note = forms.CharField(max_length=300, required=False, help_text="Agent, swab result, anything found.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        centers = {cast("Machine", machine).work_center_id for machine in self.objects}
        asked = Changeover.objects.filter(work_center__in=centers).exclude(cleaning="")
        cleared = WorkCenter.objects.filter(pk__in=centers).exclude(clearance="")
        clearances = {name or CLEARANCE for name in cleared.values_list("clearance_name", flat=True)}
        names = sorted({*asked.values_list("cleaning", flat=True), *clearances})
        if names:
            self.fields["kind"].help_text = f"As the changeover or work center calls it: {', '.join(names)}."
        if len(names) == 1:
            self.fields["kind"].initial = names[0]


class CheckCleaningForm(ServiceForm):
    is_clean = forms.TypedChoiceField(
        choices=[("", "–"), ("yes", "Clean"), ("no", "Not clean")], coerce=lambda chosen: chosen == "yes"
    )
    note = forms.CharField(max_length=300, required=False, help_text="Needed when it is not clean.")
