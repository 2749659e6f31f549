"""Sampling schemes and inspection plans. A draft is edited; what is in force is revised."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from inventory.colours import chip
from mes.core.console import ConsoleAdmin, TabularInline, service_action
from quality import services
from quality.colours import PLAN_LEVELS
from quality.forms import ReviseForm
from quality.models import Characteristic, InspectionPlan, SamplingScheme


def is_draft(plan: InspectionPlan) -> bool:
    return plan.status == InspectionPlan.Status.DRAFT


@admin.register(SamplingScheme)
class SamplingSchemeAdmin(ConsoleAdmin):
    list_display = ["name", "kind", "size", "accept"]
    list_filter = ["kind"]
    search_fields = ["name"]
    ordering = ["name"]


class CharacteristicInline(TabularInline):
    model = Characteristic
    extra = 0
    ordering = ["number"]
    fields = [
        "number",
        "name",
        "kind",
        "nominal",
        "lower_limit",
        "upper_limit",
        "uom",
        "method",
        "gauge_kind",
        "is_key",
    ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or is_draft(obj)) and bool(super().has_add_permission(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or is_draft(obj)) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or is_draft(obj)) and bool(super().has_delete_permission(request, obj))


@admin.register(InspectionPlan)
class InspectionPlanAdmin(ConsoleAdmin):
    list_display = [
        "__str__",
        "name",
        "item",
        "stage",
        "sampling",
        "shown_status",
        "approved_by",
        "approved_at",
    ]
    list_filter = ["status", "stage", "item__site"]
    list_select_related = ["item", "sampling", "approved_by"]
    search_fields = ["code", "name", "item__number"]
    autocomplete_fields = ["item"]
    ordering = ["code", "-pk"]
    fields = [("code", "revision", "name"), ("item", "stage"), "sampling", "shown_status"]
    readonly_fields = ["shown_status"]
    inlines = [CharacteristicInline]
    actions = [
        service_action(
            "Approve",
            services.approve_inspection_plan,
            when=is_draft,
            icon="check_circle",
            description="The revision in force is superseded.",
        ),
        service_action(
            "Revise…",
            services.revise_inspection_plan,
            form=ReviseForm,
            permission="quality.add_inspectionplan",
            when=lambda plan: not is_draft(plan),
            icon="content_copy",
        ),
    ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or is_draft(obj)) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or is_draft(obj)) and bool(super().has_delete_permission(request, obj))

    @display(description="Status", ordering="status")
    def shown_status(self, plan: InspectionPlan) -> SafeString:
        return chip(plan.get_status_display(), PLAN_LEVELS[InspectionPlan.Status(plan.status)])
