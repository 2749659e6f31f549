"""Production orders and their batches."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from inventory.colours import lot_chip
from inventory.quantities import plain
from mes.core import signing
from mes.core.console import (
    ConsoleAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    link_to,
    service_action,
    shown_moment,
)
from mes.core.models import User
from mes.core.signing.pages import ShowsSignatures
from mes.papers.forms import TravelerForm
from mes.papers.panel import papers_about
from production import services
from production.admin.filters import OrderStanding
from production.colours import lateness_chip, operation_chip, order_chip
from production.first_articles import told_of
from production.forms import CancelForm, PlanForm, ReprioritiseForm, ReviewForm, ReworkForm, SplitForm
from production.models import Batch, GateOverride, Operation, ProductionOrder, Specification
from production.paper_forms import BatchRecordForm, FirstArticleForm
from production.review import oddities

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
    fields = ["kind", "text", "source", "attribute", "expected", "lower_limit", "upper_limit"]
    ordering = ["pk"]
    show_change_link = False


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
                ("quantity", "due_at"),
                ("priority", "strategy", "earliest_start_at"),
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


class OperationInline(ReadOnlyInline):
    model = Operation
    fields = [
        "sequence",
        "step",
        "shown_status",
        "shown_machine",
        "slot_starts_at",
        "slot_ends_at",
        "good",
        "scrap",
        "inspection_link",
    ]
    readonly_fields = [
        "shown_status",
        "shown_machine",
        "slot_starts_at",
        "slot_ends_at",
        "good",
        "scrap",
        "inspection_link",
    ]
    ordering = ["sequence"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operation]:
        found: Any = super().get_queryset(request)
        operations: QuerySet[Operation] = (
            found.with_readiness()
            .with_slot()
            .select_related("step__work_center", "machine", "batch", "inspection__plan", "inspection__lot")
        )
        return operations

    @display(description="Status")
    def shown_status(self, operation: Operation) -> SafeString:
        return operation_chip(operation)

    @display(description="Machine")
    def shown_machine(self, operation: Any) -> str:
        return str(operation.machine or operation.slot_machine_name or operation.step.work_center)

    @display(description="Start")
    def slot_starts_at(self, operation: Any) -> str:
        return shown_moment(operation.started_at or operation.slot_starts_at)

    @display(description="End")
    def slot_ends_at(self, operation: Any) -> str:
        return shown_moment(operation.finished_at or operation.slot_ends_at)

    @display(description="Good")
    def good(self, operation: Operation) -> str:
        return plain(operation.good_quantity)

    @display(description="Scrap")
    def scrap(self, operation: Operation) -> str:
        return plain(operation.scrap_quantity)

    @display(description="Inspection")
    def inspection_link(self, operation: Operation) -> SafeString:
        return link_to(operation.inspection) if operation.inspection else NOTHING


@admin.register(Batch)
class BatchAdmin(ShowsSignatures, ReadOnlyAdmin):
    list_display = [
        "number",
        "item",
        "shown_quantity",
        "shown_status",
        "good",
        "scrap",
        "lot_link",
        "finished_at",
    ]
    list_filter = ["status", "order__site"]
    list_select_related = ["order__item", "lot"]
    search_fields = ["number", "order__number", "order__item__number", "lot__number"]
    ordering = ["-pk"]
    fields = [
        ("number", "order_link", "item"),
        ("shown_status", "plan", "shown_quantity"),
        ("lot_link", "disposition"),
        ("good", "scrap"),
        ("started_at", "finished_at"),
        "papers",
    ]
    actions = [
        service_action(
            "Split…",
            services.split_batch,
            form=SplitForm,
            when=lambda batch: batch.status in {Batch.Status.PLANNED, Batch.Status.RELEASED},
            permission="production.change_batch",
            icon="call_split",
            description="It is made as several, side by side where machines are free; only what nobody has begun.",
        ),
        service_action(
            "Rework…",
            services.plan_rework,
            form=ReworkForm,
            when=lambda batch: batch.status == Batch.Status.RUNNING,
            permission="production.change_batch",
            icon="restart_alt",
            description="Steps are done once more before the batch goes on; the plan finds them a place.",
        ),
        service_action(
            "Sign the review…",
            signing.sign,
            form=ReviewForm,
            permission="inventory.judge_lot",
            when=lambda batch: batch.status == Batch.Status.DONE,
            icon="draw",
            description="You sign that you looked at every exception listed on this page. One more makes the signature void.",
        ),
        service_action(
            "Batch record…",
            services.issue_batch_record,
            form=BatchRecordForm,
            permission="papers.issue_batch_record",
            when=lambda batch: batch.status in {Batch.Status.RUNNING, Batch.Status.DONE},
            icon="description",
            description="Exceptions first, then yields, components, steps, people and measurements, numbered and frozen.",
        ),
        service_action(
            "First article…",
            services.issue_first_article,
            form=FirstArticleForm,
            permission="papers.issue_first_article",
            when=lambda batch: batch.status == Batch.Status.DONE,
            icon="looks_one",
            description="AS9102: part, materials and processes, every characteristic with its result. Waits while a field is blank.",
        ),
    ]
    readonly_fields = [
        "order_link",
        "item",
        "shown_quantity",
        "shown_status",
        "good",
        "scrap",
        "lot_link",
        "disposition",
        "papers",
    ]
    inlines = [OperationInline]
    change_form_outer_before_template = "production/batch.html"

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        batch = kwargs.get("obj")
        overrides = GateOverride.objects.filter(operation__batch=batch) if batch is not None else None
        if overrides is not None:
            overrides = overrides.select_related("operation__step", "person", "by").order_by("pk")
        page: HttpResponse = super().render_change_form(
            request,
            context | {"overrides": overrides, "oddities": oddities(batch) if batch is not None else None},
            *args,
            **kwargs,
        )
        return page

    @display(description="Item", ordering="order__item__number")
    def item(self, batch: Batch) -> SafeString:
        return link_to(batch.order.item)

    @display(description="Order")
    def order_link(self, batch: Batch) -> SafeString:
        return link_to(batch.order)

    @display(description="Status", ordering="status")
    def shown_status(self, batch: Batch) -> SafeString:
        return order_chip(batch)

    @display(description="Quantity", ordering="quantity")
    def shown_quantity(self, batch: Batch) -> str:
        return f"{plain(batch.quantity)} {batch.order.item.unit}"

    @display(description="Good", ordering="good_quantity")
    def good(self, batch: Batch) -> str:
        return plain(batch.good_quantity)

    @display(description="Scrap", ordering="scrap_quantity")
    def scrap(self, batch: Batch) -> str:
        return plain(batch.scrap_quantity)

    @display(description="Lot", ordering="lot__number")
    def lot_link(self, batch: Batch) -> SafeString:
        return link_to(batch.lot) if batch.lot else NOTHING

    @display(description="Papers")
    def papers(self, batch: Batch) -> SafeString:
        return papers_about(batch)

    @display(description="Lot is")
    def disposition(self, batch: Batch) -> SafeString:
        return lot_chip(batch.lot) if batch.lot else NOTHING
