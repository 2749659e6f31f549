"""Process plans: a draft is edited, what is in force is revised."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.enums import ActionVariant

from inventory.colours import revision_chip
from mes.core import signing
from mes.core.console import ConsoleAdmin, StackedInline, TabularInline, service_action
from mes.core.drafts import ChangesAsDraft, RowsOfADraft
from mes.core.models import Meaning
from mes.core.signing.forms import sign_form
from mes.core.signing.pages import ShowsSignatures
from mes.core.states import is_draft
from production import services
from production.forms.plans import ApproveForm, ComponentForm, NewDrawingForm, ReviseForm
from production.models import Component, ProcessPlan, Step, StepInstruction, ToolNeed


class StepInline(RowsOfADraft, StackedInline):
    model = Step
    extra = 0
    tab = True
    ordering = ["sequence"]
    fields = [
        ("sequence", "name", "work_center", "machines"),
        ("setup_seconds", "setup_family", "run_seconds", "fixed_seconds"),
        "transfer_quantity",
        "may_pause",
        ("first_piece_plan", "periodic_plan", "inspection_plan"),
        "required_qualification",
        "special_process",
        "instruction",
    ]
    autocomplete_fields = ["work_center", "machines", "inspection_plan", "first_piece_plan", "periodic_plan"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Step]:
        found: QuerySet[Step] = super().get_queryset(request)
        return found.select_related(
            "work_center", "inspection_plan", "first_piece_plan", "periodic_plan"
        ).prefetch_related("machines")


class _RowsOfSteps(RowsOfADraft, TabularInline):
    """What is said of steps of the plan, one of which each row names."""

    extra = 0
    tab = True
    ordering = ["step__sequence", "pk"]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Offers the steps of this plan alone."""
        formset = super().get_formset(request, obj, **kwargs)
        if "step" in formset.form.base_fields:
            steps = Step.objects.filter(plan=obj) if obj is not None else Step.objects.none()
            formset.form.base_fields["step"].queryset = steps.order_by("sequence")
        return formset


class ComponentInline(_RowsOfSteps):
    model = Component
    form = ComponentForm
    fields = ["step", "item", "quantity_per"]
    autocomplete_fields = ["item"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Component]:
        found: QuerySet[Component] = super().get_queryset(request)
        return found.select_related("step", "item")


class ToolNeedInline(_RowsOfSteps):
    model = ToolNeed
    verbose_name_plural = "Tools"
    fields = ["step", "tool", "quantity"]
    autocomplete_fields = ["tool"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ToolNeed]:
        found: QuerySet[ToolNeed] = super().get_queryset(request)
        return found.select_related("step", "tool")


class StepInstructionInline(_RowsOfSteps):
    model = StepInstruction
    verbose_name_plural = "Instructions"
    fields = ["step", "instruction"]
    autocomplete_fields = ["instruction"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StepInstruction]:
        found: QuerySet[StepInstruction] = super().get_queryset(request)
        return found.select_related("step", "instruction")


@admin.register(ProcessPlan)
class ProcessPlanAdmin(ShowsSignatures, ChangesAsDraft, ConsoleAdmin):
    """Save the steps first; then components, tools and instructions can be given to them."""

    list_display = [
        "__str__",
        "item",
        "revision",
        "shown_status",
        "batch_maximum",
        "approved_by",
        "approved_at",
    ]
    list_filter = ["status", "item__site", "item__kind"]
    list_select_related = ["item", "approved_by"]
    search_fields = ["item__number", "item__description", "revision"]
    autocomplete_fields = ["item"]
    ordering = ["item__number", "-pk"]
    fields = [("item", "revision", "batch_maximum"), ("shown_status", "approved_by", "approved_at")]
    readonly_fields = ["shown_status", "approved_by", "approved_at"]
    inlines = [StepInline, ComponentInline, ToolNeedInline, StepInstructionInline]
    actions = [
        service_action(
            "Approve",
            services.approve_process_plan,
            form=ApproveForm,
            when=is_draft,
            icon="check_circle",
            variant=ActionVariant.PRIMARY,
            description="New orders are made by it; batches that exist keep their plan.",
        ),
        service_action(
            "Sign…",
            signing.sign,
            form=sign_form(Meaning.AUTHOR, Meaning.REVIEW, Meaning.APPROVE),
            when=is_draft,
            icon="draw",
            description="For signatures that go before the approval. A later change of the plan makes them void.",
        ),
        service_action(
            "Revise…",
            services.revise_process_plan,
            form=ReviseForm,
            permission="production.add_processplan",
            when=lambda plan: not is_draft(plan),
            icon="content_copy",
            goes_on=True,
            description="Another way to make the same item.",
        ),
        service_action(
            "New drawing revision…",
            services.revise_drawing,
            form=NewDrawingForm,
            permission="production.add_processplan",
            when=lambda plan: plan.status == ProcessPlan.Status.APPROVED,
            icon="architecture",
            description="Makes another revision of the item, with this plan and its inspection plans as drafts: change them to what the "
            "drawing asks and approve them, the inspection plans first. What is made to the drawing before goes on.",
            goes_on=True,
        ),
    ]

    def save_model(
        self, request: HttpRequest, obj: ProcessPlan, form: ModelForm[ProcessPlan], change: Any
    ) -> None:
        if change:
            services.require_draft(ProcessPlan.objects.get(pk=obj.pk))
        super().save_model(request, obj, form, change)

    @display(description="Status", ordering="status")
    def shown_status(self, plan: ProcessPlan) -> SafeString:
        return revision_chip(plan)
