"""Amendments of what confirmed orders ask."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.enums import ActionVariant

from inventory.colours import chip
from mes.core.console import ReadOnlyAdmin, ReadOnlyInline, link_to, service_action
from mes.core.signing.pages import ShowsSignatures
from orders import forms, services
from orders.models import Amendment, Requirement

LEVELS = {
    Amendment.Status.PROPOSED: "risk",
    Amendment.Status.APPROVED: "done",
    Amendment.Status.DROPPED: "planned",
}


def is_proposed(amendment: Amendment) -> bool:
    return amendment.status == Amendment.Status.PROPOSED


class _RequirementInline(ReadOnlyInline):
    model = Requirement
    show_change_link = False
    fields = [
        "line",
        "kind",
        "text",
        "replaces",
        "attribute",
        "expected",
        "lower_limit",
        "upper_limit",
        "qualification",
    ]
    ordering = ["line__number", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Requirement]:
        found: QuerySet[Requirement] = super().get_queryset(request)
        return found.select_related("line__order", "replaces")


class StatedInline(_RequirementInline):
    fk_name = "stated_in"
    verbose_name_plural = "Asked from then on"


class EndedInline(_RequirementInline):
    fk_name = "ended_in"
    verbose_name_plural = "Asked no more"


@admin.register(Amendment)
class AmendmentAdmin(ShowsSignatures, ReadOnlyAdmin):
    """Begun on the order's page; what it changes is added here, then it is approved as a whole or dropped."""

    list_display = [
        "__str__",
        "shown_status",
        "reason",
        "customer_reference",
        "proposed_by",
        "decided_by",
        "decided_at",
    ]
    list_filter = ["status", "order__customer"]
    list_select_related = ["order", "proposed_by", "decided_by"]
    search_fields = ["order__number", "reason", "customer_reference"]
    ordering = ["-pk"]
    fields = [
        ("order_link", "number", "shown_status"),
        ("reason", "customer_reference"),
        ("proposed_by", "proposed_at"),
        ("decided_by", "decided_at"),
    ]
    readonly_fields = ["order_link", "shown_status"]
    inlines = [StatedInline, EndedInline]
    actions = [
        service_action(
            "Ask…",
            services.restate_requirement,
            form=forms.RestateForm,
            when=is_proposed,
            icon="rule",
            description="Something new, or something else in the place of a requirement.",
        ),
        service_action(
            "Ask no more…",
            services.end_requirement,
            form=forms.EndRequirementForm,
            when=is_proposed,
            icon="remove_done",
        ),
        service_action(
            "Approve…",
            services.approve_amendment,
            form=forms.ApproveAmendmentForm,
            permission="orders.approve_amendment",
            when=is_proposed,
            icon="check_circle",
            variant=ActionVariant.PRIMARY,
            description="Handed down to everything that is still being made; what was made otherwise is held as a nonconformance.",
        ),
        service_action(
            "Drop",
            services.drop_amendment,
            when=is_proposed,
            icon="block",
            description="The order stands as it was.",
        ),
    ]

    @display(description="Order")
    def order_link(self, amendment: Amendment) -> SafeString:
        return link_to(amendment.order)

    @display(description="Status", ordering="status")
    def shown_status(self, amendment: Any) -> SafeString:
        return chip(amendment.get_status_display(), LEVELS[Amendment.Status(amendment.status)])
