"""Order lines and what is required of them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from inventory.quantities import plain
from mes.core.console import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    service_action,
)
from mes.papers.panel import papers_about
from orders import forms, services
from orders.admin.filters import StateFilter
from orders.models import (
    CustomOrder,
    OrderLine,
    Promise,
    Requirement,
)
from orders.panel import chip, why_in_place
from orders.paper_forms import CertificateForm, LineFirstArticleForm
from production.first_articles import told_of

Status = CustomOrder.Status


def line_has_status(*statuses: str) -> Any:
    return lambda line: line.order.status in statuses


class RequirementInline(ReadOnlyInline):
    model = Requirement
    fields = [
        "kind",
        "text",
        "component_number",
        "step_sequence",
        "characteristic_name",
        "evidence",
        "shown_ending",
    ]
    readonly_fields = ["shown_ending"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Requirement]:
        found: QuerySet[Requirement] = super().get_queryset(request)
        return found.select_related("line__order", "stated_in__order", "ended_in__order")

    @display(description="Amended")
    def shown_ending(self, requirement: Requirement) -> str:
        told = [f"stated in {requirement.stated_in}"] if requirement.stated_in else []
        told += [f"ended in {requirement.ended_in}"] if requirement.ended_in else []
        return ", ".join(told) or "–"


class PromiseInline(ReadOnlyInline):
    model = Promise
    fields = ["promised_date", "binding", "made_at", "by"]
    show_change_link = False


@admin.register(OrderLine)
class OrderLineAdmin(ReadOnlyAdmin):
    list_display = [
        "line",
        "customer",
        "item",
        "shown_quantity",
        "shown_state",
        "shown_why",
        "wanted",
        "projected",
    ]
    list_filter = [
        StateFilter,
        "order__status",
        "order__customer",
        "item__site",
        ("due_date", RangeDateFilter),
    ]
    list_filter_submit = True
    search_fields = ["order__number", "order__customer_reference", "item__number", "item__description"]
    ordering = ["due_date", "pk"]
    inlines = [RequirementInline, PromiseInline]
    fields = [
        ("order", "number", "item"),
        ("shown_quantity", "due_date", "priority", "shown_price"),
        ("shown_state", "shown_why"),
        ("wanted", "projected"),
        ("first_article", "papers"),
    ]
    readonly_fields = [
        "shown_quantity",
        "shown_price",
        "shown_state",
        "shown_why",
        "wanted",
        "projected",
        "first_article",
        "papers",
    ]
    actions = [
        service_action(
            "Amend…",
            services.amend_line,
            form=forms.AmendForm,
            when=line_has_status(Status.DRAFT, Status.CONFIRMED),
            icon="edit",
            description="Production follows where nothing was begun, and a new date is promised.",
        ),
        service_action(
            "Promise…", services.promise_line, form=forms.PromiseForm, when=line_has_status(Status.CONFIRMED)
        ),
        service_action(
            "Cover what is missing",
            services.cover_line,
            when=line_has_status(Status.CONFIRMED),
            icon="add_task",
        ),
        service_action(
            "Require…",
            services.state_requirement,
            form=forms.RequirementForm,
            when=line_has_status(Status.DRAFT),
            icon="rule",
            description="Stated once here, handed down at confirmation, proven at shipment.",
        ),
        service_action(
            "Certificate of conformity…",
            services.issue_line_certificate,
            form=CertificateForm,
            permission="papers.issue_certificate",
            when=line_has_status(Status.CONFIRMED),
            icon="verified",
            description="For what is set aside for it; what left already is certified from its delivery note.",
        ),
        service_action(
            "First article…",
            services.issue_line_first_article,
            form=LineFirstArticleForm,
            permission="papers.issue_first_article",
            when=lambda line: line.item.needs_first_article and line.order.status != Status.DRAFT,
            icon="looks_one",
            description="AS9102, of the first batch that was made for it.",
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        lines: Any = super().get_queryset(request)
        return lines.with_progress().select_related("item", "order__customer")  # type: ignore[no-any-return]

    @display(description="Line", ordering="order__number")
    def line(self, line: OrderLine) -> str:
        return str(line)

    @display(description="Customer", ordering="order__customer__name")
    def customer(self, line: OrderLine) -> str:
        return line.order.customer.name

    @display(description="Quantity")
    def shown_quantity(self, line: OrderLine) -> str:
        return f"{plain(line.quantity)} {line.item.unit}"

    @display(description="Unit price")
    def shown_price(self, line: OrderLine) -> str:
        return f"{line.unit_price.normalize():,f}" if line.unit_price is not None else "–"

    @display(description="First article")
    def first_article(self, line: OrderLine) -> str:
        return told_of(line.item, timezone.now())

    @display(description="Papers")
    def papers(self, line: OrderLine) -> SafeString:
        return papers_about(line)

    @display(description="State", ordering="state")
    def shown_state(self, line: Any) -> SafeString:
        return chip(line.state)

    @display(description="Why")
    def shown_why(self, line: Any) -> SafeString:
        return why_in_place(line)

    @display(description="Wanted", ordering="wanted_date")
    def wanted(self, line: Any) -> Any:
        return line.wanted_date

    @display(description="Projected", ordering="projected_date")
    def projected(self, line: Any) -> Any:
        return line.projected_date


def _may_be_shown(requirement: Requirement) -> bool:
    """Whether evidence is what a requirement waits for; of a draft nothing is made that could show it."""
    return requirement.proven_at is None and requirement.line.order.status != Status.DRAFT


@admin.register(Requirement)
class RequirementAdmin(ReadOnlyAdmin):
    list_display = ["text", "line", "kind", "evidence", "proven_by", "proven_at"]
    list_filter = ["kind", ("proven_at", admin.EmptyFieldListFilter), "line__order__customer"]
    list_select_related = ["line__order", "proven_by"]
    search_fields = ["text", "line__order__number"]
    ordering = ["-pk"]
    actions = [
        service_action(
            "Prove…",
            services.prove_requirement,
            form=forms.EvidenceForm,
            when=_may_be_shown,
            icon="verified",
            variant=ActionVariant.PRIMARY,
        ),
        service_action(
            "Concession…",
            services.grant_concession,
            form=forms.ConcessionForm,
            permission="orders.grant_concession",
            when=_may_be_shown,
            icon="handshake",
            description="The goods may go though this is not met.",
        ),
        service_action(
            "Withdraw",
            services.withdraw_requirement,
            when=lambda each: each.line.order.status == Status.DRAFT,
            description="It is taken out of the draft, as if it had not been asked.",
        ),
    ]
