"""Production orders, with their batches and what they wait for."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from inventory.quantities import plain
from mes.core.console import (
    ConsoleAdmin,
    ReadOnlyInline,
    link_to,
    service_action,
    shown_moment,
)
from mes.core.models import User
from mes.papers.forms import TravelerForm
from mes.papers.panel import papers_about
from production import services
from production.admin.filters import OrderStanding
from production.colours import lateness_chip, order_chip
from production.first_articles import told_of
from production.forms.orders import CancelForm, PlanForm, ReprioritiseForm
from production.models import Batch, ProductionOrder, Specification

NOTHING = SafeString("–")


class BatchInline(ReadOnlyInline):
    model = Batch
    fields = ["number", "quantity", "shown_status", "good_quantity", "scrap_quantity", "lot_link"]
    readonly_fields = ["shown_status", "lot_link"]
    ordering = ["pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        found: QuerySet[Batch] = super().get_queryset(request)
        return found.select_related("lot", "order")

    @display(description="Status")
    def shown_status(self, batch: Batch) -> SafeString:
        return order_chip(batch)

    @display(description="Lot")
    def lot_link(self, batch: Batch) -> SafeString:
        return link_to(batch.lot) if batch.lot else NOTHING


class SubOrderInline(ReadOnlyInline):
    model = ProductionOrder
    verbose_name_plural = "Sub-orders this one waits for"
    fields = ["number", "item", "quantity", "due_at", "shown_status", "shown_lateness"]
    readonly_fields = ["shown_status", "shown_lateness"]
    ordering = ["pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductionOrder]:
        found: Any = super().get_queryset(request)
        orders: QuerySet[ProductionOrder] = found.with_projection().select_related("item", "parent")
        return orders

    @display(description="Status")
    def shown_status(self, order: ProductionOrder) -> SafeString:
        return order_chip(order)

    @display(description="Against its due date")
    def shown_lateness(self, order: Any) -> SafeString:
        return lateness_chip(order.lateness)


class SpecificationInline(ReadOnlyInline):
    model = Specification
    fields = ["kind", "text", "binds", "qualification", "attribute", "expected"]
    fields += ["lower_limit", "upper_limit", "source"]
    readonly_fields = ["binds"]
    ordering = ["pk"]
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Specification]:
        found: QuerySet[Specification] = super().get_queryset(request)
        return found.select_related("component__item", "step", "characteristic")

    @display(description="Binds")
    def binds(self, asked: Specification) -> str:
        if asked.component:
            return f"Material {asked.component.item}"
        place = asked.characteristic or asked.step
        return str(place.name if asked.characteristic else place) if place else "The delivery"


@admin.register(ProductionOrder)
class ProductionOrderAdmin(ConsoleAdmin):
    list_display = [
        "number",
        "item",
        "shown_quantity",
        "shown_status",
        "due_at",
        "shown_projection",
        "shown_lateness",
        "priority",
        "reason",
    ]
    list_filter = [OrderStanding, "site", "strategy", "priority", "status", ("due_at", RangeDateTimeFilter)]
    list_filter_submit = True
    search_fields = ["number", "item__number", "item__description", "reason", "campaign"]
    autocomplete_fields = ["item"]
    form = PlanForm
    inlines = [BatchInline, SubOrderInline, SpecificationInline]
    change_form_outer_after_template = "production/order_why.html"
    ordering = ["due_at", "pk"]
    readonly_fields = [
        "shown_quantity",
        "shown_status",
        "shown_projection",
        "shown_lateness",
        "parent_link",
        "first_article",
        "papers",
    ]
    actions = [
        service_action(
            "Release",
            services.release_order,
            when=lambda order: order.status == ProductionOrder.Status.PLANNED,
            icon="play_circle",
            variant=ActionVariant.PRIMARY,
            description="Work may begin, on the sub-orders it waits for too.",
        ),
        service_action(
            "Reprioritise…",
            services.reprioritise_order,
            form=ReprioritiseForm,
            when=lambda order: order.may_move_to(ProductionOrder.Status.CANCELLED),
            icon="low_priority",
            description="The plan is made anew.",
        ),
        service_action(
            "Cancel…",
            services.cancel_order,
            form=CancelForm,
            when=lambda order: order.may_move_to(ProductionOrder.Status.CANCELLED),
            icon="cancel",
            submit="Cancel the order",
            description="Its material is given back; sub-orders that nobody began are cancelled too.",
        ),
        service_action(
            "Traveler…",
            services.issue_traveler,
            form=TravelerForm,
            permission="papers.issue_traveler",
            when=lambda order: order.status != ProductionOrder.Status.PLANNED,
            icon="barcode_scanner",
            description="The routing of every released batch, with a barcode for each operation.",
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductionOrder]:
        found: Any = super().get_queryset(request)
        orders: QuerySet[ProductionOrder] = found.with_projection().select_related("item__site", "parent")
        return orders

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return [
                "item",
                ("quantity", "priority", "strategy"),
                # A day with its time is two fields: beside others they would stand beyond the page.
                "due_at",
                "earliest_start_at",
                "reason",
                "campaign",
            ]
        return [
            ("number", "item", "shown_quantity"),
            ("shown_status", "priority", "strategy", "parent_link"),
            ("due_at", "shown_projection", "shown_lateness"),
            ("earliest_start_at", "reason", "campaign"),
            ("first_article", "papers"),
        ]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return self.inlines if obj is not None else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An order is changed by its services alone."""
        return obj is None and bool(super().has_change_permission(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ProductionOrder, form: PlanForm, change: Any) -> None:
        who = cast("User", request.user)
        planned = services.plan_production(**form.cleaned_data, by=who, at=timezone.now())
        obj.pk, obj.number = planned.pk, planned.number

    @display(description="Quantity", ordering="quantity")
    def shown_quantity(self, order: ProductionOrder) -> str:
        return f"{plain(order.quantity)} {order.item.unit}"

    @display(description="Status", ordering="status")
    def shown_status(self, order: ProductionOrder) -> SafeString:
        return order_chip(order)

    @display(description="Projected end", ordering="projected_end")
    def shown_projection(self, order: Any) -> str:
        return shown_moment(order.projected_end)

    @display(description="Against its due date", ordering="lateness")
    def shown_lateness(self, order: Any) -> SafeString:
        return lateness_chip(order.lateness)

    @display(description="First article")
    def first_article(self, order: ProductionOrder) -> str:
        return told_of(order.item, timezone.now())

    @display(description="Papers")
    def papers(self, order: ProductionOrder) -> SafeString:
        return papers_about(order)

    @display(description="Waits for this")
    def parent_link(self, order: ProductionOrder) -> SafeString:
        return link_to(order.parent) if order.parent else NOTHING
